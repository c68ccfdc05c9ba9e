"""Edits of moments and chapters: deleted, merged, split, added, taken back; the chapters never have a gap."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.analysis import (
    AddEdit,
    Analysis,
    ChapterEdit,
    DeleteEdit,
    Edit,
    LoggedEdit,
    MergeEdit,
    Moment,
    MomentEdit,
    SplitEdit,
    Tag,
    UndoEdit,
)
from cuemark.core.errors import CuemarkError, NotFoundError, OptionError
from cuemark.library.edit_log import EditLog
from cuemark.library.edits import apply
from cuemark.library.store import Library
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import analyses_pb2
from tests.library.example import LENGTH, found


@pytest.fixture
def kept(library: Library) -> Analysis:
    return library.analyses.add(found())


def moments_of(analysis: Analysis) -> list[tuple[str, int, int, str]]:
    return [(m.id, int(m.start), int(m.end), m.caption) for m in analysis.moments]


def chapters_of(analysis: Analysis) -> list[tuple[str, int, str]]:
    assert_whole(analysis)
    return [(c.id, int(c.start), c.title) for c in analysis.chapters]


def assert_whole(analysis: Analysis) -> None:
    """No gap between chapters, none empty, no id twice, every moment inside."""
    chapters = analysis.chapters
    assert chapters[0].start == 0 and chapters[-1].end == LENGTH
    assert all(a.end == b.start for a, b in pairwise(chapters)) and all(c.start < c.end for c in chapters)
    ids = [*(moment.id for moment in analysis.moments), *(chapter.id for chapter in chapters)]
    assert "" not in ids and len(ids) == len(set(ids)) and not set(ids) & set(analysis.deleted)
    assert all(0 <= moment.start < moment.end <= LENGTH for moment in analysis.moments)


def test_a_deleted_moment_is_gone_and_comes_back(library: Library, kept: Analysis) -> None:
    edited = library.analyses.edit(kept.id, DeleteEdit("m2"))
    assert [m.id for m in edited.moments] == ["m1", "m3", "m4"] and edited.deleted == ("m2",)
    assert not any(m.edited for m in edited.moments)
    (summary,), _ = library.analyses.page()
    assert (summary.moments, summary.chapters) == (3, 4)
    assert library.analyses.undo(kept.id, "m2") == kept
    assert library.analyses.page()[0][0].moments == 4


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ("c1", [("c2", 0, "Part 2"), ("c3", 50, "Part 3"), ("c4", 75, "Part 4")]),
        ("c3", [("c1", 0, "Part 1"), ("c2", 25, "Part 2"), ("c4", 75, "Part 4")]),
        ("c4", [("c1", 0, "Part 1"), ("c2", 25, "Part 2"), ("c3", 50, "Part 3")]),
    ],
)
def test_a_deleted_chapters_time_goes_to_its_neighbour(
    library: Library, kept: Analysis, gone: str, left: list[tuple[str, int, str]]
) -> None:
    edited = library.analyses.edit(kept.id, DeleteEdit(gone))
    assert chapters_of(edited) == left and len([c for c in edited.chapters if c.edited]) == 1
    assert library.analyses.undo(kept.id, gone) == kept


def test_merged_moments_keep_the_id_and_words_of_the_one_that_was_named(library: Library) -> None:
    whole = found()
    unnamed = (Moment("m1", Fraction(5), Fraction(15), "", 0.2, tags=(Tag("dog", 0.4), Tag("grass", 0.3))),)
    tagged = (Moment("m2", Fraction(25), Fraction(35), "a dog", 0.9, tags=(Tag("dog", 0.9),)),)
    kept = library.analyses.add(replace(whole, moments=(*unnamed, *tagged, *whole.moments[2:])))
    edited = library.analyses.edit(kept.id, MergeEdit("m1"))
    assert moments_of(edited)[0] == ("m1", 5, 35, "a dog") and edited.deleted == ("m2",)
    assert edited.moments[0].tags == (Tag("dog", 0.9), Tag("grass", 0.3)) and edited.moments[0].edited
    edited = library.analyses.edit(kept.id, MergeEdit("m4", "m3"))
    assert moments_of(edited)[-1] == ("m4", 45, 75, "thing 4")
    assert library.analyses.undo(kept.id, "m2").moments[:2] == kept.moments[:2]
    assert library.analyses.undo(kept.id, "m4") == kept


def test_merged_chapters_are_one(library: Library, kept: Analysis) -> None:
    library.analyses.edit(kept.id, MergeEdit("c2"))
    edited = library.analyses.edit(kept.id, MergeEdit("c4", "c2"))
    assert chapters_of(edited) == [("c1", 0, "Part 1"), ("c4", 25, "Part 4")] and edited.deleted == ("c3", "c2")
    with pytest.raises(OptionError) as refused:
        library.analyses.undo(kept.id, "c3")  # c2 would be in the way of c4
    assert refused.value.code == "edit_built_on" and " c4 --undo" in refused.value.next_step
    library.analyses.undo(kept.id, "c4")
    assert library.analyses.undo(kept.id, "c3") == kept


def test_a_split_gives_the_second_part_an_id_that_nothing_ever_had(library: Library, kept: Analysis) -> None:
    edited = library.analyses.edit(kept.id, SplitEdit("m2", Fraction(30)))
    assert moments_of(edited)[1:3] == [("m2", 25, 30, "thing 2"), ("m5", 30, 35, "thing 2")]
    edited = library.analyses.edit(kept.id, SplitEdit("c1", Fraction(10), "Second part"))
    assert chapters_of(edited)[:2] == [("c1", 0, "Part 1"), ("c5", 10, "Second part")]
    assert library.analyses.undo(kept.id, "m5").moments == kept.moments
    # What was taken back keeps its id: a marker somewhere may still have it.
    assert library.analyses.edit(kept.id, SplitEdit("m2", Fraction(28))).moments[2].id == "m6"
    assert library.analyses.edit(kept.id, AddEdit("moment", Fraction(90), Fraction(95), "late")).moments[-1].id == "m7"


def test_what_was_made_is_edited_like_everything_else_and_undone_in_order(library: Library, kept: Analysis) -> None:
    library.analyses.edit(kept.id, SplitEdit("m2", Fraction(30)))
    library.analyses.edit(kept.id, MomentEdit("m5", caption="the second half"))
    edited = library.analyses.edit(kept.id, SplitEdit("m5", Fraction(32)))
    assert moments_of(edited)[2:4] == [("m5", 30, 32, "the second half"), ("m6", 32, 35, "the second half")]
    with pytest.raises(OptionError) as refused:
        library.analyses.undo(kept.id, "m2")
    assert refused.value.code == "edit_built_on" and refused.value.next_step.endswith("m5 --undo")
    assert library.analyses.undo(kept.id, "m5") == kept


def test_an_added_moment_is_the_users_word(library: Library, kept: Analysis) -> None:
    edited = library.analyses.edit(kept.id, AddEdit("moment", Fraction(37), Fraction(39), "  the  goal "))
    assert moments_of(edited)[2] == ("m5", 37, 39, "the goal")
    assert edited.moments[2].edited and edited.moments[2].score == 1.0
    undone = library.analyses.undo(kept.id, "m5")
    assert (undone.moments, undone.deleted) == (kept.moments, ())
    assert library.analyses.undo(kept.id, "m5") == undone


@pytest.mark.parametrize(
    ("start", "end", "left"),
    [
        # inside one, which goes on behind it
        (
            30,
            40,
            [("c1", 0, "Part 1"), ("c2", 25, "Part 2"), ("c5", 30, "New"), ("c6", 40, "Part 2"), ("c3", 50, "Part 3")],
        ),
        # to the end of the one that is cut
        (30, None, [("c1", 0, "Part 1"), ("c2", 25, "Part 2"), ("c5", 30, "New"), ("c3", 50, "Part 3")]),
        # over a border
        (30, 60, [("c1", 0, "Part 1"), ("c2", 25, "Part 2"), ("c5", 30, "New"), ("c3", 60, "Part 3")]),
        # in place of one, and of the beginning of the next
        (25, 60, [("c1", 0, "Part 1"), ("c5", 25, "New"), ("c3", 60, "Part 3")]),
        (0, 75, [("c5", 0, "New")]),
    ],
)
def test_an_added_chapter_is_cut_out_of_the_others(
    library: Library, kept: Analysis, start: int, end: int | None, left: list[tuple[str, int, str]]
) -> None:
    until = None if end is None else Fraction(end)
    edited = library.analyses.edit(kept.id, AddEdit("chapter", Fraction(start), until, "New"))
    assert chapters_of(edited) == [*left, ("c4", 75, "Part 4")]
    for gone in edited.deleted:  # also what it did not name
        assert library.analyses.undo(kept.id, gone) == kept
    assert library.analyses.undo(kept.id, "c5") == kept


def test_a_chapter_can_be_added_where_there_was_none(library: Library) -> None:
    kept = library.analyses.add(found(chapters=[0]))
    none = library.analyses.add(replace(found(), chapters=()))
    assert chapters_of(library.analyses.edit(none.id, AddEdit("chapter", Fraction(30), None, "All"))) == [
        ("c1", 0, "All")
    ]
    with pytest.raises(OptionError) as refused:
        library.analyses.edit(kept.id, DeleteEdit("c1"))
    assert refused.value.code == "edit_only_chapter"


def test_an_end_read_off_a_clock_counts_as_the_medias(library: Library, kept: Analysis) -> None:
    edited = library.analyses.edit(kept.id, AddEdit("moment", Fraction(90), LENGTH + Fraction(1, 1000), "the end"))
    assert edited.moments[-1].end == LENGTH
    assert library.analyses.edit(kept.id, MomentEdit("m4", end=LENGTH + Fraction(1, 26))).moments[-2].end == LENGTH


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (DeleteEdit("m9"), "item_unknown"),
        (DeleteEdit(""), "item_unknown"),
        (MergeEdit("m9"), "item_unknown"),
        (MergeEdit("m1", "m9"), "item_unknown"),
        (MergeEdit("m4"), "edit_not_neighbours"),
        (MergeEdit("m1", "m1"), "edit_not_neighbours"),
        (MergeEdit("m1", "m3"), "edit_not_neighbours"),
        (MergeEdit("c4", "c2"), "edit_not_neighbours"),
        (MergeEdit("m1", "c1"), "edit_not_alike"),
        (SplitEdit("m1", Fraction(5)), "edit_outside"),
        (SplitEdit("m1", Fraction(15)), "edit_outside"),
        (SplitEdit("c1", Fraction(-1)), "edit_outside"),
        (SplitEdit("c1", Fraction(10), " "), "edit_empty_text"),
        (SplitEdit("x", Fraction(10)), "item_unknown"),
        (AddEdit("moment", Fraction(10), Fraction(10), "x"), "edit_outside"),
        (AddEdit("moment", Fraction(99), Fraction(101), "x"), "edit_outside"),
        (AddEdit("chapter", Fraction(-1), Fraction(10), "x"), "edit_outside"),
        (AddEdit("chapter", Fraction(100), None, "x"), "edit_outside"),
        (AddEdit("moment", Fraction(1), Fraction(2), "\n"), "edit_empty_text"),
        (AddEdit("chapter", Fraction(1), Fraction(2), ""), "edit_empty_text"),
        (AddEdit("scene", Fraction(1), Fraction(2), "x"), "edit_kind"),  # type: ignore[arg-type]
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(library: Library, kept: Analysis, edit: Edit, code: str) -> None:
    with pytest.raises(CuemarkError) as refused:
        library.analyses.edit(kept.id, edit)
    assert refused.value.code == code and refused.value.next_step
    assert library.analyses.get(kept.id) == kept
    with pytest.raises(NotFoundError):  # nothing was kept of it, its id neither
        library.analyses.undo(kept.id, "m5")


times = st.integers(-1, 101).map(Fraction)
names = st.sampled_from([*(f"m{n}" for n in range(1, 9)), *(f"c{n}" for n in range(1, 9))])
texts = st.sampled_from(["", "new", "other words"])
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(MomentEdit, names, st.none() | texts, st.none() | times, st.none() | times),
    st.builds(ChapterEdit, names, st.none() | texts, st.none() | times),
    st.builds(DeleteEdit, names),
    st.builds(MergeEdit, names, st.just("") | names),
    st.builds(SplitEdit, names, times, st.none() | texts),
    st.builds(AddEdit, st.sampled_from(["moment", "chapter"]), times, st.none() | times, texts),
)


@given(st.lists(edits | names, max_size=25))
def test_whatever_is_done_the_partition_is_whole_and_everything_can_be_taken_back(steps: list[Edit | str]) -> None:
    log = EditLog(found(), {})
    for number, step in enumerate(steps, 1):
        try:
            kept: LoggedEdit = log.undone(step)[0] if isinstance(step, str) else log.completed(step)
            if not isinstance(kept, UndoEdit):
                apply(log.edited, kept)
        except CuemarkError as refused:
            assert refused.next_step
            continue
        log = EditLog(log.base, {**log.entries, number: kept})
        assert_whole(log.edited)
        assert serialise.loads(LoggedEdit, serialise.dumps(kept)) == kept
        if not isinstance(kept, UndoEdit):
            assert from_message(Edit, to_message(analyses_pb2.Edit, kept)) == kept
    done = tuple(log.in_force)
    undone = EditLog(log.base, {**log.entries, 100: UndoEdit(done)})
    assert undone.edited == log.base
    # Taking that back does all of it again.
    assert EditLog(log.base, {**undone.entries, 101: UndoEdit((100,))}).edited == log.edited


def test_an_edit_that_is_asked_for_twice_is_made_once(library: Library, kept: Analysis) -> None:
    """A client that lost the daemon before the answer asks the next one again."""
    add = AddEdit("moment", Fraction(37), Fraction(39), "the goal")
    once = library.analyses.edit(kept.id, add, "request 1")
    assert library.analyses.edit(kept.id, add, "request 1") == once == library.analyses.get(kept.id)
    assert len(library.analyses.edit(kept.id, add, "request 2").moments) == len(once.moments) + 1
    library.analyses.edit(kept.id, MergeEdit("m1"), "request 3")
    assert len(library.analyses.edit(kept.id, MergeEdit("m1"), "request 3").moments) == len(once.moments)
