"""Runs an exported image tower; on CUDA with buffers that stay on the device, in half precision where that is safe.

Half precision is believed only after it gave, on this very device, the vectors that torch gave in single precision.
On the CPU single precision and plain calls are used: half precision would be slower there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.models.clip.half_tower import HALF_TOLERANCE, HalfTower, difference_of
from cuemark.models.runtime.providers import CPU, CUDA, ProviderReport, open_session, wanted_provider

Vectors = NDArray[np.float32]


class Runner(Protocol):
    """Pictures [B, 3, h, w] to unit vectors [B, D]; B is at least 1."""

    def __call__(self, batch: Vectors) -> Vectors: ...


class PlainRunner:
    """One call of the session a batch."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __call__(self, batch: Vectors) -> Vectors:
        vectors: Vectors = self._session.run(None, {"images": batch})[0]
        return vectors


class BoundRunner:
    """Input and output live on the device and are used again for every batch of the same number of pictures.

    The last batch is filled up to a power of two, so that a run meets few shapes: the device chooses its kernels and
    lays out its memory for each shape anew.
    """

    def __init__(self, session: Any, device: str, dimension: int) -> None:
        """`device`: "cuda" or "cpu" as ONNX Runtime names it; `dimension`: D."""
        self._session, self._device, self._dimension = session, device, dimension
        self._binding = session.io_binding()
        self._images: Any = None
        self._vectors: Any = None

    def __call__(self, batch: Vectors) -> Vectors:
        count = len(batch)
        filled = 1 << (count - 1).bit_length()
        if filled > count:
            batch = np.concatenate([batch, np.zeros((filled - count, *batch.shape[1:]), np.float32)])
        self._bind(batch.shape)
        self._images.update_inplace(np.ascontiguousarray(batch))
        self._session.run_with_iobinding(self._binding)
        vectors: Vectors = self._vectors.numpy()[:count].copy()
        return vectors

    def _bind(self, shape: tuple[int, ...]) -> None:
        if self._images is not None and tuple(self._images.shape()) == shape:
            return
        import onnxruntime

        self._images = self._vectors = None  # the old buffers go before the new ones come
        self._binding.clear_binding_inputs()
        self._binding.clear_binding_outputs()
        make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        images = make(list(shape), np.float32, self._device, 0)
        vectors = make([shape[0], self._dimension], np.float32, self._device, 0)
        self._binding.bind_ortvalue_input("images", images)
        self._binding.bind_ortvalue_output("vectors", vectors)
        self._images, self._vectors = images, vectors


def open_tower(
    model: Path, dimension: int, half: HalfTower | None, provider: str = ""
) -> tuple[Runner, ProviderReport]:
    """What runs the tower in `model`, and where, in which precision and why.

    `half` is its twin in half precision, which CUDA prefers; `provider` as in `open_session`.
    """
    reason = ""
    if half is not None and (provider or wanted_provider()) == CUDA:
        session, report = open_session(half.model, provider, half=True)
        if report.used == CUDA:
            runner = BoundRunner(session, "cuda", dimension)
            reason, good = judge_half(runner, half)
            if good:
                return runner, replace(report, reason=f"{report.reason}; {reason}")
            del runner, session
    session, report = open_session(model, provider)
    if reason:
        report = replace(report, reason=f"{report.reason}; {reason}")
    bound = report.used != CPU
    return (BoundRunner(session, report.device, dimension) if bound else PlainRunner(session)), report


def judge_half(runner: Runner, half: HalfTower) -> tuple[str, bool]:
    """What to say of half precision on this device, and whether its vectors are those of single precision."""
    try:
        difference = difference_of(runner, half)
    except Exception as error:  # a kernel that the device lacks in half precision; single precision does not need it
        return f"single precision, because half precision failed ({str(error).strip()[:120]})", False
    if difference <= HALF_TOLERANCE:
        return f"half precision, whose vectors differ by {difference:.1g}", True
    return f"single precision, because vectors in half precision differ by {difference:.2g}", False
