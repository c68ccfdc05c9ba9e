"""Action spotting by words: where in a media each of a user's labels is to be seen.

Each label is searched for by itself, so that moments of different labels may overlap.  A Viterbi path over "there" and
"not there" says how many moments there are; a soft mask for each is then moved to where it explains the log-odds of the
frames best (segmentation/masks), which gives borders finer than the samples, and a curve to show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from cuemark.captions.word_vectors import WordVectors
from cuemark.core.analysis import MaskCurve, Moment
from cuemark.core.label_set import LabelSet
from cuemark.core.progress import Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.moments.label_probe import taught
from cuemark.moments.label_scores import STAGE, LabelScores, label_scores
from cuemark.segmentation.cells import time_of
from cuemark.segmentation.masks import SoftMasks, last_sharpness, optimise_masks
from cuemark.segmentation.options import MaskOptions
from cuemark.segmentation.segments import Span, extents
from cuemark.segmentation.viterbi import runs, viterbi

#: Log-odds that a moment must bring together before it is one, and that a gap must, before it parts two (measured).
_SWITCH_COST = 4.0
#: One frame counts for no more than this.
_MOST_ODDS = 6.0
#: Samples of a moment that is fewer than these lie on a border: a mask has nothing to move there.
_FEW = 2
_CURVE_POINTS = 256

Examples = Sequence[Tensor]
"""For each label the unit vectors [n, D] of the frames that show it; n may be 0."""


def spot(
    evidence: EvidenceBundle,
    labels: LabelSet,
    examples: Examples,
    text: TextEncoder,
    words: WordVectors | None,
    masks: MaskOptions,
    progress: Progress,
) -> tuple[Moment, ...]:
    """The moments of all labels in order of start; captions are the labels' names, scores the mean probability.

    Deterministic for equal input and machine.  Raises JobCancelled.
    """
    vectors = torch.from_numpy(evidence.frames.vectors.copy())
    scores = scored(labels, vectors, examples, text, words, progress)
    found: list[Moment] = []
    for number, label in enumerate(labels.labels):
        progress.check()
        progress.update(STAGE, number, len(labels.labels), "labels")
        odds, least = scores.log_odds[:, number], float(scores.least[number])
        found += _moments(evidence, label.name, odds, least, masks, progress)
    progress.update(STAGE, len(labels.labels), len(labels.labels), "labels")
    return tuple(sorted(found, key=lambda moment: (moment.start, moment.end, moment.caption)))


def scored(
    labels: LabelSet,
    vectors: Tensor,
    examples: Examples,
    text: TextEncoder,
    words: WordVectors | None,
    progress: Progress,
) -> LabelScores:
    """What the words say of the frames [T, D], and what the examples of each label have taught it."""
    known = torch.cat([vectors, *examples])
    scores = label_scores(labels, known, text, words, progress)
    odds, count = scores.log_odds[: len(vectors)].clone(), len(vectors)
    for number, own in enumerate(examples):
        said = scores.log_odds[count : count + len(own), number]
        count += len(own)
        if len(own):
            odds[:, number] = taught(odds[:, number], vectors, own, said, float(scores.least[number]))
    return LabelScores(odds, scores.least)


def there(log_odds: Tensor, least: float) -> list[Span]:
    """The runs of samples in which a label with these log-odds [T] is there."""
    above = (log_odds - least).clamp(-_MOST_ODDS, _MOST_ODDS)
    path = viterbi(torch.stack([torch.zeros_like(above), above], dim=1), _SWITCH_COST)
    return [run.span for run in runs(path) if run.label]


def _moments(
    evidence: EvidenceBundle, name: str, log_odds: Tensor, least: float, options: MaskOptions, progress: Progress
) -> Iterator[Moment]:
    spans = there(log_odds, least)
    if not spans:
        return
    count, track = len(log_odds), evidence.frames
    above = (log_odds - least).clamp(-_MOST_ODDS, _MOST_ODDS)
    moved = optimise_masks(
        extents(spans, count), above[:, None].expand(-1, len(spans)), torch.zeros(count), options, progress
    )
    sharpness = last_sharpness(options, count)
    curves, centres, widths = _curves(moved, count, sharpness), moved.centres.tolist(), moved.widths.tolist()
    for number, (span, (start, end)) in enumerate(zip(spans, moved.extents(), strict=True)):
        if span[1] - span[0] < _FEW:
            start, end = span[0] / count, span[1] / count
        times = time_of(track, start), time_of(track, end)
        if times[1] <= times[0]:
            times = time_of(track, span[0] / count), time_of(track, span[1] / count)
        odds = float(log_odds[slice(*span)].mean())
        curve = MaskCurve(centres[number], widths[number], sharpness, curves[number])
        identity = hashlib.blake2b(f"{times[0]}/{times[1]}/{name}".encode(), digest_size=6).hexdigest()
        chance = float(torch.sigmoid(log_odds[slice(*span)]).mean())
        numbers = {"log_odds": round(odds, 4), "least": round(least, 4)}
        yield Moment(identity, *times, name, round(chance, 4), numbers, curve)


def _curves(masks: SoftMasks, count: int, sharpness: float) -> list[tuple[float, ...]]:
    with torch.no_grad():
        places = torch.linspace(0, 1, min(_CURVE_POINTS, max(2, count)))
        return [tuple(row) for row in masks.values(places, sharpness).tolist()]
