"""The pictures: which lines, labels and verdicts they show, and that strange names and texts cannot spoil them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.evaluation import Figure, Row, make_row
from cuemark.lab.evaluate.outcome import Curve, Found, Outcome, System
from cuemark.lab.evaluate.plot_video import (
    draw_captions,
    draw_masks,
    duration_of,
    in_words,
    labels,
    lines,
    middle,
    packed,
)
from cuemark.lab.evaluate.plots import distinct, draw_curves, file_name, style
from cuemark.lab.evaluate.score import score_video
from cuemark.lab.evaluate.text_metrics import text_metrics
from cuemark.lab.evaluate.truth import TrueEvent, TrueVideo

PHRASES = {"place": {"beach": ("on the beach",), "forest": ("in the forest",)}}
PNG = b"\x89PNG\r\n"


def event(start: float, end: float, place: str = "beach") -> TrueEvent:
    return TrueEvent(Fraction(start), Fraction(end), (f"a dog {PHRASES['place'][place][0]}",), {"place": place})


def video(*references: tuple[TrueEvent, ...], duration: Fraction | None = Fraction(40)) -> TrueVideo:
    return TrueVideo("v $x_1$", Path("v.mp4"), references, duration=duration)


def row_of(name: str, true: TrueVideo, outcome: Outcome) -> Row:
    with text_metrics(java=None) as text:
        return make_row(System(name, "", {true.name: outcome}), [score_video(true, outcome, PHRASES, text)])


def curve_row(name: str, *values: float) -> Row:
    figures = {f"f1_{at}": Figure(value) for at, value in zip((30, 50, 70, 90), values, strict=True)}
    return Row(System(name, "", {}), (), {"f1": Figure(sum(values) / 4), **figures})


def test_masks_that_coincide_share_one_label() -> None:
    assert labels([30.0, 10.0, 10.1], 1.0) == [(pytest.approx(10.05), "2,3"), (30.0, "1")]
    assert labels([], 1.0) == []


@given(st.lists(st.floats(0, 100), max_size=12))
def test_labels_keep_their_distance_and_name_every_mask(places: list[float]) -> None:
    found = labels(places, 2.0)
    assert sorted(int(number) for _, text in found for number in text.split(",")) == list(range(1, len(places) + 1))
    assert all(later - earlier >= 2.0 - 1e-9 for (earlier, _), (later, _) in pairwise(found))


def test_overlapping_events_get_lanes_of_their_own() -> None:
    whole, first, second = event(0, 40), event(0, 10), event(10, 40)
    assert packed([second, whole, first]) == [[(1, first), (3, second)], [(2, whole)]]


def test_the_middle_of_a_mask() -> None:
    assert middle(Curve((0.0, 0.0, 1.0, 1.0))) == 0.75
    assert middle(Curve((0.0, 0.0))) == 0.5


def test_a_video_is_as_long_as_what_ends_last() -> None:
    true = video((event(0, 10),), duration=None)
    assert duration_of(true, [Outcome((Found(Fraction(5), Fraction(12)),))]) == 12
    assert duration_of(video((event(0, 10),)), []) == 40


def test_rows_with_the_same_line_are_drawn_once() -> None:
    rows = [curve_row("a", 1, 0.5, 0.5, 0), curve_row("b", 1, 0.5, 0.5, 0), curve_row("c", 1, 1, 1, 1)]
    assert distinct(rows) == {"a": ["b"], "c": []}


def test_verdicts() -> None:
    events = (event(0, 10), event(10, 20, "forest"), event(25, 30))
    moments = (
        Found(Fraction(0), Fraction(10), "a dog on the beach"),
        Found(Fraction(10), Fraction(18), "a dog on the beach"),
        Found(Fraction(35), Fraction(40), "a dog on the beach"),
    )
    told = [(line.verdict, line.good) for line in lines(events, moments, PHRASES)]
    assert told == [
        ("tIoU 1.00\nwords right", True),
        ("tIoU 0.80\nwrong: place", False),
        ("not found", False),
        ("no such event", False),
    ]


def test_a_moment_without_a_caption_is_not_named_and_its_tags_are_shown() -> None:
    (line,) = lines([event(0, 10)], [Found(Fraction(0), Fraction(10), "", 0.2, ("dog", "animal"))], PHRASES)
    assert (line.verdict, line.good) == ("tIoU 1.00\nnot named", None)
    assert in_words(line.moment) == "0:00.0 – 0:10.0\n(no words)\ntags: dog, animal"


def test_subjects_are_judged_as_the_figures_judge_them() -> None:
    seen = TrueEvent(Fraction(0), Fraction(10), ("a dog",), {"subject": "dog"})
    phrases = {"subject": {"dog": ("dog",), "cat": ("cat",)}}
    said = [lines([seen], [Found(Fraction(0), Fraction(10), text)], phrases)[0].good for text in ("Dogs", "Cats")]
    assert said == [True, False]


def test_words_nobody_can_judge_get_no_verdict() -> None:
    plain = TrueEvent(Fraction(0), Fraction(10), ("a dog",))
    (line,) = lines((plain,), (Found(Fraction(0), Fraction(10), "a cat"),), {})
    assert (line.verdict, line.good) == ("tIoU 1.00", None)


@pytest.mark.parametrize("name", ["a/b", "a:b", "", "..", "con\n", "ü", "x" * 300, "v $1$"])
def test_file_names_are_plain_and_differ(name: str) -> None:
    made = file_name(name)
    assert made and len(made) < 130 and made.isascii() and not set(made) & set('/\\:\n"<>|?* ') and made[0] != "."
    assert made != file_name(name + "x")


def test_strange_texts_and_no_outcome_are_drawn(tmp_path: Path) -> None:
    true = video((event(0, 10),), (event(2, 40), event(0, 40)))
    said = Found(Fraction(0), Fraction(9), "costs $5_^ \\frac{ 日本 " + "word " * 100)
    empty = Curve((0.0,) * 8)
    outcome = Outcome((said,), (), 1.0, (empty,), (Curve((1.0,) * 8), empty))
    rows = [row_of("balanced", true, outcome)]
    with style():
        draw_masks(true, rows, "balanced", tmp_path / "m.png")
        draw_captions(true, rows, PHRASES, "balanced", tmp_path / "c.png")
        draw_masks(true, [], "balanced", tmp_path / "nothing-m.png")
        draw_captions(video(()), [], PHRASES, "balanced", tmp_path / "nothing-c.png")
        draw_curves([curve_row("balanced", 1, 1, 1, 0)], "balanced", tmp_path / "f.png")
    assert {path.read_bytes()[:6] for path in tmp_path.iterdir()} == {PNG}
