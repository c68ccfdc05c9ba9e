"""How well the captions of a video fit: METEOR and CIDEr over matched pairs, SODA over the whole story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cuemark.lab.evaluate.localisation import THRESHOLDS, span, tiou
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.pairs import junk, pairs_at
from cuemark.lab.evaluate.soda import soda
from cuemark.lab.evaluate.text_metrics import Pair, TextMetrics
from cuemark.lab.evaluate.truth import TrueEvent, TrueVideo

#: (candidate, reference) pairs -> the score of each.
_Scorer = Callable[[Sequence[Pair]], "list[float]"]


@dataclass(frozen=True)
class TextScore:
    """One video.  `meteor` and `soda_c` are in [0, 1], None without Java; `cider` and `soda_cider` in [0, 10]."""

    meteor: float | None
    cider: float
    soda_c: float | None
    soda_cider: float


def score_text(video: TrueVideo, moments: Sequence[Found], text: TextMetrics) -> TextScore | None:
    """Judge all captions of a video; None where the truth has no captions.  No moments: 0 everywhere."""
    if not any(event.captions for reference in video.references for event in reference):
        return None
    text.prepare(texts_of(video, moments))
    at = [tuple(pairs_at(video, moments, threshold)) for threshold in THRESHOLDS]
    # Neighbouring thresholds often pair the same captions.
    meteors, ciders = ({pairs: metric(pairs) for pairs in set(at)} for metric in (text.meteor, text.cider))
    return TextScore(
        meteor=_mean([meteors[pairs] for pairs in at]),
        cider=_mean([ciders[pairs] for pairs in at]) or 0.0,
        soda_c=_soda(video, moments, text.meteor_each) if text.has_meteor else None,
        soda_cider=_soda(video, moments, text.cider_each),
    )


def texts_of(video: TrueVideo, moments: Sequence[Found]) -> list[str]:
    """Every text that judging this video looks at: all of them can be tokenised in one go."""
    said = [moment.caption for moment in moments]
    true = [caption for reference in video.references for event in reference for caption in event.captions]
    return [*said, *true, *(junk(f"{video.name} {number}") for number in range(len(moments)))]


def _mean(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return sum(known) / len(scores) if known else None


def _soda(video: TrueVideo, moments: Sequence[Found], scorer: _Scorer) -> float:
    """The mean over the annotators of SODA with this scorer."""
    ordered = sorted(moments, key=span)
    told = [[event for event in reference if event.captions] for reference in video.references]
    scores = [
        soda([_weights(event, ordered, scorer) for event in sorted(events, key=span)]) for events in told if events
    ]
    return sum(scores) / len(scores)


def _weights(event: TrueEvent, moments: Sequence[Found], scorer: _Scorer) -> list[float]:
    """tIoU x score of one event with every moment; of several captions of the event the best fitting counts."""
    overlaps = [float(tiou(span(event), span(moment))) for moment in moments]
    if not any(overlaps):
        return overlaps
    # SODA's script puts the true caption in the candidate's place and the found one in the reference's: METEOR is not
    # symmetric, and CIDEr weighs words by the found captions, so published values are matched this way round only.
    scores = [scorer([Pair(caption, (moment.caption,)) for moment in moments]) for caption in event.captions]
    return [overlap * max(each) for overlap, each in zip(overlaps, zip(*scores, strict=True), strict=True)]
