"""A bound on what a model's configuration may ask for: about as much as its weights hold.

A configuration is a few bytes and may claim any size, and libraries make the model that it describes before they look
at the weights.  So each tensor is counted when it is asked for, before there is memory for it, and a model that wants
far more than its weights hold is no model of theirs.  Counted are the makers of new tensors of torch alone: what is
computed while a model is made is small beside its parameters.

Not covered: what a library allocates past torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cuemark.core.errors import ModelError
from cuemark.models.store.safetensors_header import TensorEntry

_MAKERS = frozenset(
    f"aten::{name}" for name in ("empty", "empty_strided", "zeros", "ones", "full", "rand", "randn", "randint", "eye")
)
_RANGES = frozenset(("aten::arange", "aten::linspace"))
_TIMES = 3  # made, twice where two names share one table; models of today ask for 1.0 to 1.5 times their weights
_NUMBERS = 1 << 26  # tables beside the weights: masks, positions
_TENSORS = 2_000  # made for no weights: small buffers


class WithinWeights(TorchDispatchMode):
    """While it is entered, making more tensors than fit the weights is a ModelError `model_folder_invalid`."""

    def __init__(self, held: Iterable[TensorEntry], what: str) -> None:
        """`held` are the tensors of the weights; `what` is to be made, for messages."""
        super().__init__()  # type: ignore[no-untyped-call]
        listed = list(held)
        self._what = what
        self._numbers = _TIMES * sum(entry.numbers for entry in listed) + _NUMBERS
        self._tensors = _TIMES * len(listed) + _TENSORS

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        name = func._schema.name
        if name in _MAKERS or name in _RANGES:
            self._count(_wanted(name, args))
        return func(*args, **(kwargs or {}))

    def _count(self, numbers: int) -> None:
        self._numbers -= numbers
        self._tensors -= 1
        if self._numbers < 0 or self._tensors < 0:
            message = f"{self._what} is described as far larger than its weights are."
            next_step = "The folder's config and weights must belong together; download or export it again."
            raise ModelError("model_folder_invalid", message, next_step)


def _wanted(name: str, args: Sequence[Any]) -> int:
    """How many numbers a call makes."""
    if name == "aten::arange":
        spans = [float(each) for each in args if isinstance(each, (int, float))]
        start, end, step = (0.0, *spans, 1.0) if len(spans) == 1 else (*spans, 1.0)[:3]
        return int(abs((end - start) / step)) if step else 0
    if name == "aten::linspace":
        return int(args[2]) if len(args) > 2 else 0
    if name == "aten::eye":
        return int(args[0]) ** 2
    size = next((each for each in args if isinstance(each, (list, tuple, torch.Size))), ())
    return prod(int(side) for side in size)
