"""An image tower in half precision, for CUDA: exported beside the one in single precision, with the vectors to expect.

It takes and gives the same numbers in single precision; the last step, to unit length, is taken in single precision.
"""

from __future__ import annotations

import copy
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF_TOLERANCE = 2e-3
"""Largest difference of a unit vector's numbers to single precision."""
_MODEL_NAME = "image-half.onnx"
_EXPECTED_NAME = "image-half.npz"
_FAILED_NAME = "image-half-failed.txt"


@dataclass(frozen=True)
class HalfTower:
    """The ONNX file, pictures [N, 3, h, w], the unit vectors [N, D] torch gives for them; `batch` as an export's."""

    model: Path
    pictures: NDArray[np.float32]
    expected: NDArray[np.float32]
    batch: int


def find_half(folder: Path) -> HalfTower | None:
    """The twin in half precision in an export's folder, or None."""
    model = folder / _MODEL_NAME
    try:
        with np.load(folder / _EXPECTED_NAME, allow_pickle=False) as stored:
            pictures, expected, batch = stored["pictures"], stored["expected"], int(stored["batch"])
    except (OSError, ValueError, KeyError):
        return None
    return HalfTower(model, pictures, expected, batch) if model.is_file() else None


def was_tried(folder: Path) -> bool:
    """Whether the twin was made, or could not be made: then single precision is used for good."""
    return find_half(folder) is not None or (folder / _FAILED_NAME).is_file()


def add_half(
    visual: Any,
    folder: Path,
    pictures: NDArray[np.float32],
    unit_tower: Callable[[Any], Any],
    write: Callable[[Any, Path], int],
) -> None:
    """Write the twin of an image tower (torch, on the CPU, single precision) into its export's folder.

    `unit_tower` reduces a tower's output to unit vectors; `write` exports a module and says which batch it is bound
    to (0: any).  A tower that cannot be exported so leaves its reason there instead.  The ONNX file comes last.
    """
    import torch

    work = Path(tempfile.mkdtemp(prefix=".half.", dir=folder))
    try:
        batch = write(unit_tower(_halved(visual)), work / _MODEL_NAME)
        with torch.no_grad():
            expected = unit_tower(visual)(torch.from_numpy(pictures)).numpy()
        np.savez(work / _EXPECTED_NAME, allow_pickle=False, pictures=pictures, expected=expected, batch=batch)
        for file in sorted(work.iterdir(), key=lambda file: file.name == _MODEL_NAME):
            os.replace(file, folder / file.name)
    except Exception as error:  # the exporter refuses in many ways, and none of them matters to single precision
        (folder / _FAILED_NAME).write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def difference_of(run: Callable[[NDArray[np.float32]], NDArray[np.float32]], half: HalfTower) -> float:
    """The largest difference of what `run` gives for the pictures to what is expected; inf where it is not finite."""
    step = half.batch or len(half.pictures)
    parts = [run(half.pictures[i : i + step]) for i in range(0, len(half.pictures), step)]
    difference = float(np.abs(np.concatenate(parts) - half.expected).max())
    return difference if np.isfinite(difference) else float("inf")


def _halved(visual: Any) -> Any:
    import torch

    class Halved(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = copy.deepcopy(visual).half()

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            vectors = self.visual(images.half())
            vectors = vectors[0] if isinstance(vectors, tuple) else vectors
            return vectors.float()  # type: ignore[no-any-return]

    return Halved().eval()
