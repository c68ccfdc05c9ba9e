"""Hostile titles, captions, tags and file names in every format: nothing of them is run, and no file has one part more.

What a file says apart from texts (its skeleton) must be that of the same analysis with tame texts, as a reader that is
not ours finds it; and where the format can hold a text whole, the reader must find just that text.
"""

from __future__ import annotations

import ast
import csv
import html
import io
import json
import os
import random
import re
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import av
import lupa.luajit21 as lupa
import opentimelineio as otio
import pytest
import webvtt

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment, Tag
from cuemark.core.errors import InputError
from cuemark.core.markers import MarkerOptions
from cuemark.core.media import MediaInfo
from cuemark.core.text import one_line
from cuemark.export import ExportOptions, get, names
from cuemark.hosts.resolve.scripts import marks_file

SEED = 14
CASES = 400
LUA = "resolve script"
FORMATS = (*names(), LUA)

PAYLOADS = (
    "]]", "]==]", '"', "'", '"""', "\\", "\\n", "\n", "\r", "\r\n", "\0", "\x1b[31m", "\x1b]0;owned\x07", "\x9b31m",
    "\t", "--", "--[[", "-->", "<!--", "]]>", "<![CDATA[", "&amp;", "&lt;x&gt;", "&#10;", "<b>", "</title>",
    "<!DOCTYPE x>", "|", " |M:fake |D:9", "|C:ResolveColorRed", "=1+1", "+1", "-1", "@SUM(A1)",
    "=cmd|' /C calc'!A0", ";", "#", "=", "%s", "[CHAPTER]",
    "\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=9\ntitle=fake\n", ";FFMETADATA1", "WEBVTT", "NOTE x",
    "\n\n7\n00:00:01.000 --> 00:00:02.000\nfake\n", "00:00:00.000 --> 00:00:09.000", "0:30 fake", "\n1:00 fake",
    "001  001      V     C        00:00:00:00 00:00:00:01 00:00:00:00 00:00:00:01", "\nTITLE: fake\n",
    "* FROM CLIP NAME", "{title}", "{0}", "{{", "}}", "%(x)s", "${x}", "`x`", "$(touch owned)",
    "'); import os; os.system('touch owned'); ('", '"""\nimport os\nos.system("touch owned")\n"""',
    "]] os.execute('touch owned') --[[", '" .. os.execute("touch owned") .. "', "\\u0022", "\\x22", "\\", "\\\\'",
    "\u2028", "\u2029", "\x85", "\u202e", "\u2066", "\ufeff", "\ufffe", "\U0001f3ac", "\ud800", "\udcff", "犬",
    "e\u0301", "x", "\u200b", "¶", "İ", "ß", "ﬁ", "",
)  # fmt: skip
"""What would mean something to one of the readers, if it got there as it is."""


@dataclass(frozen=True)
class Read:
    """What an independent reader finds: the skeleton, and the texts of chapters and moments in their order."""

    skeleton: Any
    texts: list[str]


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """What was tried, in one line at the end."""
    counted: Counter[str] = Counter()
    yield counted
    line = (
        f"injection: {CASES} cases (seed {SEED}) x {len(FORMATS)} formats: {counted['read']} files read back, "
        f"{counted['refused']} refused by a rule of their format, {counted['broken']} with a part too many"
    )
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{line}")


def text_of(chance: random.Random) -> str:
    """Some payloads, some letters, now and then any characters at all."""
    parts = [chance.choice(PAYLOADS) for _ in range(chance.randint(1, 4))]
    if chance.random() < 0.5:
        parts.insert(chance.randint(0, len(parts)), chance.choice(("a dog", "x", " ", "Über allem")))
    if chance.random() < 0.3:
        parts.append(
            "".join(chr(chance.choice((chance.randrange(0x300), chance.randrange(0x11000)))) for _ in range(6))
        )
    return "".join(parts)


def path_of(chance: random.Random) -> Path:
    """A name that a file system takes: any bytes but NUL and the slash."""
    raw = text_of(chance).encode("utf-8", "surrogatepass") + bytes(chance.randrange(256) for _ in range(3))
    return Path("/footage") / os.fsdecode(raw.translate(None, b"\0/")[:200] + b".mp4")


def analysis_of(number: int, *, tame: bool) -> Analysis:
    """The analysis of a case, with its hostile texts or with tame ones; all else is the same."""
    chance = random.Random(f"{SEED} {number}")
    rate = chance.choice((Fraction(25), Fraction(30000, 1001), Fraction(24)))
    chapters, moments = [], []
    for index in range(4):
        start = Fraction(index * 15)
        title, caption, word = (text_of(chance) for _ in range(3))
        if tame:
            title, caption, word = f"Title {index}", f"a caption {index}", "dog"
        chapters.append(Chapter(start, start + 15, title, f"c{index}"))
        tags = (Tag(word, 0.5),)
        moments.append(Moment(f"m{index}", start + 2, start + 12, caption, 0.5, tags=tags))
    path = path_of(chance)
    media = MediaInfo(
        path=Path("/footage/tame.mp4") if tame else path, fingerprint="f" * 32, size=1, container="mov", codec="h264",
        stream_index=0, width=640, height=360, rotation=0, pixel_aspect=Fraction(1), rate=rate, variable_rate=False,
        duration=Fraction(60), frame_count=None, start_time=Fraction(0), start_timecode=None,
    )  # fmt: skip
    by = chance.choice(("sample", "light"))
    models = {role: ModelUse(by, "0" * 8, "cpu") for role in ("clip", "lm")}
    return Analysis("a1", media, models, {}, tuple(moments), tuple(chapters))


def options_of(number: int) -> ExportOptions:
    """Letters spelled out in every third case, tags written in every second."""
    return ExportOptions(transliterate=number % 3 == 0, tags=number % 2 == 0)


def written(form: str, number: int, *, tame: bool) -> bytes:
    """The case in a format; raises InputError where a rule of the format is broken."""
    analysis, options = analysis_of(number, tame=tame), options_of(number)
    if form == LUA:
        wanted = MarkerOptions(transliterate=options.transliterate, tags=options.tags)
        return marks_file(analysis, None, wanted).data
    return get(form).export(analysis, options).data


# The readers


def of_json(data: bytes) -> Read:
    told = json.loads(data)
    texts = [each["title"] for each in told["chapters"]] + [each["caption"] for each in told["moments"]]
    return Read(shape(told), texts)


def shape(value: Any) -> Any:
    """JSON with its texts left out."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items() if key != "warnings"}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return "text" if isinstance(value, str) else value


def of_csv(data: bytes) -> Read:
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "-", "@")) and not re.search("[\r\n\t]", cell), cell
    return Read([header, [(*row[:8], len(row)) for row in rows]], [row[8] for row in rows])


def of_youtube(data: bytes) -> Read:
    lines = data.decode("utf-8").split("\n")
    found = [re.fullmatch(r"(\d+:\d\d) (.+)", line) for line in lines]
    told = [each for each in found if each]
    assert not re.search("[<>]", "".join(each[2] for each in told))
    return Read(
        [each[1] if each else line for each, line in zip(found, lines, strict=True)], [each[2] for each in told]
    )


def of_ffmetadata(data: bytes) -> Read:
    with av.open(io.BytesIO(data), format="ffmetadata") as container:
        chapters = container.chapters()
        skeleton = [(each["start"], each["end"], each["time_base"], set(each["metadata"])) for each in chapters]
        return Read((skeleton, container.metadata), [each["metadata"]["title"] for each in chapters])


def of_webvtt(data: bytes) -> Read:
    captions = webvtt.from_buffer(io.StringIO(data.decode("utf-8"))).captions
    times = [(each.start, each.end, each.identifier, len(each.lines)) for each in captions]
    return Read(times, [html.unescape(each.raw_text) for each in captions])


def tree(root: ET.Element, *texts: str) -> Read:
    """An XML document; `texts` are the attributes and elements that hold somebody's words."""

    def bones(node: ET.Element) -> Any:
        attributes = {key: value for key, value in node.attrib.items() if key not in texts}
        is_text = node.tag in texts or node.get("name") in texts or node.tag in UIDS
        return node.tag, attributes, "" if is_text else (node.text or "").strip(), [bones(child) for child in node]

    return Read(bones(root), [node.text or "" for node in root.iter("ChapterString")])


UIDS = ("EditionUID", "ChapterUID")


def of_matroska(data: bytes) -> Read:
    return tree(ET.fromstring(data), "ChapterString")


def of_fcpxml(data: bytes) -> Read:
    return tree(ET.fromstring(data), "note", "value", "src", "name")


def of_fcp7xml(data: bytes) -> Read:
    timeline = otio.adapters.read_from_string(data.decode("utf-8"), "fcp_xml")
    assert len(timeline.tracks) == 1 and len(timeline.find_clips()) == 1
    return tree(ET.fromstring(data), "name", "comment", "pathurl")


def of_shotcut(data: bytes) -> Read:
    return tree(ET.fromstring(data), "text", "resource")


def of_podcast(data: bytes) -> Read:
    told = json.loads(data)
    return Read(shape(told), [each["title"] for each in told["chapters"]])


def of_edl(data: bytes) -> Read:
    head, *events = data.decode("utf-8").split("\n\n")
    assert re.fullmatch(r"TITLE: [^\n|]*\nFCM: NON-DROP FRAME", head) and events.pop() == ""
    event = re.compile(
        r"(\d{3}  001      V     C        (?:[\d:]{11} ){3}[\d:]{11}  )\n([^\n|]*) \|C:(\w+) \|M:([^\n|]*) \|D:(\d+)"
    )
    found = [event.fullmatch(each) for each in events]
    assert all(found), events
    return Read([(each[1], each[3], each[5]) for each in found if each], [each[4] for each in found if each])


def of_otio(data: bytes) -> Read:
    timeline = otio.adapters.read_from_string(data.decode("utf-8"), "otio_json")
    (clip,) = timeline.find_clips()
    told = [sorted({*each.metadata["cuemark"]} - {"tags"}) for each in clip.markers]
    marks = [(str(each.marked_range), each.color) for each in clip.markers], told
    keys = [sorted(each) for each in json.loads(data)["tracks"]["children"]]
    return Read([marks, str(clip.source_range), keys, len(timeline.tracks)], [each.name for each in clip.markers])


def of_avid(data: bytes) -> Read:
    assert data.decode("ascii").isprintable() or set(re.findall(rb"[^ -~]", data)) <= {b"\t", b"\n"}
    rows = [line.split("\t") for line in data.decode("ascii").split("\n")]
    assert rows.pop() == [""] and {len(row) for row in rows} == {6}
    return Read([(*row[:4], row[5]) for row in rows], [row[4] for row in rows])


def of_kdenlive(data: bytes) -> Read:
    guides = json.loads(data)
    return Read(shape(guides), [each["comment"] for each in guides])


class Bare(ast.NodeTransformer):
    """A program without its texts, so that two that differ in them alone are one."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("text") if isinstance(node.value, str) else node


def of_blender(data: bytes) -> Read:
    module = ast.parse(data)
    found: list[str] = []
    collection = type("Markers", (list,), {"new": staticmethod(lambda name, frame: found.append(name))})()
    scene = types.SimpleNamespace(
        frame_start=0, render=types.SimpleNamespace(fps=25, fps_base=1.0), timeline_markers=collection
    )
    sys.modules["bpy"] = types.ModuleType("bpy")
    sys.modules["bpy"].context = types.SimpleNamespace(scene=scene)  # type: ignore[attr-defined]
    try:
        exec(compile(module, "markers.py", "exec"), {})
    finally:
        del sys.modules["bpy"]
    comments = [line for line in data.decode("utf-8").splitlines() if line.startswith("#")]
    return Read((ast.dump(Bare().visit(ast.parse(data))), comments), found)


def of_lua(data: bytes) -> Read:
    """LuaJIT compiles the whole, and the line of the markers is a table of numbers and hex, made by no call."""
    lua = lupa.LuaRuntime(encoding=None)
    assert lua.eval(b"function(code) return (loadstring(code)) ~= nil end")(data)
    lines = data.split(b"\n")
    (line,) = [each for each in lines if each.startswith(b"local MARKS = ")]
    in_nothing = b"function(code) return setfenv(assert(loadstring(code)), {})() end"
    marks = plain(lua.eval(in_nothing)(line + b" return MARKS"))
    rest = [each for each in lines if each is not line]
    rows = [
        {key: value for key, value in row.items() if key not in (b"name", b"note")} for row in marks.pop(b"markers")
    ]
    return Read((rest, marks, rows), [])


def plain(value: Any) -> Any:
    if lupa.lua_type(value) != "table":
        assert not isinstance(value, bytes) or re.fullmatch(b"[0-9a-f]*", value), value
        return value
    entries = {key: plain(each) for key, each in value.items()}
    return [entries[key] for key in sorted(entries)] if all(isinstance(key, int) for key in entries) else entries


READERS: dict[str, Callable[[bytes], Read]] = {
    "json": of_json, "csv": of_csv, "youtube": of_youtube, "ffmetadata": of_ffmetadata, "webvtt": of_webvtt,
    "matroska": of_matroska, "podcast": of_podcast, "edl": of_edl, "otio": of_otio, "fcpxml": of_fcpxml,
    "fcp7xml": of_fcp7xml, "avid": of_avid, "kdenlive": of_kdenlive, "shotcut": of_shotcut, "blender": of_blender,
    LUA: of_lua,
}  # fmt: skip
WHOLE = ("ffmetadata", "webvtt", "matroska", "podcast")
"""Formats that hold any title as it is, in one line."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", FORMATS)
def test_hostile_texts_add_nothing_to_a_file(
    form: str, figures: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(CASES):
        try:
            data = written(form, number, tame=False)
        except InputError as error:
            assert error.code.startswith("export_"), error
            figures["refused"] += 1
            continue
        figures["broken"] += 1  # until it is known to be whole
        found, wanted = READERS[form](data), READERS[form](written(form, number, tame=True))
        assert found.skeleton == wanted.skeleton, (form, number)
        if form in WHOLE and number % 3:
            titles = [chapter.title for chapter in analysis_of(number, tame=False).chapters]
            assert [text.rstrip(" ") for text in found.texts] == [one_line(title) for title in titles], (form, number)
        figures["broken"] -= 1
        figures["read"] += 1
    assert not os.listdir(tmp_path), "a text was run"


def test_json_says_every_text_as_it_is() -> None:
    for number in range(0, CASES, 5):
        analysis = analysis_of(number, tame=False)
        texts = [*(each.title for each in analysis.chapters), *(each.caption for each in analysis.moments)]
        found = of_json(written("json", number, tame=False)).texts
        assert found == [text.encode("utf-8", "backslashreplace").decode() for text in texts]


def test_no_format_is_forgotten() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("form", ["csv", "ffmetadata", "edl", "blender", "fcpxml"])
def test_a_reader_of_this_test_sees_what_an_unescaped_text_would_do(form: str) -> None:
    """The readers can fail: a raw payload put into the tame file changes its skeleton or breaks it."""
    payload = {
        "csv": b'x\r\nmoment,9,"0",0,0,0,0,0,fake', "ffmetadata": b"x\n[CHAPTER]\nSTART=0\nEND=1\ntitle=fake",
        "edl": b"x |M:fake |D:9", "blender": b"x'), (print('owned'), 'y",
        "fcpxml": b'x"/><marker start="0s" value="fake',
    }[form]  # fmt: skip
    tame = written(form, 1, tame=True)
    word = b"a caption 1" if b"a caption 1" in tame else b"Title 1"
    broken = tame.replace(word, payload)
    assert broken != tame
    try:
        changed = READERS[form](broken).skeleton != READERS[form](tame).skeleton
    except Exception:  # whatever way it is refused
        changed = True
    assert changed
