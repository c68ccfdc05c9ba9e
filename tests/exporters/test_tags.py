"""Tags, and moments of which nothing is dared to be said, on every way out of an analysis."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.analysis import Analysis, Moment, Tag, named_moments, tags_text
from cuemark.core.analysis_json import analysis_object
from cuemark.core.text import printable
from cuemark.export import ExportOptions, get
from cuemark.library.store import Library
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import analyses_pb2
from tests.exporters.conftest import MEDIA
from tests.resolve.test_same_markers import READERS

MakeAnalysis = Callable[..., Analysis]

ANY_TEXT = st.text(st.characters(codec=None), max_size=140)
UTF8_TEXT = st.text(st.characters(codec="utf-8"), max_size=140)
SCORES = st.floats(0, 1)


def moments_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Moment, ...]]:
    """Moments of half a minute, each a quarter of a second after the one before, with any captions and tags."""
    tags = st.lists(st.builds(Tag, texts, SCORES), max_size=3).map(tuple)
    one = st.tuples(texts | st.just(""), SCORES, tags)

    def placed(rows: list[tuple[str, float, tuple[Tag, ...]]]) -> tuple[Moment, ...]:
        starts = [Fraction(number, 4) for number in range(len(rows))]
        return tuple(
            Moment(f"m{number}", start, start + 30, caption, score, tags=tags)
            for number, (start, (caption, score, tags)) in enumerate(zip(starts, rows, strict=True), 1)
        )

    return st.lists(one, min_size=1, max_size=4).map(placed)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = Library(tmp_path_factory.mktemp("library") / "library.sqlite")
    yield opened
    opened.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=moments_of(ANY_TEXT))
def test_any_caption_and_tags_survive_the_library_and_the_workers_pipe(
    make_analysis: MakeAnalysis, library: Library, moments: tuple[Moment, ...]
) -> None:
    analysis = replace(make_analysis(), moments=moments)
    assert serialise.loads(Analysis, serialise.dumps(analysis)).moments == moments
    kept = library.analyses.add(replace(analysis, media=replace(MEDIA, path=Path("/footage/a.mov"))))
    assert library.analyses.get(kept.id).moments == moments


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=moments_of(UTF8_TEXT))
def test_any_caption_and_tags_survive_the_contract(make_analysis: MakeAnalysis, moments: tuple[Moment, ...]) -> None:
    analysis = replace(make_analysis(), moments=moments)
    assert from_message(Analysis, to_message(analyses_pb2.Analysis, analysis)).moments == moments


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=moments_of(ANY_TEXT))
def test_json_has_any_caption_and_tags_as_they_are_and_a_name(
    make_analysis: MakeAnalysis, moments: tuple[Moment, ...]
) -> None:
    analysis = replace(make_analysis(), moments=moments)
    for text in (json.dumps(analysis_object(analysis)), get("json").export(analysis).data.decode()):
        for moment, found in zip(moments, json.loads(text)["moments"], strict=True):
            assert (found["caption"], found["score"]) == (printable(moment.caption), moment.score)
            if analysis.tagged:
                told = [(printable(tag.word), tag.score) for tag in moment.tags]
                assert [(tag["word"], tag["score"]) for tag in found["tags"]] == told
                assert found["name"].strip()


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=moments_of(ANY_TEXT), transliterate=st.booleans(), tags=st.booleans())
def test_every_marker_has_words(
    make_analysis: MakeAnalysis, name: str, moments: tuple[Moment, ...], *, transliterate: bool, tags: bool
) -> None:
    analysis = replace(make_analysis([]), moments=moments)
    options = ExportOptions(rate=Fraction(25), transliterate=transliterate, tags=tags)
    text = get(name).export(analysis, options).data.decode("utf-8")
    assert text.isascii() or not transliterate
    rows = READERS[name](text, Fraction(25))
    assert len(rows) == len(moments)
    assert all((row.name or row.text or "").strip() for row in rows)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=moments_of(ANY_TEXT), transliterate=st.booleans())
def test_every_row_of_the_table_has_words(
    make_analysis: MakeAnalysis, moments: tuple[Moment, ...], *, transliterate: bool
) -> None:
    analysis = replace(make_analysis([]), moments=moments)
    text = get("csv").export(analysis, ExportOptions(transliterate=transliterate)).data.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["number"] for row in rows] == [str(number) for number, _ in enumerate(moments, 1)]
    assert all(row["text"].strip() for row in rows)


def test_a_place_is_by_start_whatever_the_order() -> None:
    moments = [Moment(each, Fraction(start), Fraction(9), "", 0.5) for each, start in (("b", 3), ("c", 5), ("a", 1))]
    assert [(named.moment.id, named.name) for named in named_moments(moments)] == [
        ("b", "Moment 2"),
        ("c", "Moment 3"),
        ("a", "Moment 1"),
    ]
    assert [named.moment.id for named in sorted(named_moments(moments))] == ["a", "b", "c"]


def test_tags_as_people_read_them() -> None:
    tags = (Tag("dog", 0.814), Tag("polar\nbear", 0.4), Tag(" ", 0.3), Tag("fog", math.nan))
    assert tags_text(tags) == "dog 0.81, polar bear 0.40, fog"


def test_tags_are_a_column_of_the_table_and_leave_other_tables_as_they_are(make_analysis: MakeAnalysis) -> None:
    rows = [(0, 9, "a dog"), (10, 19, ""), (20, 29, "a boat")]
    tags = {"m1": (Tag("dog", 0.81), Tag("grass", 0.4)), "m2": (Tag("fog", 0.05),)}
    text = get("csv").export(make_analysis([], rows, tags)).data.decode()
    found = csv.DictReader(io.StringIO(text, newline=""))
    assert [(row["text"], row["tags"]) for row in found] == [
        ("a dog", "dog 0.81, grass 0.40"),
        ("Moment 2", "fog 0.05"),
        ("a boat", ""),
    ]
    assert "tags" not in get("csv").export(make_analysis()).data.decode().splitlines()[0]


def test_otio_has_the_tags_in_its_metadata_asked_for_or_not(make_analysis: MakeAnalysis) -> None:
    rows = [(0, 9, "a dog"), (0, 5, "a ball"), (20, 29, "a boat")]
    tags = {"m1": (Tag("dog", 0.5), Tag("grass", 0.4)), "m2": (Tag("ball", 0.9), Tag("dog", 0.7))}
    data = json.loads(get("otio").export(make_analysis([(0, 90, "All")], rows, tags)).data)
    chapter, both, boat = (
        mark["metadata"]["cuemark"] for mark in data["tracks"]["children"][0]["children"][0]["markers"]
    )
    expected = [{"word": "ball", "score": 0.9}, {"word": "dog", "score": 0.7}, {"word": "grass", "score": 0.4}]
    assert chapter == {"kind": "chapter"} and both == {"kind": "moment", "tags": expected}
    assert boat == {"kind": "moment"}
