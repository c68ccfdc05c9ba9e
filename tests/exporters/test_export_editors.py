"""Final Cut Pro, Premiere, Avid, Kdenlive, Shotcut, Blender: each marker on its frame, as another reader sees it."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis
from cuemark.core.errors import InputError, OptionError
from cuemark.export import ExportFile, ExportOptions, get

MakeAnalysis = Callable[..., Analysis]

NTSC24, NTSC30, NTSC60 = (Fraction(n * 1000, 1001) for n in (24, 30, 60))
EDITORS = ("fcpxml", "fcp7xml", "avid", "kdenlive", "shotcut", "blender")
COUNT_FROM_ZERO = ("kdenlive", "shotcut", "blender")


def starts(name: str, exported: ExportFile, rate: Fraction, start: str, scene_start: int = 1) -> list[int]:
    """The frames of all markers from the sequence's first, as a reader of that format finds them."""
    text = exported.data.decode("utf-8")
    if name == "fcpxml":
        (clip,) = ET.fromstring(text).iter("asset-clip")
        base = seconds(clip.get("start"))
        frames = [(seconds(marker.get("start")) - base) * rate for marker in clip if marker.get("value")]
        assert all(frame.denominator == 1 for frame in frames), "on the frame grid"
        return [int(frame) for frame in frames]
    if name == "fcp7xml":
        timeline = otio.adapters.read_from_string(text, "fcp_xml")
        return [int(marker.marked_range.start_time.value) for marker in timeline.tracks.markers]
    if name == "avid":
        first = otio.opentime.from_timecode(start, float(rate)).to_frames()
        labels = [line.split("\t")[1] for line in text.splitlines()]
        return [otio.opentime.from_timecode(label, float(rate)).to_frames() - first for label in labels]
    if name == "kdenlive":
        return [guide["pos"] for guide in json.loads(text)]
    if name == "shotcut":
        return [int(marker["start"]) for marker in shotcut_markers(text)]
    return [frame - scene_start for frame, _ in blender_markers(text, rate, scene_start)]


def seconds(text: str | None) -> Fraction:
    assert text and text.endswith("s")
    return Fraction(text[:-1])


def shotcut_markers(text: str) -> list[dict[str, str]]:
    (found,) = ET.fromstring(text).iterfind("tractor/properties[@name='shotcut:markers']")
    assert [node.get("name") for node in found] == [str(number) for number in range(len(found))]
    return [{str(p.get("name")): p.text or "" for p in node} for node in found]


class Markers(list[Any]):
    """Blender's collection, as far as a script sees it."""

    def new(self, name: str, frame: int) -> None:
        self.append(types.SimpleNamespace(name=name, frame=frame))


def run_in_blender(text: str, rate: Fraction, frame_start: int = 1, there: Markers | None = None) -> Markers:
    base = rate.denominator / 1000 if rate.denominator != 1 else 1.0
    render = types.SimpleNamespace(fps=round(rate), fps_base=float(f"{base:.7f}"))
    markers = Markers() if there is None else there
    scene = types.SimpleNamespace(frame_start=frame_start, render=render, timeline_markers=markers)
    bpy = types.ModuleType("bpy")
    bpy.context = types.SimpleNamespace(scene=scene)  # type: ignore[attr-defined]
    sys.modules["bpy"] = bpy
    try:
        exec(compile(text, "markers.py", "exec"), {"__name__": "__main__"})
    finally:
        del sys.modules["bpy"]
    return markers


def blender_markers(text: str, rate: Fraction, frame_start: int = 1) -> list[tuple[int, str]]:
    return [(m.frame, m.name) for m in run_in_blender(text, rate, frame_start)]


@pytest.mark.parametrize("name", EDITORS)
@pytest.mark.parametrize(
    ("rate", "drop"), [(Fraction(25), False), (NTSC24, False), (NTSC30, False), (NTSC30, True), (NTSC60, True)]
)
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(second=st.fractions(1, 35000, max_denominator=1000))
def test_a_moment_lies_on_its_frame_also_after_hours(
    rate: Fraction, drop: bool, name: str, make_analysis: MakeAnalysis, second: Fraction
) -> None:
    media = {"duration": Fraction(36000), "frame_count": None, "rate": rate}
    analysis = make_analysis([(0, 36000, "A")], [(second, second + 2, "m")], **media)
    start = "01:00:00;00" if drop else "01:00:00:00"
    options = ExportOptions(rate, drop, start) if name not in COUNT_FROM_ZERO else ExportOptions(rate)
    first, frame = starts(name, get(name).export(analysis, options), rate, start)
    assert first == 0
    assert abs(frame - second * rate) <= Fraction(1, 2)


@pytest.mark.parametrize("name", EDITORS)
def test_a_sequence_of_another_rate_than_the_media(name: str, make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis([(0, 90, "A")], [(60, 62, "m")], rate=NTSC24, frame_count=2158)
    found = starts(name, get(name).export(analysis, ExportOptions(rate=Fraction(50))), Fraction(50), "01:00:00:00")
    assert found == [0, 3000]


@pytest.mark.parametrize("name", EDITORS)
def test_nothing_to_mark(name: str, make_analysis: MakeAnalysis) -> None:
    with pytest.raises(InputError) as failure:
        get(name).export(make_analysis([], []))
    assert failure.value.code == "export_no_markers"


@pytest.mark.parametrize("name", ["fcpxml", "fcp7xml", "avid"])
def test_a_rate_the_program_does_not_have(name: str, make_analysis: MakeAnalysis) -> None:
    with pytest.raises(OptionError) as failure:
        get(name).export(make_analysis(), ExportOptions(rate=Fraction(14)))
    assert failure.value.code == "export_rate" and "29.97" in failure.value.next_step
    exported = get(name).export(make_analysis(rate=Fraction(14), frame_count=1260))
    assert "export_rate_assumed" in {notice.code for notice in exported.warnings}
    assert starts(name, exported, Fraction(24), "01:00:00:00")[1] == 48


@pytest.mark.parametrize(
    ("own", "nearest"),
    [(Fraction(29364, 1000), NTSC30), (Fraction(2475, 100), Fraction(25)), (Fraction(597, 10), NTSC60)],
)
@pytest.mark.parametrize("name", ["fcpxml", "fcp7xml", "avid"])
def test_footage_of_variable_rate_goes_to_the_nearest_one(
    name: str, own: Fraction, nearest: Fraction, make_analysis: MakeAnalysis
) -> None:
    analysis = make_analysis([(0, 90, "A")], [(60, 62, "m")], rate=own, variable_rate=True, frame_count=None)
    exported = get(name).export(analysis)
    (told,) = [notice.message for notice in exported.warnings if notice.code == "export_rate_assumed"]
    assert f"written for {float(nearest):.5g}" in told and "--fps" in told
    assert starts(name, exported, nearest, "01:00:00:00")[1] == round(60 * nearest)


SEQUENCES = (None, Fraction(24), NTSC24, Fraction(25), NTSC30, Fraction(30), Fraction(50), NTSC60)
OWN = (
    Fraction(25, 2),
    Fraction(29364, 1000),
    Fraction(14),
    Fraction(25),
    NTSC24,
    NTSC30,
    NTSC60,
    Fraction(50),
    Fraction(120),
)


def rate_of(node: ET.Element) -> Fraction:
    """The rate an xmeml element states for itself."""
    timebase, ntsc = node.findtext("rate/timebase"), node.findtext("rate/ntsc")
    return Fraction(int(timebase or 0)) * (Fraction(1000, 1001) if ntsc == "TRUE" else 1)


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("own", OWN, ids=str)
@pytest.mark.parametrize("rate", SEQUENCES, ids=str)
def test_premiere_finds_one_grid_and_all_of_the_file(
    rate: Fraction | None, own: Fraction, variable: bool, make_analysis: MakeAnalysis
) -> None:
    analysis = make_analysis(
        rate=own,
        variable_rate=variable,
        frame_count=None if variable else round(90 * own),
        start_timecode="01:00:00:00",
    )
    root = ET.fromstring(get("fcp7xml").export(analysis, ExportOptions(rate=rate)).data)
    (sequence,), (item,), (file,) = root.iter("sequence"), root.iter("clipitem"), root.iter("file")
    start, end, first, after = (int(item.findtext(edge) or -1) for edge in ("start", "end", "in", "out"))
    assert after == first + end - start and rate_of(item) == rate_of(sequence)
    assert int(item.findtext("duration") or 0) == after
    file_s = int(file.findtext("duration") or 0) / rate_of(file)
    assert (after - first) / rate_of(item) <= file_s, "the file is as long as its clip"
    assert abs(file_s - 90) <= Fraction(1, 10) and abs(end / rate_of(sequence) - 90) <= Fraction(1, 10)
    if own.denominator == 1 or own in (NTSC24, NTSC30, NTSC60):
        assert rate_of(file) == own, "a rate that can be said is the file's own"
    first_frame = file.findtext("timecode/frame"), file.findtext("timecode/string")
    assert first_frame == (str(3600 * round(rate_of(file))), "01:00:00:00")


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("own", OWN, ids=str)
@pytest.mark.parametrize("rate", SEQUENCES, ids=str)
def test_final_cut_finds_all_of_the_clip_in_the_file(
    rate: Fraction | None, own: Fraction, variable: bool, make_analysis: MakeAnalysis
) -> None:
    count = None if variable else round(90 * own)
    analysis = make_analysis(rate=own, variable_rate=variable, frame_count=count)
    root = ET.fromstring(get("fcpxml").export(analysis, ExportOptions(rate=rate)).data)
    (asset,), (clip,), (sequence,) = root.iter("asset"), root.iter("asset-clip"), root.iter("sequence")
    formats = {each.get("id"): seconds(each.get("frameDuration")) for each in root.iter("format")}
    grid = formats[sequence.get("format")]
    assert seconds(clip.get("duration")) <= seconds(asset.get("duration"))
    assert abs(seconds(clip.get("duration")) - 90) <= Fraction(1, 10)
    assert (seconds(clip.get("duration")) / grid).denominator == 1


@pytest.mark.parametrize(
    ("rate", "label", "frame", "start"),
    [(Fraction(50), "10:00:00:40", 1800040, "1800040/50s"), (NTSC60, "10:00:00;40", 2157880, "2160037880/60000s")],
)
def test_footage_begins_at_its_own_timecode_in_every_format(
    rate: Fraction, label: str, frame: int, start: str, make_analysis: MakeAnalysis
) -> None:
    analysis = make_analysis(rate=rate, frame_count=round(90 * rate), start_timecode=label)
    root = ET.fromstring(get("fcpxml").export(analysis).data)
    assert [node.get("start") for node in (*root.iter("asset"), *root.iter("asset-clip"))] == [start, start]
    (timecode,) = ET.fromstring(get("fcp7xml").export(analysis).data).iterfind(".//file/timecode")
    assert (timecode.findtext("string"), timecode.findtext("frame")) == (label, str(frame))
    timeline = otio.adapters.read_from_string(get("otio").export(analysis).data.decode(), "otio_json")
    (clip,) = timeline.find_clips()
    assert (clip.source_range.start_time.value, clip.media_reference.available_range.start_time.value) == (frame, frame)
    header, first, *_ = (line.split(",") for line in get("csv").export(analysis).data.decode().splitlines())
    assert dict(zip(header, first, strict=True))["start_timecode"] == label


@pytest.mark.parametrize("name", ["fcpxml", "fcp7xml", "avid"])
def test_past_midnight_is_refused_by_name(name: str, make_analysis: MakeAnalysis) -> None:
    with pytest.raises(InputError) as failure:
        get(name).export(make_analysis(), ExportOptions(start_timecode="23:59:30:00"))
    assert failure.value.code == "export_past_midnight" and "Empty street" in failure.value.message


@pytest.mark.parametrize("name", COUNT_FROM_ZERO)
def test_a_start_that_the_program_does_not_have_is_left_out_aloud(name: str, make_analysis: MakeAnalysis) -> None:
    exported = get(name).export(make_analysis(), ExportOptions(start_timecode="01:00:00:00"))
    assert "export_start_ignored" in {notice.code for notice in exported.warnings}
    assert exported.data == get(name).export(make_analysis()).data


def test_final_cut_chapters_and_markers_in_the_clips_own_time(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis(start_timecode="01:00:00:00", path=Path("/f/Ünï & co/a b.mov"))
    root = ET.fromstring(get("fcpxml").export(analysis, ExportOptions(start_timecode="10:00:00:00")).data)
    (clip,) = root.iter("asset-clip")
    assert [float(seconds(clip.get(name))) for name in ("offset", "start", "duration")] == [36000, 3600, 90]
    rows: list[Any] = [
        (m.tag, seconds(m.get("start")) - 3600, seconds(m.get("duration")), m.get("value")) for m in clip
    ]
    assert rows == [
        ("chapter-marker", 0, Fraction(1, 25), "Red dog on the beach"),
        ("marker", 2, 16, "a red dog runs on the beach"),
        ("chapter-marker", 20, Fraction(1, 25), "Two people & a boat"),
        ("marker", 20 + Fraction(1, 25), 30 - Fraction(1, 25), "two people in a boat"),
        ("chapter-marker", 55, Fraction(1, 25), "Empty street"),
        ("marker", 60, 20, "a street at night"),
    ]
    assert clip[2].get("note") == "two people in a boat"
    (file,) = root.iter("media-rep")
    assert file.get("src") == "file:///f/%C3%9Cn%C3%AF%20%26%20co/a%20b.mov"


def test_final_cut_as_opentimelineio_reads_it(make_analysis: MakeAnalysis) -> None:
    """Its adapter knows whole rates and plain markers only."""
    text = get("fcpxml").export(make_analysis()).data.decode()
    (timeline,) = otio.adapters.read_from_string(text, "fcpx_xml")
    (clip,) = timeline.find_clips()
    assert clip.source_range.duration.value == 2250
    found = [(m.name, m.marked_range.start_time.value, m.marked_range.duration.value) for m in clip.markers]
    assert found == [
        ("a red dog runs on the beach", 50, 400),
        ("two people in a boat", 501, 749),
        ("a street at night", 1500, 500),
    ]


def test_final_cut_media_of_another_rate_keeps_its_seconds(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis(rate=NTSC24, frame_count=2158, start_timecode="01:00:00:00")
    root = ET.fromstring(get("fcpxml").export(analysis, ExportOptions(rate=Fraction(25))).data)
    (clip,), (asset,) = root.iter("asset-clip"), root.iter("asset")
    assert clip[0].attrib == {"scaleEnabled": "0", "srcFrameRate": "23.98"}
    assert seconds(clip.get("duration")) <= seconds(asset.get("duration"))
    assert seconds(clip[1].get("start")) == seconds(clip.get("start")) == 86400 / NTSC24


def test_final_cut_says_which_marker_lies_behind_the_clip(make_analysis: MakeAnalysis) -> None:
    """The media ends between two frames of the sequence, and the moment on the last of them."""
    end = 2150 / NTSC24
    moments = [(1, 2, "early"), (end - Fraction(1, 100), end, "too late")]
    analysis = make_analysis([], moments, rate=NTSC24, frame_count=2150, duration=end)
    exported = get("fcpxml").export(analysis, ExportOptions(rate=Fraction(25)))
    assert [m.get("value") for m in ET.fromstring(exported.data).iter("marker")] == ["early"]
    (told,) = [notice for notice in exported.warnings if notice.code == "export_marker_outside"]
    assert "too late" in told.message


def test_premiere_sequence_as_opentimelineio_reads_it(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis(rate=NTSC30, frame_count=2697, path=Path("/f/Ünï & co/a b.mov"))
    exported = get("fcp7xml").export(analysis, ExportOptions(start_timecode="01:00:00;00"))
    timeline = otio.adapters.read_from_string(exported.data.decode(), "fcp_xml")
    found = [
        (m.name, int(m.marked_range.start_time.value), int(m.marked_range.duration.value), m.metadata["fcp_xml"])
        for m in timeline.tracks.markers
    ]
    assert [row[:3] for row in found] == [
        ("Red dog on the beach", 0, 0), ("a red dog runs on the beach", 60, 479), ("Two people & a boat", 599, 0),
        ("two people in a boat", 600, 899), ("Empty street", 1648, 0), ("a street at night", 1798, 600),
    ]  # fmt: skip
    assert found[2][3]["comment"] == "Chapter; two people in a boat"
    (clip,) = timeline.find_clips()
    assert clip.duration().value == 2697 and round(clip.duration().rate, 2) == 29.97
    timecode = ET.fromstring(exported.data).find("sequence/timecode")
    assert timecode is not None
    assert [timecode.findtext(tag) for tag in ("string", "frame", "displayformat")] == ["01:00:00;00", "107892", "DF"]


def test_avid_locators_to_the_letter(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis([(0, 90, "Café\tam Meer")], [(10, 12, "ein Hündchen"), (20, 22, "🐶"), (30, 31, "犬")])
    exported = get("avid").export(analysis)
    assert exported.data.decode("ascii") == (
        "Cuemark\t01:00:00:00\tV1\tmagenta\tCafe am Meer\t1\n"
        "Cuemark\t01:00:10:00\tV1\tcyan\tein Hundchen\t50\n"
        "Cuemark\t01:00:20:00\tV1\tcyan\tMarker 3\t50\n"
        "Cuemark\t01:00:30:00\tV1\tcyan\tQuan\t25\n"
    )
    assert {"export_marker_text", "export_timeline_assumed"} <= {notice.code for notice in exported.warnings}


def test_kdenlive_guides_would_not_undo_each_other(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis([(0, 45, "A"), (45, 90, "B")], [(0, 9, "x"), (0, 5, "y"), (45, 50, "z")])
    guides = json.loads(get("kdenlive").export(analysis).data)
    assert len({guide["pos"] for guide in guides}) == len(guides)
    assert all(guide["type"] in range(9) for guide in guides)
    assert guides == [
        {"comment": "A", "pos": 0, "type": 0, "duration": 0},
        {"comment": "x; y", "pos": 1, "type": 1, "duration": 224},
        {"comment": "B", "pos": 1125, "type": 0, "duration": 0},
        {"comment": "z", "pos": 1126, "type": 1, "duration": 124},
    ]


def test_shotcut_project(make_analysis: MakeAnalysis) -> None:
    text = get("shotcut").export(make_analysis(rate=NTSC30, frame_count=2697)).data.decode()
    root = ET.fromstring(text)
    profile, tractor = root.find("profile"), root.find("tractor")
    assert profile is not None and tractor is not None
    assert (profile.get("frame_rate_num"), profile.get("frame_rate_den")) == ("30000", "1001")
    assert [track.get("producer") for track in tractor.findall("track")] == ["background", "track"]
    markers = shotcut_markers(text)
    assert markers[0] == {
        "text": "Red dog on the beach", "start": "0", "end": "0", "color": "#9B59B6"
    }  # fmt: skip
    assert markers[1]["color"] == "#3DAEE9"
    assert int(markers[1]["end"]) == 539


def test_blender_script_takes_off_its_own_and_leaves_the_rest(make_analysis: MakeAnalysis) -> None:
    text = get("blender").export(make_analysis()).data.decode()
    markers = Markers()
    markers.new("mine", 7)
    markers.new("Cuemark", 8)
    run_in_blender(text, Fraction(25), 1, markers)
    run_in_blender(text, Fraction(25), 1, markers)
    assert [(m.name, m.frame) for m in markers][:4] == [
        ("mine", 7), ("Cuemark", 8), ("Cuemark chapter: Red dog on the beach", 1),
        ("Cuemark: a red dog runs on the beach", 51),
    ]  # fmt: skip
    assert len(markers) == 2 + 6, "a chapter, and a moment that begins with it on the frame behind"


def test_blender_script_follows_the_scene_or_refuses_it(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis([(0, 90, "A")], [(60, 62, "m")])
    text = get("blender").export(analysis).data.decode()
    assert blender_markers(text, Fraction(50), 101)[1][0] == 101 + 3000
    assert blender_markers(text, NTSC30)[1][0] == 1 + 1798
    text = get("blender").export(analysis, ExportOptions(rate=NTSC30)).data.decode()
    assert blender_markers(text, NTSC30)[1][0] == 1 + 1798
    with pytest.raises(RuntimeError, match=r"29\.97"):
        blender_markers(text, Fraction(30))


def test_blender_names_fit_and_cannot_be_code(make_analysis: MakeAnalysis) -> None:
    evil = '""")\nimport os; os.abort()  # \\'
    text = get("blender").export(make_analysis([(0, 90, "é" * 60)], [(5, 6, evil)], path=Path('/f/""";\\x.mov')))
    names = [name for _, name in blender_markers(text.data.decode(), Fraction(25))]
    assert all(len(name.encode()) <= 63 for name in names)
    assert names[1] == 'Cuemark: """) import os; os.abort() # \\'
    assert "export_marker_text" in {notice.code for notice in text.warnings}
