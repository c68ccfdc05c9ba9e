"""The image tower as an ONNX file: exported once from the checkpoint, checked against torch, kept in a cache folder.

One folder a tower: `image.onnx` (with `image.onnx.data` beside it for towers above protobuf's limit), `image.json`,
which says how pictures are prepared and how far the two differ, and a few pictures with the vectors torch gives for
them, on which any other device is proved.  The folder appears by one rename.  Where CUDA may be used, a twin in half
precision is added: it takes and gives the same numbers in single precision; the last step, to unit length, is taken in
single precision.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import ModelError
from cuemark.core.files import atomic_write, put_in_place
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.models.clip.preprocess import ImagePreprocess
from cuemark.models.runtime.devices import open_session
from cuemark.models.runtime.providers import CPU, PROCESSOR, candidates

EXPORT_VERSION = 1
ONNX_NAME = "image.onnx"
_FACTS_NAME = "image.json"
_EXPECTED_NAME = "image-expected.npz"
_HALF_NAME, _HALF_EXPECTED_NAME, _HALF_FAILED_NAME = "image-half.onnx", "image-half.npz", "image-half-failed.txt"
_TOLERANCE = 1e-4  # largest difference of a unit vector's numbers, ONNX Runtime on the CPU against torch
_INLINE_BYTES = 1_500_000_000  # protobuf ends at 2 GB


@dataclass(frozen=True)
class ProvableTower:
    """An ONNX file, pictures [N, 3, h, w], the unit vectors [N, D] torch gives for them; `batch` as an export's.

    `half`: it computes in half precision.
    """

    model: Path
    pictures: NDArray[np.float32]
    expected: NDArray[np.float32]
    batch: int
    half: bool = False

    def difference(self, run: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> float:
        """The largest difference of what `run` gives for the pictures to what is expected; inf if it is not finite."""
        step = self.batch or len(self.pictures)
        parts = [run(self.pictures[i : i + step]) for i in range(0, len(self.pictures), step)]
        difference = float(np.abs(np.concatenate(parts) - self.expected).max())
        return difference if np.isfinite(difference) else float("inf")


@dataclass(frozen=True)
class ExportedTower:
    """An exported image tower: where it is, what it takes, and how well it was checked.

    `batch` is 0 where any number of pictures may be given at once, else the only number that works.
    """

    folder: Path
    preprocess: ImagePreprocess
    dimension: int
    batch: int
    difference: float

    @property
    def model(self) -> Path:
        """The ONNX file."""
        return self.folder / ONNX_NAME

    @property
    def single_precision(self) -> ProvableTower | None:
        """The tower with what to expect of it; None where it was exported before that was kept."""
        return _provable(self.model, self.folder / _EXPECTED_NAME)

    @property
    def half_precision(self) -> ProvableTower | None:
        """Its twin in half precision, where there is one."""
        return _provable(self.folder / _HALF_NAME, self.folder / _HALF_EXPECTED_NAME, half=True)


def _provable(model: Path, vectors: Path, *, half: bool = False) -> ProvableTower | None:
    try:
        with np.load(vectors, allow_pickle=False) as stored:
            pictures, expected, batch = stored["pictures"], stored["expected"], int(stored["batch"])
    except (OSError, ValueError, KeyError):
        return None
    return ProvableTower(model, pictures, expected, batch, half) if model.is_file() else None


def find_export(folder: Path) -> ExportedTower | None:
    """The tower exported into `folder` before, or None."""
    try:
        facts = json.loads((folder / _FACTS_NAME).read_text(encoding="utf-8"))
        described: dict[str, Any] = facts["preprocess"]
        preprocess = ImagePreprocess.of({**described, "size": [described["height"], described["width"]]})
        found = ExportedTower(folder, preprocess, facts["dimension"], facts["batch"], facts["difference"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.model.is_file() else None


def export_tower(model: Any, folder: Path, limits: ProcessLimits = UNLIMITED) -> ExportedTower:
    """Export `model.visual` (an open_clip model on the CPU) into `folder`; raises ModelError where ONNX differs."""
    preprocess = ImagePreprocess.of(dict(model.visual.preprocess_cfg))
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        batch = _write(_unit_tower(model.visual), preprocess, work / ONNX_NAME)
        pictures = _pictures(preprocess)
        expected = _vectors(model.visual, pictures)
        difference = _check(pictures, expected, work / ONNX_NAME, batch, limits)
        dimension = int(expected.shape[1])
        facts = {
            "preprocess": asdict(preprocess), "dimension": dimension, "batch": batch, "difference": difference,
        }  # fmt: skip
        _save(work / _EXPECTED_NAME, pictures, expected, batch)
        (work / _FACTS_NAME).write_text(json.dumps(facts, indent=1), encoding="utf-8")
        _move(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tower = ExportedTower(folder, preprocess, dimension, batch, difference)
    if lacks(tower):
        complete(model, tower)
    return tower


def lacks(tower: ExportedTower) -> bool:
    """Whether something is missing to prove a device that may be used here, and nobody has tried to make it yet."""
    wanted = candidates().providers
    tried = tower.half_precision is not None or (tower.folder / _HALF_FAILED_NAME).is_file()
    lacks_vectors = wanted != (PROCESSOR,) and tower.single_precision is None
    return lacks_vectors or (any(provider.half for provider in wanted) and not tried)


def complete(model: Any, tower: ExportedTower) -> None:
    """Add to an export what `lacks` found missing, from `model` (torch, on the CPU, single precision)."""
    pictures = _pictures(tower.preprocess)
    expected = _vectors(model.visual, pictures)
    work = Path(tempfile.mkdtemp(prefix=".more.", dir=tower.folder))
    try:
        if tower.single_precision is None:
            _save(work / _EXPECTED_NAME, pictures, expected, tower.batch)
            put_in_place(work / _EXPECTED_NAME, tower.folder / _EXPECTED_NAME)
        if any(provider.half for provider in candidates().providers):
            _add_half_precision(model, tower, pictures, expected, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _add_half_precision(
    model: Any, tower: ExportedTower, pictures: NDArray[np.float32], expected: NDArray[np.float32], work: Path
) -> None:
    """The twin in half precision; where that cannot be exported, its reason instead.  The ONNX file comes last."""
    try:
        batch = _write(_unit_tower(_in_half_precision(model.visual)), tower.preprocess, work / _HALF_NAME)
        if batch != tower.batch:
            raise ValueError(f"in half precision it takes batches of {batch}, not of {tower.batch} (0: any)")
        _save(work / _HALF_EXPECTED_NAME, pictures, expected, batch)
        for file in sorted(work.iterdir(), key=lambda file: file.name == _HALF_NAME):
            put_in_place(file, tower.folder / file.name)
    except Exception as error:  # the exporter refuses in many ways, and none of them matters to single precision
        atomic_write(tower.folder / _HALF_FAILED_NAME, f"{type(error).__name__}: {error}")


def _save(file: Path, pictures: NDArray[np.float32], expected: NDArray[np.float32], batch: int) -> None:
    np.savez(file, allow_pickle=False, pictures=pictures, expected=expected, batch=batch)


def _vectors(visual: Any, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit vectors torch gives for the pictures."""
    import torch

    with torch.no_grad():
        vectors: NDArray[np.float32] = _unit_tower(visual)(torch.from_numpy(pictures)).numpy()
    return vectors


def _write(tower: Any, preprocess: ImagePreprocess, target: Path) -> int:
    """Write the ONNX file of a module that gives unit vectors; returns the batch it is bound to (0: any)."""
    import torch

    example = torch.randn(2, 3, preprocess.height, preprocess.width)
    shapes = {"images": {0: torch.export.Dim("batch")}}
    with _silence(), torch.no_grad():
        try:
            program, batch = _export(tower, example, shapes), 0
        except Exception:  # a tower that binds its batch size: run it picture by picture
            program, batch = _export(tower, example[:1], None), 1
        size = sum(parameter.nbytes for parameter in tower.parameters())
        program.save(str(target), external_data=size > _INLINE_BYTES)
    return batch


def _export(tower: Any, example: Any, shapes: Any) -> Any:
    import torch

    return torch.onnx.export(
        tower, (example,), dynamo=True, verbose=False,
        input_names=["images"], output_names=["vectors"], dynamic_shapes=shapes,
    )  # fmt: skip


def _unit_tower(visual: Any) -> Any:
    """The tower with its output reduced to unit vectors (some towers also return their patch tokens)."""
    import torch

    class UnitTower(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = visual

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            vectors = self.visual(images)
            vectors = vectors[0] if isinstance(vectors, tuple) else vectors
            return torch.nn.functional.normalize(vectors, dim=-1)

    return UnitTower().eval()


def _in_half_precision(visual: Any) -> Any:
    import torch

    class HalfPrecision(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = copy.deepcopy(visual).half()

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            vectors = self.visual(images.half())
            vectors = vectors[0] if isinstance(vectors, tuple) else vectors
            return vectors.float()  # type: ignore[no-any-return]

    return HalfPrecision().eval()


def _check(
    pictures: NDArray[np.float32], expected: NDArray[np.float32], file: Path, batch: int, limits: ProcessLimits
) -> float:
    """The largest difference of the file's vectors to those expected, in two batch sizes; ModelError if too large."""
    session, _ = open_session(file, CPU, limits)
    parts = [pictures[i : i + 1] for i in range(len(pictures))] if batch else [pictures[:4], pictures[4:]]
    ours = np.concatenate([session.run(None, {"images": part})[0] for part in parts])
    difference = float(np.abs(ours - expected).max())
    if not difference < _TOLERANCE:
        message = f"The image tower in ONNX differs from torch by {difference:.2g} (allowed: {_TOLERANCE})."
        raise ModelError("model_export_failed", message, "Use another --clip, or update onnxruntime and torch.")
    return difference


def _pictures(preprocess: ImagePreprocess) -> NDArray[np.float32]:
    """Noise, a flat and a striped picture [5, 3, h, w]: what towers are compared on."""
    generator = np.random.default_rng(0)
    shape = (3, preprocess.height, preprocess.width)
    noise = generator.normal(size=(3, *shape))
    stripes = np.broadcast_to(np.sin(np.arange(preprocess.width) / 3.0) * 2, shape)
    return np.concatenate([noise, np.full((1, *shape), 0.5), stripes[None]]).astype(np.float32)


def _move(work: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # an unfinished or unreadable export of another version
    try:
        os.replace(work, folder)
    except OSError:
        if find_export(folder) is None:  # not: another process was first with the same tower
            raise


@contextmanager
def _silence() -> Iterator[None]:
    """The exporter explains itself at length on stderr and in the log; none of it concerns a user."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
