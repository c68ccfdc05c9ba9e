"""JSON and CSV: the machine-readable ones."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis, Tag
from cuemark.core.analysis_json import analysis_object
from cuemark.core.media import frame_span, total_frames
from cuemark.export import ExportOptions, data_files, get

MakeAnalysis = Callable[..., Analysis]

NUMBER, TEXT, INTEGER = {"type": "number"}, {"type": "string"}, {"type": "integer", "minimum": 0}


def strict(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


MOMENT = {
    "id": TEXT,
    "start_s": NUMBER,
    "end_s": NUMBER,
    "start_frame": INTEGER,
    "end_frame": INTEGER,
    "caption": TEXT,
    "score": NUMBER,
}
TAGGED = {
    **MOMENT,
    "name": {"type": "string", "minLength": 1},
    "tags": {"type": "array", "items": strict(word=TEXT, score=NUMBER)},
}
SCHEMA = strict(
    media=strict(
        path=TEXT,
        duration_s=NUMBER,
        fps={"type": "string", "pattern": r"^\d+/\d+$"},
        width=INTEGER,
        height=INTEGER,
        start_timecode={"type": ["string", "null"]},
    ),
    models={"type": "object"},
    warnings={"type": "array", "items": strict(code=TEXT, message=TEXT)},
    moments={"anyOf": [{"type": "array", "items": strict(**each)} for each in (MOMENT, TAGGED)]},
    chapters={"type": "array", "items": strict(start_s=NUMBER, end_s=NUMBER, title=TEXT)},
)


def test_the_object_has_the_keys_of_the_contract(make_analysis: MakeAnalysis) -> None:
    tags = {"m1": (Tag("dog", 0.81), Tag("beach", 0.4))}
    data = analysis_object(make_analysis(rate=Fraction(30000, 1001), start_timecode="10:00:00;00", tags=tags))
    jsonschema.validate(data, SCHEMA)
    assert data["media"]["fps"] == "30000/1001"
    assert data["media"]["start_timecode"] == "10:00:00;00"
    assert data["moments"][0] == {
        "id": "m1",
        "start_s": 2.0,
        "end_s": 18.0,
        "start_frame": 60,
        "end_frame": 539,
        "caption": "a red dog runs on the beach",
        "score": 21.5,
        "name": "a red dog runs on the beach",
        "tags": [{"word": "dog", "score": 0.81}, {"word": "beach", "score": 0.4}],
    }
    assert data["chapters"][1] == {"start_s": 20.0, "end_s": 55.0, "title": "Two people & a boat"}
    assert data["warnings"][0]["code"] == "media_truncated"


def test_a_moment_without_a_caption_is_called_by_its_place(make_analysis: MakeAnalysis) -> None:
    data = analysis_object(make_analysis(moments=[(30, 40, ""), (5, 50, "first"), (5, 9, " ")]))
    said = [(moment["caption"], moment["name"], moment["tags"]) for moment in data["moments"]]
    assert said == [(" ", "Moment 1", []), ("first", "first", []), ("", "Moment 3", [])]
    jsonschema.validate(data, SCHEMA)


def test_an_analysis_without_tags_says_nothing_of_them(make_analysis: MakeAnalysis) -> None:
    data = analysis_object(make_analysis())
    jsonschema.validate(data, SCHEMA)
    assert all(moment.keys() == MOMENT.keys() for moment in data["moments"])


def test_the_file_is_the_object(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis()
    assert json.loads(get("json").export(analysis).data) == analysis_object(analysis)


def test_moments_come_in_order_of_start(make_analysis: MakeAnalysis) -> None:
    data = analysis_object(make_analysis(moments=[(30, 40, "later"), (5, 50, "first"), (5, 9, "first, shorter")]))
    assert [moment["caption"] for moment in data["moments"]] == ["first, shorter", "first", "later"]


def test_a_path_that_is_not_utf8_and_a_broken_score_still_give_strict_json(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis(path=Path(os.fsdecode(b"/f/\xff\xfe.mp4")), moments=[(0, 1, "bad \udcff text")])
    object.__setattr__(analysis.moments[0], "score", float("nan"))
    data = get("json").export(analysis).data
    text = data.decode("utf-8")
    parsed = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert parsed["media"]["path"] == "/f/\\xff\\xfe.mp4"
    assert parsed["moments"][0]["score"] is None
    json.dumps(parsed, ensure_ascii=False).encode("utf-8")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.fractions(0, 120, max_denominator=10**6),
    length=st.fractions(0, 120, max_denominator=10**6),
    rate=st.sampled_from([Fraction(24000, 1001), Fraction(25), Fraction(15), Fraction(60000, 1001)]),
    duration=st.fractions(Fraction(1, 1000), 100, max_denominator=90000),
    exact_count=st.booleans(),
)
def test_frames_lie_inside_the_file_and_span_at_least_one(
    make_analysis: MakeAnalysis, *, start: Fraction, length: Fraction, rate: Fraction, duration: Any, exact_count: bool
) -> None:
    count = max(1, int(duration * rate)) if exact_count else None
    media = make_analysis(rate=rate, duration=duration, frame_count=count).media
    first, after = frame_span(media, start, start + length)
    assert 0 <= first < after <= total_frames(media)


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_csv_rows(make_analysis: MakeAnalysis) -> None:
    caption = 'two "people", in a boat'
    rows = read_csv(get("csv").export(make_analysis(moments=[(20, 50, caption)], start_timecode="10:00:00:00")).data)
    assert [(row["kind"], row["start_s"]) for row in rows] == [
        ("chapter", "0.000000"),
        ("chapter", "20.000000"),
        ("moment", "20.000000"),
        ("chapter", "55.000000"),
    ]
    moment = rows[2]
    assert moment["text"] == caption
    assert (moment["start_frame"], moment["end_frame"]) == ("500", "1250")
    assert (moment["start_timecode"], moment["end_timecode"]) == ("10:00:20:00", "10:00:50:00")


def test_every_column_of_the_csv_is_explained_where_it_is_written() -> None:
    rows = [line for line in (data_files.__doc__ or "").splitlines() if line.startswith("|")][2:]
    named = [name.strip() for row in rows for name in row.split("|")[1].split(",")]
    assert sorted(named) == sorted((*data_files.COLUMNS, *data_files.TAGS, *data_files.WORDS))


def test_csv_on_a_timeline_of_the_options(make_analysis: MakeAnalysis) -> None:
    options = ExportOptions(rate=Fraction(30000, 1001), drop_frame=True, start_timecode="01:00:00;00")
    rows = read_csv(get("csv").export(make_analysis(moments=[]), options).data)
    assert rows[1]["start_frame"] == "599"
    assert rows[1]["start_timecode"] == "01:00:19;29"


def test_csv_says_when_a_start_timecode_cannot_be_the_medias(make_analysis: MakeAnalysis) -> None:
    exported = get("csv").export(make_analysis(start_timecode="10:00:00:45"))
    assert [notice.code for notice in exported.warnings] == ["export_start_timecode_ignored"]
    assert read_csv(exported.data)[0]["start_timecode"] == "00:00:00:00"


FORMULAS = (
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    "\u202e=1",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_the_table_is_a_formula(text: str, make_analysis: MakeAnalysis) -> None:
    tags = {"m1": (Tag(text, 0.5),)}
    analysis = make_analysis([(0, 45, text), (45, 90, "Plain - text = fine")], [(0, 9, text)], tags)
    for transliterate in (False, True):
        data = get("csv").export(analysis, ExportOptions(transliterate=transliterate)).data
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}
        for cell in (cell for row in rows for cell in row):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")), cell
        assert "Plain - text = fine" in [row[8] for row in rows]


HARMFUL = "\x1b]0;x\x07 \x9b31m \x85 \u2028 \u2029 \u202e \u2066 \x7f"


@pytest.mark.parametrize("name", ["json", "otio", "kdenlive", "podcast"])
def test_json_files_say_all_and_show_nothing_that_harms_a_terminal(name: str, make_analysis: MakeAnalysis) -> None:
    path = Path(f"/footage/{HARMFUL}.mp4")
    text = get(name).export(make_analysis([(0, 90, f"a {HARMFUL} b")], path=path)).data.decode("utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    if name == "json":
        told = json.loads(text)
        assert told["media"]["path"] == str(path) and told["chapters"][0]["title"] == f"a {HARMFUL} b"


@pytest.mark.parametrize(
    ("own", "label", "asked", "written"),
    [
        (Fraction(50), "10:00:00:40", Fraction(25), "10:00:00:20"),
        (Fraction(25), "10:00:00:20", Fraction(50), "10:00:00:40"),
        (Fraction(60000, 1001), "10:00:00;40", Fraction(30000, 1001), "10:00:00;20"),
        (Fraction(25), "10:00:00:20", Fraction(25), "10:00:00:20"),
    ],
)
def test_a_table_at_half_the_rate_begins_at_the_same_moment(
    make_analysis: MakeAnalysis, own: Fraction, label: str, asked: Fraction, written: str
) -> None:
    analysis = make_analysis()
    media = replace(analysis.media, rate=own, start_timecode=label, frame_count=None)
    text = get("csv").export(replace(analysis, media=media), ExportOptions(rate=asked)).data.decode()
    assert next(csv.DictReader(io.StringIO(text)))["start_timecode"] == written
