"""truth.json: what it gives, and that everything wrong with it is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import InputError, MediaError
from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate.dataset_file import read_file
from cuemark.lab.evaluate.folder_dataset import load_folder
from cuemark.lab.evaluate.truth import Dataset, TrueChapter, TrueEvent

if TYPE_CHECKING:
    from tests.evaluate.conftest import Listener

EVENT = {"start_s": 0.5, "end_s": "3/2", "captions": ["a  dog on the beach"], "slots": {"place": "beach"}}
PHRASES = {"place": {"beach": ["on the beach", "ashore"], "forest": ["in the forest"]}}


def truth(**video: Any) -> dict[str, Any]:
    """A file about one video."""
    return {"version": 1, "name": "mine", "slots": PHRASES, "videos": {"a.mp4": video or {"events": [EVENT]}}}


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, four_seconds: bytes) -> Write:
    """Writes truth.json (text, or data) and films of 4 s into a folder."""

    def writing(content: Any, *files: str) -> Path:
        for name in files or ("a.mp4",):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(four_seconds)
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "truth.json").write_text(text, encoding="utf-8")
        return tmp_path

    return writing


def load(folder: Path) -> Dataset:
    return load_folder(folder, SilentProgress())


def schema() -> Any:
    return json.loads(resources.files("cuemark.lab.evaluate").joinpath("truth.schema.json").read_text("utf-8"))


def test_events_chapters_and_phrases_come_out_exactly(write: Write) -> None:
    chapters = [{"start_s": 0, "end_s": "1.1", "title": "Ashore"}, {"start_s": "1.1", "end_s": 4, "title": ""}]
    late = {"start_s": 2.1, "end_s": 4.4, "captions": ["nobody", "no one"]}
    dataset = load(write(truth(kind="walk", events=[late, EVENT], chapters=chapters)))
    (video,) = dataset.videos
    assert (dataset.name, dataset.missing, video.name, video.kind) == ("mine", (), "a", "walk")
    assert video.duration == 4
    assert video.events == (
        TrueEvent(Fraction(1, 2), Fraction(3, 2), ("a dog on the beach",), {"place": "beach"}),
        # 0.4 s beyond the end is rounding.
        TrueEvent(Fraction(21, 10), Fraction(4), ("nobody", "no one")),
    )
    assert video.chapters == (
        TrueChapter(Fraction(0), Fraction(11, 10), "Ashore"),
        TrueChapter(Fraction(11, 10), Fraction(4), ""),
    )
    assert dataset.phrases == {"place": {"beach": ("on the beach", "ashore"), "forest": ("in the forest",)}}


def test_several_annotators_and_a_video_without_events(write: Write) -> None:
    content = truth(references=[[EVENT], []])
    content["videos"]["b.mp4"] = {"events": []}
    first, second = load(write(content, "a.mp4", "b.mp4")).videos
    assert [len(events) for events in first.references] == [1, 0]
    assert second.references == ((),)


def test_without_a_name_the_folder_lends_its_own(write: Write) -> None:
    content = truth()
    del content["name"]
    folder = write(content)
    assert load(folder).name == folder.name


def test_files_below_the_folder_and_names_that_stay_apart(write: Write) -> None:
    content = truth()
    content["videos"] = {name: {"events": []} for name in ("day 1/a.mp4", "b.mp4", "b.mov")}
    names = [video.name for video in load(write(content, *content["videos"])).videos]
    assert names == ["day 1-a", "b.mp4", "b.mov"]


def test_videos_that_are_not_there_are_counted_and_noted(write: Write, listener: Listener) -> None:
    content = truth()
    content["videos"]["gone.mp4"] = {"events": []}
    dataset = load_folder(write(content), listener)
    assert [video.name for video in dataset.videos] == ["a"]
    assert dataset.missing == ("gone",)
    assert listener.notes == ["1 of 2 videos of truth.json are not there: gone."]


def with_event(**changes: Any) -> dict[str, Any]:
    return truth(events=[EVENT | changes])


def without(key: str) -> dict[str, Any]:
    return truth(events=[{name: value for name, value in EVENT.items() if name != key}])


def with_slots(slots: Any) -> dict[str, Any]:
    return truth(events=[]) | {"slots": slots}


def with_chapters(*times: tuple[Any, Any]) -> dict[str, Any]:
    return truth(events=[], chapters=[{"start_s": start, "end_s": end, "title": "x"} for start, end in times])


# What a JSON Schema can know of, and how the reader says it.
MALFORMED: list[tuple[Any, str]] = [
    (["x"], "the file is a list, but must be an object"),
    ({"version": 1}, 'lacks the field "videos"'),
    (truth() | {"video": {}}, 'a field "video" that nothing is known of. Known are: name, slots, version, videos.'),
    (truth() | {"name": " "}, "name is an empty text"),
    (with_slots({"mood": {}}), "slots.mood is no slot. Slots are: subject, place, attribute, relation."),
    (with_slots({"place": {"beach": []}}), "slots.place.beach has no phrase"),
    (with_slots({"place": {"beach": ["ashore", ""]}}), "slots.place.beach[1] is an empty text"),
    (with_slots({"place": {"beach": "ashore"}}), "slots.place.beach is a text, but must be a list"),
    (truth(kind="x"), 'videos."a.mp4" must have either "events" or "references"'),
    (truth(events=[], references=[[]]), 'must have either "events" or "references"'),
    (truth(references=[]), 'videos."a.mp4".references holds no annotator'),
    (truth(events={}), 'videos."a.mp4".events is an object, but must be a list'),
    (truth(events=[], chapter=[]), 'a field "chapter"'),
    (truth(events=[], kind=3), "kind is a number, but must be a text"),
    (without("captions"), 'videos."a.mp4".events[0] lacks the field "captions"'),
    (without("end_s"), 'lacks the field "end_s"'),
    (with_event(captions=[]), "events[0].captions holds no caption"),
    (with_event(captions="a dog"), "captions is a text, but must be a list"),
    (with_event(captions=[None]), "captions[0] is null, but must be a text"),
    (with_event(start_s=-1), "start_s is -1 s, which lies before the start of the video"),
    (with_event(start_s="0:01"), 'start_s is a text, but must be seconds. Write seconds as 1.5, "1.5" or "45/30".'),
    (with_event(start_s="1/0"), "start_s is a text, but must be seconds"),
    (with_event(start_s="-1"), "start_s is a text, but must be seconds"),
    (with_event(start_s=True), "start_s is true or false, but must be seconds"),
    (with_event(end_s=2e9), "end_s is a number of seconds that no video can have"),
    (with_event(begin=1), 'a field "begin"'),
]

# What only the reader can know.
IMPOSSIBLE: list[tuple[Any, str]] = [
    (with_event(end_s=0.5), 'videos."a.mp4".events[0] ends at 0.5 s, which is not after its start at 0.5 s'),
    (with_event(end_s="1/4"), "ends at 0.25 s, which is not after its start at 0.5 s"),
    (with_event(end_s=4.6), "events[0] ends at 4.6 s, but the video at 4 s"),
    (with_event(start_s=4, end_s=4.4), "ends at 4.4 s, but the video at 4 s"),
    (with_event(slots={"place": "moon"}), 'place is "moon", which "slots" does not list. Listed are: beach, forest.'),
    (with_event(slots={"subject": "dog"}), 'subject names a slot that "slots" does not list. Listed are: place.'),
    (with_slots({"place": {"a": ["x y"], "b": ["X Y"]}}), 'slots.place says "X Y" for both "a" and "b"'),
    (with_chapters((0, 2), (1, 3)), "chapters[1] begins before the chapter before it ends"),
    (with_chapters((3, 2)), "chapters[0] ends at 2 s, which is not after its start at 3 s"),
    (truth() | {"videos": {"../a.mp4": {"events": []}}}, "is no path below the folder"),
    (truth() | {"videos": {"/a.mp4": {"events": []}}}, "is no path below the folder"),
    (truth() | {"videos": {"": {"events": []}}}, "is no path below the folder"),
]


def complaint(folder: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load(folder)
    return caught.value


@pytest.mark.parametrize(("content", "message"), MALFORMED + IMPOSSIBLE)
def test_every_mistake_is_named_with_file_and_place(write: Write, content: Any, message: str) -> None:
    error = complaint(write(content))
    assert error.code == "dataset_invalid"
    assert error.message.startswith('"truth.json": ') and error.next_step
    assert message in str(error)


@pytest.mark.parametrize(("content", "message"), MALFORMED)
def test_the_schema_refuses_what_the_reader_refuses(content: Any, message: str) -> None:
    assert not jsonschema.Draft202012Validator(schema()).is_valid(content), message


@pytest.mark.parametrize(
    "content", [truth(), truth(references=[[EVENT], []]), with_slots({}), with_chapters((0, "9/4"))]
)
def test_the_schema_accepts_what_the_reader_accepts(write: Write, content: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(content, schema())
    assert load(write(content)).videos


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"version": 1,\n "videos": {]}',
            "is not valid JSON: Expecting property name enclosed in double quotes in line",
        ),
        ("", "is not valid JSON: Expecting value in line 1, column 1"),
        ('{"version": 1, "videos": {"a.mp4": {}, "a.mp4": {}}}', 'the key "a.mp4" occurs twice in one object'),
        ('{"version": NaN}', "NaN is no number"),
        ('{"version": 1e99999999}', "the number 1e99999999 is out of reach"),
        ("[" * 100_000, "is not valid JSON"),
    ],
)
def test_broken_json_is_an_error_that_says_where(write: Write, text: str, message: str) -> None:
    error = complaint(write(text))
    assert (error.code, message in error.message) == ("dataset_invalid", True), error.message


@pytest.mark.parametrize(
    ("version", "named"),
    [(2, "2"), (0, "0"), ("1", "1"), (None, "?"), (True, "True"), (1.5, "?"), ("9" * 99, "9" * 20)],
)
def test_another_version_is_named(write: Write, version: Any, named: str) -> None:
    # Before anything else: another version may have other fields.
    error = complaint(write({"version": version, "films": []}))
    assert error.code == "dataset_version" and f"is of version {named}," in error.message


def test_a_folder_without_truth_is_an_error(tmp_path: Path) -> None:
    error = complaint(tmp_path)
    assert error.code == "dataset_not_found" and "holds no truth.json" in error.message


@pytest.mark.parametrize("videos", [{}, {"gone.mp4": {"events": []}}])
def test_none_of_the_videos_there_is_an_error(write: Write, videos: Any) -> None:
    assert complaint(write(truth() | {"videos": videos})).code == "dataset_no_videos"


def test_a_file_that_is_no_video_is_an_error_that_names_it(write: Write) -> None:
    folder = write(truth())
    (folder / "a.mp4").write_text("not a film")
    with pytest.raises(MediaError) as caught:
        load(folder)
    assert '"a.mp4"' in caught.value.message


def test_text_that_is_no_utf8_and_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_bytes(b'{"name": "\xff"}')
    assert complaint(tmp_path).code == "dataset_unreadable"
    with pytest.raises(InputError) as caught:
        read_file(tmp_path)
    assert caught.value.code == "dataset_unreadable"
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / "none.json")
    assert caught.value.code == "dataset_not_found"


@given(st.decimals(0, 10**6, places=9), st.sampled_from(["{}", '"{}"']))
def test_decimal_numbers_are_read_exactly(tmp_path_factory: pytest.TempPathFactory, value: Any, form: str) -> None:
    path = tmp_path_factory.getbasetemp() / "number.json"
    path.write_text(form.format(f"{value:f}"), encoding="utf-8")
    assert read_file(path).seconds() == Fraction(value)


@given(st.fractions(0, 10**6, max_denominator=10**6))
def test_fractions_are_read_exactly(tmp_path_factory: pytest.TempPathFactory, value: Fraction) -> None:
    path = tmp_path_factory.getbasetemp() / "fraction.json"
    path.write_text(json.dumps(f"{value.numerator}/{value.denominator}"), encoding="utf-8")
    assert read_file(path).seconds() == value
