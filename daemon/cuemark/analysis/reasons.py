"""Why borders are where they are, from the entry of a media in the index: read by people, decided by nobody.

The evidence and its log-odds are those of the search for moments (`moments.boundaries`, `segmentation.options`); the
log-odds of a picture change is the logarithm of how many times the footage's usual change it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cuemark.core.analysis import Analysis, Chapter, Moment
from cuemark.core.reasons import BorderReasons, ChangeCurve, MediaEvidence, Reason
from cuemark.core.screen_text import TextKind
from cuemark.core.text import shorten
from cuemark.evidence.index.entry import EncodedTrack, IndexEntry
from cuemark.segmentation.options import BoundaryOptions, ProposalOptions

MOST_VALUES = 4000
"""Of a curve: more than any screen has columns."""
_NEAR_S = Fraction(1)
"""Evidence so near to a border belongs to it."""
_WORDS = 60


def evidence_of(entry: IndexEntry) -> MediaEvidence:
    """What a person may look at."""
    change = None
    if entry.tracks and len(entry.tracks[0]) > 1:
        changes = _changes(entry.tracks[0])
        change = ChangeCurve(tuple(_drawn(entry.tracks[0], changes, entry.media.duration)), _usual(changes))
    return MediaEvidence(entry.transcript, entry.screen_text, change)


def reasons_of(
    analysis: Analysis, entry: IndexEntry, options: BoundaryOptions | None = None
) -> tuple[BorderReasons, ...]:
    """The evidence at each border of each moment and chapter; borders at the ends of the media have none."""
    known = _Evidence(entry, options or BoundaryOptions())
    items: list[Moment | Chapter] = [*analysis.moments, *analysis.chapters]
    return tuple(BorderReasons(item.id, known.at(item.start), known.at(item.end)) for item in items)


class _Evidence:
    """The evidence of one media by time."""

    def __init__(self, entry: IndexEntry, options: BoundaryOptions) -> None:
        self._duration = entry.media.duration
        self._found = [*_pictures(entry), *_spoken(entry, options), *_written(entry, options)]

    def at(self, time: Fraction) -> tuple[Reason, ...]:
        """The strongest first."""
        if not 0 < time < self._duration:
            return ()
        near = [reason for when, reason in self._found if abs(when - time) <= _NEAR_S]
        return tuple(sorted(near, key=lambda reason: -reason.log_odds))


def _pictures(entry: IndexEntry) -> Iterator[tuple[Fraction, Reason]]:
    """Cuts, and changes of the pictures that are more than the usual."""
    for shot in entry.shots[1:]:
        yield shot.start, Reason(math.log(10), "A cut.")
    if not entry.tracks or len(entry.tracks[0]) < 2:
        return
    track, changes = entry.tracks[0], _changes(entry.tracks[0])
    usual = max(_usual(changes), 1e-4)
    for place in _peaks(changes):
        times = float(changes[place]) / usual
        if times > 2:
            words = f"The pictures change {times:.0f} times as much as usual here."
            yield (track.times[place] + track.times[place + 1]) / 2, Reason(math.log(times), words)


def _spoken(entry: IndexEntry, options: BoundaryOptions) -> Iterator[tuple[Fraction, Reason]]:
    for before, after in pairwise(entry.transcript.utterances if entry.transcript else ()):
        pause = max(0.0, float(after.start - before.end))
        if pause >= 1:
            counted = min(pause, options.longest_pause_s) * options.pause
            yield (
                after.start,
                Reason(counted, f"Speech begins again after {pause:.1f} s: “{shorten(after.text, _WORDS)}”"),
            )
        if before.speaker and after.speaker and before.speaker != after.speaker:
            yield after.start, Reason(options.turn, f"{after.speaker} speaks after {before.speaker}.")


def _written(entry: IndexEntry, options: BoundaryOptions) -> Iterator[tuple[Fraction, Reason]]:
    for text in entry.screen_text.texts if entry.screen_text else ():
        if text.kind is TextKind.TITLE:
            yield text.start, Reason(options.title_card, f"A heading comes on: “{shorten(text.text, _WORDS)}”")


def _changes(track: EncodedTrack) -> NDArray[np.float32]:
    """[N - 1]: the cosine distance of each sample to the next."""
    vectors = np.asarray(track.vectors, np.float32)
    changes: NDArray[np.float32] = np.maximum(0, 1 - np.einsum("nd,nd->n", vectors[:-1], vectors[1:]))
    return changes


def _usual(changes: NDArray[np.float32]) -> float:
    return float(np.quantile(changes, ProposalOptions().noise_quantile))


def _peaks(changes: NDArray[np.float32]) -> Iterable[int]:
    """The places that are no less than their neighbours."""
    padded = np.concatenate([[-1.0], changes, [-1.0]])
    return np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:])).tolist()


def _drawn(track: EncodedTrack, changes: NDArray[np.float32], duration: Fraction) -> Sequence[float]:
    """The changes over the whole media, evenly; the highest of those that fall together."""
    count = min(MOST_VALUES, len(changes) * 2 + 1)
    values = np.zeros(count)
    middles = [float((before + after) / 2 / duration) for before, after in pairwise(track.times)]
    places = np.clip(np.rint(np.array(middles) * (count - 1)).astype(int), 0, count - 1)
    np.maximum.at(values, places, changes)
    found: list[float] = np.round(values, 4).tolist()
    return found
