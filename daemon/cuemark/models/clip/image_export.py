"""The image tower as an ONNX file: exported once from the checkpoint, checked against torch, kept in a cache folder.

One folder a tower: `image.onnx` (with `image.onnx.data` beside it for towers above protobuf's limit), `image.json`,
which says how pictures are prepared, how far the two differ and what the files' hashes are, and a few pictures with the
vectors torch gives for them, on which any other device is proved.  The folder appears by one rename; what does not fit
its hashes or its seal (`core.derived`) is exported anew.  Where CUDA may be used, a twin in half
precision is added: it takes and gives the same numbers in single precision; the last step, to unit length, is taken in
single precision.
"""

from __future__ import annotations

import copy
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.derived import Tell, log, read_object, write_object
from cuemark.core.drafts import draft_folder
from cuemark.core.errors import ModelError
from cuemark.core.files import atomic_write, put_in_place
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.models.clip.preprocess import ImagePreprocess
from cuemark.models.runtime.devices import open_session
from cuemark.models.runtime.providers import CPU, candidates
from cuemark.models.store.folders import content_hash, remembered_hash

EXPORT_VERSION = 2
ONNX_NAME = "image.onnx"
_FACTS_NAME = "image.json"
_EXPECTED_NAME = "image-expected.npz"
_HALF_NAME, _HALF_EXPECTED_NAME, _HALF_FAILED_NAME = "image-half.onnx", "image-half.npz", "image-half-failed.txt"
_HALF_FACTS_NAME = "image-half.json"
_HASHES_NAME = "weight_hashes.json"
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
        """The tower with what to expect of it."""
        return _provable(self.model, self.folder / _EXPECTED_NAME)

    @property
    def half_precision(self) -> ProvableTower | None:
        """Its twin in half precision, where there is a whole one."""
        facts = read_object(self.folder / _HALF_FACTS_NAME, _HALF_FACTS_NAME)
        if facts is None or facts["of"] != content_hash(self.folder / _FACTS_NAME):
            return None
        if not _are_whole(self.folder, facts, log.warning):
            return None
        return _provable(self.folder / _HALF_NAME, self.folder / _HALF_EXPECTED_NAME, half=True)


def _provable(model: Path, vectors: Path, *, half: bool = False) -> ProvableTower | None:
    try:
        with np.load(vectors, allow_pickle=False) as stored:
            pictures, expected, batch = stored["pictures"], stored["expected"], int(stored["batch"])
    except (OSError, ValueError, KeyError):
        return None
    return ProvableTower(model, pictures, expected, batch, half) if model.is_file() else None


def find_export(folder: Path, tell: Tell = log.warning) -> ExportedTower | None:
    """The tower exported into `folder` before, or None; `tell` hears of one that does not fit."""
    facts = read_object(folder / _FACTS_NAME, folder.name, tell)
    if facts is None or not _are_whole(folder, facts, tell):
        return None
    described: dict[str, Any] = facts["preprocess"]
    preprocess = ImagePreprocess.of({**described, "size": [described["height"], described["width"]]})
    return ExportedTower(folder, preprocess, facts["dimension"], facts["batch"], facts["difference"])


def _hashes(folder: Path) -> dict[str, str]:
    """The hashes of all files of a folder that is not in its place yet, by name."""
    return {file.name: content_hash(file) for file in sorted(folder.iterdir())}


def _are_whole(folder: Path, facts: dict[str, Any], tell: Tell) -> bool:
    """Whether every file of an export is the one that was written.  Hashed once, until a file is another."""
    for name, expected in facts["files"].items():
        try:
            found = remembered_hash(folder / name, folder.parent / _HASHES_NAME, tell)
        except OSError as error:
            found = error.strerror or "unreadable"
        if found != expected:
            tell(f"{name} of an exported image tower is not what was written, and is made anew.")
            return False
    return True


def export_tower(model: Any, folder: Path, limits: ProcessLimits = UNLIMITED) -> ExportedTower:
    """Export `model.visual` (an open_clip model on the CPU) into `folder`; raises ModelError where ONNX differs."""
    preprocess = ImagePreprocess.of(dict(model.visual.preprocess_cfg))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with draft_folder(folder.parent) as work:
        batch = _write(_unit_tower(model.visual), preprocess, work / ONNX_NAME)
        pictures = _pictures(preprocess)
        expected = _vectors(model.visual, pictures)
        difference = _check(pictures, expected, work / ONNX_NAME, batch, limits)
        dimension = int(expected.shape[1])
        _save(work / _EXPECTED_NAME, pictures, expected, batch)
        facts = {
            "preprocess": asdict(preprocess), "dimension": dimension, "batch": batch, "difference": difference,
            "files": _hashes(work),
        }  # fmt: skip
        write_object(work / _FACTS_NAME, folder.name, facts)
        _move(work, folder)
    tower = ExportedTower(folder, preprocess, dimension, batch, difference)
    if lacks(tower):
        complete(model, tower)
    return tower


def lacks(tower: ExportedTower) -> bool:
    """Whether something is missing to prove a device that may be used here, and nobody has tried to make it yet."""
    if not any(provider.half for provider in candidates().providers):
        return False
    return tower.half_precision is None and not (tower.folder / _HALF_FAILED_NAME).is_file()


def complete(model: Any, tower: ExportedTower) -> None:
    """Add to an export what `lacks` found missing, from `model` (torch, on the CPU, single precision)."""
    pictures = _pictures(tower.preprocess)
    expected = _vectors(model.visual, pictures)
    with draft_folder(tower.folder) as work:
        if any(provider.half for provider in candidates().providers):
            _add_half_precision(model, tower, pictures, expected, work)


def _add_half_precision(
    model: Any, tower: ExportedTower, pictures: NDArray[np.float32], expected: NDArray[np.float32], work: Path
) -> None:
    """The twin in half precision; where that cannot be exported, its reason instead.  The facts come last."""
    try:
        batch = _write(_unit_tower(_in_half_precision(model.visual)), tower.preprocess, work / _HALF_NAME)
        if batch != tower.batch:
            raise ValueError(f"in half precision it takes batches of {batch}, not of {tower.batch} (0: any)")
        _save(work / _HALF_EXPECTED_NAME, pictures, expected, batch)
        facts = {"of": content_hash(tower.folder / _FACTS_NAME), "files": _hashes(work)}
        for file in sorted(work.iterdir()):
            put_in_place(file, tower.folder / file.name)
        write_object(tower.folder / _HALF_FACTS_NAME, _HALF_FACTS_NAME, facts)
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
        put_in_place(work, folder)
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
