"""Frames to unit vectors, by ONNX Runtime."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cuemark.models.halving import Batches
from cuemark.models.image_export import ExportedTower
from cuemark.models.providers import ProviderReport, open_session

MOST_PICTURES = 1024


class ImageEncoder:
    """CLIP's image tower; needs no torch."""

    def __init__(self, tower: ExportedTower, encoder_id: str) -> None:
        """Open the session; `encoder_id` names weights and preprocessing together."""
        self.id = encoder_id
        self.dimension = tower.dimension
        self._preprocess = tower.preprocess
        self._session, self._report = open_session(tower.model)
        self._batches = Batches("pictures", tower.batch or MOST_PICTURES, self._report.device)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of what the tower takes."""
        return self._preprocess.height, self._preprocess.width

    @property
    def provider(self) -> ProviderReport:
        """The provider that runs, read back from the session, and why."""
        return self._report

    def preprocess(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`rgb` [H, W, 3] as shown to [3, h, w] for `encode`; the numbers of open_clip's own transform."""
        return self._preprocess(rgb)

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """[B, 3, h, w] to unit vectors [B, D]; B may be 0."""
        if len(batch) == 0:
            return np.zeros((0, self.dimension), dtype=np.float32)
        batch = np.ascontiguousarray(batch, dtype=np.float32)
        parts = self._batches.run(len(batch), lambda part: self._session.run(None, {"images": batch[part]})[0])
        vectors: NDArray[np.float32] = np.concatenate(parts)
        return vectors
