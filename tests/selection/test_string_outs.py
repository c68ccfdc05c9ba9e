"""Selections as timelines: read back by OpenTimelineIO and its adapters, by an own reader of edit decision lists, and
by melt, which plays the very frames."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree as ET

import pytest

from cuemark.core.errors import InputError, OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.selection import Pick, SelectedMedia, Selection
from cuemark.core.string_outs import STRING_OUT_FORMATS, StringOutOptions
from cuemark.core.timebase import frames_of
from cuemark.export.string_out import write
from tests.selection.numbered import Played, number_in, selection_of, write_numbered

NTSC24, NTSC30 = Fraction(24000, 1001), Fraction(30000, 1001)
NTSC60 = Fraction(60000, 1001)
MEDIA = MediaInfo(
    path=Path("/footage/day 1/A003_C002.mov"),
    fingerprint="f" * 32,
    size=12345,
    container="mov",
    codec="h264",
    stream_index=0,
    width=1920,
    height=1080,
    rotation=0,
    pixel_aspect=Fraction(1),
    rate=Fraction(25),
    variable_rate=False,
    duration=Fraction(90),
    frame_count=2250,
    start_time=Fraction(0),
    start_timecode=None,
)
Cuts = list[tuple[str, int, int]]
"""Of each clip the file's name, and the frames [first, after) of it, counted from its first."""


def made(*spans: tuple[MediaInfo, int, int], channels: int | None = 2) -> Selection:
    """A selection of frames [first, after) of media that need not be there."""
    every = {media.path: media for media, _, _ in spans}
    picks = [
        Pick(media.path, media.fingerprint, a / media.rate, b / media.rate, f'"Zoë" & <{place}> 犬', 0.5)
        for place, (media, a, b) in enumerate(spans)
    ]
    return Selection(tuple(SelectedMedia(media, channels) for media in every.values()), tuple(picks))


def media(name: str = "A003_C002.mov", rate: Fraction | int = 25, seconds: int = 90, **other: Any) -> MediaInfo:
    rate = Fraction(rate)
    count = round(seconds * rate)
    facts = {"path": Path("/footage/day 1") / name, "rate": rate, "duration": count / rate, "frame_count": count}
    return replace(MEDIA, **{**facts, **other})


def text_of(selection: Selection, name: str, **options: Any) -> str:
    return write(selection, name, StringOutOptions(**options)).data.decode()


def read(adapter: str, text: str, rate: Fraction = Fraction(25)) -> Any:
    """The timeline as OpenTimelineIO's adapter reads it; skips where that is not installed."""
    otio = pytest.importorskip("opentimelineio")
    if adapter not in otio.adapters.available_adapter_names():
        pytest.skip(f"OpenTimelineIO has no adapter {adapter} here")
    arguments = {"rate": float(rate)} if adapter == "cmx_3600" else {}
    found = otio.adapters.read_from_string(text, adapter, **arguments)
    if isinstance(found, otio.schema.SerializableCollection):
        found = next(iter(found.find_children(descended_from_type=otio.schema.Timeline)))
    return found


def clips_of(timeline: Any, kind: str = "Video") -> list[Any]:
    otio = pytest.importorskip("opentimelineio")
    (track, *_) = [track for track in timeline.tracks if track.kind == kind]
    return list(track.find_children(descended_from_type=otio.schema.Clip))


CASES: dict[str, tuple[tuple[MediaInfo, int, int], ...]] = {
    "one file": ((media(), 50, 150), (media(), 500, 601), (media(), 2240, 2250)),
    "23.976": ((media(rate=NTSC24), 17, 113), (media(rate=NTSC24), 999, 1000)),
    "drop-frame source": (
        (media(rate=NTSC30, start_timecode="00:59:50;00"), 0, 90),
        (media(rate=NTSC30, start_timecode="00:59:50;00"), 310, 400),
    ),
    "start timecode": ((media(start_timecode="10:11:12:13"), 5, 100),),
    "59.94": ((media(rate=NTSC60, start_timecode="01:00:00:00"), 61, 182),),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("name", "adapter"), [("otio", "otio_json"), ("fcp7xml", "fcp_xml"), ("fcpxml", "fcpx_xml")])
def test_adapters_of_opentimelineio_read_the_very_frames(name: str, adapter: str, case: str) -> None:
    spans = CASES[case]
    timeline = read(adapter, text_of(made(*spans), name))  # which clips do not keep alive
    clips = clips_of(timeline)
    assert len(clips) == len(spans)
    # The adapter for Final Cut Pro counts a whole number of frames a second, whatever the format's frame duration is.
    exact = name != "fcpxml" or spans[0][0].rate.denominator == 1
    at = 0
    for clip, (source, first, after) in zip(clips, spans, strict=True):
        start = frames_of(source.start_timecode or "00:00:00:00", source.rate)
        rate = float(source.rate)
        seconds = [
            clip.source_range.duration.to_seconds(),
            clip.source_range.start_time.to_seconds(),
            clip.range_in_parent().start_time.to_seconds(),
        ]
        expected = [(after - first) / rate, (start + first) / rate, at / rate]
        assert seconds == pytest.approx(
            expected, abs=1e-6 if exact else 2 / rate + 0.05 * expected[2] + 1e-3 * expected[1]
        )
        at += after - first


def test_opentimelineio_finds_the_files_and_sound_beside_the_pictures(tmp_path: Path) -> None:
    odd = media("100% #1 ?.mov", path=tmp_path / "100% #1 ?.mov")
    spans = ((odd, 10, 60), (media(), 20, 40))
    for name, adapter in (("otio", "otio_json"), ("fcp7xml", "fcp_xml")):
        timeline = read(adapter, text_of(made(*spans), name))
        pictures, sound = clips_of(timeline), clips_of(timeline, "Audio")
        assert len(pictures) == len(sound) == 2
        found = [clip.media_reference.target_url for clip in pictures]
        paths = [unquote(urlparse(url).path) if url.startswith("file:") else url for url in found]
        assert paths == [str(source.path) for source, _, _ in spans]
        assert [clip.source_range for clip in sound] == [clip.source_range for clip in pictures]


def test_final_cuts_element_rules_hold() -> None:
    """The order and names that Apple's element reference gives."""
    root = ET.fromstring(text_of(made((media(), 5, 90), (media("b.mov", NTSC30), 30, 90)), "fcpxml"))
    assets = {asset.get("id"): asset for asset in root.iter("asset")}
    assert len(assets) == 2
    frame = Fraction(1, 25)
    at = Fraction(0)
    for clip in root.iter("asset-clip"):
        assert clip.get("ref") in assets
        offset, duration = (Fraction(str(clip.get(name)).rstrip("s")) for name in ("offset", "duration"))
        assert offset == at and offset % frame == 0 and duration % frame == 0
        at += duration
        assert [child.tag for child in clip] in (["note"], ["note", "conform-rate"])
    sequence = root.find(".//sequence")
    assert sequence is not None and Fraction(str(sequence.get("duration")).rstrip("s")) == at


def events(text: str) -> list[dict[str, str]]:
    """The events of an edit decision list with the comments behind them, by an own reader."""
    found: list[dict[str, str]] = []
    for line in text.splitlines():
        match = re.fullmatch(r"(\d{3,})  (\S+) +(\S+) +C {8}(\S+) (\S+) (\S+) (\S+)", line)
        if match:
            names = ("number", "reel", "channels", "in", "out", "start", "end")
            found.append(dict(zip(names, match.groups(), strict=True)))
        elif line.startswith("M2"):
            found[-1]["M2"] = line
        elif line.startswith("* "):
            name, _, value = line[2:].partition(": ")
            found[-1][name] = value
    return found


@pytest.mark.parametrize("case", CASES)
def test_an_edit_decision_list_has_source_timecode_and_reels(case: str) -> None:
    spans = CASES[case]
    text = text_of(made(*spans), "edl")
    found = events(text)
    assert len(found) == len(spans)
    record = 3600 * round(spans[0][0].rate)
    for event, (source, first, after) in zip(found, spans, strict=True):
        start = frames_of(source.start_timecode or "00:00:00:00", source.rate)
        assert frames_of(event["in"], source.rate) == start + first
        assert frames_of(event["out"], source.rate) == start + after
        assert (";" in event["in"]) == (";" in (source.start_timecode or ""))
        assert frames_of(event["start"], source.rate) == record
        record += after - first
        assert frames_of(event["end"], source.rate) == record
        assert re.fullmatch("[A-Z0-9]{1,8}", event["reel"]) and event["channels"] == "AA/V"
        assert event["FROM CLIP NAME"] == source.path.name and "M2" not in event
    assert text.startswith("TITLE: ") and "FCM: NON-DROP FRAME" in text


@pytest.mark.parametrize("case", CASES)
def test_opentimelineio_reads_the_edit_decision_list(case: str) -> None:
    spans = CASES[case]
    source = spans[0][0]
    drop = ";" in (source.start_timecode or "")
    text = text_of(made(*spans), "edl", start_timecode="01:00:00;00" if drop else None)
    timeline = read("cmx_3600", text, source.rate)
    start = frames_of(source.start_timecode or "00:00:00:00", source.rate)
    found = [(clip.source_range.start_time.value, clip.source_range.duration.value) for clip in clips_of(timeline)]
    assert found == [(start + first, after - first) for _, first, after in spans]
    assert len(clips_of(timeline, "Audio")) == len(spans)


def test_a_drop_frame_timeline_is_drop_frame_everywhere() -> None:
    selection = made((media(rate=NTSC30), 0, 1800), (media(rate=NTSC30), 1800, 1802))
    options = {"drop_frame": True, "start_timecode": "01:00:00;00"}
    text = text_of(selection, "edl", **options)
    assert "FCM: DROP FRAME" in text
    assert [(event["start"], event["end"]) for event in events(text)] == [
        ("01:00:00;00", "01:01:00;02"),
        ("01:01:00;02", "01:01:00;04"),
    ]
    assert 'tcFormat="DF"' in text_of(selection, "fcpxml", **options)
    assert "<displayformat>DF</displayformat>" in text_of(selection, "fcp7xml", **options)
    with pytest.raises(OptionError) as refused:
        text_of(made((media(), 0, 9)), "edl", drop_frame=True)
    assert refused.value.code == "drop_frame_rate"


def test_reels_of_files_that_begin_alike_differ() -> None:
    every = [media(f"GX01{number:04}_interview take.mp4") for number in range(12)]
    found = events(text_of(made(*((source, 0, 10) for source in every)), "edl"))
    assert len({event["reel"] for event in found}) == 12
    assert all(len(event["reel"]) <= 8 for event in found)
    again = events(text_of(made(*((source, 0, 10) for source in every[:1] * 3)), "edl"))
    assert len({event["reel"] for event in again}) == 1


def test_mixed_rates_say_so_and_play_in_their_own_seconds() -> None:
    spans = ((media(), 0, 100), (media("b.mov", NTSC30, start_timecode="02:00:00;00"), 60, 120), (media(), 200, 250))
    file = write(made(*spans), "edl")
    assert "export_mixed_rates" in {notice.code for notice in file.warnings}
    found = events(file.data.decode())
    assert "029.970" in found[1]["M2"] and "02:00:02;00" in found[1]["M2"]
    assert frames_of(found[1]["out"], NTSC30) - frames_of(found[1]["in"], NTSC30) == 60
    long = frames_of(found[1]["end"], Fraction(25)) - frames_of(found[1]["start"], Fraction(25))
    assert long == int(60 / NTSC30 * 25)
    timeline = read("otio_json", text_of(made(*spans), "otio"))
    assert clips_of(timeline)[1].source_range.duration.value == 60
    assert clips_of(timeline)[1].source_range.start_time.rate == pytest.approx(float(NTSC30))
    items = list(ET.fromstring(text_of(made(*spans), "fcp7xml")).iter("clipitem"))
    inside = [(int(item.findtext("in", "")), int(item.findtext("out", ""))) for item in items[:3]]
    assert inside == [(0, 100), (60, 120), (200, 250)]
    outside = [(int(item.findtext("start", "")), int(item.findtext("end", ""))) for item in items[:3]]
    assert outside == [(0, 100), (100, 100 + long), (100 + long, 150 + long)]


def test_sound_alone_and_pictures_without_sound_in_one_timeline() -> None:
    voice = media("voice.wav", 24, has_picture=False, width=0, height=0, codec="pcm_s16le", frame_count=None)
    selection = made((media(), 0, 50), (voice, 48, 96))
    silent_film = replace(selection, media=(replace(selection.media[0], channels=0), selection.media[1]))
    found = events(text_of(silent_film, "edl"))
    assert [event["channels"] for event in found] == ["V", "AA"]
    assert frames_of(found[1]["in"], Fraction(25)) == 50, "sound is counted in frames of the timeline"
    otio = json.loads(text_of(silent_film, "otio"))
    kinds = {
        track["name"]: [child["OTIO_SCHEMA"] for child in track["children"]] for track in otio["tracks"]["children"]
    }
    assert kinds == {"V1": ["Clip.2", "Gap.1"], "A1": ["Gap.1", "Clip.2"]}
    for name in STRING_OUT_FORMATS:
        assert write(silent_film, name).data


def test_files_that_are_away_are_written_and_said() -> None:
    selection = made((media(), 0, 50))
    away = replace(selection, media=(replace(selection.media[0], channels=None, offline=True),))
    for name in STRING_OUT_FORMATS:
        file = write(away, name)
        assert "media_offline" in {notice.code for notice in file.warnings}
        assert b"A003_C002" in file.data


@pytest.mark.parametrize("name", STRING_OUT_FORMATS)
def test_what_cannot_be_is_refused(name: str) -> None:
    selection = made((media(), 0, 50))
    with pytest.raises(OptionError) as empty:
        write(replace(selection, picks=()), name)
    assert empty.value.code == "selection_empty"
    if name != "shotcut":  # which has no timecode
        with pytest.raises(InputError) as late:
            text_of(made((media(), 0, 100)), name, start_timecode="23:59:58:00")
        assert late.value.code == "export_past_midnight"
    with pytest.raises(OptionError) as wrong:
        text_of(selection, name, rate=Fraction(-3))
    assert wrong.value.code == "export_rate"
    with pytest.raises(OptionError) as unknown:
        write(selection, "avid")
    assert unknown.value.code == "export_format_unknown" and "otio" in unknown.value.next_step


def test_the_name_people_know_it_by() -> None:
    selection = made((media(), 0, 50))
    assert write(selection, "xmeml").data == write(selection, "fcp7xml").data


def melt() -> Callable[..., str]:
    if shutil.which("melt") is None:
        pytest.skip("melt is not installed")

    def run(*words: str | Path) -> str:
        environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "SDL_AUDIODRIVER": "dummy"}
        done = subprocess.run(
            ["melt", *map(str, words)], capture_output=True, text=True, env=environ, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


@pytest.mark.editors
@pytest.mark.parametrize("rate", [Fraction(25), NTSC24, NTSC30])
def test_melt_opens_the_timeline_and_plays_the_very_frames(rate: Fraction, tmp_path: Path) -> None:
    run = melt()
    one = write_numbered(tmp_path / "100% a & b.mp4", 120, rate=rate, timecode="01:00:00:00")
    two = write_numbered(tmp_path / "b.mov", 60, rate=rate, first=500)
    spans = [(one, 10, 35), (two, 0, 7), (one, 50, 51), (one, 70, 110), (two, 59, 60)]
    project, played = tmp_path / "x.mlt", tmp_path / "played.mkv"
    project.write_bytes(write(selection_of(*spans), "shotcut").data)
    run(project, "-consumer", f"avformat:{played}", "vcodec=ffv1", "acodec=pcm_s16le", "real_time=-1")
    expected = [number + 500 * (path == two) for path, a, b in spans for number in range(a, b)]
    assert Played(played).numbers == expected


@pytest.mark.editors
@pytest.mark.parametrize("rate", [Fraction(25), NTSC30])
@pytest.mark.parametrize("name", ["fcp7xml", "otio"])
def test_melt_plays_the_frames_that_opentimelineio_reads(name: str, rate: Fraction, tmp_path: Path) -> None:
    import av

    run = melt()
    path = write_numbered(tmp_path / "a b.mp4", 120, rate=rate, timecode="01:00:00:00", sound=None)
    spans = [(10, 35), (50, 51), (70, 110)]
    selection = selection_of(*((path, a, b) for a, b in spans))
    timeline = read({"fcp7xml": "fcp_xml", "otio": "otio_json"}[name], text_of(selection, name))
    words: list[str | Path] = ["-profile", {25: "dv_pal"}.get(int(rate), "dv_ntsc")]
    for clip in clips_of(timeline):
        start = clip.source_range.start_time
        offset = clip.media_reference.available_range.start_time
        first = round((start - offset).value)
        url = clip.media_reference.target_url
        file = unquote(urlparse(url).path) if url.startswith("file:") else url
        words += [file, f"in={first}", f"out={first + round(clip.source_range.duration.value) - 1}"]
    played = tmp_path / "played.avi"
    run(*words, "-consumer", f"avformat:{played}", "vcodec=ffv1", "an=1", "real_time=-1")
    with av.open(str(played)) as container:
        numbers = [number_in(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert numbers == [number for a, b in spans for number in range(a, b)]
