"""Half precision for torch models on CUDA: matrix products in 16 bits, sums of layers, norms and softmax in 32.

Which type is used is decided when a model is loaded, by what the device can and by proof on a few inputs; where the
proof fails the model stays in float32, and the reason says so.  On a CPU nothing is lowered: float32 is faster there
and exact.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_AMPERE = 8  # the first generation that multiplies bfloat16


@dataclass(frozen=True)
class Precision:
    """The type of matrix products (None: float32), with the reason in words."""

    dtype: torch.dtype | None
    reason: str

    def on(self, device: torch.device) -> AbstractContextManager[Any]:
        """The context in which a lowered model is run."""
        return nullcontext() if self.dtype is None else torch.autocast(device.type, self.dtype)

    def __str__(self) -> str:
        name = "float32" if self.dtype is None else str(self.dtype).removeprefix("torch.")
        return f"{name} ({self.reason})"


FULL = Precision(None, "half precision is for CUDA")


def for_vectors(device: torch.device) -> Precision:
    """What an encoder may try: float16, whose ten bits of fraction suit unit vectors."""
    if device.type != "cuda":
        return FULL
    return Precision(torch.float16, "CUDA multiplies float16 many times faster")


def for_language(device: torch.device) -> Precision:
    """What a language model may try: bfloat16, whose gradients do not vanish; older GPUs lack it."""
    if device.type != "cuda":
        return FULL
    if torch.cuda.get_device_capability(device)[0] < _AMPERE:
        return Precision(None, "this GPU has no bfloat16, and gradients would vanish in float16")
    return Precision(torch.bfloat16, "CUDA multiplies bfloat16 many times faster")


def checked(tried: Precision, difference: float, allowed: float, what: str) -> Precision:
    """`tried` if the measured difference is within what is allowed (a NaN is not), else float32; both with figures."""
    told = f"{what} within {difference:.1e} of float32's"
    if difference <= allowed:
        return Precision(tried.dtype, f"{tried.reason}; {told}")
    return Precision(None, f"{str(tried.dtype).removeprefix('torch.')} gave {told}, more than {allowed:.0e}")


def lowered(module: Any, dtype: torch.dtype, keep: Sequence[nn.Module] = ()) -> Any:
    """A copy of a module whose matrix weights are of `dtype`; embeddings, norms and what is in `keep` are shared.

    To be run in `Precision.on`, which casts what goes into a product and keeps norms and softmax in float32.
    """
    shared = [*keep, *(part for part in module.modules() if isinstance(part, nn.Embedding))]
    # What the copy gets in place of an original.  Some layers have an embedding's weights.
    instead: dict[int, Any] = {id(one): one for part in shared for one in (part, *part.parameters())}
    for part in module.modules():
        for weight in part.parameters(recurse=False):
            if _multiplies(part) and id(weight) not in instead:
                instead[id(weight)] = nn.Parameter(weight.detach().to(dtype), requires_grad=False)
    return copy.deepcopy(module, instead)


def _multiplies(part: nn.Module) -> bool:
    """Whether a module's own weights are matrices of a product: linear layers, attention's joint projection."""
    return isinstance(part, nn.Linear) or type(part).__name__ == "Conv1D" or hasattr(part, "in_proj_weight")


class FullPrecisionHead(nn.Module):
    """A language model's last layer in float32: logits in bfloat16 would be off by a quarter where they are large."""

    def __init__(self, head: nn.Module) -> None:
        """`head` maps hidden states to logits."""
        super().__init__()
        self.head = head
        self.weight = head.weight  # where transformers look for it

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits [..., V] of hidden states [..., C]."""
        with torch.autocast(hidden.device.type, enabled=False):
            logits: Tensor = self.head(hidden.float())
        return logits
