"""What is known of a source without decoding it: vectors of its frames, what is said in it, where its shots begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core import analysis_options
from cuemark.core.analysis import Notice
from cuemark.core.analysis_options import SWITCHED_OFF, AnalysisOptions
from cuemark.core.errors import CuemarkError, JobCancelled, StoreError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.core.selection import SelectionSource
from cuemark.core.transcript import Transcript
from cuemark.evidence.frames.track_store import TrackKeys, fits
from cuemark.evidence.index.entry import IndexEntry
from cuemark.evidence.index.store import IndexStore

if TYPE_CHECKING:
    from cuemark.analysis.model_cache import ModelCache
    from cuemark.evidence.frames.cache import FeatureCache

_NEAR_S = 5.0
"""A frame seen so many seconds away still tells what a stretch looks like."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Unit vectors float32 [N, D] that one encoder left of one media, and when their frames are on screen: `starts`
    and `ends` float64 [N], seconds, by start."""

    encoder: str
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, encoder: str, spans: Sequence[tuple[float, float]], vectors: NDArray[np.float32]) -> Vectors:
        """In any order."""
        times = np.array(spans, np.float64).reshape(-1, 2)
        order = np.argsort(times[:, 0], kind="stable")
        return cls(encoder, times[order, 0], times[order, 1], vectors[order])

    def mean(self, start: Fraction, end: Fraction) -> NDArray[np.float32] | None:
        """The unit mean vector of a stretch; None where no frame near it was seen."""
        inside = np.flatnonzero((self.starts < float(end)) & (self.ends >= float(start)))
        if not len(inside):
            away = np.abs(self.starts - float(start + end) / 2)
            inside = np.flatnonzero(away <= min(_NEAR_S, float(away.min())))
        if not len(inside):
            return None
        total = self.vectors[inside].sum(axis=0, dtype=np.float64)
        mean: NDArray[np.float32] = np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), np.float32)
        return mean


def vectors_of(source: SelectionSource, cache: FeatureCache | None, index: IndexStore) -> Vectors | None:
    """What the index or the cache has of a source's frames; None where that is nothing."""
    if not source.media.has_picture:
        return None
    try:
        entry = entry_of(source, index)
        tracks = [] if entry is None else [one for one in entry.tracks if source.encoder in ("", one.model.id)]
        if tracks:
            spans = [(float(time), float(time)) for time in tracks[0].times]
            return Vectors.of(tracks[0].model.id, spans, tracks[0].vectors.astype(np.float32))
        return None if cache is None or not source.encoder else _cached(source, cache)
    except StoreError:  # both can be made anew
        return None


def entry_of(source: SelectionSource, index: IndexStore) -> IndexEntry | None:
    """What the index has of a source; None where that is nothing, or damaged."""
    try:
        return index.get(source.media.fingerprint) if index.has(source.media.fingerprint) else None
    except CuemarkError:
        return None


def _cached(source: SelectionSource, cache: FeatureCache) -> Vectors | None:
    spans: list[tuple[float, float]] = []
    vectors: list[NDArray[np.float32]] = []
    for key in cache.find(f"{TrackKeys.of(source.media, source.encoder, [Fraction(0)]).version}-"):
        entry = cache.get(key)
        if entry is not None and _is_whole(entry.arrays):
            spans += [(a / b, c / d) for a, b, c, d in entry.arrays["spans"].tolist()]
            vectors.append(entry.arrays["vectors"])
    return Vectors.of(source.encoder, spans, np.concatenate(vectors)) if vectors else None


def _is_whole(arrays: dict[str, NDArray[Any]]) -> bool:
    vectors = arrays.get("vectors")
    return vectors is not None and vectors.ndim == 2 and fits(arrays, vectors.shape[1])


def said_in(
    source: SelectionSource,
    info: MediaInfo,
    models: ModelCache,
    cache: FeatureCache | None,
    index: IndexStore,
    progress: Progress,
) -> tuple[Transcript | None, tuple[Notice, ...]]:
    """What is said in a source, by whoever told it for its analysis; of a search it is what the index has.

    What cannot be had is a notice: picks are made all the same.
    """
    from cuemark.analysis.hearing import hear
    from cuemark.analysis.options import pipeline_options

    if not source.options and (entry := entry_of(source, index)) is not None and entry.transcript is not None:
        return entry.transcript, ()
    options = _options(source)
    try:
        heard = hear(info, options, models, cache, OnlyChecks(progress), pipeline_options(options).speech)
    except JobCancelled:
        raise
    except CuemarkError as error:
        return None, (Notice(error.code, f"{error} No sentence was looked for in it."),)
    return heard.transcript, ()


def _options(source: SelectionSource) -> AnalysisOptions:
    """Those of speech as the analysis had them; without an analysis nobody listens anew."""
    if not source.options:
        return AnalysisOptions(speech=SWITCHED_OFF)
    values = {name: text for name, text in source.options.items() if name in _OF_SPEECH}
    try:
        return analysis_options.from_texts(values, {}, {})
    except CuemarkError:  # of a version that knew others
        return AnalysisOptions(speech=SWITCHED_OFF)


_OF_SPEECH = ("speech", "language", "transcript", "sound_track")


def cut_frames(source: SelectionSource, found: Sequence[int]) -> list[int]:
    """All frames at which a shot begins: those that are known and those that were seen."""
    return sorted({*found, *(round(time * source.media.rate) for time in source.cuts)})
