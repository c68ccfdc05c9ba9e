"""From a media to its feature track: decode, preprocess and encode side by side, part by part, cached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from cuemark.core.analysis import Notice
from cuemark.core.errors import MediaError, StoreError
from cuemark.core.progress import DECODED_ON, Progress
from cuemark.core.serialise import UNREADABLE
from cuemark.core.text import shown
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.measures import FrameMeasures, Measure, PictureMeasures, measure
from cuemark.evidence.frames.prepare import FrameEncoder, Onlooker, PreparedSample, prefetch, prepared
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.frames.track_store import FrameSpan, TrackStore, Vector, unpack_measures
from cuemark.media.frames import FrameSource, FrameStream
from cuemark.media.sampling import sample_times

__all__ = ["CHUNK", "ExtractResult", "FrameEncoder", "extract", "extract_at"]

CHUNK = 64
"""Samples that are left in the cache together while a run goes on: what a killed run can lose."""
_BATCHES_AHEAD = 2


@dataclass(frozen=True)
class ExtractResult:
    """The track, what the user must know about it, and whether all of it came from the cache."""

    track: FeatureTrack
    warnings: tuple[Notice, ...] = ()
    from_cache: bool = False


def extract(
    frames: FrameSource,
    encoder: FrameEncoder,
    sample_rate: Fraction | None,
    cache: FeatureCache | None,
    progress: Progress,
    measured_by: Measure | None = measure,
    onlooker: Onlooker | None = None,
) -> ExtractResult:
    """The feature track of a media at its regular sample times; else as `extract_at`.

    Also OptionError option_sample_fps.
    """
    return extract_at(frames, encoder, sample_times(frames.info, sample_rate), cache, progress, measured_by, onlooker)


def extract_at(
    frames: FrameSource,
    encoder: FrameEncoder,
    times: Sequence[Fraction],
    cache: FeatureCache | None,
    progress: Progress,
    measured_by: Measure | None = measure,
    onlooker: Onlooker | None = None,
) -> ExtractResult:
    """The feature track of a media at these rising `times` (seconds from the first frame); computes only what is new.

    Not new is what the cache holds of a run that was killed, of other times at which the same frames are on screen,
    and of the same recording when it was shorter.  Pictures with equal pixels are encoded once.  A frame whose vector
    is known without its measures is decoded and measured, not encoded; without `measured_by` nothing is measured.  An
    `onlooker` sees the frames that are decoded.

    Counters: frames_decoded, frames_encoded, frames_equal (samples that took the vector of an equal picture),
    features_from_cache (samples), chunks_from_cache (entries they came from, where the track itself was not there),
    chunks_computed.  Stage "features" in "frames".
    MediaError: media_vanished, media_changed, media_unreadable, media_undecodable.
    A cache that cannot be read or written is a warning (`disk_full`, `cache_unusable`), not an error; what does not fit
    in it is computed again, which is said (`cache_damaged`).
    """
    progress.update("features", 0, len(times), "frames")
    run = _Extraction(frames, encoder, times, cache, progress, measured_by, onlooker)
    return run.cached_track() or run.compute()


class _Extraction:
    """The feature track of one media in the making: what is known of it, and what is computed."""

    def __init__(
        self,
        frames: FrameSource,
        encoder: FrameEncoder,
        times: Sequence[Fraction],
        cache: FeatureCache | None,
        progress: Progress,
        measured_by: Measure | None,
        onlooker: Onlooker | None,
    ) -> None:
        info = frames.info
        self._measure, self._onlooker = measured_by, onlooker
        self._frames, self._info, self._encoder, self._times, self._progress = frames, info, encoder, times, progress
        self._store = None if cache is None else TrackStore(info, encoder.id, encoder.dimension, times, cache)
        self._warnings: list[Notice] = []
        self._of_cache: list[Notice] = []
        self._vectors: dict[int, Vector] = {}
        self._spans: dict[int, FrameSpan] = {}
        self._measures: dict[int, PictureMeasures] = {}
        self._unsaved: list[int] = []
        self._counted = 0

    def cached_track(self) -> ExtractResult | None:
        """The whole track, when an earlier run finished it."""
        stored = self._kept()
        if stored is None:
            return None
        arrays, facts = stored
        try:
            vectors = arrays["vectors"]
            times = self._times[: len(vectors)]
            measures = unpack_measures(arrays)
            if measures is None and self._measure is not None:
                return None
            track = FeatureTrack.of(times, vectors, Fraction(facts["duration"]), self._encoder.id, measures)
            warnings = tuple(Notice(code, message) for code, message in facts["warnings"])
        except UNREADABLE:
            return None
        self._progress.count("features_from_cache", len(track))
        self._all_from_cache(len(track))
        return ExtractResult(track, warnings, from_cache=True)

    def _kept(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The finished track as it lies in the cache."""
        if self._store is None:
            return None
        try:
            return self._store.whole()
        except StoreError as error:
            self._give_up_cache(error)
            return None

    def compute(self) -> ExtractResult:
        """The track from what is known and, for the rest, from the file."""
        self._take_known()
        wanted = [place for place in range(len(self._times)) if not self._is_done(place)]
        until: Fraction | None = None
        if wanted:
            times = [self._times[place] for place in wanted]
            size = self._encoder.picture_size(self._info.width, self._info.height)
            stream = self._frames.at(times, size)
            if self._onlooker is not None:
                stream.closer = self._onlooker.begin(dict(self._measures), wanted)
            self._encode_all(stream, wanted)
            self._progress.note(f"{DECODED_ON} {stream.device}: {stream.device_reason}.")
            until = stream.decoded_until
            self._warnings += stream.warnings
        else:
            self._all_from_cache(len(self._times))
        track = self._joined(until)
        self._keep_track(track)
        self._progress.update("features", len(self._times), len(self._times), "frames")
        return ExtractResult(track, (*self._warnings, *self._of_cache), from_cache=not wanted)

    def _take_known(self) -> None:
        if self._store is None:
            return
        try:
            known, entries = self._store.known()
        except StoreError as error:
            return self._give_up_cache(error)
        if dropped := self._store.dropped:
            what = "An entry" if dropped == 1 else f"{dropped} entries"
            message = f"{what} of the feature cache did not fit what was kept and was dropped; it is computed again."
            self._of_cache.append(Notice("cache_damaged", message))
            self._progress.note(message)
        for place, (vector, span, measures) in known.items():
            self._vectors[place], self._spans[place] = vector, span
            if measures is not None:
                self._measures[place] = measures
        if known:
            self._progress.count("features_from_cache", len(known))
            self._progress.count("chunks_from_cache", entries)
            self._progress.note(f"{len(known)} of {len(self._times)} feature vectors come from the cache.")
            self._step()

    def _encode_all(self, stream: FrameStream, wanted: Sequence[int]) -> None:
        batch = max(1, self._encoder.batch)
        on_screen = {span.start: place for place, span in self._spans.items()}
        source = prepared(stream, self._encoder, self._measure, wanted, on_screen, self._onlooker)
        inputs = prefetch(source, _BATCHES_AHEAD * batch, self._progress.check)
        with closing(inputs):
            for samples in _grouped(inputs, batch):
                self._encode(samples)
                self._count_decoded(stream)
                self._step()
                while len(self._unsaved) >= CHUNK:
                    self._keep_part()
        self._count_decoded(stream)

    def _encode(self, samples: Sequence[PreparedSample]) -> None:
        """Vectors for a few samples; those of equal pictures are there already, or among them."""
        fresh = [sample for sample in samples if sample.pixels is not None]
        if fresh:
            batch = np.stack([sample.pixels for sample in fresh if sample.pixels is not None])
            vectors = np.ascontiguousarray(self._encoder.encode(batch), np.float32)
            self._vectors |= {sample.place: vector for sample, vector in zip(fresh, vectors, strict=True)}
            self._progress.count("frames_encoded", len(fresh))
        equal = sum(sample.pixels is None and sample.place not in self._vectors for sample in samples)
        if equal:
            self._progress.count("frames_equal", equal)
        for sample in samples:
            self._vectors.setdefault(sample.place, self._vectors[sample.same_as])
            self._spans[sample.place] = sample.span
            if sample.measures is not None:
                self._measures[sample.place] = sample.measures
            self._unsaved.append(sample.place)

    def _count_decoded(self, stream: FrameStream) -> None:
        decoded = stream.frames_decoded
        if decoded > self._counted:
            self._progress.count("frames_decoded", decoded - self._counted)
            self._counted = decoded

    def _step(self) -> None:
        done = sum(self._is_done(place) for place in self._vectors)
        self._progress.update("features", done, len(self._times), "frames")

    def _is_done(self, place: int) -> bool:
        return place in self._vectors and (self._measure is None or place in self._measures)

    def _measures_of(self, places: Iterable[int]) -> FrameMeasures | None:
        return FrameMeasures.of([self._measures.get(place) for place in places])

    def _all_from_cache(self, count: int) -> None:
        self._progress.update("features", len(self._times), len(self._times), "frames")
        self._progress.note(f"All {count} feature vectors come from the cache; nothing is decoded.")

    def _joined(self, until: Fraction | None) -> FeatureTrack:
        """Samples up to the first that is missing: what lies behind a hole has no neighbour in time."""
        count = next((place for place in range(len(self._times)) if place not in self._vectors), len(self._times))
        if not count:
            message = f"No picture of {shown(self._info.path)} can be decoded."
            raise MediaError("media_undecodable", message, "Copy or export it again.")
        vectors = np.stack([self._vectors[place] for place in range(count)])
        times = self._times[:count]
        duration = self._info.duration if until is None else min(self._info.duration, max(until, times[-1]))
        return FeatureTrack.of(times, vectors, duration, self._encoder.id, self._measures_of(range(count)))

    def _keep_part(self) -> None:
        places, self._unsaved = self._unsaved[:CHUNK], self._unsaved[CHUNK:]
        self._progress.count("chunks_computed")
        if self._onlooker is not None:
            self._onlooker.keep()
        if self._store is not None:
            spans, vectors = [self._spans[place] for place in places], [self._vectors[place] for place in places]
            try:
                self._store.keep_part(places[0], spans, vectors, self._measures_of(places))
            except StoreError as error:
                self._give_up_cache(error)

    def _keep_track(self, track: FeatureTrack) -> None:
        if self._unsaved:
            self._progress.count("chunks_computed")
        if self._store is not None:
            facts = {"warnings": [(notice.code, notice.message) for notice in self._warnings]}
            spans = [self._spans[place] for place in range(len(track))]
            try:
                self._store.keep_whole(spans, track, facts)
            except StoreError as error:
                self._give_up_cache(error)

    def _give_up_cache(self, error: StoreError) -> None:
        # Not kept with the track: it is of this run.
        self._of_cache.append(Notice(error.code, f"{error.message} The features will be computed again next time."))
        self._store = None


def _grouped(samples: Iterable[PreparedSample], batch: int) -> Iterable[list[PreparedSample]]:
    """Groups with at most `batch` new pictures in each, and no more samples than are kept together."""
    group: list[PreparedSample] = []
    fresh = 0
    for sample in samples:
        group.append(sample)
        fresh += sample.pixels is not None
        if fresh == batch or len(group) >= CHUNK:
            yield group
            group, fresh = [], 0
    if group:
        yield group
