"""Marker EDL and OTIO: markers must land on their frame."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis
from cuemark.core.errors import InputError, OptionError
from cuemark.export import ExportOptions, get

MakeAnalysis = Callable[..., Analysis]

NTSC = Fraction(30000, 1001)
EVENT = re.compile(r"(\d{3})  001      V     C        (\S{11}) (\S{11}) \2 \3  ")
LABEL = re.compile(r"([^|\r\n]*) \|C:ResolveColor([A-Z][a-z]+) \|M:([^|\r\n]+) \|D:([1-9]\d*)")


def read_edl(data: bytes) -> tuple[bool, list[tuple[str, str, str, str, str, int]]]:
    """(drop_frame, [(in, out, note, colour, name, duration)]), refusing anything that is not the dialect."""
    title, fcm, blank, *lines = data.decode("utf-8").split("\n")
    assert re.fullmatch(r"TITLE: [^|]+", title) and blank == ""
    events = []
    for number, start in enumerate(range(0, len(lines) - 1, 3), 1):
        event, label, space = EVENT.fullmatch(lines[start]), LABEL.fullmatch(lines[start + 1]), lines[start + 2]
        assert event and label and space == "", lines[start : start + 3]
        assert int(event[1]) == number
        events.append((event[2], event[3], label[1], label[2], label[3], int(label[4])))
    return {"FCM: DROP FRAME": True, "FCM: NON-DROP FRAME": False}[fcm], events


def rational(timecode: str, rate: Fraction) -> int:
    """The frame another library sees in a label."""
    return int(otio.opentime.from_timecode(timecode, float(rate)).to_frames())


def test_the_file_to_the_letter(make_analysis: MakeAnalysis) -> None:
    exported = get("edl").export(make_analysis([(0, 90, "All of it")], [(10, 12, "a dog|cat")]))
    assert exported.data.decode() == (
        "TITLE: A003\nFCM: NON-DROP FRAME\n\n"
        "001  001      V     C        01:00:00:00 01:00:00:01 01:00:00:00 01:00:00:01  \n"
        "a dog cat |C:ResolveColorPurple |M:All of it |D:1\n\n"
        "002  001      V     C        01:00:10:00 01:00:10:01 01:00:10:00 01:00:10:01  \n"
        "a dog cat |C:ResolveColorSky |M:a dog cat |D:50\n\n"
    )
    notices = {notice.code: notice.message for notice in exported.warnings}
    assert "01:00:00:00" in notices["export_timeline_assumed"] and "25 fps" in notices["export_timeline_assumed"]
    assert "a dog|cat" in notices["export_marker_text"]


def test_no_assumption_is_announced_when_the_timeline_was_given(make_analysis: MakeAnalysis) -> None:
    options = ExportOptions(rate=Fraction(25), start_timecode="00:00:00:00")
    exported = get("edl").export(make_analysis([(0, 90, "A")], []), options)
    assert exported.warnings == ()
    assert read_edl(exported.data)[1][0][0] == "00:00:00:00"


@pytest.mark.parametrize(("rate", "drop"), [(NTSC, True), (NTSC, False), (Fraction(60000, 1001), True), (24, False)])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.fractions(1, 19990, max_denominator=1000))
def test_markers_land_on_their_frame_at_any_rate(
    rate: Fraction, drop: bool, make_analysis: MakeAnalysis, seconds: Fraction
) -> None:
    rate = Fraction(rate)
    analysis = make_analysis(
        [(0, 20001, "A")], [(seconds, seconds + 2, "m")], duration=Fraction(20001), frame_count=None
    )
    start = "01:00:00;00" if drop else "01:00:00:00"
    is_drop, events = read_edl(get("edl").export(analysis, ExportOptions(rate, drop, start)).data)
    assert is_drop is drop
    begin, end, _, _, _, duration = events[1]
    frame = rational(begin, rate) - rational(start, rate)
    assert abs(frame - seconds * rate) <= Fraction(1, 2)
    assert rational(end, rate) == rational(begin, rate) + 1
    assert abs(duration - 2 * rate) <= 1
    assert (";" in begin) is drop


def test_drop_frame_comes_from_the_start_timecode_never_from_the_rate(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis(rate=NTSC)
    assert read_edl(get("edl").export(analysis).data)[0] is False
    assert read_edl(get("edl").export(analysis, ExportOptions(start_timecode="01:00:00;00")).data)[0] is True
    assert read_edl(get("edl").export(analysis, ExportOptions(drop_frame=True)).data)[0] is True


def test_one_marker_a_frame_the_chapter_keeps_its_colour_and_the_longest_wins(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis(
        [(0, 45, "Beach"), (45, 90, "Boat")],
        [(0, 20, "a dog"), (0, 30, "a beach with a dog"), (0, 5, "Beach"), (50, 60, "short"), (50, 80, "long")],
    )
    exported = get("edl").export(analysis)
    _, events = read_edl(exported.data)
    assert [event[2:] for event in events] == [
        ("a dog; a beach with a dog; Beach", "Purple", "Beach", 1),
        ("a beach with a dog", "Sky", "a beach with a dog", 749),
        ("short; long", "Purple", "Boat", 1),
        ("long; short", "Sky", "long", 750),
    ]
    assert len({event[0] for event in events}) == len(events)
    assert "export_markers_merged" in {notice.code for notice in exported.warnings}


def test_more_than_999_markers_are_refused_by_name(make_analysis: MakeAnalysis) -> None:
    def moments(count: int) -> list[tuple[Fraction, Fraction, str]]:
        return [(Fraction(i, 10), Fraction(i + 1, 10), f"moment number {i}") for i in range(1, count + 1)]

    analysis = make_analysis([(0, 200, "All")], moments(998), duration=Fraction(200), frame_count=None)
    assert len(read_edl(get("edl").export(analysis).data)[1]) == 999
    analysis = make_analysis([(0, 200, "All")], moments(999), duration=Fraction(200), frame_count=None)
    with pytest.raises(InputError) as failure:
        get("edl").export(analysis)
    assert failure.value.code == "export_too_many_markers"
    assert "moment number 999" in failure.value.message


def test_emoji_go_other_letters_stay_with_a_warning_or_are_spelled_out(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis([(0, 90, "Zoë 🐶 rennt")], [(5, 9, "犬")])
    exported = get("edl").export(analysis)
    assert [event[4] for event in read_edl(exported.data)[1]] == ["Zoë rennt", "犬"]
    assert {"export_non_ascii", "export_marker_text"} <= {notice.code for notice in exported.warnings}
    exported = get("edl").export(analysis, ExportOptions(transliterate=True))
    assert [event[4] for event in read_edl(exported.data)[1]] == ["Zoe rennt", "Quan"]
    assert "export_non_ascii" not in {notice.code for notice in exported.warnings}


def test_a_rate_resolve_does_not_have(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis(rate=Fraction(15), frame_count=1350)
    exported = get("edl").export(analysis)
    assert "export_rate_assumed" in {notice.code for notice in exported.warnings}
    assert read_edl(exported.data)[1][1][5] == 16 * 24
    with pytest.raises(OptionError) as failure:
        get("edl").export(analysis, ExportOptions(rate=Fraction(15)))
    assert failure.value.code == "export_rate" and "29.97" in failure.value.next_step


def test_a_truncated_rate_is_read_as_the_ntsc_one(make_analysis: MakeAnalysis) -> None:
    exported = get("edl").export(make_analysis([(0, 90, "A")], [(60, 61, "m")]), ExportOptions(rate=Fraction(29)))
    assert read_edl(exported.data)[1][1][0] == "01:00:59:28"


def test_a_timeline_past_midnight_is_refused_by_name(make_analysis: MakeAnalysis) -> None:
    with pytest.raises(InputError) as failure:
        get("edl").export(make_analysis(), ExportOptions(start_timecode="23:59:30:00"))
    assert failure.value.code == "export_past_midnight"
    assert "Empty street" in failure.value.message


def test_nothing_to_mark(make_analysis: MakeAnalysis) -> None:
    with pytest.raises(InputError) as failure:
        get("edl").export(make_analysis([], []))
    assert failure.value.code == "export_no_markers"


def read_otio(exported: Any) -> tuple[Any, Any]:
    timeline = otio.adapters.read_from_string(exported.data.decode("utf-8"), "otio_json")
    (clip,) = timeline.tracks[0]
    return timeline, clip


def test_otio_is_read_with_its_markers_in_source_timecode(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    analysis = make_analysis(
        rate=NTSC, frame_count=2697, start_timecode="10:00:00;00", path=Path("/footage/Ünï codé/my clip.mov")
    )
    timeline, clip = read_otio(get("otio").export(analysis))
    first = rational("10:00:00;00", NTSC)
    assert clip.media_reference.target_url == "/footage/Ünï codé/my clip.mov"
    assert clip.source_range == clip.media_reference.available_range
    assert clip.source_range.start_time.value == first and clip.source_range.duration.value == 2697
    assert clip.source_range.start_time.to_timecode() == "10:00:00;00"
    chapters = [m for m in clip.markers if m.metadata["cuemark"]["kind"] == "chapter"]
    moments = [m for m in clip.markers if m.metadata["cuemark"]["kind"] == "moment"]
    assert [m.name for m in chapters] == ["Red dog on the beach", "Two people & a boat", "Empty street"]
    assert [m.name for m in moments] == ["a red dog runs on the beach", "two people in a boat", "a street at night"]
    assert [m.color for m in chapters] == [otio.schema.MarkerColor.PURPLE] * 3
    assert {m.color for m in moments} == {otio.schema.MarkerColor.CYAN}
    assert chapters[1].marked_range.start_time.value - first == 599
    assert chapters[1].marked_range.duration.value == 1
    assert chapters[1].comment == "Two people & a boat; two people in a boat"
    assert (moments[1].marked_range.start_time.value - first, moments[1].marked_range.duration.value) == (600, 899)
    assert moments[2].comment == "a street at night"
    last = clip.source_range.end_time_exclusive().value
    assert all(first <= m.marked_range.start_time.value < last for m in clip.markers)
    assert all(m.marked_range.end_time_exclusive().value <= last for m in clip.markers)
    start = timeline.global_start_time
    assert otio.opentime.to_timecode(start, start.rate, drop_frame=False) == "01:00:00:00"
    path = tmp_path / "again.otio"
    otio.adapters.write_to_file(timeline, str(path))
    assert otio.adapters.read_from_file(str(path)).is_equivalent_to(timeline)


def test_otio_schema_versions_are_those_old_readers_know(make_analysis: MakeAnalysis) -> None:
    text = get("otio").export(make_analysis()).data.decode()
    schemas = set(re.findall(r'"OTIO_SCHEMA": "([^"]+)"', text))
    assert {"Clip.2", "Marker.2", "ExternalReference.1", "Timeline.1"} <= schemas
    assert not {"Marker.3", "Clip.1"} & schemas


def test_otio_takes_the_timeline_from_the_options_and_leaves_markers_in_the_medias_rate(
    make_analysis: MakeAnalysis,
) -> None:
    options = ExportOptions(rate=Fraction(24), start_timecode="02:00:00:00")
    timeline, clip = read_otio(get("otio").export(make_analysis(), options))
    assert (timeline.global_start_time.value, timeline.global_start_time.rate) == (2 * 3600 * 24, 24)
    assert clip.markers[0].marked_range.start_time.rate == 25
