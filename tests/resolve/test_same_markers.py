"""One analysis gives the same markers by every way: the bridge, the Lua file, and each export format.

What an editor holds in the end is compared: the bridge and the Lua file are carried out by the simulated Resolve, the
files are read by readers of their own.  A format that cannot hold something (a note, a colour, a length) is asked for
the rest; one that has but one text for a marker holds its whole text and those of what was merged into it.
"""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment, Tag
from cuemark.core.markers import MarkerOptions
from cuemark.core.timebase import frames_of, nearest_frame
from cuemark.core.timeline import OPEN, HostState, MarksFile
from cuemark.export import ExportOptions, get, names
from cuemark.hosts.resolve.bridge import ResolveBridge
from cuemark.hosts.resolve.scripts import marks_file
from cuemark.hosts.sessions import HostSessions
from cuemark.library.store import Library
from tests.hosts.example import MEDIA
from tests.resolve.conftest import FLAVOURS, Desk, run, wait_until
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world

NTSC = Fraction(30000, 1001)
SECONDS = 90
LONG = "a man in a yellow coat carries a wooden crate along the quay while gulls circle over the boats behind him"
CHAPTERS = [(0, 40, "Beach"), (40, SECONDS, "Harbour | Île")]
MOMENTS = [
    (0, 10, "a red dog runs on the beach"), (0, 5, "waves"), (20, 30, LONG),
    (50, 60, "two people in a boat"), (50, 58, "a gull"), (70, 80, ""),
]  # fmt: skip
TAGS = {
    "a red dog runs on the beach": (Tag("dog", 0.814), Tag("golden | sand", 0.4)),
    "two people in a boat": (Tag("boat", 1.0),),
    "": (Tag("fog", 0.049),),
}
USE = ModelUse("light", "0", "cpu")


@dataclass(frozen=True)
class Row:
    """A marker as an editor holds it; None is what a format cannot hold."""

    frame: int
    kind: str
    name: str | None
    duration: int | None = None
    note: str | None = None
    text: str | None = None


def wanted(rate: Fraction, tags: bool = False) -> list[Row]:
    """The truth, in words: a chapter is a point, its first moment lies on the next frame to where it ends, and of those
    that begin together the longest keeps its length, with a note that tells what was merged.

    A moment without a caption is called by its place; what a note says of a moment is followed by its tags, if wanted.
    """
    harbour, beach = "Harbour | Île", "Beach"
    name = "a man in a yellow coat carries a wooden crate along the quay while gulls…"
    dog, waves, boat, gull = (MOMENTS[n][2] for n in (0, 1, 3, 4))
    fog, fogs, dogs, boats = "Moment 6", "", dog, boat
    if tags:
        dogs, boats = f"{dog} (tags: dog 0.81, golden | sand 0.40)", f"{boat} (tags: boat 1.00)"
        fog = fogs = "Moment 6 (tags: fog 0.05)"
    at = {second: nearest_frame(Fraction(second), rate) for second in (0, 10, 20, 30, 40, 50, 60, 70, 80)}
    return [
        Row(0, "chapter", beach, 1, f"{dogs}; {waves}; {LONG}", beach),
        Row(1, "moment", dog, at[10] - 1, f"{dogs}; {waves}", f"{dogs}; {waves}"),
        Row(at[20], "moment", name, at[30] - at[20], LONG, LONG),
        Row(at[40], "chapter", harbour, 1, "; ".join(filter(None, [boats, gull, fogs])), harbour),
        Row(at[50], "moment", boat, at[60] - at[50], f"{boats}; {gull}", f"{boats}; {gull}"),
        Row(at[70], "moment", "Moment 6", at[80] - at[70], fogs, fog),
    ]


class OneResolve:
    """The Resolve of a desk, by the one transport it has there."""

    name = "resolve"

    def __init__(self, bridge: ResolveBridge) -> None:
        self._bridge = bridge

    async def state(self) -> HostState:
        return HostState(self.name)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[ResolveBridge]:
        yield self._bridge

    def marks_file(
        self, analysis: Analysis, rate: Fraction | None, options: MarkerOptions, *, remove: bool = False
    ) -> MarksFile:
        return marks_file(analysis, rate, options, remove=remove)

    async def stop_script(self) -> bool:
        return False


@dataclass(frozen=True)
class Case:
    """An analysis in a library, and a timeline in a Resolve that shows its footage once, whole."""

    analysis: Analysis
    desk: Desk
    sessions: HostSessions
    timeline: TimelineWorld


def analysis_of(path: Path, rate: Fraction) -> Analysis:
    frames = nearest_frame(Fraction(SECONDS), rate)
    media = replace(MEDIA, path=path, rate=rate, duration=frames / rate, frame_count=frames)
    moments = [
        Moment(f"m{n}", Fraction(a), Fraction(b), text, 1.0, tags=TAGS.get(text, ()))
        for n, (a, b, text) in enumerate(MOMENTS, 1)
    ]
    ends = [Fraction(40), media.duration]
    chapters = [Chapter(Fraction(a), ends[n], text, f"c{n + 1}") for n, (a, _, text) in enumerate(CHAPTERS)]
    return Analysis("", media, {"clip": USE, "lm": USE}, {}, tuple(moments), tuple(chapters))


@pytest.fixture(params=[Fraction(25), NTSC], ids=["25", "29.97"])
def case(request: pytest.FixtureRequest, desk: Desk, tmp_path: Path) -> Case:
    """One analysis at one rate."""
    rate: Fraction = request.param
    path = tmp_path / "A003.mov"
    path.touch()
    library = Library(tmp_path / "library.sqlite")
    analysis = library.analyses.add(analysis_of(path, rate))

    async def fingerprints(paths: Sequence[Path]) -> dict[str, str]:
        return {str(each): analysis.media.fingerprint for each in paths}

    hosts = {"resolve": OneResolve(desk.bridge())}
    sessions = HostSessions(hosts, library.analyses, library.sent_markers, fingerprints)  # type: ignore[arg-type]
    frames = analysis.media.frame_count or 0
    items = [Item("A003.mov", 0, frames, media=Media(path, rate, frames))]
    return Case(analysis, desk, sessions, TimelineWorld("Cut", rate, [items]))


@pytest.fixture(params=[False, True], ids=["plain", "tags"])
def tags(request: pytest.FixtureRequest) -> bool:
    """Whether the markers are asked for with the tags of moments."""
    return bool(request.param)


def of_resolve(held: dict[int, dict[str, Any]]) -> list[Row]:
    kinds = {"Purple": "chapter", "Sky": "moment"}
    return [
        Row(frame, kinds[mark["color"]], mark["name"], mark["duration"], mark["note"])
        for frame, mark in sorted(held.items())
    ]


def without_text(rows: list[Row]) -> list[Row]:
    return [replace(row, text=None) for row in rows]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_bridge(case: Case, flavour: str, tags: bool) -> None:
    resolve = case.desk.open(flavour, world(case.timeline))
    done = run(case.sessions.send("resolve", OPEN, [case.analysis.id], MarkerOptions(tags=tags)))
    assert of_resolve(resolve.markers()) == without_text(wanted(case.timeline.rate, tags))
    assert [marker.merged for marker in done.markers] == [(), ("m2",), (), (), ("m5",), ()]
    # Asked for otherwise, only the notes change.
    done = run(case.sessions.send("resolve", OPEN, [case.analysis.id], MarkerOptions(tags=not tags)))
    assert of_resolve(resolve.markers()) == without_text(wanted(case.timeline.rate, not tags))
    assert (done.added, done.changed, done.removed, done.unchanged, done.edits) == (0, 5, 0, 1, ())


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_lua_file_sends_the_very_markers_of_the_bridge(
    case: Case, flavour: str, tags: bool, tmp_path: Path
) -> None:
    options = MarkerOptions(tags=tags)
    resolve = case.desk.open(flavour, world(case.timeline), click=False)
    script = tmp_path / "marks.lua"
    made = case.sessions.marks_file("resolve", case.analysis, None, options)
    script.write_bytes(made.data)
    resolve.click(script)
    wait_until(lambda: resolve.state()["running"] == 0)
    assert of_resolve(resolve.markers()) == without_text(wanted(case.timeline.rate, tags))
    assert (made.count, made.rate, made.name) == (6, case.timeline.rate, "A003.marks.lua")
    # The bridge finds nothing to change: the ids are the same too.
    before = resolve.markers()
    resolve.click(case.desk.script)
    done = run(case.sessions.send("resolve", OPEN, [case.analysis.id], options))
    assert (done.added, done.changed, done.removed, done.unchanged) == (0, 0, 0, 6)
    assert resolve.markers() == before


def edl(text: str, rate: Fraction) -> list[Row]:
    found = re.findall(r"C        (\S+) .*\n([^|]*) \|C:ResolveColor(\w+) \|M:([^|]+) \|D:(\d+)\n", text)
    kinds, first = {"Purple": "chapter", "Sky": "moment"}, frames_of("01:00:00:00", rate)
    return [
        Row(frames_of(label, rate) - first, kinds[colour], name, int(length), note)
        for label, note, colour, name, length in found
    ]


def otio(text: str, rate: Fraction) -> list[Row]:
    (clip,) = json.loads(text)["tracks"]["children"][0]["children"]
    start = clip["source_range"]["start_time"]["value"]
    kinds = {"PURPLE": "chapter", "CYAN": "moment"}
    rows = []
    for mark in clip["markers"]:
        lies = mark["marked_range"]
        frame, length = int(lies["start_time"]["value"] - start), int(lies["duration"]["value"])
        kind, note = kinds[mark["color"]], mark["comment"]
        if kind == "chapter":  # some readers take the comment for the whole text, so it begins with the name
            note = note.removeprefix(f"{mark['name']}; ")
        rows.append(Row(frame, kind, mark["name"], length, note))
    return rows


def seconds(text: str | None) -> Fraction:
    assert text is not None
    return Fraction(text.removesuffix("s"))


def fcpxml(text: str, rate: Fraction) -> list[Row]:
    (clip,) = ET.fromstring(text).iter("asset-clip")
    kinds = {"chapter-marker": "chapter", "marker": "moment"}
    return [
        Row(
            int((seconds(mark.get("start")) - seconds(clip.get("start"))) * rate), kinds[mark.tag], mark.get("value"),
            int(seconds(mark.get("duration")) * rate), mark.get("note") or "",
        )
        for mark in clip
        if mark.tag in kinds
    ]  # fmt: skip


def fcp7xml(text: str, rate: Fraction) -> list[Row]:
    rows = []
    for mark in ET.fromstring(text).iterfind("sequence/marker"):
        comment, begin, end = (mark.findtext(tag) or "" for tag in ("comment", "in", "out"))
        is_chapter = comment.startswith("Chapter; ")
        length = 1 if end == "-1" else int(end) - int(begin)
        note = comment.removeprefix("Chapter; ")
        rows.append(Row(int(begin), "chapter" if is_chapter else "moment", mark.findtext("name"), length, note))
    return rows


def avid(text: str, rate: Fraction) -> list[Row]:
    kinds, first = {"magenta": "chapter", "cyan": "moment"}, frames_of("01:00:00:00", rate)
    fields = [line.split("\t") for line in text.splitlines()]
    return [Row(frames_of(each[1], rate) - first, kinds[each[3]], None, int(each[5]), None, each[4]) for each in fields]


def kdenlive(text: str, rate: Fraction) -> list[Row]:
    kinds = {0: "chapter", 1: "moment"}
    return [
        Row(guide["pos"], kinds[guide["type"]], None, max(1, guide["duration"]), None, guide["comment"])
        for guide in json.loads(text)
    ]


def shotcut(text: str, rate: Fraction) -> list[Row]:
    kinds = {"#9B59B6": "chapter", "#3DAEE9": "moment"}
    rows = []
    for node in ET.fromstring(text).iterfind("tractor/properties[@name='shotcut:markers']/properties"):
        mark = {str(each.get("name")): each.text or "" for each in node}
        begin, end = (int(mark[edge]) for edge in ("start", "end"))
        rows.append(Row(begin, kinds[mark["color"]], None, max(1, end - begin), None, mark["text"]))
    return rows


def blender(text: str, rate: Fraction) -> list[Row]:
    found: list[tuple[int, str]] = []
    collection = type("Markers", (list,), {"new": staticmethod(lambda name, frame: found.append((frame, name)))})()
    render = types.SimpleNamespace(fps=round(rate), fps_base=float(round(rate) / rate))
    bpy = types.ModuleType("bpy")
    scene = types.SimpleNamespace(frame_start=0, render=render, timeline_markers=collection)
    bpy.context = types.SimpleNamespace(scene=scene)  # type: ignore[attr-defined]
    sys.modules["bpy"] = bpy
    try:
        exec(compile(text, "markers.py", "exec"), {})
    finally:
        del sys.modules["bpy"]
    kinds = {"Cuemark chapter": "chapter", "Cuemark": "moment"}
    parts = [(frame, name.partition(": ")) for frame, name in found]
    return [Row(frame, kinds[prefix], None, None, None, words) for frame, (prefix, _, words) in parts]


READERS: dict[str, Callable[[str, Fraction], list[Row]]] = {
    "edl": edl, "otio": otio, "fcpxml": fcpxml, "fcp7xml": fcp7xml, "avid": avid, "kdenlive": kdenlive,
    "shotcut": shotcut, "blender": blender,
}  # fmt: skip
WITHOUT_MARKERS = {"json", "csv", "youtube", "ffmetadata", "webvtt", "matroska", "podcast"}


def test_no_format_with_markers_is_forgotten() -> None:
    assert set(READERS) == set(names()) - WITHOUT_MARKERS


def as_held_by(name: str, row: Row) -> Row:
    """What a format can hold of a marker."""
    if name == "edl":  # the pipe is its separator
        name, note = ((text or "").replace(" | ", " ") for text in (row.name, row.note))
        return replace(row, name=name, note=note, text=None)
    if name == "otio" and not row.note:  # its comment is all that a marker says in one text
        return replace(row, note=row.name, text=None)
    if name in ("otio", "fcpxml", "fcp7xml"):
        return replace(row, text=None)
    if name == "avid":
        return replace(row, name=None, note=None, text=(row.text or "").replace("Î", "I"))
    if name == "blender":
        prefix = "Cuemark chapter: " if row.kind == "chapter" else "Cuemark: "
        cut = f"{prefix}{row.text}".encode()[:63].decode("utf-8", "ignore").rstrip()
        return Row(row.frame, row.kind, None, text=cut.removeprefix(prefix))
    return replace(row, name=None, note=None)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("rate", [Fraction(25), NTSC], ids=["25", "29.97"])
def test_every_format(name: str, rate: Fraction, tags: bool) -> None:
    analysis = replace(analysis_of(Path("/footage/A003.mov"), rate), id="a1")
    text = get(name).export(analysis, ExportOptions(rate=rate, tags=tags)).data.decode("utf-8")
    assert READERS[name](text, rate) == [as_held_by(name, row) for row in wanted(rate, tags)]
