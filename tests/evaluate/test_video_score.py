"""One system on videos: what is zero, what does not apply, and figures of several videos by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.lab.evaluate.caption_scores import CaptionScore, SlotScore
from cuemark.lab.evaluate.chapter_scores import TitleScore
from cuemark.lab.evaluate.localisation import harmonic
from cuemark.lab.evaluate.measures import MEASURES, Difference, Measure, interval, measure, paired_difference
from cuemark.lab.evaluate.outcome import Found, FoundChapter, Outcome, System
from cuemark.lab.evaluate.score import VideoScore, score_system, score_video
from cuemark.lab.evaluate.text_metrics import TextMetrics, simple_words
from cuemark.lab.evaluate.truth import Dataset, TrueChapter, TrueEvent, TrueVideo

KEYS = (
    "recall precision f1 recall_30 recall_50 recall_70 recall_90 precision_30 precision_50 precision_70 precision_90"
    " f1_30 f1_50 f1_70 f1_90 soda_c soda_cider soda_d meteor cider chapter_f1 chapter_tiou"
    " boundary_recall_3s boundary_precision_3s boundary_f1_3s boundary_recall_5s boundary_precision_5s boundary_f1_5s"
    " near_f1_5s near_f1_15s pk window_diff chapter_count_error title_words"
    " slots_all slot_subject slot_place slot_attribute slot_relation found_all count_error moments repeated unfinished"
    " title_slots title_length repeated_titles seconds"
    " subject_all subject_matched subject_dared subject_tags dares caption_words unsupported calibration"
    " empty_kept events_lost"
)
PHRASES = {"subject": {"cat": ("cat",), "dog": ("dog",)}}
CAT = TrueEvent(Fraction(0), Fraction(10), ("a cat",), {"subject": "cat"})
DOG = TrueEvent(Fraction(10), Fraction(20), ("a dog",), {"subject": "dog"})
VIDEO = TrueVideo(
    "v",
    Path("v"),
    ((CAT, DOG),),
    "cuts",
    (TrueChapter(Fraction(0), Fraction(10)), TrueChapter(Fraction(10), Fraction(20))),
)
shares = st.floats(0, 1)
scores = st.lists(st.tuples(shares, shares), min_size=1, max_size=6)


@pytest.fixture
def text() -> TextMetrics:
    return TextMetrics(simple_words, None)


def score(name: str = "v", recall: float = 0.0, precision: float = 0.0) -> VideoScore:
    """The same recall and precision at every threshold, and nothing else."""
    return VideoScore(name, "cuts", 1, 0, 0, (recall,) * 4, (precision,) * 4, 0)


def figures(scores: tuple[VideoScore, ...]) -> dict[str, float | None]:
    return {each.key: each.of(scores) for each in MEASURES}


def test_the_keys_of_the_report_stay() -> None:
    assert sorted(each.key for each in MEASURES) == sorted(KEYS.split())
    assert len({each.heading for each in MEASURES}) == len(MEASURES)
    assert {each.better for each in MEASURES} == {"higher", "lower", ""}
    assert all(each.about for each in MEASURES)


def test_the_truth_itself_is_perfect(text: TextMetrics) -> None:
    moments = tuple(Found(event.start, event.end, event.captions[0]) for event in VIDEO.events)
    chapters = tuple(FoundChapter(event.start, event.end, event.captions[0]) for event in VIDEO.events)
    found = figures((score_video(VIDEO, Outcome(moments, chapters, 2.5), PHRASES, text),))
    perfect = {key for key, value in found.items() if value == 1}
    assert perfect == set(KEYS.split()) - {
        "soda_c", "meteor", "soda_cider", "cider", "slot_place", "slot_attribute", "slot_relation", "count_error",
        "moments", "repeated", "unfinished", "title_length", "repeated_titles", "seconds",
        "subject_tags", "caption_words", "unsupported", "calibration", "empty_kept", "events_lost",
        "pk", "window_diff", "chapter_count_error", "title_words",
    }  # fmt: skip
    assert found["pk"] == found["window_diff"] == found["chapter_count_error"] == 0 and found["title_words"] is None
    assert (found["moments"], found["count_error"], found["seconds"], found["title_length"]) == (2, 0, 2.5, 5)
    assert found["repeated"] == found["unfinished"] == found["repeated_titles"] == found["events_lost"] == 0
    assert found["caption_words"] == 2
    assert found["unsupported"] is found["calibration"] is found["subject_tags"] is found["empty_kept"] is None
    # "a" weighs nothing, two pairs of two words: single words and the word pair fit, longer n-grams do not exist.
    assert found["cider"] == found["soda_cider"] == pytest.approx(5)
    assert found["meteor"] is found["soda_c"] is found["slot_place"] is None


def test_an_empty_prediction_is_zero_and_not_left_out(text: TextMetrics) -> None:
    found = figures((score_video(VIDEO, Outcome(), PHRASES, text),))
    nothing_said = {"meteor", "soda_c", "slots_all", "title_slots", "title_length"}
    nothing_said |= {"slot_subject", "slot_place", "slot_attribute", "slot_relation"}
    nothing_said |= {"subject_matched", "subject_dared", "subject_tags", "dares", "caption_words", "unsupported"}
    nothing_said |= {"calibration", "empty_kept", "title_words"}
    assert {key for key, value in found.items() if value is None} == nothing_said
    assert found["count_error"] == 2 and found["events_lost"] == 1
    errors = ("count_error", "events_lost", "chapter_count_error", "pk", "window_diff")
    assert all(found[key] for key in errors)
    others = {key: value for key, value in found.items() if key not in errors}
    assert {value for value in others.values() if value is not None} == {0}


def test_to_find_nothing_where_nothing_happens_is_right(text: TextMetrics) -> None:
    still = replace(VIDEO, references=((),), duration=Fraction(20))
    silent = score_video(still, Outcome(), PHRASES, text)
    assert (silent.recall, silent.precision) == (1, 1)
    loud = score_video(still, Outcome((Found(Fraction(0), Fraction(20), "a cat"),)), PHRASES, text)
    assert (loud.recall, loud.precision) == (0, 0)
    assert measure("empty_kept").of([silent, loud]) == 0.5


def test_a_video_a_system_is_silent_about_halves_its_figures(text: TextMetrics) -> None:
    other = replace(VIDEO, name="w")
    moments = tuple(Found(event.start, event.end, event.captions[0]) for event in VIDEO.events)
    system = System("ours", "", {"v": Outcome(moments)})
    both = score_system(Dataset("d", (VIDEO, other), PHRASES), system, text)
    assert [each.name for each in both] == ["v", "w"]
    found = figures(both)
    assert found["recall"] == found["f1"] == found["soda_d"] == found["found_all"] == 0.5
    assert found["slots_all"] == 1  # among matched moments
    assert found["chapter_f1"] is None


def test_a_system_without_words_has_no_figures_of_words(text: TextMetrics) -> None:
    blind = System("blind", "", {"v": Outcome((Found(Fraction(0), Fraction(20)),))})
    (only,) = score_system(Dataset("d", (VIDEO,), PHRASES), blind, text)
    assert (only.text, only.captions, only.slots, only.chapters, only.titles) == (None,) * 5
    assert only.recall > 0 and only.count_error == 1


def test_of_several_annotators_the_best_and_the_mean(text: TextMetrics) -> None:
    """Recall: of 1 event (tIoU 1) or of 2 (one hit at 0.3 only, tIoU 0.5); the count is wrong by 0 or by 1."""
    whole = TrueEvent(Fraction(0), Fraction(20), ("both",))
    video = replace(VIDEO, references=((CAT, DOG), (whole,)))
    only = score_video(video, Outcome((Found(Fraction(0), Fraction(20), "x"),)), PHRASES, text)
    assert only.recalls == (1, 1, 1, 1) and only.precisions == (1, 1, 1, 1)
    assert only.count_error == 0.5
    # (0, 20) with events (0, 10), (10, 20): 0.5 over one moment and two events is 1/3; with the whole 1.
    assert only.soda_d == pytest.approx((2 * 0.5 * 0.25 / 0.75 + 1) / 2)


def test_f1_is_of_the_means() -> None:
    """Recalls 1 and 0, precisions 0.5 and 1: means 0.5 and 0.75, F1 0.6 (and not the mean of 2/3 and 0)."""
    assert measure("f1").of([score("a", 1, 0.5), score("b", 0, 1)]) == pytest.approx(0.6)
    assert measure("f1_70").of([score("a", 1, 0.5), score("b", 0, 1)]) == pytest.approx(0.6)
    assert measure("f1").of([score()]) == 0 and measure("f1").of([]) is None
    assert harmonic(1, 0.5) == pytest.approx(2 / 3)


def test_every_moment_counts_the_same_in_slots() -> None:
    """1 of 1 and 1 of 3 right: 2 of 4, of 2 and 4 events together 2 of 6."""
    one = replace(score("a"), slots=SlotScore(2, 1, 1, {"subject": 1}, {"subject": 1}))
    other = replace(score("b"), slots=SlotScore(4, 3, 1, {"subject": 3, "place": 1}, {"subject": 2, "place": 1}))
    found = figures((one, other, score("c")))
    assert found["slots_all"] == 0.5 and found["found_all"] == pytest.approx(2 / 6)
    assert found["slot_subject"] == 0.75 and found["slot_place"] == 1 and found["slot_relation"] is None


def test_faults_a_video_and_titles() -> None:
    one = replace(score("a"), captions=CaptionScore(4, 2, 1), titles=TitleScore(4, 3, 2, 30, 2))
    other = replace(score("b"), captions=CaptionScore(4, 1, 0), titles=TitleScore(0, 0, 1, 6, 1))
    found = figures((one, other))
    assert (found["unfinished"], found["repeated"]) == (1.5, 0.5)
    assert (found["title_slots"], found["title_length"], found["repeated_titles"]) == (0.75, 12, 1.5)


def test_intervals_by_hand() -> None:
    """Of two videos with 0 and 1 every fourth draw is all 0 and every fourth all 1; equal videos leave no doubt."""
    assert interval(measure("recall"), [score("a", 0), score("b", 1)]) == (0, 1)
    assert interval(measure("recall"), [score("a", 0.5), score("b", 0.5)]) == (0.5, 0.5)
    assert interval(measure("recall"), []) is None
    assert interval(measure("chapter_f1"), [score("a")]) is None


def test_a_paired_difference_draws_the_same_videos_on_both_sides() -> None:
    """Each video is better by 0.25, so every draw is, however far the videos lie apart."""
    theirs = [score(str(number), number / 10) for number in range(6)]
    ours = [score(each.name, each.recall + 0.25) for each in theirs]
    found = paired_difference(measure("recall"), ours, theirs)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))
    assert paired_difference(measure("recall"), ours, ours) == Difference(0, 0, 0)
    assert paired_difference(measure("meteor"), ours, theirs) is None
    with pytest.raises(ValueError, match="same videos"):
        paired_difference(measure("recall"), ours[1:], theirs[:-1])


@given(scores, st.integers(0, 5))
def test_an_interval_is_what_measuring_each_draw_gives(shares: list[tuple[float, float]], seed: int) -> None:
    import numpy as np

    videos = [score(str(number), *pair) for number, pair in enumerate(shares)]
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(videos), [1 / len(videos)] * len(videos), size=50)
    for key in ("recall_30", "f1"):
        measured = [_of_draw(measure(key), videos, draw.tolist()) for draw in draws]
        low, high = np.percentile(measured, (2.5, 97.5))
        assert interval(measure(key), videos, resamples=50, seed=seed) == pytest.approx((low, high))


def _of_draw(each: Measure, videos: list[VideoScore], counts: list[int]) -> float:
    value = each.of([video for video, count in zip(videos, counts, strict=True) for _ in range(count)])
    assert value is not None
    return value


def test_draws_that_say_nothing_are_left_out() -> None:
    """Only one of two videos has titles: the figure is 1 whenever that video is drawn."""
    titled = replace(score("a"), titles=TitleScore(2, 2, 1, 5, 0))
    assert interval(measure("title_slots"), [titled, replace(score("b"), titles=TitleScore(0, 0, 1, 5, 0))]) == (1, 1)


@given(scores, st.integers(0, 3))
def test_the_same_seed_gives_the_same_interval_around_the_figure(shares: list[tuple[float, float]], seed: int) -> None:
    videos = [score(str(number), *pair) for number, pair in enumerate(shares)]
    first = interval(measure("precision"), videos, seed=seed)
    assert first is not None and first == interval(measure("precision"), videos, seed=seed)
    values = [video.precision for video in videos]
    assert min(values) - 1e-9 <= first[0] <= first[1] <= max(values) + 1e-9
