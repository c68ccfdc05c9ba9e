"""The demo's comparison must not flatter: which moment counts for which event, and what counts as right."""

from __future__ import annotations

from fractions import Fraction

from cuemark.cli.analyze.demo_report import Truth, match
from cuemark.core.analysis import Chapter, Moment
from cuemark.lab.evaluate.localisation import events_within


def event(start: int, end: int) -> Truth:
    return Truth(Fraction(start), Fraction(end), "a red cat on the beach", ("cat",), ("beach", "on the beach"))


def moment(name: str, start: float, end: float, caption: str = "a red cat on the beach") -> Moment:
    return Moment(name, Fraction(start), Fraction(end), caption, 1.0)


def test_overlap_is_exact() -> None:
    (row,) = match([event(0, 10)], [moment("m", 5, 15)])
    assert row.tiou == Fraction(1, 3)
    (apart,) = match([event(0, 10)], [moment("m", 10, 15)])
    assert apart.tiou == 0 and apart.moment is None


def test_no_moment_counts_for_two_events() -> None:
    rows = match([event(0, 10), event(10, 20)], [moment("long", 0, 20)])
    assert [row.moment is not None for row in rows] == [True, False]
    assert not rows[1].found and not rows[1].subject


def test_best_pairs_come_first() -> None:
    rows = match([event(0, 10), event(10, 20)], [moment("b", 4, 20), moment("a", 10, 20)])
    assert [row.moment.id if row.moment else None for row in rows] == ["b", "a"]
    assert rows[0].tiou == Fraction(6, 20) and not rows[0].found
    assert rows[1].found


def test_a_misplaced_moment_earns_nothing_for_its_words() -> None:
    (row,) = match([event(0, 10)], [moment("m", 7, 20)])
    assert not row.found and not row.subject and not row.place


def test_words_are_whole() -> None:
    (row,) = match([event(0, 10)], [moment("m", 0, 10, "A CAT, on the beach.")])
    assert row.found and row.subject and row.place
    (row,) = match([event(0, 10)], [moment("m", 0, 10, "a caterpillar on the beach")])
    assert row.found and not row.subject
    (row,) = match([event(0, 10)], [moment("m", 0, 10, "a red dog on the beach")])
    assert row.found and row.place and not row.subject


def test_a_chapter_holds_events_that_lie_mostly_in_it() -> None:
    chapter = Chapter(Fraction(0), Fraction(10), "A")
    assert events_within(chapter, [event(0, 4), event(5, 15), event(6, 16), event(20, 30)]) == [
        event(0, 4),
        event(5, 15),
    ]
