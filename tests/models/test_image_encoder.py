"""Bound buffers, half precision and the proof of every provider, tried on the CPU through the seam that GPUs use."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.limits import UNLIMITED, MemoryLimit, ProcessLimits
from cuemark.models.clip import image_encoder, image_export, tower_sessions
from cuemark.models.clip.clip import load_clip
from cuemark.models.clip.image_encoder import ImageEncoder
from cuemark.models.clip.image_export import ExportedTower, complete, find_export, lacks
from cuemark.models.clip.preprocess import ImagePreprocess
from cuemark.models.clip.tower_sessions import TOLERANCE, BoundSession, PlainSession, open_tower
from cuemark.models.runtime import providers
from cuemark.models.runtime.devices import open_session
from cuemark.models.runtime.providers import COREML, CPU, CUDA, DIRECTML, Candidates, candidates

Folder = Callable[..., Path]
RESNET = {"vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, build: Any) -> ExportedTower:
    """A small ViT in ONNX, with its twin in half precision; exporting takes a while, so once."""
    work = tmp_path_factory.mktemp("tower")
    return exported(build.clip_folder(work / "clip"), work / "cache")


@pytest.fixture
def tower(made: ExportedTower, tmp_path: Path) -> ExportedTower:
    """A copy of it, to write verdicts into."""
    shutil.copytree(made.folder, tmp_path / "tower")
    return replace(made, folder=tmp_path / "tower")


def exported(folder: Path, cache: Path) -> ExportedTower:
    clip = load_clip(folder, cache)
    assert clip.image.dimension == 48
    found = find_export(next(path.parent for path in cache.rglob("image.onnx")))
    assert found is not None
    complete_for_cuda(clip, found)
    return found


def complete_for_cuda(clip: Any, tower: ExportedTower) -> None:
    """As on a machine with CUDA."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_export, "candidates", lambda: offered(CUDA))
        complete(clip._torch(), tower)


def pictures(count: int, size: int = 32) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(count).normal(size=(count, 3, size, size)).astype(np.float32)


class OnTheProcessor:
    """A session factory that runs every provider on the CPU: the same choices, proofs and bindings.

    `shift` is added to what a provider gives, by name and precision; an exception there is raised instead.
    """

    def __init__(self, **shift: float | Exception) -> None:
        self.shift = shift
        self.opened: list[str] = []

    def __call__(
        self, model: Path, provider: str = "", limits: ProcessLimits = UNLIMITED, *, half: bool = False
    ) -> Any:
        name = provider.removesuffix("ExecutionProvider") + ("_half" if half else "")
        self.opened.append(name)
        session, report = open_session(model, CPU, limits, half=half)
        shift = self.shift.get(name, 0.0)
        if isinstance(shift, Exception):
            raise shift
        return Shifted(session, shift), replace(report, asked=provider, used=provider)


class Shifted:
    """A session whose vectors are off by a number."""

    def __init__(self, session: Any, shift: float) -> None:
        self.session, self.shift = session, shift

    def run(self, names: Any, feed: Any) -> list[Any]:
        return [self.session.run(names, feed)[0] + np.float32(self.shift)]


@pytest.fixture(autouse=True)
def plain_buffers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Buffers of CUDA's own device need a GPU; how buffers are bound is tested on the CPU."""
    if "cuda" in request.keywords:
        return
    monkeypatch.setattr(tower_sessions, "BoundSession", lambda session, device, wide: PlainSession(session))


def offered(*names: str) -> Candidates:
    return candidates([*names, CPU])


def test_bound_buffers_give_the_vectors_of_plain_calls(tower: ExportedTower) -> None:
    session, _ = open_session(tower.model, CPU)
    plain, bound = PlainSession(session), BoundSession(session, "cpu", tower.dimension)
    kept = []
    for count in (5, 8, 3, 1, 8, 5):
        batch = pictures(count)
        kept.append((bound(batch), plain(batch)))
    for ours, expected in kept:  # afterwards: a later batch must not write into an earlier answer
        assert ours.shape == expected.shape
        assert np.abs(ours - expected).max() < 1e-5


def test_a_gpu_meets_few_shapes(tower: ExportedTower) -> None:
    met: list[int] = []

    class Seen(Shifted):
        def run(self, names: Any, feed: Any) -> list[Any]:
            met.append(len(feed["images"]))
            return super().run(names, feed)

    def opened(model: Path, provider: str = "", limits: ProcessLimits = UNLIMITED, *, half: bool = False) -> Any:
        session, report = open_session(model, CPU)
        return Seen(session, 0), replace(report, used=provider)

    run, _ = open_tower(tower, wanted=offered(COREML), opened=opened)
    for count in (1, 3, 5, 7, 8):
        assert np.abs(run(pictures(count)) - by_processor(tower, pictures(count))).max() < 1e-5
    assert set(met) == {1, 4, 8}


@pytest.mark.parametrize("config", [{}, RESNET], ids=["vit", "resnet"])
def test_half_precision_keeps_to_the_vectors_of_single_precision(
    clip_folder: Folder, tmp_path: Path, config: dict[str, Any]
) -> None:
    made = exported(clip_folder(**config), tmp_path / "cache")
    run, report = open_tower(made, wanted=offered(CUDA), opened=OnTheProcessor())
    batch = pictures(6, made.preprocess.height)
    expected = by_processor(made, batch)
    assert report.used == CUDA and "half precision, whose vectors differ" in report.reason
    assert 0 < np.abs(run(batch) - expected).max() <= TOLERANCE
    assert np.linalg.norm(run(batch), axis=1) == pytest.approx(1, abs=1e-5)


def by_processor(tower: ExportedTower, batch: Any) -> Any:
    return PlainSession(open_session(tower.model, CPU)[0])(batch)


NOT_HERE = RuntimeError("no kernel for Gelu")
WAYS = [
    # what the installed ONNX Runtime offers, what its providers do, which runs in the end, what is said of the others
    ((CUDA,), {"CUDA_half": 0.01}, CUDA, ["CUDA is not used: its vectors in half precision", "single precision"]),
    ((CUDA,), {"CUDA_half": NOT_HERE}, CUDA, ["half precision failed (no kernel for Gelu)", "single precision, whose"]),
    ((CUDA,), {"CUDA_half": float("nan")}, CUDA, ["in half precision differ from torch's by inf"]),
    ((CUDA,), {"CUDA_half": 0.01, "CUDA": 0.01}, CPU, ["in half precision differ", "in single precision differ"]),
    ((CUDA,), {"CUDA_half": NOT_HERE, "CUDA": NOT_HERE}, CPU, ["single precision failed (no kernel for Gelu)"]),
    ((DIRECTML,), {}, DIRECTML, ["supports DirectML", "single precision, whose vectors differ from torch's by"]),
    ((DIRECTML,), {"Dml": 0.005}, CPU, ["DirectML is not used: its vectors in single precision differ", "0.005"]),
    ((COREML,), {}, COREML, ["supports CoreML", "single precision, whose vectors differ from torch's by"]),
    ((COREML,), {"CoreML": NOT_HERE}, CPU, ["CoreML is not used: single precision failed (no kernel for Gelu)"]),
    ((CUDA, DIRECTML), {"CUDA_half": 1, "CUDA": 1}, DIRECTML, ["CUDA is not used", "single precision, whose vectors"]),
]  # fmt: skip


@pytest.mark.parametrize(("names", "does", "used", "said"), WAYS)
def test_a_provider_is_proved_against_torch_and_dropped_with_a_reason(
    tower: ExportedTower, names: Any, does: Any, used: str, said: list[str]
) -> None:
    run, report = open_tower(tower, wanted=offered(*names), opened=OnTheProcessor(**does))
    assert (report.asked, report.used) == (names[0], used)
    assert all(words in report.reason for words in said), report.reason
    assert np.abs(run(pictures(4)) - by_processor(tower, pictures(4))).max() < TOLERANCE


def test_the_verdict_is_kept_with_the_export_until_the_runtime_is_another(
    tower: ExportedTower, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = OnTheProcessor(CUDA_half=0.01)
    first = open_tower(tower, wanted=offered(CUDA), opened=wrong)[1]
    wrong.opened.clear()
    assert open_tower(tower, wanted=offered(CUDA), opened=wrong)[1].reason == first.reason
    assert wrong.opened == ["CUDA"], "what was dropped is not opened again"
    monkeypatch.setattr(providers, "runtime_here", lambda: "another ONNX Runtime, another GPU")
    right = OnTheProcessor()
    assert "; half precision, whose" in open_tower(tower, wanted=offered(CUDA), opened=right)[1].reason
    assert right.opened == ["CUDA_half"]


def test_a_provider_found_good_is_not_proved_again(tower: ExportedTower) -> None:
    assert open_tower(tower, wanted=offered(DIRECTML), opened=OnTheProcessor())[1].used == DIRECTML
    later = OnTheProcessor(Dml=0.5)  # would be found out if it were proved
    run, report = open_tower(tower, wanted=offered(DIRECTML), opened=later)
    assert report.used == DIRECTML and np.abs(run(pictures(2)) - by_processor(tower, pictures(2))).max() > 0.4


def test_want_of_memory_and_libraries_is_no_verdict(tower: ExportedTower) -> None:
    full = OnTheProcessor(Dml=RuntimeError("CUDA failure 2: out of memory"))
    assert open_tower(tower, wanted=offered(DIRECTML), opened=full)[1].used == CPU
    assert open_tower(tower, wanted=offered(DIRECTML), opened=OnTheProcessor())[1].used == DIRECTML

    def without_libraries(
        model: Path, provider: str = "", limits: ProcessLimits = UNLIMITED, *, half: bool = False
    ) -> Any:
        session, report = open_session(model, CPU)
        return session, replace(report, asked=provider, used=CPU, reason="its libraries did not load")

    _, report = open_tower(tower, wanted=offered(COREML), opened=without_libraries)
    assert report.used == CPU and "CoreML is not used: its libraries did not load" in report.reason
    assert open_tower(tower, wanted=offered(COREML), opened=OnTheProcessor())[1].used == COREML


ASKED = [
    ("", (CUDA, DIRECTML), [CUDA, DIRECTML, CPU], "supports CUDA"),
    ("", (), [CPU], "no GPU provider"),
    ("cpu", (CUDA,), [CPU], "asks for cpu"),
    ("cuda:1", (CUDA, COREML), [CUDA, CPU], "asks for cuda"),
    ("mps", (COREML,), [COREML, CPU], "asks for mps"),
    ("directml", (CUDA,), [CPU], "has no DirectML"),
]


@pytest.mark.parametrize(("wish", "here", "expected", "said"), ASKED)
def test_which_providers_come_into_question(
    monkeypatch: pytest.MonkeyPatch, wish: str, here: Any, expected: list[str], said: str
) -> None:
    monkeypatch.setenv("CUEMARK_DEVICE", wish)
    found = candidates([*here, "AzureExecutionProvider", CPU])
    assert [provider.name for provider in found.providers] == expected and said in found.reason


def test_without_a_gpu_single_precision_runs_by_plain_calls(tower: ExportedTower) -> None:
    run, report = open_tower(tower, wanted=offered())
    assert isinstance(run, PlainSession) and report.used == CPU and "half" not in report.reason


def test_the_twin_is_made_once_where_cuda_is_used(
    clip_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = clip_folder(), tmp_path / "cache"
    load_clip(folder, cache).image.encode(pictures(1))
    assert not list(cache.rglob("image-half.onnx"))
    monkeypatch.setattr(image_export, "candidates", lambda: offered(CUDA))
    load_clip(folder, cache).image.encode(pictures(1))
    written = [file.stat().st_mtime_ns for file in cache.rglob("image-half.onnx")]
    load_clip(folder, cache).image.encode(pictures(1))
    assert len(written) == 1 and [file.stat().st_mtime_ns for file in cache.rglob("image-half.onnx")] == written
    assert not list(cache.rglob(".more.*"))


def test_a_tower_without_a_twin_is_not_tried_again(
    clip_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise ValueError("cannot be halved")

    clip = load_clip(clip_folder(), tmp_path / "cache")
    assert clip.image.dimension == 48
    made = find_export(next(path.parent for path in (tmp_path / "cache").rglob("image.onnx")))
    assert made is not None
    monkeypatch.setattr(image_export, "candidates", lambda: offered(CUDA))
    assert lacks(made)
    monkeypatch.setattr(image_export, "_in_half_precision", refuse)
    complete(clip._torch(), made)
    assert made.half_precision is None and not lacks(made)
    assert "cannot be halved" in next(made.folder.glob("*failed*")).read_text()


@pytest.mark.parametrize(("size", "expected"), [(32, 128), (224, 64), (336, 16), (896, 4)])
def test_a_gpu_gets_fewer_of_large_pictures(size: int, expected: int) -> None:
    assert image_encoder._pictures_a_pass("cuda", size, size, UNLIMITED) == expected


def test_a_limit_on_gpu_memory_is_for_cuda_alone() -> None:
    half = ProcessLimits(vram=MemoryLimit.parse("50%"))  # of a GPU that torch cannot ask here
    assert image_encoder._pictures_a_pass("coreml", 224, 224, half) == 64


def test_the_processor_gets_small_batches(tower: ExportedTower) -> None:
    encoder = ImageEncoder(tower, "id")
    assert encoder.provider.device in ("cpu", "cuda") and encoder.batch >= 1
    assert np.abs(encoder.encode(pictures(20)) - encoder.encode(pictures(20)[::-1])[::-1]).max() < 1e-4


SIZES = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


@given(size=SIZES, tower_size=st.sampled_from([(224, 224), (48, 32), (37, 53)]), mode=st.sampled_from(
    ["shortest", "longest", "squash"]))  # fmt: skip
def test_a_fitted_picture_is_scaled_no_further(size: tuple[int, int], tower_size: tuple[int, int], mode: str) -> None:
    preprocess = ImagePreprocess(*tower_size, mean=(0.5,) * 3, std=(0.5,) * 3, resize_mode=mode)
    fitted = preprocess.fitted_size(*size)
    if max(size) / min(size) < 50:
        assert preprocess.fitted_size(*fitted) == fitted
    covers = min(fitted[0] / tower_size[1], fitted[1] / tower_size[0])
    assert mode == "longest" or covers >= 1, "the middle is never filled up"


def test_footage_is_decoded_to_the_encoders_size_and_never_enlarged(tower: ExportedTower) -> None:
    encoder = ImageEncoder(tower, "id")  # 32 x 32, the short side
    assert encoder.picture_size(1920, 1080) == (56, 32)
    assert encoder.picture_size(1080, 1920) == (32, 56)
    assert encoder.picture_size(20, 15) == (20, 15)


@pytest.mark.cuda
def test_cuda_runs_bound_and_says_in_which_precision(tower: ExportedTower) -> None:
    encoder = ImageEncoder(tower, "id")
    assert encoder.provider.device == "cuda" and "precision" in encoder.provider.reason
    single, _ = open_session(tower.model, CPU)
    batch = pictures(70)
    assert np.abs(encoder.encode(batch) - PlainSession(single)(batch)).max() <= TOLERANCE
