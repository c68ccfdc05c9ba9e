"""Where chapters are known to begin: typed times, lists, edit lists, OpenTimelineIO, the file's own chapters."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.errors import InputError, OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.typed_times import looks_like_times, seconds, times_in_lines, titles_in_lines
from cuemark.evidence.borders.known import known_borders


def an_info(path: Path = Path("/footage/take.mov"), **changes: Any) -> MediaInfo:
    told: dict[str, Any] = {
        "path": path, "fingerprint": "f", "size": 1, "container": "mov", "codec": "h264", "stream_index": 0,
        "width": 64, "height": 48, "rotation": 0, "pixel_aspect": Fraction(1), "rate": Fraction(25),
        "variable_rate": False, "duration": Fraction(120), "frame_count": 3000, "start_time": Fraction(0),
        "start_timecode": None,
    }  # fmt: skip
    return MediaInfo(**{**told, **changes})


def found(source: str | Path, **changes: Any) -> list[float]:
    return [float(time) for time in known_borders(str(source), an_info(**changes)).times]


@pytest.mark.parametrize(
    ("text", "value"), [("75.2", 75.2), ("1:15.2", 75.2), ("01:01:15", 3675), ("90", 90), ("2:03,5", 123.5)]
)
def test_a_time_as_people_write_it(text: str, value: float) -> None:
    assert float(seconds(text)) == pytest.approx(value)


@pytest.mark.parametrize("text", ["x", "1:75", "1:60:00", "-3", "", "00:00:10:05"])
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(OptionError, match="is not a time"):
        seconds(text)


def test_times_in_a_row_in_any_order_and_twice() -> None:
    assert found("1:30, 0:00 30;30 90") == [0, 30, 90]
    assert found("50f,1000f") == [0, 2, 40]
    assert found("30") == [0, 30]  # the first chapter begins with the footage
    assert looks_like_times("0:00,1:30") and not looks_like_times("1st cut.edl") and not looks_like_times("file")


def test_times_beyond_the_end_are_left_out_aloud() -> None:
    known = known_borders("0,60,600,700", an_info())
    assert list(map(float, known.times)) == [0, 60]
    (notice,) = known.notices
    assert notice.code == "borders_left_out" and "0:10:00, 0:11:40" in notice.message and "0:02:00" in notice.message
    with pytest.raises(InputError, match="None of the 2 times lies in") as error:
        known_borders("600,700", an_info())
    assert error.value.code == "borders_beyond_end"


DESCRIPTION = """My video about bread, made in 2024

0:00 Intro
00:30 - Flour: 3 kinds
(1:00) Baking
 * The end (1:30)
Music 4:5 by somebody
"""


def test_the_description_of_a_video(tmp_path: Path) -> None:
    assert [float(time) for time in times_in_lines(DESCRIPTION)] == [0, 30, 60, 90]
    file = tmp_path / "description.txt"
    file.write_text(DESCRIPTION)
    assert found(file) == [0, 30, 60, 90]
    file.write_text("10\n20.5\n90 s\n")
    assert found(file) == [0, 10, 20.5, 90]


def test_titles_without_what_stands_beside_them() -> None:
    lines = (
        "1. Bread\n00:30 - Flour: 3 kinds\n(1:00) Baking\nThe end (1:30)\n\n- 0:10 - 0:20 Two times\n  2001: A film  \n"
    )
    assert titles_in_lines(lines) == ("Bread", "Flour: 3 kinds", "Baking", "The end", "Two times", "2001: A film")


RESOLVE = """TITLE: x
FCM: NON-DROP FRAME

001  001      V     C        01:00:00:00 01:00:00:01 01:00:00:00 01:00:00:01
 |C:ResolveColorBlue |M:Start |D:1

002  001      V     C        01:00:30:05 01:00:30:06 01:00:30:05 01:00:30:06
a note |C:ResolveColorPurple |M:Second |D:1
"""
CUTS = """TITLE: cut
001  AX       V     C        00:10:00:00 00:10:20:00 10:00:00:00 10:00:20:00
* FROM CLIP NAME: A001.MOV
002  AX       V     C        00:00:00:00 00:01:00:00 10:00:20:00 10:01:20:00
"""
LOCATORS = CUTS + "* LOC: 10:00:05:00 RED first\n* LOC: 10:00:45:12 GREEN second\n"


@pytest.mark.parametrize(
    ("text", "changes", "times"),
    [
        (RESOLVE, {}, [0, 30.2]),
        (RESOLVE, {"start_timecode": "01:00:00:00"}, [0, 30.2]),
        (RESOLVE, {"start_timecode": "00:59:50:00"}, [0, 10, 40.2]),
        (CUTS, {}, [0, 20]),
        (LOCATORS, {}, [0, 5, 45.48]),
        (RESOLVE.replace("01:00:", "00:00:"), {}, [0, 30.2]),
    ],
)
def test_edit_lists(tmp_path: Path, text: str, changes: dict[str, Any], times: list[float]) -> None:
    file = tmp_path / "cut.edl"
    file.write_text(text)
    assert found(file, **changes) == pytest.approx(times)


def test_drop_frame_labels_and_those_that_do_not_exist(tmp_path: Path) -> None:
    file = tmp_path / "cut.edl"
    text = (
        RESOLVE.replace("NON-DROP", "DROP").replace("01:00:30:05", "01:01:00:02").replace("01:00:30:06", "01:01:00:03")
    )
    file.write_text(text)
    assert found(file, rate=Fraction(30000, 1001)) == pytest.approx([0, 1800 * 1001 / 30000])
    file.write_text(RESOLVE.replace("01:00:30:05", "01:00:30:27"))
    known = known_borders(str(file), an_info())
    assert list(known.times) == [0] and "01:00:30:27" in known.notices[0].message


def a_time(seconds: float, rate: float = 25.0) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "value": seconds * rate, "rate": rate}


def a_range(start: float, length: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": a_time(start), "duration": a_time(length)}


def a_clip(name: str, start: float, length: float, *marks: float) -> dict[str, Any]:
    markers = [{"OTIO_SCHEMA": "Marker.2", "name": "m", "marked_range": a_range(mark, 0.04)} for mark in marks]
    media = {
        "OTIO_SCHEMA": "ExternalReference.1",
        "target_url": f"/somewhere/{name}",
        "available_range": a_range(100, 120),
    }
    return {"OTIO_SCHEMA": "Clip.2", "name": name, "source_range": a_range(start, length), "markers": markers,
            "media_references": {"DEFAULT_MEDIA": media}, "active_media_reference_key": "DEFAULT_MEDIA"}  # fmt: skip


def a_timeline(path: Path, *clips: dict[str, Any], marks: tuple[float, ...] = ()) -> Path:
    track = {"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": list(clips), "markers": []}
    markers = [{"OTIO_SCHEMA": "Marker.2", "marked_range": a_range(mark, 0)} for mark in marks]
    stack = {"OTIO_SCHEMA": "Stack.1", "children": [track], "markers": markers}
    whole = {"OTIO_SCHEMA": "Timeline.1", "global_start_time": a_time(3600), "tracks": stack}
    path.write_text(json.dumps(whole))
    return path


def test_timelines_of_opentimelineio(tmp_path: Path) -> None:
    file = tmp_path / "t.otio"
    gap = {"OTIO_SCHEMA": "Gap.1", "source_range": a_range(0, 10)}
    cuts = a_timeline(file, a_clip("a.mov", 100, 20), gap, a_clip("b.mov", 130, 60))
    assert found(cuts) == [0, 30]
    assert found(a_timeline(file, a_clip("a.mov", 100, 20, 105), gap, a_clip("b.mov", 130, 60, 140))) == [0, 5, 40]
    assert found(a_timeline(file, a_clip("a.mov", 100, 90), marks=(12, 3650))) == [0, 12, 50]
    # On the footage's own clip markers stand in the footage's time.
    assert found(a_timeline(file, a_clip("take.mov", 110, 60, 120, 150), gap)) == [0, 20, 50]


def test_a_timeline_is_read_as_the_library_writes_it(tmp_path: Path) -> None:
    otio = pytest.importorskip("opentimelineio")
    timeline = otio.schema.Timeline("t")
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    rate, clip_range = 30000 / 1001, otio.opentime.TimeRange
    for name, frames in (("a", 300), ("b", 600)):
        shown = clip_range(otio.opentime.RationalTime(0, rate), otio.opentime.RationalTime(frames, rate))
        track.append(otio.schema.Clip(name, source_range=shown))
    otio.adapters.write_to_file(timeline, str(tmp_path / "t.otio"))
    (_, border) = known_borders(str(tmp_path / "t.otio"), an_info()).times
    assert border == 300 / Fraction(30000, 1001)


@pytest.mark.parametrize("rate", [1, 1.0, 24, 23.98, 29.97, 48_000])
def test_seconds_of_a_timeline_at_any_rate(tmp_path: Path, rate: float) -> None:
    """OpenTimelineIO counts in seconds (rate 1) where nothing else is asked for, and writers round NTSC rates."""
    exact = {23.98: Fraction(24000, 1001), 29.97: Fraction(30000, 1001)}.get(rate, rate)
    second = {"OTIO_SCHEMA": "RationalTime.1", "value": 60 * round(rate), "rate": rate}
    marker = {"OTIO_SCHEMA": "Marker.2", "marked_range": {"start_time": second}}
    file = tmp_path / "t.otio"
    file.write_text(json.dumps({"OTIO_SCHEMA": "Timeline.1", "tracks": {"children": [], "markers": [marker]}}))
    (_, border) = known_borders(str(file), an_info()).times
    assert border == 60 * round(rate) / Fraction(exact)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.edl", b"TITLE: nothing\n", "borders_none"),
        ("empty.txt", b"", "borders_none"),
        ("words.txt", b"no time here\n", "borders_none"),
        ("broken.otio", b'{"OTIO_SCHEMA": "Timeline.1", ', "borders_unreadable"),
        ("other.otio", b'{"OTIO_SCHEMA": "Clip.2"}', "borders_unreadable"),
        ("clipless.otio", b'{"OTIO_SCHEMA": "Timeline.1", "tracks": {"children": [{}, 7, null]}}', "borders_none"),
        ("deep.otio", b'{"a":' * 100_000, "borders_unreadable"),
        ("strange.otio", b'{"OTIO_SCHEMA": "Timeline.1", "global_start_time": {"value": ""}}', "borders_none"),
        ("binary.edl", bytes(range(256)) * 40, "borders_unreadable"),
        ("gone.edl", None, "borders_not_found"),
    ],
)  # fmt: skip
def test_files_of_which_nothing_can_be_used(tmp_path: Path, name: str, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        known_borders(str(tmp_path / name), an_info())
    assert error.value.code == code and name in str(error.value)


def test_a_folder_and_a_whole_film_are_no_lists(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        known_borders(str(tmp_path), an_info())
    assert error.value.code == "borders_unreadable"
    with (tmp_path / "film.txt").open("wb") as file:
        file.truncate(20 << 20)
    with pytest.raises(InputError, match="16 MiB"):
        known_borders(str(tmp_path / "film.txt"), an_info())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.timeout(20)
def test_nobody_waits_for_a_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "times.txt")
    with pytest.raises(InputError, match="no ordinary file") as error:
        known_borders(str(tmp_path / "times.txt"), an_info())
    assert error.value.code == "borders_unreadable"


def test_a_timeline_that_is_nested_too_deeply_to_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item: dict[str, Any] = {}
    for _ in range(2000):
        item = {"children": [item]}
    whole = {"OTIO_SCHEMA": "Timeline.1", "tracks": {"children": [{"children": [item]}]}}
    # Parsers of newer Pythons go so deep; ours may not.
    monkeypatch.setattr("cuemark.evidence.borders.timeline_file.parse_json", lambda _: whole)
    file = tmp_path / "t.otio"
    file.write_text("{}")
    with pytest.raises(InputError, match="nested too deeply") as error:
        known_borders(str(file), an_info())
    assert error.value.code == "borders_unreadable"


def test_the_chapters_a_file_has(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.set_chapters(
            [
                {"id": number, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": "x"}}
                for number, (start, end) in enumerate([(0, 1000), (1000, 2400), (2400, 4000)])
            ]
        )
        for _ in range(100):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    assert found("file", path=path, duration=Fraction(4)) == [0, 1, 2.4]
    plain = tmp_path / "plain.mp4"
    with av.open(str(plain), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    with pytest.raises(InputError, match="holds no chapters of its own"):
        known_borders("file", an_info(path=plain))
