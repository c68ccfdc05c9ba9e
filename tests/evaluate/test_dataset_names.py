"""Names of datasets, and the sample world as one of them."""

from __future__ import annotations

import errno
import json
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import InputError, JobCancelled, OptionError, StoreError
from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate.datasets import DatasetOptions, load_dataset
from cuemark.lab.evaluate.sample_dataset import EMPTY_CHAPTER, chapters_of
from cuemark.lab.evaluate.truth import SLOTS, TrueChapter, TrueEvent
from cuemark.lab.sample import video as drawing
from cuemark.lab.sample.lexicon import Lexicon, slots_in
from cuemark.lab.sample.script import KINDS, Script, write_script

if TYPE_CHECKING:
    from tests.evaluate.conftest import Listener

QUIET = SilentProgress()
ONE = DatasetOptions(videos_per_kind=1)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Drawing takes seconds: this writes the same two files at once, and keeps their names."""
    names: list[str] = []

    def render(script: Script, path: Path) -> drawing.SampleClip:
        names.append(path.name)
        path.write_bytes(b"film")
        path.with_suffix(".truth.json").write_text(json.dumps(drawing.truth(script)), encoding="utf-8")
        return drawing.SampleClip(path, script.events, Fraction(1))

    monkeypatch.setattr(drawing, "render", render)
    return names


@pytest.mark.parametrize(("name", "split"), [("sample", "test"), ("dev", "dev")])
def test_all_kinds_of_a_split_with_the_truth_of_their_scripts(
    tmp_path: Path, drawn: list[str], listener: Listener, name: str, split: str
) -> None:
    dataset = load_dataset(name, DatasetOptions(videos_per_kind=2), tmp_path / "new", listener)
    wanted = [f"{split}-{kind}-{seed:03d}" for kind in KINDS for seed in (0, 1)]
    assert [video.name for video in dataset.videos] == wanted
    assert drawn == [f"{one}.mp4" for one in wanted]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        f"{one}{end}" for one in wanted for end in (".mp4", ".truth.json")
    )
    assert listener.stages == {"draw": (6, 6, "videos")}
    video, script = dataset.videos[3], write_script("single", split, 1)
    assert (video.kind, video.path, video.duration) == (
        "single",
        tmp_path / "new" / f"{split}-single-001.mp4",
        script.frames / script.rate,
    )
    assert [(e.start, e.end, e.captions, e.slots) for e in video.events] == [
        (e.start, e.end, e.captions, e.slots.as_dict()) for e in script.events
    ]


def test_the_phrases_say_what_the_captions_say(tmp_path: Path, drawn: list[str]) -> None:
    dataset = load_dataset("sample:angles", ONE, tmp_path, QUIET)
    assert tuple(dataset.phrases) == SLOTS
    (video,) = dataset.videos
    for event in video.events:
        for caption in event.captions:
            assert slots_in(caption, Lexicon()).as_dict() == event.slots
            assert all(any(say in caption for say in dataset.phrases[s][v]) for s, v in event.slots.items())


def test_videos_are_drawn_once_and_again_when_the_world_has_changed(tmp_path: Path, drawn: list[str]) -> None:
    for _ in range(2):
        load_dataset("dev:cuts", ONE, tmp_path, QUIET)
    assert drawn == ["dev-cuts-000.mp4"]
    truth = tmp_path / "dev-cuts-000.truth.json"
    before = truth.read_text("utf-8")
    truth.write_text(before.replace('"cuts"', '"old"'), encoding="utf-8")
    load_dataset("dev:cuts", ONE, tmp_path, QUIET)
    assert drawn == ["dev-cuts-000.mp4"] * 2 and truth.read_text("utf-8") == before


def test_an_old_video_never_passes_for_a_new_one(
    tmp_path: Path, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_dataset("dev:cuts", ONE, tmp_path, QUIET)
    (tmp_path / "dev-cuts-000.truth.json").write_text("{}")
    replace = os.replace

    def cut_short(source: Path, target: Path) -> None:
        if target.suffix == ".mp4":
            raise OSError(errno.EIO, "cut short")
        replace(source, target)

    with monkeypatch.context() as patched, pytest.raises(StoreError):
        patched.setattr(os, "replace", cut_short)
        load_dataset("dev:cuts", ONE, tmp_path, QUIET)
    load_dataset("dev:cuts", ONE, tmp_path, QUIET)
    assert len(drawn) == 3


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path, drawn: list[str]) -> None:
    (tmp_path / "dev-cuts-000.mp4").write_text("holiday")
    with pytest.raises(StoreError) as caught:
        load_dataset("dev:cuts", ONE, tmp_path, QUIET)
    assert caught.value.code == "sample_file_foreign" and "dev-cuts-000.mp4" in caught.value.message
    assert (tmp_path / "dev-cuts-000.mp4").read_text() == "holiday" and not drawn


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk_full"), (errno.EACCES, "work_unusable")])
def test_a_drawing_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def failing(script: Script, path: Path) -> Any:
        path.write_bytes(b"half a film")
        raise OSError(number, "it went wrong")

    monkeypatch.setattr(drawing, "render", failing)
    with pytest.raises(StoreError) as caught:
        load_dataset("dev:cuts", ONE, tmp_path, QUIET)
    assert caught.value.code == code and "it went wrong" in caught.value.message
    assert not list(tmp_path.iterdir())


def test_a_cancelled_drawing_stops_between_videos(tmp_path: Path, drawn: list[str]) -> None:
    class Impatient(SilentProgress):
        def check(self) -> None:
            if drawn:
                raise JobCancelled

    with pytest.raises(JobCancelled):
        load_dataset("dev", ONE, tmp_path, Impatient())
    assert len(drawn) == 1


@pytest.mark.slow
def test_a_drawn_video_is_a_film_of_its_script(tmp_path: Path) -> None:
    from cuemark.media.probe import probe

    (video,) = load_dataset("dev:single", ONE, tmp_path, QUIET).videos
    assert probe(video.path).duration == video.duration
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".mp4"]


def test_a_limit_keeps_the_first_videos_and_draws_no_more_of_a_kind(tmp_path: Path, drawn: list[str]) -> None:
    dataset = load_dataset("dev:cuts", DatasetOptions(videos_per_kind=9, limit=2), tmp_path, QUIET)
    assert [video.name for video in dataset.videos] == ["dev-cuts-000", "dev-cuts-001"]
    assert len(drawn) == 2


def test_a_folder_and_annotations_are_found_by_their_name(tmp_path: Path, four_seconds: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(four_seconds)
    (tmp_path / "truth.json").write_text('{"version": 1, "videos": {"a.mp4": {"events": []}}}')
    assert [video.name for video in load_dataset(str(tmp_path), ONE, tmp_path, QUIET).videos] == ["a"]
    path = tmp_path / "val_1.json"
    path.write_text('{"v_a": {"duration": 4, "timestamps": [[0, 1]], "sentences": ["x"]}}')
    named = DatasetOptions(videos_folder=tmp_path)
    apart = DatasetOptions(videos_folder=tmp_path, annotations=(path,))
    dataset = load_dataset(f"activitynet:{path}", named, tmp_path, QUIET)
    assert dataset.name == "activitynet" and len(dataset.videos) == 1
    assert load_dataset("activitynet", apart, tmp_path, QUIET) == dataset
    # The same file named twice is one annotator.
    assert load_dataset(f"activitynet:{path}", apart, tmp_path, QUIET) == dataset


@pytest.mark.parametrize(
    ("name", "options", "code", "hint"),
    [
        ("sample:cut", ONE, "dataset_unknown", "sample:cuts, sample:single, sample:angles"),
        ("samples", ONE, "dataset_not_found", "sample, dev, sample:cuts"),
        ("nowhere/at/all", ONE, "dataset_not_found", "youcook2:FILE"),
        ("youcook2", DatasetOptions(videos_folder=Path()), "option_annotations", "--annotations FILE"),
        ("vidchapters:x.json", ONE, "option_videos_folder", "--videos-folder DIR"),
        ("nowhere", DatasetOptions(videos_folder=Path()), "option_annotations", "activitynet:FILE"),
        ("sample", DatasetOptions(videos_per_kind=0), "option_videos", "at least 1"),
        ("sample", DatasetOptions(limit=0), "option_videos", "at least 1"),
    ],
)
def test_a_name_or_option_that_cannot_be_is_named(
    tmp_path: Path, name: str, options: DatasetOptions, code: str, hint: str
) -> None:
    with pytest.raises((OptionError, InputError)) as caught:
        load_dataset(name, options, tmp_path, QUIET)
    assert (caught.value.code, hint in str(caught.value)) == (code, True), str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_file_in_place_of_a_folder_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text("{}")
    with pytest.raises(InputError) as caught:
        load_dataset(str(path), ONE, tmp_path, QUIET)
    assert caught.value.code == "dataset_not_found" and "Name its folder" in caught.value.next_step


def events(*times: tuple[object, object]) -> list[TrueEvent]:
    return [TrueEvent(Fraction(str(a)), Fraction(str(b)), (f"e{n}", "other")) for n, (a, b) in enumerate(times)]


def test_chapters_by_hand() -> None:
    """A short pause belongs to what came before, a long one is a chapter without a title."""
    found = chapters_of(events((2, 5), (9, 12), (17, 20)), Fraction(26))
    wanted = [(0, 9, "e0"), (9, 12, "e1"), (12, 17, ""), (17, 20, "e2"), (20, 26, "")]
    assert list(found) == [TrueChapter(Fraction(start), Fraction(end), title) for start, end, title in wanted]
    assert chapters_of([], Fraction(3)) == (TrueChapter(Fraction(0), Fraction(3)),)


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(1, 80)), max_size=8), st.integers(0, 80))
def test_chapters_are_a_gapless_partition_in_which_every_event_has_one(
    lengths: list[tuple[int, int]], tail: int
) -> None:
    times, reached = [], Fraction(0)
    for empty, length in lengths:
        start = reached + Fraction(empty, 10)
        reached = start + Fraction(length, 10)
        times.append((start, reached))
    duration = reached + Fraction(tail + (not lengths), 10)
    found = chapters_of(events(*times), duration)
    assert [one.start for one in found] == [0, *(one.end for one in found[:-1])]
    assert found[-1].end == duration and all(one.start < one.end for one in found)
    assert [one.title for one in found if one.title] == [f"e{n}" for n in range(len(times))]
    assert all(one.end - one.start >= EMPTY_CHAPTER for one in found if not one.title) or not lengths
