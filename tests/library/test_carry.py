"""Analysing again carries the user's edits over: what was written, deleted, merged, split and added stays so."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.analysis import (
    AddEdit,
    Analysis,
    ChapterEdit,
    DeleteEdit,
    Edit,
    MergeEdit,
    MomentEdit,
    SplitEdit,
    UndoEdit,
)
from cuemark.core.errors import CuemarkError
from cuemark.library.carry import Carrying, same_items
from cuemark.library.edit_log import EditLog
from cuemark.library.store import Library
from tests.library.example import found

CLOSE = ((6, 14.5), (24, 36), (44, 56), (65.5, 75))
"""The moments of `found`, a little otherwise."""


class Again:
    """A video that is analysed again and again."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.id = ""
        self.said = ""
        self.code = ""

    def analysed(self, analysis: Analysis) -> Analysis:
        kept = self._library.analyses.add(analysis)
        notice = self._library.analyses.carry_edits(kept)
        self.said, self.code = (notice.message, notice.code) if notice else ("", "")
        self.id = kept.id
        return self.now

    def edit(self, *edits: Edit) -> None:
        for each in edits:
            self._library.analyses.edit(self.id, each)

    def undo(self, item: str) -> None:
        self._library.analyses.undo(self.id, item)

    @property
    def now(self) -> Analysis:
        return self._library.analyses.get(self.id)

    @property
    def captions(self) -> list[str]:
        return [moment.caption for moment in self.now.moments]

    @property
    def titles(self) -> list[str]:
        return [chapter.title for chapter in self.now.chapters]


@pytest.fixture
def video(library: Library) -> Again:
    made = Again(library)
    made.analysed(found())
    return made


EDITS: tuple[Edit, ...] = (
    MomentEdit("m1", caption="the bride"),
    MomentEdit("m1", start=Fraction(4)),
    DeleteEdit("m2"),
    SplitEdit("m3", Fraction(50), "the cake"),
    MergeEdit("m5", "m4"),
    AddEdit("moment", Fraction(80), Fraction(90), "the dance"),
    ChapterEdit("c2", title="Evening", start=Fraction(30)),
    DeleteEdit("c3"),
    AddEdit("chapter", Fraction(90), None, "Credits"),
)


def test_nothing_is_said_where_nothing_was_edited(video: Again, library: Library) -> None:
    video.analysed(found())
    assert video.said == ""
    video.edit(DeleteEdit("m1"))
    video.analysed(found(fingerprint="other content"))
    assert video.said == "" and len(video.now.moments) == 4


def test_the_same_analysis_again_is_as_the_user_left_it(video: Again) -> None:
    video.edit(*EDITS)
    before, first = video.now, video.id
    after = video.analysed(found())
    assert (after.moments, after.chapters) == (before.moments, before.chapters)
    assert set(after.deleted) == set(before.deleted)
    assert video.code == "edits_carried" and f"9 edits of yours were carried over from analysis {first}." == video.said
    # And once more, from there alone.
    second = video.id
    assert video.analysed(found()).moments == before.moments
    assert video.said == f"9 edits of yours were carried over from analysis {second}."


def test_what_is_carried_over_can_be_taken_back_there(video: Again) -> None:
    video.edit(*EDITS)
    video.analysed(found())
    video.undo("m1")
    video.undo("m2")
    assert [(m.id, int(m.start), m.caption) for m in video.now.moments[:2]] == [
        ("m1", 5, "thing 1"),
        ("m2", 25, "thing 2"),
    ]
    # What was taken back does not come again.
    video.analysed(found())
    assert video.captions[:2] == ["thing 1", "thing 2"] and "6 edits" in video.said


def test_moments_that_are_found_a_little_otherwise_are_the_same(video: Again) -> None:
    video.edit(*EDITS)
    video.analysed(found(CLOSE, (0, 27, 52, 74)))
    assert video.captions == ["the bride", "thing 3", "the cake", "the dance"]
    assert [int(m.start) for m in video.now.moments] == [4, 44, 50, 80]
    assert video.titles == ["Part 1", "Evening", "Part 4", "Credits"] and video.now.chapters[1].start == 30
    assert video.code == "edits_carried"


def test_what_is_not_there_any_more_is_named_and_tried_again(video: Again) -> None:
    video.edit(MomentEdit("m1", caption="the bride"), MomentEdit("m4", caption="the cake"), DeleteEdit("m2"))
    first = video.id
    video.analysed(found(((24, 36), (65, 75))))
    assert video.captions == ["the cake"]
    assert video.code == "edits_not_carried" and video.said.startswith("2 edits of yours were carried over")
    assert 'the caption "the bride" at 00:00:05.000' in video.said and first in video.said and "\n" not in video.said
    video.edit(MomentEdit("m2", caption="the wedding cake"))
    # The next analysis finds it again; what was changed since then counts.
    video.analysed(found(CLOSE))
    assert video.captions == ["the bride", "thing 3", "the wedding cake"] and video.code == "edits_carried"


def test_a_deleted_moment_stays_deleted_after_an_analysis_that_had_none(video: Again) -> None:
    video.edit(DeleteEdit("m2"))
    video.analysed(found(((5, 15), (45, 55))))
    assert video.said == "" and len(video.now.moments) == 2
    video.analysed(found())
    assert video.captions == ["thing 1", "thing 3", "thing 4"]


def test_an_added_moment_takes_the_place_of_one_that_is_found_there_now(video: Again) -> None:
    video.edit(AddEdit("moment", Fraction(80), Fraction(90), "the dance"))
    video.analysed(found(((5, 15), (82, 91))))
    assert [(int(m.start), int(m.end), m.caption) for m in video.now.moments] == [
        (5, 15, "thing 1"),
        (80, 90, "the dance"),
    ]
    assert video.code == "edits_carried"


def test_what_was_merged_or_split_and_is_found_so_now_needs_no_edit(video: Again) -> None:
    video.edit(MergeEdit("m1", "m2"), SplitEdit("m3", Fraction(50), "the cake"), MomentEdit("m1", caption="all of it"))
    video.analysed(found(((5, 36), (45, 50), (50, 55))))
    assert video.captions == ["all of it", "thing 2", "the cake"] and video.now.deleted == ()
    assert video.code == "edits_carried"


def test_edits_that_were_hidden_come_back_the_newest_last(library: Library, video: Again) -> None:
    """As a library of before has them: two analyses of a video, both edited, neither knows of the other."""
    video.edit(MomentEdit("m1", caption="old words"), MomentEdit("m2", caption="older words"))
    newer = library.analyses.add(found())
    library.analyses.edit(newer.id, MomentEdit("m1", caption="new words"))
    video.analysed(found())
    assert video.captions[:2] == ["new words", "older words"] and newer.id in video.said


def test_a_removed_analysis_takes_nothing_along(library: Library, video: Again) -> None:
    video.edit(MomentEdit("m1", caption="the bride"))
    first = video.id
    video.analysed(found())
    library.analyses.delete(first)
    video.analysed(found())
    assert video.captions[0] == "the bride"


def test_edits_that_cannot_be_read_do_not_stop_an_analysis(library: Library, video: Again, file: Path) -> None:
    import sqlite3

    video.edit(MomentEdit("m1", caption="the bride"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE edits SET change = '{'")
    connection.close()
    assert len(video.analysed(found()).moments) == 4 and video.said == ""


def test_each_is_the_same_as_one_at_most() -> None:
    one, other = found(((0, 30), (30, 40)), (0,)), found(((0, 16), (15, 30), (28, 40)), (0, 60))
    assert same_items(one, other) == {"m1": "m1", "m2": "m3", "c1": "c1"}
    assert same_items(found((), ()), other) == {}


spans = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9)).map(lambda p: (p[0], p[0] + p[1])), max_size=5)
borders = st.lists(st.integers(1, 99), max_size=4, unique=True).map(lambda found: [0, *sorted(found)])
names = st.sampled_from([*(f"m{n}" for n in range(1, 8)), *(f"c{n}" for n in range(1, 8))])
times = st.integers(0, 100).map(Fraction)
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(MomentEdit, names, st.none() | st.just("words"), st.none() | times, st.none() | times),
    st.builds(ChapterEdit, names, st.none() | st.just("words"), st.none() | times),
    st.builds(DeleteEdit, names),
    st.builds(MergeEdit, names, st.just("") | names),
    st.builds(SplitEdit, names, times, st.none() | st.just("half")),
    st.builds(AddEdit, st.sampled_from(["moment", "chapter"]), times, st.none() | times, st.just("added")),
)


@given(spans, borders, spans, borders, st.lists(edits | names, max_size=12))
def test_any_edits_onto_any_analysis(
    moments: list[tuple[int, int]],
    chapters: list[int],
    new_moments: list[tuple[int, int]],
    new_chapters: list[int],
    steps: list[Edit | str],
) -> None:
    log = EditLog(found(moments, chapters), {})
    for number, step in enumerate(steps, 1):
        try:
            kept = log.undone(step)[0] if isinstance(step, str) else log.completed(step)
            tried = EditLog(log.base, {**log.entries, number: kept})
            assert tried.edited
        except CuemarkError:
            continue
        if not tried.lost:  # what cannot be made is never kept
            log = tried
    fresh = found(new_moments, new_chapters)
    carrying = Carrying(fresh)
    carrying.take(log)
    again = EditLog(fresh, dict(enumerate((edit for _, edit in carrying.edits), 1)))
    assert again.edited == carrying.edited and not any(isinstance(edit, UndoEdit) for _, edit in carrying.edits)
    assert {number for number, _ in carrying.edits} <= set(log.in_force)
    # Onto the very same analysis everything is carried over.
    same = Carrying(log.base)
    same.take(log)
    # Its ids are of its own: one that an edit had which was taken back is free there.
    for carried, made in ((same.edited.moments, log.edited.moments), (same.edited.chapters, log.edited.chapters)):
        assert [replace(one, id="") for one in carried] == [replace(one, id="") for one in made]
    notice = same.notice()
    assert notice is None or notice.code == "edits_carried"
