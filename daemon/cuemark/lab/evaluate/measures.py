"""The named figures of the report, each a function of the scores of some videos, and their bootstrap intervals.

A measure of no videos, or of videos it says nothing about, is None and printed as a dash.  Every measure is made of
ratios of sums over videos.  How far a figure can be trusted are percentile intervals over resampled sets of videos
(Efron's bootstrap): all resampled figures come from one product of two matrices, how often each video was drawn, times
what each video adds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cuemark.lab.evaluate.calibration import BINS, bin_of
from cuemark.lab.evaluate.chapter_scores import DISTANCES
from cuemark.lab.evaluate.localisation import THRESHOLDS, harmonic
from cuemark.lab.evaluate.naming_scores import TAGS
from cuemark.lab.evaluate.score import VideoScore
from cuemark.lab.evaluate.truth import SLOTS

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Figures = NDArray[float64]

#: What a figure is of the ratios of its parts: numbers, or arrays of one number for each resampled set of videos.
Combine = Callable[[Sequence[Any]], Any]
#: What one video adds to a numerator and to a denominator; None where it says nothing about the figure.
Part = Callable[[VideoScore], "tuple[float, float] | None"]


@dataclass(frozen=True)
class Measure:
    """A figure: its key in report.json, the heading of its column, what it is, and how it is computed.

    `better` is "higher", "lower" or "" (neither).  The figure is sum(numerators) / sum(denominators) of its one part,
    or what `combine` makes of the ratios of several parts: of two their harmonic mean.
    """

    key: str
    heading: str
    about: str
    parts: tuple[Part, ...]
    better: str = "higher"
    combine: Combine | None = None

    def of(self, scores: Sequence[VideoScore]) -> float | None:
        """The figure of these videos, or None if they say nothing about it."""
        ratios = []
        for part in self.parts:
            pairs = [pair for pair in map(part, scores) if pair is not None]
            whole = sum(pair[1] for pair in pairs)
            if not whole:
                return None
            ratios.append(sum(pair[0] for pair in pairs) / whole)
        if self.combine:
            return float(self.combine(ratios))
        return ratios[0] if len(ratios) == 1 else harmonic(*ratios)


def measure(key: str) -> Measure:
    """The measure of that key; KeyError where there is none."""
    return _BY_KEY[key]


def _read(score: VideoScore, path: str, place: int | None = None) -> float | None:
    """The number at `path` ("text.meteor"), or the one at `place` of a tuple there; None where a step is missing."""
    value: object = score
    for name in path.split("."):
        if value is None:
            return None
        value = value.get(name) if isinstance(value, dict) else getattr(value, name)
    if place is not None and isinstance(value, tuple):
        value = value[place]
    return None if value is None else float(value)  # type: ignore[arg-type]


def _mean(path: str, place: int | None = None) -> Part:
    """The mean over the videos that have this number."""

    def part(score: VideoScore) -> tuple[float, float] | None:
        number = _read(score, path, place)
        return None if number is None else (number, 1.0)

    return part


def _share(right: str, of: str, known: str | None = None) -> Part:
    """A ratio of two counts, each summed over the videos first: every thing counted weighs the same.

    `known` is a count that must be there, where another than the whole tells that a video says nothing.
    """

    def part(score: VideoScore) -> tuple[float, float] | None:
        whole = None if known and _read(score, known) is None else _read(score, of)
        return None if whole is None else (_read(score, right) or 0.0, whole)

    return part


def _bin(number: int) -> Part:
    """What one bin of the reliability diagram adds to the calibration error: confidence less right, of all judged."""

    def part(score: VideoScore) -> tuple[float, float] | None:
        if score.naming is None or not score.naming.confidences:
            return None
        judged = score.naming.confidences
        return sum(one - right for one, right in judged if bin_of(one) == number), len(judged)

    return part


def _distances(ratios: Sequence[Any]) -> Any:
    return sum(abs(ratio) for ratio in ratios)


_AVERAGED = "mean over tIoU 0.3, 0.5, 0.7, 0.9 and over videos"
_PAIRS = "of a moment and each event it meets, " + _AVERAGED
_RECALL, _PRECISION = _mean("recall"), _mean("precision")

_WHERE = (
    Measure("f1", "F1", "harmonic mean of mean recall and mean precision", (_RECALL, _PRECISION)),
    Measure("recall", "R", f"share of true events that a moment hits, {_AVERAGED}", (_RECALL,)),
    Measure("precision", "P", f"share of moments that hit a true event, {_AVERAGED}", (_PRECISION,)),
)


def _at_threshold(place: int, threshold: float) -> tuple[Measure, ...]:
    recall, precision = _mean("recalls", place), _mean("precisions", place)
    name, at = f"{threshold * 100:.0f}", f"at a tIoU above {threshold}"
    return (
        Measure(f"f1_{name}", f"F1@{threshold}", f"harmonic mean of recall and precision {at}", (recall, precision)),
        Measure(f"recall_{name}", f"R@{threshold}", f"share of true events that a moment hits {at}", (recall,)),
        Measure(f"precision_{name}", f"P@{threshold}", f"share of moments that hit a true event {at}", (precision,)),
    )


_WORDING = (
    Measure("soda_c", "SODA_c", "F of the best ordered matching by tIoU x METEOR", (_mean("text.soda_c"),)),
    Measure("soda_cider", "SODA (CIDEr)", "the same by tIoU x CIDEr, which goes to 10", (_mean("text.soda_cider"),)),
    Measure("soda_d", "SODA_d", "the same by tIoU alone, words not looked at", (_mean("soda_d"),)),
    Measure("meteor", "METEOR", f"METEOR {_PAIRS}", (_mean("text.meteor"),)),
    Measure("cider", "CIDEr", f"CIDEr within one video, to 10, {_PAIRS}", (_mean("text.cider"),)),
)


def _near(place: int, seconds: int) -> tuple[Measure, ...]:
    recall, precision = _mean("chapters.recalls", place), _mean("chapters.precisions", place)
    near = f"less than {seconds} s from one of the other side (the start at 0 counts, too)"
    name = f"{seconds}s"
    return (
        Measure(f"boundary_f1_{name}", f"start F1@{name}", "harmonic mean of the next two", (recall, precision)),
        Measure(f"boundary_recall_{name}", f"start R@{name}", f"true chapter starts {near}", (recall,)),
        Measure(f"boundary_precision_{name}", f"start P@{name}", f"found chapter starts {near}", (precision,)),
    )


_CHAPTERS = (
    Measure(
        "chapter_f1", "chapter F1", "F1 of chapters, mean over tIoU 0.50 to 0.95 and videos", (_mean("chapters.f1"),)
    ),
    Measure("chapter_tiou", "chapter tIoU", "tIoU of chapters matched one to one, mean", (_mean("chapters.tiou"),)),
)

_BORDERS = (
    Measure("near_f1_5s", "near 5 s", "F1 of chapter borders at most 5 s from a true one, one to one, not the one at 0",
            (_mean("chapters.borders.near", 0),)),
    Measure("near_f1_15s", "near 15 s", "the same at most 15 s away", (_mean("chapters.borders.near", 1),)),
    Measure("pk", "Pk", "error of Beeferman et al. on a grid of 1 s", (_mean("chapters.borders.pk"),), "lower"),
    Measure("window_diff", "WindowDiff", "error of Pevzner and Hearst on the same grid",
            (_mean("chapters.borders.window_diff"),), "lower"),
    Measure("chapter_count_error", "count off", "|chapters - true chapters| of the true ones, mean",
            (_mean("chapters.borders.count_error"),), "lower"),
    Measure("title_words", "title words", "F1 of the content words of a true title and of that of the chapter that"
            " shares most of its time", (_mean("chapters.title_words"),)),
)  # fmt: skip

_MATCHED = "of moments matched with an event (one to one, tIoU at least 0.5)"
_SLOTS = (
    Measure("slots_all", "all slots", f"share {_MATCHED} whose caption has every slot right",
            (_share("slots.all_right", "slots.matched"),)),
    *(
        Measure(f"slot_{slot}", slot, f"share {_MATCHED} whose caption has the {slot} right",
                (_share(f"slots.right.{slot}", f"slots.told.{slot}"),))
        for slot in SLOTS
    ),
    Measure("found_all", "found all", "share of all true events that are matched and have every slot right",
            (_share("slots.all_right", "slots.events"),)),
)  # fmt: skip

_COUNTS = (
    Measure("count_error", "count error", "|moments - true events|, mean", (_mean("count_error"),), "lower"),
    Measure("moments", "moments", "moments a video, mean", (_mean("moments"),), ""),
    Measure("repeated", "repeated", "captions a video that two moments share whose events differ in content",
            (_mean("captions.repeated"),), "lower"),
    Measure("unfinished", "unfinished", "captions a video that are empty or break off", (_mean("captions.unfinished"),),
            "lower"),
)  # fmt: skip

_KNOWN = "share of true events whose subject is known"
_BEST_TAGS = f"{_KNOWN} that are matched with a moment that has it among its {TAGS} best tags"
_UNSUPPORTED = (
    "share of captions of matched moments that name a thing which the truth does not support: no phrase, synonym or"
    " hypernym of what it tells"
)
_NAMES = (
    Measure("subject_all", "subject right", f"{_KNOWN} that are matched with a moment that says it, and no wrong one",
            (_share("naming.right", "naming.events"),)),
    Measure("subject_matched", "subject right, matched", "the same of the matched events alone",
            (_share("naming.right", "naming.matched"),)),
    Measure("subject_dared", "subject right, named", "the same of matched events whose moment has a caption",
            (_share("naming.dared_right", "naming.dared"),)),
    Measure("subject_tags", "in tags", _BEST_TAGS, (_share("naming.tagged", "naming.events", "naming.tagged"),)),
    Measure("dares", "dares", "share of moments that have a caption", (_share("naming.captions", "naming.moments"),),
            ""),
    Measure("caption_words", "words", "words of a caption, mean", (_share("naming.words", "naming.captions"),), ""),
    Measure("unsupported", "unsupported", _UNSUPPORTED, (_share("naming.unsupported", "naming.judged"),), "lower"),
    Measure("calibration", "ECE", f"expected calibration error of the confidence in the subject, {BINS} bins",
            tuple(_bin(number) for number in range(BINS)), "lower", _distances),
)  # fmt: skip

_EMPTINESS = (
    Measure("empty_kept", "empty kept", "share of empty stretches (1 s and more) on which a moment of its own lies",
            (_share("emptiness.kept", "emptiness.stretches"),), "lower"),
    Measure("events_lost", "lost", "share of true events of which less than half lies in any moment",
            (_share("emptiness.lost", "emptiness.events"),), "lower"),
)  # fmt: skip

_TITLES = (
    Measure("title_slots", "title slots", "share of what titles name that is true of the events under their chapters",
            (_share("titles.true", "titles.named"),)),
    Measure("title_length", "title length", "characters of a title, mean",
            (_share("titles.characters", "titles.titled"),), ""),
    Measure("repeated_titles", "repeated titles", "pairs of chapters a video with one title and different content",
            (_mean("titles.repeated"),), "lower"),
)  # fmt: skip

#: Every figure, in the order of report.json.
MEASURES: tuple[Measure, ...] = (
    *_WHERE,
    *(each for place, threshold in enumerate(THRESHOLDS) for each in _at_threshold(place, threshold)),
    *_WORDING,
    *_CHAPTERS,
    *(each for place, seconds in enumerate(DISTANCES) for each in _near(place, seconds)),
    *_BORDERS,
    *_SLOTS,
    *_COUNTS,
    *_NAMES,
    *_EMPTINESS,
    *_TITLES,
    Measure("seconds", "s", "seconds of the search a video, features given, mean", (_mean("seconds"),), "lower"),
)
_BY_KEY = {each.key: each for each in MEASURES}


RESAMPLES = 2000
#: In percent: what lies between them is the interval of 95 %.
_ENDS = (2.5, 97.5)


@dataclass(frozen=True)
class Difference:
    """How much better ours is than theirs (ours - theirs), with the ends of its interval of 95 %."""

    value: float
    low: float
    high: float


def interval(
    measure: Measure, scores: Sequence[VideoScore], *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float] | None:
    """The interval of 95 % of a measure over videos; None where the measure says nothing.

    Videos are drawn with replacement, as many as there are; the same seed draws the same.  A draw of which the
    measure says nothing (none of its videos has a chapter, say) is left out.  One video gives an interval without
    width: nothing is known of other videos then.
    """
    if measure.of(scores) is None:
        return None
    return _ends(_resampled(measure, scores, _draws(len(scores), resamples, seed)))


def paired_difference(
    measure: Measure,
    ours: Sequence[VideoScore],
    theirs: Sequence[VideoScore],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference | None:
    """Two systems on the same videos in the same order: both sides of every draw are of the same videos.

    None where one side says nothing; ValueError where the videos are not the same.
    """
    if [score.name for score in ours] != [score.name for score in theirs]:
        raise ValueError("a paired difference needs the same videos on both sides")
    value, other = measure.of(ours), measure.of(theirs)
    if value is None or other is None:
        return None
    draws = _draws(len(ours), resamples, seed)
    low, high = _ends(_resampled(measure, ours, draws) - _resampled(measure, theirs, draws))
    return Difference(value - other, low, high)


@lru_cache(maxsize=16)
def _draws(videos: int, resamples: int, seed: int) -> Figures:
    """How often each video is in each resampled set: (resamples, videos), rows sum to `videos`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    return rng.multinomial(videos, [1 / videos] * videos, size=resamples).astype(np.float64)


def _resampled(measure: Measure, scores: Sequence[VideoScore], draws: Figures) -> Figures:
    """The measure of each draw: (resamples,), NaN where it says nothing."""
    import numpy as np

    ratios = []
    for part in measure.parts:
        added = np.array([part(score) or (0.0, 0.0) for score in scores], dtype=np.float64)
        sums = draws @ added
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios.append(np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan))
    if measure.combine:
        combined: Figures = measure.combine(ratios)
        return combined
    if len(ratios) == 1:
        return ratios[0]
    one, other = ratios
    total = one + other
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total == 0, 0.0, 2 * one * other / total)


def _ends(figures: Figures) -> tuple[float, float]:
    import numpy as np

    low, high = np.nanpercentile(figures, _ENDS)
    return float(low), float(high)
