"""What is known of a source without decoding it: vectors of its frames, what is said in it, where its shots begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

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
from cuemark.evidence.frames.track_store import KnownVectors, TrackKeys, fits

if TYPE_CHECKING:
    from cuemark.analysis.model_cache import ModelCache
    from cuemark.evidence.frames.cache import FeatureCache

_A_SECOND = 4
"""Times a second at which a stretch's vectors are looked up; they were taken two or three times a second."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """The vectors that one encoder left of one media."""

    encoder: str
    known: KnownVectors

    def mean(self, start: Fraction, end: Fraction) -> NDArray[np.float32] | None:
        """The unit mean vector of a stretch; None where no frame of it was seen."""
        count = max(1, int((end - start) * _A_SECOND))
        times = [start + (end - start) * (2 * place + 1) / (2 * count) for place in range(count)]
        found = [each.vector for each in self.known.at(times).values()]
        if not found:
            return None
        total = np.sum(found, axis=0, dtype=np.float64)
        length = float(np.linalg.norm(total))
        mean: NDArray[np.float32] = np.asarray(total / max(length, 1e-12), np.float32)
        return mean if length > 0 else None


def vectors_of(source: SelectionSource, cache: FeatureCache | None) -> Vectors | None:
    """What the cache has of a source's frames; None where that is nothing."""
    if cache is None or not source.encoder or not source.media.has_picture:
        return None
    known, found = KnownVectors(), False
    try:
        keys = TrackKeys.of(source.media, source.encoder, [Fraction(0)])
        for key in cache.find(f"{keys.version}-"):
            entry = cache.get(key)
            if entry is not None and _is_whole(entry.arrays):
                known.add(entry.arrays)
                found = True
    except StoreError:  # it is only a cache
        return None
    return Vectors(source.encoder, known) if found else None


def _is_whole(arrays: dict[str, NDArray[np.generic]]) -> bool:
    vectors = arrays.get("vectors")
    return vectors is not None and vectors.ndim == 2 and fits(arrays, vectors.shape[1])


def said_in(
    source: SelectionSource, info: MediaInfo, models: ModelCache, cache: FeatureCache | None, progress: Progress
) -> tuple[Transcript | None, tuple[Notice, ...]]:
    """What is said in a source, by whoever told it for its analysis; a source of a search has what lies beside it.

    What cannot be had is a notice: picks are made all the same.
    """
    from cuemark.analysis.hearing import hear
    from cuemark.analysis.options import pipeline_options

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
