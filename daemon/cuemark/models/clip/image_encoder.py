"""Frames to unit vectors, by ONNX Runtime, on the best device that gives the right ones (`tower_sessions`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cuemark.core.limits import ProcessLimits
from cuemark.models.clip.image_export import ExportedTower
from cuemark.models.clip.tower_sessions import open_tower
from cuemark.models.runtime.devices import ProviderReport
from cuemark.models.runtime.memory import ModelRuntime, largest_batch

# The processor gains nothing beyond a few pictures at once; more would only keep the decoder waiting.
_CPU_PICTURES = 8
_GPU_PICTURES = 64
_GPU_PIXELS = 224 * 224
_MOST_PICTURES = 128
_MOST_OBLONG = 64
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
        self._run, self._report = open_tower(tower, runtime.limits)
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
        width, height = _less_oblong(width, height)
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


def _less_oblong(width: int, height: int) -> tuple[int, int]:
    """Held to a ratio that real pictures have: one of 30,000 x 2 pixels would be enlarged by its shorter side."""
    short = min(width, height)
    return min(width, _MOST_OBLONG * short), min(height, _MOST_OBLONG * short)


def _pictures_a_pass(device: str, height: int, width: int, limits: ProcessLimits) -> int:
    """A batch that keeps the device busy: on a GPU fewer of large pictures, and by the limit on its memory.

    There it is a power of two, to which the last batch of a run is filled up.
    """
    if device == "cpu":
        return _CPU_PICTURES
    pixels = height * width
    wanted = max(1, min(_MOST_PICTURES, _GPU_PICTURES * _GPU_PIXELS // pixels))
    vram = limits.vram if device == "cuda" else None  # no other provider can be held to it
    possible = largest_batch(vram, wanted, _BYTES_UNDER_WAY * pixels * 3 * 4)
    return 1 << (possible.bit_length() - 1)
