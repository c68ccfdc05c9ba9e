"""What is kept of a model and does not fit any more: it is seen, said, and made anew, and no vector is another."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.errors import StoreError
from cuemark.core.progress import SilentProgress
from cuemark.models.clip.clip import load_clip
from cuemark.models.clip.image_export import EXPORT_VERSION, find_export
from cuemark.models.runtime.providers import Verdict, Verdicts
from cuemark.models.runtime.speeds import Speeds

PICTURES = np.random.default_rng(1).normal(size=(2, 3, 32, 32)).astype(np.float32)
NAMES = ("image.onnx", "image.json", "image-expected.npz")


class Notes(SilentProgress):
    """Hears what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)


@dataclass
class Model:
    """A small CLIP in a folder, its cache, and what it gives for two pictures."""

    folder: Path
    cache: Path
    right: Any

    @property
    def tower(self) -> Path:
        return next(self.cache.rglob("image.onnx")).parent


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, build: Any) -> Model:
    work = tmp_path_factory.mktemp("exported")
    folder = build.clip_folder(work / "clip")
    return Model(folder, work / "cache", load_clip(folder, work / "cache").image.encode(PICTURES))


@pytest.fixture
def model(exported: Model, tmp_path: Path) -> Model:
    """The same with a cache of its own, to do harm to."""
    return Model(exported.folder, Path(shutil.copytree(exported.cache, tmp_path / "cache")), exported.right)


def changed(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]


HARMS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda data: data[: len(data) // 2],
    "changed": changed,
    "longer": lambda data: data + b"x",
    "foreign": lambda _: b"[" * 9000,
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("harm", HARMS)
def test_an_export_that_is_not_what_was_written_is_seen(model: Model, name: str, harm: str) -> None:
    assert find_export(model.tower) is not None
    file = model.tower / name
    file.write_bytes(HARMS[harm](file.read_bytes()))
    told: list[str] = []
    assert find_export(model.tower, told.append) is None
    assert len(told) == 1 and "made anew" in told[0] and name in told[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_export_with_a_file_lost_is_none(model: Model, name: str) -> None:
    (model.tower / name).unlink()
    assert find_export(next(path for path in model.cache.iterdir() if path.is_dir()), lambda _: None) is None


@pytest.mark.parametrize("change", [{"std": [0, 0, 0]}, {"height": 64, "width": 64}, {"mean": [9, 9, 9]}])
def test_facts_that_were_written_by_hand_are_not_believed(model: Model, change: dict[str, Any]) -> None:
    file = model.tower / "image.json"
    facts = json.loads(file.read_text())
    facts["preprocess"].update(change)
    file.write_text(json.dumps(facts))
    assert find_export(file.parent, lambda _: None) is None


def test_it_is_exported_anew_and_gives_the_same_vectors(model: Model) -> None:
    (model.tower / "image.onnx").write_bytes(b"")
    heard = Notes()
    assert np.array_equal(load_clip(model.folder, model.cache, heard).image.encode(PICTURES), model.right)
    assert ["made anew" in line for line in heard.lines] == [True, False] and "Preparing" in heard.lines[1]
    heard = Notes()
    assert np.array_equal(load_clip(model.folder, model.cache, heard).image.encode(PICTURES), model.right)
    assert heard.lines == []


def test_an_export_of_another_version_goes_once_it_is_made_anew(model: Model) -> None:
    model.tower.joinpath("image.json").unlink()
    old = load_clip(model.folder, model.cache)._key_of_version(EXPORT_VERSION - 1)
    (model.cache / old).mkdir()
    (model.cache / old / "image.onnx").write_bytes(b"of before")
    load_clip(model.folder, model.cache).image.encode(PICTURES)
    assert not (model.cache / old).exists()


def test_a_full_disk_is_said_as_such_and_leaves_nothing(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(model.tower)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError) as told:
        _ = load_clip(model.folder, model.cache).image
    assert told.value.code == "disk_full" and str(model.cache) in told.value.message
    assert "Free some disk space" in told.value.next_step
    assert [path.name for path in model.cache.iterdir()] == ["weight_hashes.json"]


@pytest.mark.parametrize("memory", ["[]", "7", "[" * 99_999, "{}", '{"a": 1}', "", '{"seal": "x"}'])
def test_a_memory_of_hashes_that_does_not_fit_is_begun_anew(model: Model, memory: str) -> None:
    first = load_clip(model.folder, model.cache).id
    (model.cache / "weight_hashes.json").write_text(memory)
    heard = Notes()
    assert load_clip(model.folder, model.cache, heard).id == first
    assert len(heard.lines) == 1 and "weight_hashes.json" in heard.lines[0]


def test_a_hash_that_was_written_by_hand_gives_no_model_the_vectors_of_another(model: Model) -> None:
    right = load_clip(model.folder, model.cache).id
    file = model.cache / "weight_hashes.json"
    known = json.loads(file.read_text())
    file.write_text(json.dumps({key: value if key == "seal" else "0" * 64 for key, value in known.items()}))
    assert load_clip(model.folder, model.cache, Notes()).id == right


def test_what_a_checkpoint_knows_of_emptiness_is_not_believed_by_hand(model: Model) -> None:
    clip = load_clip(model.folder, model.cache)
    answer = clip.text.knows_emptiness()
    (kept,) = model.tower.glob("knows-emptiness-*.json")
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "answer": not answer}))
    heard = Notes()
    assert load_clip(model.folder, model.cache, heard).text.knows_emptiness() == answer
    assert any(kept.name in line for line in heard.lines)


@pytest.mark.parametrize("text", ["[]", "{}", "[" * 9999, '{"runtime": 1}', ""])
def test_verdicts_and_speeds_that_do_not_fit_are_forgotten(tmp_path: Path, text: str) -> None:
    verdicts, speeds = Verdicts(tmp_path / "providers.json"), Speeds(tmp_path)
    verdicts.keep("CUDA", Verdict(True, "proved"))
    speeds.add("a", "b", 60.0, 1.0)
    assert Verdicts(tmp_path / "providers.json").get("CUDA") == Verdict(True, "proved") and speeds.of("a", "b") == 60
    for name in ("providers.json", "speeds.json"):
        (tmp_path / name).write_text(text)
    assert Verdicts(tmp_path / "providers.json").get("CUDA") is None and speeds.of("a", "b") == 0
    speeds.add("a", "b", 30.0, 1.0)
    assert speeds.of("a", "b") == 30
