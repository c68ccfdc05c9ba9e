"""What is said and read in a moment, in the files that hold it: JSON, CSV, and the notes of markers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from cuemark.core.analysis import Analysis
from cuemark.core.export_formats import ExportOptions
from cuemark.core.markers import MarkerOptions
from cuemark.export.base import get
from cuemark.markers.build import segments_of
from tests.resolve.test_same_markers import READERS

WORDS = "It was the best of times, it was the worst of times."
MakeAnalysis = Callable[..., Analysis]


@pytest.fixture
def spoken(make_analysis: MakeAnalysis) -> Analysis:
    plain = make_analysis(moments=[(0, 10, "a dog on grass"), (10, 20, "Two cities"), (20, 30, "EXIT")], chapters=[])
    first, second, third = plain.moments
    moments = (first, replace(second, source="said", said=WORDS), replace(third, source="read"))
    return replace(plain, moments=moments)


def test_json_and_csv_say_where_words_come_from(spoken: Analysis) -> None:
    moments = json.loads(get("json").export(spoken, ExportOptions()).data)["moments"]
    rows = list(csv.DictReader(io.StringIO(get("csv").export(spoken, ExportOptions()).data.decode("utf-8"))))
    for found in (moments, rows):
        assert [(one["source"], one["said"]) for one in found] == [("seen", ""), ("said", WORDS), ("read", "")]


def test_footage_in_which_nothing_is_said_or_read_has_files_as_before(make_analysis: MakeAnalysis) -> None:
    plain = make_analysis(moments=[(0, 10, "a dog on grass")], chapters=[(0, 30, "Dogs")])
    assert not {"source", "said"} & json.loads(get("json").export(plain, ExportOptions()).data)["moments"][0].keys()
    assert b"said" not in get("csv").export(plain, ExportOptions()).data
    asked = segments_of(plain, MarkerOptions(said=True))
    assert asked == segments_of(plain, MarkerOptions())


def test_a_note_holds_the_words_where_they_are_wanted(spoken: Analysis) -> None:
    notes = {one.name: one.note for one in segments_of(spoken, MarkerOptions(said=True))}
    assert notes == {"a dog on grass": "a dog on grass", "Two cities": f'Two cities: "{WORDS}"', "EXIT": "EXIT"}
    assert {one.note for one in segments_of(spoken, MarkerOptions())} == {"a dog on grass", "Two cities", "EXIT"}
    tagged = get("edl").export(spoken, ExportOptions(rate=Fraction(25), said=True)).data.decode("utf-8")
    assert "Two cities" in tagged


@pytest.mark.parametrize("name", READERS)
def test_a_file_of_markers_holds_the_words_where_they_are_wanted(spoken: Analysis, name: str) -> None:
    for said in (False, True):
        text = get(name).export(spoken, ExportOptions(rate=Fraction(25), said=said)).data.decode("utf-8")
        assert ("the best of times" in text) is said


def test_a_chapter_whose_border_lies_within_a_moment_tells_the_words_of_its_own_time(
    make_analysis: MakeAnalysis,
) -> None:
    """Borders of speech are those of sentences: the next moment may begin just before the chapter ends."""
    analysis = make_analysis(
        moments=[(0, 22, "Flour"), (22, 33, "Butter")],
        chapters=[(0, 10, "One"), (10, Fraction(45, 2), "Two"), (Fraction(45, 2), 33, "Three")],
    )
    notes = {one.name: one.note for one in segments_of(analysis) if one.kind == "chapter"}
    assert notes == {"One": "Flour", "Two": "Flour", "Three": "Butter"}
