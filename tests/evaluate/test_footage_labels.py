"""The labels of real clips that come with Cuemark: whole, and read for the very files they are about."""

from __future__ import annotations

import hashlib
import json
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from cuemark.core.errors import InputError, OptionError
from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate import footage_dataset
from cuemark.lab.evaluate.datasets import DatasetOptions, load_dataset
from cuemark.lab.evaluate.footage_dataset import LABELS

if TYPE_CHECKING:
    from tests.evaluate.conftest import Listener

QUIET = SilentProgress()
OPTIONS = DatasetOptions()


def labels() -> dict[str, Any]:
    """The shipped file as it stands."""
    read: dict[str, Any] = json.loads(LABELS.read_text(encoding="utf-8"))
    return read


def test_the_shipped_labels_obey_the_schema_and_name_each_clips_source() -> None:
    schema = json.loads((LABELS.parent.parent / "truth.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(labels(), schema)
    videos = labels()["videos"]
    assert len(videos) >= 15
    assert all(video["source"].startswith("github.com/") for video in videos.values())
    assert all(re.fullmatch("[0-9a-f]{64}", video["sha256"]) for video in videos.values())
    assert len({video["sha256"] for video in videos.values()}) == len(videos)


def test_the_shipped_events_are_many_apart_and_known_by_their_words() -> None:
    said = labels()
    events = [video["events"] for video in said["videos"].values()]
    assert sum(map(len, events)) >= 40
    for listed in events:
        assert all(one["end_s"] <= other["start_s"] for one, other in pairwise(listed))
        assert all(one["end_s"] - one["start_s"] > 0.3 and one["captions"] for one in listed)
    used = {event["slots"]["subject"] for listed in events for event in listed if "slots" in event}
    assert used == set(said["slots"]["subject"])


@pytest.fixture
def labelled(tmp_path: Path, four_seconds: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one clip, and labels elsewhere that are about it and about one that is not there."""
    event = {"start_s": 1, "end_s": 2.5, "captions": ["a dog"], "slots": {"subject": "dog"}}
    about = {"source": "github.com/a/b: c.mp4", "sha256": hashlib.sha256(four_seconds).hexdigest(), "events": [event]}
    videos = {"here.mp4": about, "elsewhere.mp4": about}
    content = {"version": 1, "name": "footage", "slots": {"subject": {"dog": ["dog", "puppy"]}}, "videos": videos}
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(footage_dataset, "LABELS", path)
    clips = tmp_path / "clips"
    clips.mkdir()
    (clips / "here.mp4").write_bytes(four_seconds)
    return clips


def test_clips_are_found_in_the_users_folder(labelled: Path, listener: Listener) -> None:
    dataset = load_dataset(f"footage:{labelled}", OPTIONS, labelled / "work", listener)
    assert [(video.name, video.path) for video in dataset.videos] == [("here", labelled / "here.mp4")]
    assert dataset.videos[0].events[0].slots == {"subject": "dog"}
    assert (dataset.name, dataset.missing) == ("footage", ("elsewhere",))
    assert listener.notes == ["1 of 2 videos of truth.json are not there: elsewhere."]


def test_another_file_under_the_name_of_a_labelled_one_is_not_measured(labelled: Path, listener: Listener) -> None:
    (labelled / "elsewhere.mp4").write_bytes((labelled / "here.mp4").read_bytes() + b"\0")
    dataset = load_dataset(f"footage:{labelled}", OPTIONS, labelled / "work", listener)
    assert [video.name for video in dataset.videos] == ["here"]
    assert listener.notes[0] == '"elsewhere.mp4" is not the file that was labelled (its sha256 differs): left out.'


def test_a_folder_without_any_of_the_clips_is_an_error(labelled: Path) -> None:
    (labelled / "here.mp4").unlink()
    with pytest.raises(InputError, match="describes none of the videos in") as caught:
        load_dataset(f"footage:{labelled}", OPTIONS, labelled / "work", QUIET)
    assert caught.value.code == "dataset_no_videos"


@pytest.mark.parametrize("name", ["footage", "footage:nowhere-at-all"])
def test_footage_needs_a_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_dataset(name, OPTIONS, tmp_path, QUIET)
    assert caught.value.code == "dataset_not_found"


def test_labelled_footage_takes_no_annotations(labelled: Path) -> None:
    with pytest.raises(OptionError, match="takes no annotations"):
        load_dataset(f"footage:{labelled}", DatasetOptions(annotations=(labelled,)), labelled, QUIET)


def test_the_labels_fit_the_real_clips() -> None:
    material = os.environ.get("CUEMARK_MATERIAL")
    clips = Path(material, "media") if material else None
    if clips is None or not clips.is_dir():
        pytest.skip("CUEMARK_MATERIAL names no folder with real clips")
    dataset = load_dataset(f"footage:{clips}", OPTIONS, clips, QUIET)
    assert {video.name for video in dataset.videos} >= {"car-detection", "one-by-one-person-detection", "fades"}
    stays = next(video for video in dataset.videos if video.name == "one-by-one-person-detection")
    assert len(stays.events) == 6
