"""The readers of ActivityNet Captions, YouCook2 and VidChapters annotations, on files of their forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.core.errors import InputError
from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate.public_datasets import load_activitynet, load_vidchapters, load_youcook2
from cuemark.lab.evaluate.truth import Dataset, TrueChapter, TrueEvent

if TYPE_CHECKING:
    from tests.evaluate.conftest import Listener

Put = Callable[..., Path]
QUIET = SilentProgress()


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes an annotation file."""

    def putting(content: Any, name: str = "annotations.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return putting


@pytest.fixture
def films(tmp_path: Path, four_seconds: bytes) -> Path:
    """A folder with v_one.mp4 and, deeper, two.webm."""
    for name in ("v_one.mp4", "validation/101/two.webm"):
        path = tmp_path / "films" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(four_seconds)
    return tmp_path / "films"


def event(start: object, end: object, caption: str) -> TrueEvent:
    return TrueEvent(Fraction(str(start)), Fraction(str(end)), (caption,))


def described(*times: Sequence[float], duration: float = 4.0) -> dict[str, Any]:
    return {"duration": duration, "timestamps": times, "sentences": [f" s{n} " for n in range(len(times))]}


def refused(load: Callable[[], Dataset]) -> InputError:
    with pytest.raises(InputError) as caught:
        load()
    return caught.value


def test_activitynet_two_files_are_two_references(put: Put, films: Path) -> None:
    first = put({"v_one": described([0.1, 2.5], [0, 4.0]), "v_two": described([1, 2])}, "val_1.json")
    second = put({"v_one": described([1, 3])}, "val_2.json")
    dataset = load_activitynet("activitynet", (first, second), films, QUIET)
    one, two = dataset.videos
    assert (one.name, one.path.name, one.duration) == ("v_one", "v_one.mp4", Fraction(4))
    assert one.references == ((event(0, 4, "s1"), event("0.1", "2.5", "s0")), (event(1, 3, "s0"),))
    # Found without its "v_", below the folder, with another ending; the second annotator did not describe it.
    assert (two.name, two.path.name) == ("v_two", "two.webm")
    assert two.references == ((event(1, 2, "s0"),),)
    assert dataset.missing == ()


def test_activitynet_a_video_that_only_the_second_annotator_described(put: Put, films: Path) -> None:
    files = put({"v_one": described([1, 3])}, "val_1.json"), put({"v_two": described([0, 2])}, "val_2.json")
    dataset = load_activitynet("activitynet", files, films, QUIET)
    assert [(video.name, len(video.references)) for video in dataset.videos] == [("v_one", 1), ("v_two", 1)]


def test_activitynet_impossible_segments_are_mended_and_told(put: Put, films: Path, listener: Listener) -> None:
    times = ([1, 2], [3, 9.5], [3, 3], [3, 1], [5, 6], [-1, 1])
    path = put({"v_one": described(*times), "v_gone": described([0, 1])})
    dataset = load_activitynet("activitynet", (path,), films, listener)
    assert dataset.videos[0].events == (event(0, 1, "s5"), event(1, 2, "s0"), event(3, 4, "s1"))
    assert dataset.missing == ("v_gone",)
    absent, mended = listener.notes
    assert absent.startswith("1 of 2 annotated videos are not there")
    assert mended.startswith("2 annotated segments were cut to their video, 3 impossible ones")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([], "v_one is a list, but must be an object"),
        ({"duration": 4, "timestamps": []}, 'v_one lacks the field "sentences"'),
        ({"duration": 4, "timestamps": [[0, 1]], "sentences": []}, 'v_one has 1 "timestamps" but 0 "sentences"'),
        ({"duration": 0, "timestamps": [], "sentences": []}, "v_one.duration is 0 s"),
        ({"timestamps": [[0, 1, 2]], "sentences": ["a"]}, "v_one.timestamps[0] must be a list of two times"),
        ({"timestamps": [[0, "x"]], "sentences": ["a"]}, "v_one.timestamps[0][1] is a text, but must be seconds"),
        ({"timestamps": [[0, 1]], "sentences": [3]}, "v_one.sentences[0] is a number, but must be a text"),
    ],
)
def test_activitynet_malformed_files_are_named(put: Put, films: Path, entry: Any, message: str) -> None:
    error = refused(lambda: load_activitynet("activitynet", (put({"v_one": entry}),), films, QUIET))
    assert error.code == "dataset_invalid"
    assert error.message.startswith('"annotations.json": ') and message in error.message


def test_no_video_there_and_no_folder_are_errors(put: Put, films: Path, tmp_path: Path) -> None:
    path = put({"v_gone": described([0, 1])})
    error = refused(lambda: load_activitynet("activitynet", (path,), films, QUIET))
    assert error.code == "dataset_no_videos"
    assert error.message == 'None of the 1 videos of "annotations.json" is in "films".'
    error = refused(lambda: load_activitynet("activitynet", (path,), tmp_path / "nowhere", QUIET))
    assert error.code == "dataset_not_found" and '"nowhere"' in error.message
    error = refused(lambda: load_activitynet("activitynet", (tmp_path / "none.json",), films, QUIET))
    assert error.code == "dataset_not_found" and '"none.json"' in error.message


def recipe(subset: str, *segments: list[int]) -> dict[str, Any]:
    steps = [{"id": n, "segment": segment, "sentence": f"step {n}"} for n, segment in enumerate(segments)]
    return {"duration": 4.0, "subset": subset, "recipe_type": "101", "video_url": "https://…", "annotations": steps}


def test_youcook2_reads_the_validation_subset(put: Put, films: Path) -> None:
    database = {"two": recipe("validation", [0, 1], [1, 3]), "v_one": recipe("training", [0, 1])}
    dataset = load_youcook2("youcook2", (put({"database": database}),), films, QUIET)
    (video,) = dataset.videos
    assert (video.name, video.path.name, video.duration) == ("two", "two.webm", Fraction(4))
    assert video.references == ((event(0, 1, "step 0"), event(1, 3, "step 1")),)


def test_youcook2_in_the_form_of_dense_captioning(put: Put, films: Path) -> None:
    path = put({"two": described([0, 1], [1, 3]), "gone": described([0, 1])})
    dataset = load_youcook2("youcook2", (path,), films, QUIET)
    assert dataset.videos[0].references == ((event(0, 1, "s0"), event(1, 3, "s1")),)
    assert dataset.missing == ("gone",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"two": recipe("validation")}, 'the file lacks the field "database"'),
        ({"database": {"two": recipe("training")}}, 'database holds no video whose subset is "validation"'),
        ({"database": {"two": {"subset": "validation"}}}, 'database.two lacks the field "annotations"'),
        (
            {"database": {"two": {"subset": "validation", "annotations": [{"segment": [0, 1]}]}}},
            'database.two.annotations[0] lacks the field "sentence"',
        ),
    ],
)
def test_youcook2_malformed_files_are_named(put: Put, films: Path, content: Any, message: str) -> None:
    error = refused(lambda: load_youcook2("youcook2", (put(content),), films, QUIET))
    assert (error.code, message in error.message) == ("dataset_invalid", True), error.message


CHAPTERS = (TrueChapter(Fraction(0), Fraction(3, 2), "Intro"), TrueChapter(Fraction(3, 2), Fraction(4), "Unboxing"))


@pytest.mark.parametrize(
    "entry",
    [
        {"duration": 4.0, "timestamps": [[0.0, 1.5], [1.5, 4.0]], "sentences": ["Intro", "Unboxing"], "path": "x.npy"},
        {"duration": 4, "chapters": [{"time": 1.5, "label": "Unboxing"}, {"time": 0, "label": "Intro"}], "title": "t"},
        {"chapters": {"00:00:00": "Intro", "0:01.5": "Unboxing"}, "title": "t"},
        {"chapters": {"0": "Intro", "1.5": "Unboxing"}},
        {"Intro": 0, "Unboxing": 1.5},
        {"Unboxing": "0:01.5", "Intro": "0:00"},
    ],
)
def test_vidchapters_forms_say_the_same(put: Put, films: Path, entry: Any) -> None:
    (video,) = load_vidchapters("vidchapters", (put({"two": entry, "gone": {}}),), films, QUIET).videos
    assert video.chapters == CHAPTERS
    assert video.references == (tuple(event(c.start, c.end, c.title) for c in CHAPTERS),)
    assert video.duration == 4


def test_vidchapters_hours_minutes_and_a_chapter_beyond_the_end(put: Put, films: Path, listener: Listener) -> None:
    entry = {"duration": 5000, "chapters": {"00:00": "a", "01:02:03": "b", "01:02:03.0": "same", "2:00:00": "late"}}
    (video,) = load_vidchapters("vidchapters", (put({"two": entry}),), films, listener).videos
    assert video.chapters == (
        TrueChapter(Fraction(0), Fraction(3723), "a"),
        TrueChapter(Fraction(3723), Fraction(5000), "same"),
    )
    assert listener.notes == [
        "1 annotated segments were cut to their video, 2 impossible ones (without length, or outside it) were left out."
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"chapters": [{"time": 0}]}, 'two.chapters[0] lacks the field "label"'),
        ({"chapters": {"soon": "Intro"}}, "two.chapters.soon is a text, but must be seconds"),
        ({"chapters": "Intro"}, "two.chapters is a text, but must be an object"),
        ({"Intro": [0]}, "two.Intro is a list, but must be seconds"),
        ({"duration": 4, "timestamps": [[0, 1]]}, 'two lacks the field "sentences"'),
    ],
)
def test_vidchapters_malformed_files_are_named(put: Put, films: Path, entry: Any, message: str) -> None:
    error = refused(lambda: load_vidchapters("vidchapters", (put({"two": entry}),), films, QUIET))
    assert (error.code, message in error.message) == ("dataset_invalid", True), error.message
