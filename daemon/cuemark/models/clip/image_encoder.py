"""Frames to unit vectors, by ONNX Runtime; on CUDA with buffers that stay on the device, in half precision where safe.

Half precision is believed only after it gave, on this very device, the vectors that torch gave in single precision.
On the CPU single precision and plain calls are used: half precision would be slower there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.models.clip.image_export import HALF_TOLERANCE, ExportedTower, HalfPrecisionTower
from cuemark.models.runtime.devices import CPU, CUDA, ProviderReport, open_session, wanted_provider
from cuemark.models.runtime.memory import ModelRuntime, largest_batch

Vectors = NDArray[np.float32]

# The processor gains nothing beyond a few pictures at once; more would only keep the decoder waiting.
_CPU_PICTURES = 8
_GPU_PICTURES = 64
_GPU_PIXELS = 224 * 224
_MOST_PICTURES = 128
# Beside a picture of float32 pixels a ViT-L/14 has some 40 times as much under way.
_BYTES_UNDER_WAY = 40


class ImageEncoder:
    """CLIP's image tower; needs no torch."""

    def __init__(self, tower: ExportedTower, encoder_id: str, runtime: ModelRuntime | None = None) -> None:
        """Open the session; `encoder_id` names weights and preprocessing together."""
        self.id = encoder_id
        self.dimension = tower.dimension
        self._preprocess = tower.preprocess
        runtime = runtime or ModelRuntime()
        self._run, self._report = open_tower(tower.model, tower.dimension, tower.half_precision, limits=runtime.limits)
        largest = tower.batch or _pictures_a_pass(self._report.device, *self.image_size, runtime.limits)
        self._batches = runtime.batches("pictures", largest, self._report.device)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of what the tower takes."""
        return self._preprocess.height, self._preprocess.width

    @property
    def provider(self) -> ProviderReport:
        """The provider that runs, read back from the session, and why."""
        return self._report

    @property
    def batch(self) -> int:
        """How many pictures a pass takes: by the device, and fewer once its memory ran out."""
        return self._batches.size

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) in which `preprocess` wants a picture that is this large on screen.

        Where nothing has to be enlarged, that is its very size, so that the decoder scales once and to the end.
        """
        wanted = self._preprocess.fitted_size(width, height)
        return wanted if wanted[0] <= width and wanted[1] <= height else (width, height)

    def preprocess(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`rgb` [H, W, 3] as shown to [3, h, w] for `encode`; the numbers of open_clip's own transform."""
        return self._preprocess(rgb)

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """[B, 3, h, w] to unit vectors [B, D]; B may be 0."""
        if len(batch) == 0:
            return np.zeros((0, self.dimension), dtype=np.float32)
        batch = np.ascontiguousarray(batch, dtype=np.float32)
        parts = self._batches.run(len(batch), lambda part: self._run(batch[part]))
        vectors: NDArray[np.float32] = np.concatenate(parts)
        return vectors


def _pictures_a_pass(device: str, height: int, width: int, limits: ProcessLimits) -> int:
    """A batch that keeps the device busy: on a GPU fewer of large pictures, and by the limit on its memory.

    There it is a power of two, to which the last batch of a run is filled up.
    """
    if device == "cpu":
        return _CPU_PICTURES
    pixels = height * width
    wanted = max(1, min(_MOST_PICTURES, _GPU_PICTURES * _GPU_PIXELS // pixels))
    possible = largest_batch(limits.vram, wanted, _BYTES_UNDER_WAY * pixels * 3 * 4)
    return 1 << (possible.bit_length() - 1)


class TowerSession(Protocol):
    """Pictures [B, 3, h, w] to unit vectors [B, D]; B is at least 1."""

    def __call__(self, batch: Vectors) -> Vectors: ...


class PlainSession:
    """One plain call a batch."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __call__(self, batch: Vectors) -> Vectors:
        vectors: Vectors = self._session.run(None, {"images": batch})[0]
        return vectors


class BoundSession:
    """Input and output are bound (ONNX Runtime's I/O binding): buffers on the device, used again for the next batch.

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
    model: Path, dimension: int, half: HalfPrecisionTower | None, provider: str = "", limits: ProcessLimits = UNLIMITED
) -> tuple[TowerSession, ProviderReport]:
    """What runs the tower in `model`, and where, in which precision and why.

    `half` is its twin in half precision, which CUDA prefers; `provider` as in `open_session`.
    """
    reason = ""
    if half is not None and (provider or wanted_provider()) == CUDA:
        session, report = open_session(half.model, provider, limits, half=True)
        if report.used == CUDA:
            run = BoundSession(session, "cuda", dimension)
            reason, good = judge_half_precision(run, half)
            if good:
                return run, replace(report, reason=f"{report.reason}; {reason}")
            del run, session
    session, report = open_session(model, provider, limits)
    if reason:
        report = replace(report, reason=f"{report.reason}; {reason}")
    bound = report.used != CPU
    return (BoundSession(session, report.device, dimension) if bound else PlainSession(session)), report


def judge_half_precision(run: TowerSession, half: HalfPrecisionTower) -> tuple[str, bool]:
    """What to say of half precision on this device, and whether its vectors are those of single precision."""
    try:
        difference = half.difference(run)
    except Exception as error:  # a kernel that the device lacks in half precision; single precision does not need it
        return f"single precision, because half precision failed ({str(error).strip()[:120]})", False
    if difference <= HALF_TOLERANCE:
        return f"half precision, whose vectors differ by {difference:.1g}", True
    return f"single precision, because vectors in half precision differ by {difference:.2g}", False
