"""What an exporter tells somebody to do about a chapter that breaks a rule can be done, and helps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.analysis import Analysis, Chapter, ChapterEdit, DeleteEdit, Edit, MergeEdit
from cuemark.core.errors import InputError
from cuemark.core.export_formats import ExportOptions
from cuemark.export import get
from cuemark.library.store import Library
from tests.library.example import LENGTH, found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "library.sqlite")
    yield opened
    opened.close()


def chapters(*borders: int | Fraction, titles: str = "ABCDEF") -> tuple[Chapter, ...]:
    starts = [*(Fraction(border) for border in borders), LENGTH]
    return tuple(Chapter(starts[n], starts[n + 1], titles[n].strip(), f"c{n + 1}") for n in range(len(borders)))


CASES = {
    "export_chapter_too_short": ("ffmetadata", chapters(0, 30, 30 + Fraction(1, 10**7), 60)),
    "export_chapter_order": (
        "webvtt",
        (*chapters(0, 30)[:1], Chapter(Fraction(30), LENGTH, "B", "c2"), Chapter(Fraction(30), LENGTH, "C", "c3")),
    ),
    "export_chapter_title": ("matroska", chapters(0, 30, 60, titles="A B")),
    "export_chapter_outside": ("ffmetadata", (*chapters(0, 30), Chapter(LENGTH + 1, LENGTH + 9, "late", "c3"))),
}


def edits_told(step: str, analysis: Analysis) -> list[Edit]:
    """The edits that a next step names, as its command line would make them."""
    told = re.search(r"cuemark analyses edit (\S+) (\S+) --(\w+)", step)
    assert told and told[1] == analysis.id, step
    made: dict[str, list[Edit]] = {
        "delete": [DeleteEdit(told[2])],
        "title": [ChapterEdit(told[2], title="A title")],
    }
    return [*made[told[3]], *([MergeEdit(told[2])] if "--merge" in step else [])]


@pytest.mark.parametrize("code", CASES)
def test_the_advice_about_a_chapter_helps(library: Library, code: str) -> None:
    name, wrong = CASES[code]
    kept = library.analyses.add(replace(found(), chapters=wrong))
    with pytest.raises(InputError) as refused:
        get(name).export(kept, ExportOptions())
    assert refused.value.code == code
    for edit in edits_told(refused.value.next_step, kept):
        again = library.analyses.add(replace(found(), chapters=wrong))
        assert get(name).export(library.analyses.edit(again.id, edit), ExportOptions()).data


def test_chapters_can_be_added_where_there_are_none(library: Library) -> None:
    kept = library.analyses.add(replace(found(), chapters=()))
    with pytest.raises(InputError) as refused:
        get("webvtt").export(kept, ExportOptions())
    assert refused.value.code == "export_no_chapters" and f"{kept.id} --add" in refused.value.next_step
