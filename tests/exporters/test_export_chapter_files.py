"""ffmetadata, WebVTT, Matroska and Podcasting 2.0, each read back by somebody else's parser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import jsonschema
import numpy as np
import pytest
import webvtt

from cuemark.core.analysis import Analysis
from cuemark.core.errors import InputError
from cuemark.export import get
from cuemark.export.players import escape_ffmetadata

MakeAnalysis = Callable[..., Analysis]

NASTY = [
    (0, Fraction("19.98"), r"a=b; c#d \ e"),
    (Fraction("19.98"), Fraction("33.333333"), "Ünïcode 🐶 <b>&amp; --> \"quoted\" 'x'"),
    (Fraction("33.333333"), 90, "Line\r\nbreak\u2028and\ttab"),
]
CLEAN = [r"a=b; c#d \ e", NASTY[1][2], "Line break and tab"]


def write_clip(path: Path, seconds: int = 90) -> None:
    """A small real video of one frame a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(seconds):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index, np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def mux_with_ffmpeg(clip: Path, meta: Path, out: Path) -> list[tuple[Fraction, Fraction, str]]:
    command = ["ffmpeg", "-v", "error", "-i", str(clip), "-i", str(meta), "-map", "0", "-map_chapters", "1"]
    subprocess.run([*command, "-codec", "copy", "-y", str(out)], check=True, capture_output=True)
    probe = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(out)]
    chapters = json.loads(subprocess.run(probe, check=True, capture_output=True).stdout)["chapters"]
    return [(Fraction(c["start_time"]), Fraction(c["end_time"]), c["tags"]["title"]) for c in chapters]


def read_with_av(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    """FFmpeg's own demuxer, as PyAV carries it."""
    with av.open(str(path)) as container:
        return [
            (Fraction(c["start"]) * base, Fraction(c["end"]) * base, c["metadata"]["title"])
            for c in container.chapters()
            if (base := c["time_base"]) is not None
        ]


def mux_with_av(clip: Path, meta: Path, out: Path) -> list[tuple[Fraction, Fraction, str]]:
    with (
        av.open(str(meta), format="ffmetadata") as chapters,
        av.open(str(clip)) as source,
        av.open(str(out), "w") as sink,
    ):
        stream = sink.add_stream_from_template(source.streams.video[0])
        sink.set_chapters(chapters.chapters())
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    return read_with_av(out)


def assert_chapters(found: Any, chapters: Any, titles: list[str], tolerance: Fraction = Fraction(1, 1000)) -> None:
    assert [title for *_, title in found] == titles
    for (start, end, _), (wanted_start, wanted_end, _) in zip(found, chapters, strict=True):
        assert abs(start - wanted_start) <= tolerance and abs(end - wanted_end) <= tolerance


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_chapters_survive_muxing_into_a_video(suffix: str, tmp_path: Path, make_analysis: MakeAnalysis) -> None:
    clip, meta = tmp_path / f"in{suffix}", tmp_path / "meta.txt"
    write_clip(clip)
    meta.write_bytes(get("ffmetadata").export(make_analysis(NASTY)).data)
    mux = mux_with_ffmpeg if shutil.which("ffmpeg") and shutil.which("ffprobe") else mux_with_av
    assert_chapters(mux(clip, meta, tmp_path / f"out{suffix}"), NASTY, CLEAN)


def test_ffmetadata_states_its_timebase_and_carries_no_global_tag(make_analysis: MakeAnalysis) -> None:
    text = get("ffmetadata").export(make_analysis(NASTY)).data.decode()
    head, *blocks = text.split("[CHAPTER]\n")
    assert head.strip() == ";FFMETADATA1"
    assert all(block.startswith("TIMEBASE=1/1000\nSTART=") for block in blocks)
    assert "START=19980\nEND=33333\n" in text
    assert r"title=a\=b\; c\#d \\ e" in text


def test_ffmetadata_escapes_a_newline() -> None:
    assert escape_ffmetadata("a\nb=c") == "a\\\nb\\=c"


def test_webvtt_is_read_by_a_webvtt_parser(tmp_path: Path, make_analysis: MakeAnalysis) -> None:
    path = tmp_path / "c.vtt"
    path.write_bytes(get("webvtt").export(make_analysis(NASTY)).data)
    captions = webvtt.read(str(path)).captions
    assert [html.unescape(caption.raw_text) for caption in captions] == CLEAN
    assert [(c.start, c.end) for c in captions] == [
        ("00:00:00.000", "00:00:19.980"),
        ("00:00:19.980", "00:00:33.333"),
        ("00:00:33.333", "00:01:30.000"),
    ]
    cue_texts = [line for line in path.read_text("utf-8").splitlines() if "&" in line]
    assert cue_texts and not any(re.search(r"-->|<|&(?!amp;|lt;|gt;)", line) for line in cue_texts)


TIME = re.compile(r"(\d{2}):([0-5]\d):([0-5]\d)\.(\d{9})")
ALLOWED = {
    "Chapters": {"EditionEntry"},
    "EditionEntry": {"EditionUID", "EditionFlagHidden", "EditionFlagDefault", "ChapterAtom"},
    "ChapterAtom": {"ChapterUID", "ChapterTimeStart", "ChapterTimeEnd", "ChapterDisplay"},
    "ChapterDisplay": {"ChapterString", "ChapterLanguage", "ChapLanguageIETF"},
}


def read_matroska(data: bytes) -> tuple[list[tuple[Fraction, Fraction, str]], list[int]]:
    root = ElementTree.fromstring(data)
    for element in root.iter():
        assert {child.tag for child in element} <= ALLOWED.get(element.tag, set()), element.tag
    rows, uids = [], [int(text_of(root, "EditionEntry/EditionUID"))]
    for atom in root.iterfind("EditionEntry/ChapterAtom"):
        uids.append(int(text_of(atom, "ChapterUID")))
        start, end = (read_time(text_of(atom, tag)) for tag in ("ChapterTimeStart", "ChapterTimeEnd"))
        rows.append((start, end, text_of(atom, "ChapterDisplay/ChapterString")))
        assert re.fullmatch(r"[a-z]{3}", text_of(atom, "ChapterDisplay/ChapterLanguage"))
    return rows, uids


def text_of(element: ElementTree.Element, path: str) -> str:
    text = element.findtext(path)
    assert text, path
    return text


def read_time(text: str) -> Fraction:
    match = TIME.fullmatch(text)
    assert match, text
    hours, minutes, seconds, nanoseconds = map(int, match.groups())
    return hours * 3600 + minutes * 60 + seconds + Fraction(nanoseconds, 10**9)


def test_matroska_xml_follows_the_schema(make_analysis: MakeAnalysis) -> None:
    rows, uids = read_matroska(get("matroska").export(make_analysis(NASTY)).data)
    assert_chapters(rows, NASTY, CLEAN, tolerance=Fraction(1, 10**9))
    assert all(0 < uid < 2**63 for uid in uids) and len(set(uids)) == len(uids)


def test_matroska_uids_come_from_the_content(make_analysis: MakeAnalysis) -> None:
    def uids(analysis: Analysis) -> list[int]:
        return read_matroska(get("matroska").export(analysis).data)[1]

    chapters = [(0, 30, "Same"), (30, 60, "Same"), (60, 90, "C")]
    base = uids(make_analysis(chapters))
    assert base == uids(make_analysis(chapters, moments=[], path=Path("/elsewhere/renamed.mov")))
    changed = uids(make_analysis([*chapters[:2], (60, 90, "D")]))
    assert changed[1:3] == base[1:3] and changed[3] != base[3]
    assert not set(base) & set(uids(make_analysis(chapters, fingerprint="other")))


def test_matroska_chapters_survive_a_muxer(tmp_path: Path, make_analysis: MakeAnalysis) -> None:
    if shutil.which("mkvmerge") is None:
        pytest.skip("mkvmerge is not installed; the schema is checked above")
    clip, xml, out = tmp_path / "in.mkv", tmp_path / "c.xml", tmp_path / "out.mkv"
    write_clip(clip)
    xml.write_bytes(get("matroska").export(make_analysis(NASTY)).data)
    subprocess.run(["mkvmerge", "-q", "-o", str(out), "--chapters", str(xml), str(clip)], check=True)
    assert_chapters(read_with_av(out), NASTY, CLEAN)


PODCAST_SCHEMA = {
    "type": "object",
    "required": ["version", "chapters"],
    "properties": {
        "version": {"const": "1.2.0"},
        "author": {"type": "string"},
        "title": {"type": "string"},
        "podcastName": {"type": "string"},
        "description": {"type": "string"},
        "fileName": {"type": "string"},
        "waypoints": {"type": "boolean"},
        "chapters": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["startTime"],
                "properties": {
                    "startTime": {"type": "number", "minimum": 0},
                    "endTime": {"type": "number", "exclusiveMinimum": 0},
                    "title": {"type": "string", "minLength": 1},
                    "img": {"type": "string", "format": "uri"},
                    "url": {"type": "string", "format": "uri"},
                    "toc": {"type": "boolean"},
                    "location": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def test_podcast_chapters_follow_the_specification(make_analysis: MakeAnalysis) -> None:
    data = json.loads(get("podcast").export(make_analysis(NASTY)).data)
    jsonschema.validate(data, PODCAST_SCHEMA)
    chapters = data["chapters"]
    assert [chapter["title"] for chapter in chapters] == CLEAN
    assert [chapter["startTime"] for chapter in chapters] == [0, 19.98, 33.333]
    assert [chapter["endTime"] for chapter in chapters] == [19.98, 33.333, 90]


@pytest.mark.parametrize(
    ("name", "shortest"), [("webvtt", 1000), ("podcast", 1000), ("ffmetadata", 1000), ("matroska", 10**9)]
)
def test_a_chapter_finer_than_the_format_is_named(name: str, shortest: int, make_analysis: MakeAnalysis) -> None:
    edge = 30 + Fraction(1, 3 * shortest)
    with pytest.raises(InputError) as failure:
        get(name).export(make_analysis([(0, 30, "A"), (30, edge, "Flash"), (edge, 90, "C")]))
    assert failure.value.code == "export_chapter_too_short"
    assert "Flash" in failure.value.message


PLAYERS = ("ffmetadata", "webvtt", "matroska", "podcast", "youtube")
FIRST_NUMBERS = {
    "ffmetadata": r"^START=(\d+)$",
    "webvtt": r"^(\S+) -->",
    "matroska": r"<ChapterTimeStart>(.+?)<",
    "podcast": r'"startTime": ([\d.]+)',
    "youtube": r"^([\d:]+) ",
}


def starts_of(name: str, analysis: Analysis) -> list[Fraction]:
    """The chapters' starts in seconds, out of the text of a format for players."""
    text = get(name).export(analysis).data.decode()
    found = re.findall(FIRST_NUMBERS[name], text, re.MULTILINE)
    if name == "ffmetadata":
        return [Fraction(int(start), 1000) for start in found]
    parts = [start.split(":") for start in found]
    return [sum((Fraction(part) * 60**place for place, part in enumerate(reversed(p))), Fraction(0)) for p in parts]


@pytest.mark.parametrize("name", PLAYERS)
def test_players_count_from_the_start_of_the_sound(make_analysis: MakeAnalysis, name: str) -> None:
    """Where the picture begins 10 s later, the first chapter stays at 0 and all others move."""
    analysis = make_analysis()
    late = replace(analysis, media=replace(analysis.media, picture_start=Fraction(10)))
    assert starts_of(name, analysis) == [0, 20, 55]
    assert starts_of(name, late) == [0, 30, 65]


@pytest.mark.parametrize("name", ["csv", "edl", "otio", "fcpxml", "fcp7xml", "avid", "kdenlive", "shotcut", "blender"])
def test_editors_count_from_the_first_picture(make_analysis: MakeAnalysis, name: str) -> None:
    analysis = make_analysis()
    late = replace(analysis, media=replace(analysis.media, picture_start=Fraction(10)))
    assert get(name).export(late).data == get(name).export(analysis).data


def test_the_last_chapter_for_a_player_ends_with_the_picture(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis()
    late = replace(analysis, media=replace(analysis.media, picture_start=Fraction("3.893")))
    text = get("ffmetadata").export(late).data.decode()
    assert re.findall(r"^(?:START|END)=(\d+)$", text, re.MULTILINE) == [
        "0",
        "23893",
        "23893",
        "58893",
        "58893",
        "93893",
    ]
