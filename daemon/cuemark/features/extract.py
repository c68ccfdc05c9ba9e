"""From a media to its feature track: decode, preprocess and encode side by side, chunk by chunk, cached."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.errors import MediaError, StoreError
from cuemark.features.cache import FeatureCache
from cuemark.features.keys import chunk_key, track_key
from cuemark.features.pipeline import prefetch
from cuemark.features.track import FeatureTrack
from cuemark.media.info import MediaInfo
from cuemark.media.names import shown
from cuemark.media.sampling import FrameSampler, decode_samples, sample_times
from cuemark.progress import Progress
from cuemark.results import Notice

Vectors = NDArray[np.float32]

CHUNK = 64
_BATCH = 16
_PICTURES_AHEAD = 4
_INPUTS_AHEAD = 2 * _BATCH
# Beyond this short side a picture is shrunk while it is decoded; encoders see a fraction of it anyway.
_SHORT_SIDE = 1080


class FrameEncoder(Protocol):
    """What turns pictures into vectors (models.image_encoder in real life)."""

    @property
    def id(self) -> str:
        """Weights and preprocessing: vectors of equal ids are comparable."""

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) it sees."""

    def preprocess(self, rgb: NDArray[np.uint8]) -> Vectors:
        """uint8 [H, W, 3] -> float32 [3, h, w]."""

    def encode(self, batch: Vectors) -> Vectors:
        """float32 [B, 3, h, w] -> unit float32 [B, D]."""


@dataclass(frozen=True)
class ExtractResult:
    """The track, what the user must know about it, and whether all of it came from the cache."""

    track: FeatureTrack
    warnings: tuple[Notice, ...] = ()
    from_cache: bool = False


def extract(
    info: MediaInfo,
    encoder: FrameEncoder,
    sample_rate: Fraction | None,
    cache: FeatureCache | None,
    progress: Progress,
) -> ExtractResult:
    """The feature track of a media; resumes at the chunks a killed run left in the cache.

    Counters: frames_decoded, frames_encoded, chunks_from_cache, chunks_computed, features_from_cache (samples, when
    the whole track was cached and nothing was decoded).  Stage "features" in "frames".
    MediaError: media_vanished, media_changed, media_unreadable, media_undecodable; OptionError option_sample_fps.
    A cache that cannot be written is a warning (`disk_full`, `cache_unusable`), not an error.
    """
    times = sample_times(info, sample_rate)
    progress.update("features", 0, len(times), "frames")
    run = _Run(info, encoder, times, cache, progress)
    return run.cached_track() or run.compute()


class _Run:
    """One extraction."""

    def __init__(
        self,
        info: MediaInfo,
        encoder: FrameEncoder,
        times: Sequence[Fraction],
        cache: FeatureCache | None,
        progress: Progress,
    ) -> None:
        self._info, self._encoder, self._times, self._progress = info, encoder, times, progress
        self._cache = cache
        self._key = track_key(info, encoder.id, times)
        self._warnings: list[Notice] = []
        self._done = 0
        self._counted = 0

    def cached_track(self) -> ExtractResult | None:
        """The whole track, when an earlier run finished it."""
        stored = self._cache.get(self._key) if self._cache is not None else None
        if stored is None:
            return None
        facts = stored.facts
        try:
            track = FeatureTrack(
                stored.arrays["ticks"], facts["timescale"], stored.arrays["vectors"],
                Fraction(facts["duration"]), self._encoder.id,
            )  # fmt: skip
            warnings = tuple(Notice(code, message) for code, message in facts["warnings"])
        except (KeyError, ValueError, TypeError):
            return None
        self._progress.count("features_from_cache", len(track))
        self._progress.update("features", len(self._times), len(self._times), "frames")
        self._progress.note(f"All {len(track)} feature vectors come from the cache; nothing is decoded.")
        return ExtractResult(track, warnings, from_cache=True)

    def compute(self) -> ExtractResult:
        """The track from cached chunks and, for the others, from the file."""
        chunks = self._cached_chunks()
        wanted = [i for i in range(len(self._times)) if i // CHUNK not in chunks]
        until: Fraction | None = None
        if wanted:
            sampler = decode_samples(self._info, [self._times[i] for i in wanted], width_height=self._decode_size())
            chunks |= self._encode_chunks(sampler, wanted)
            until = sampler.decoded_until
            self._warnings += [Notice(code, message) for code, message in sampler.warnings]
        track = self._joined(chunks, until)
        self._keep_track(track)
        self._progress.update("features", len(self._times), len(self._times), "frames")
        return ExtractResult(track, tuple(self._warnings))

    def _cached_chunks(self) -> dict[int, Vectors]:
        found: dict[int, Vectors] = {}
        if self._cache is None:
            return found
        for chunk in range(-(-len(self._times) // CHUNK)):
            stored = self._cache.get(chunk_key(self._key, chunk))
            expected = min(CHUNK, len(self._times) - chunk * CHUNK)
            if stored is not None and len(stored.arrays.get("vectors", ())) == expected:
                found[chunk] = stored.arrays["vectors"]
                self._step(expected)
        if found:
            self._progress.count("chunks_from_cache", len(found))
            self._progress.note(f"{len(found)} chunks of features come from the cache of an earlier run.")
        return found

    def _encode_chunks(self, sampler: FrameSampler, wanted: Sequence[int]) -> dict[int, Vectors]:
        chunks: dict[int, Vectors] = {}
        inputs = prefetch(_prepared(sampler, self._encoder), _INPUTS_AHEAD, self._progress.check)
        with closing(inputs):
            placed = ((wanted[place], value) for place, value in inputs)
            for chunk, group in groupby(placed, key=lambda pair: pair[0] // CHUNK):
                vectors = np.concatenate([self._encode(b, sampler) for b in _batches(v for _, v in group)])
                chunks[chunk] = vectors
                self._progress.count("chunks_computed")
                if len(vectors) == min(CHUNK, len(self._times) - chunk * CHUNK):
                    self._keep(chunk_key(self._key, chunk), {"vectors": vectors}, {})
        self._count_decoded(sampler)
        return chunks

    def _encode(self, batch: Vectors, sampler: FrameSampler) -> Vectors:
        vectors = np.ascontiguousarray(self._encoder.encode(batch), np.float32)
        self._progress.count("frames_encoded", len(batch))
        self._count_decoded(sampler)
        self._step(len(batch))
        return vectors

    def _count_decoded(self, sampler: FrameSampler) -> None:
        decoded = sampler.frames_decoded
        if decoded > self._counted:
            self._progress.count("frames_decoded", decoded - self._counted)
            self._counted = decoded

    def _step(self, frames: int) -> None:
        self._done += frames
        self._progress.update("features", self._done, len(self._times), "frames")

    def _joined(self, chunks: dict[int, Vectors], until: Fraction | None) -> FeatureTrack:
        """Chunks in order, up to the first that is not whole: what lies behind a hole has no neighbour in time."""
        parts: list[Vectors] = []
        for chunk in range(-(-len(self._times) // CHUNK)):
            if chunk not in chunks:
                break
            parts.append(chunks[chunk])
            if len(chunks[chunk]) < CHUNK:
                break
        if not parts:
            message = f"No picture of {shown(self._info.path)} can be decoded."
            raise MediaError("media_undecodable", message, "Copy or export it again.")
        vectors = np.concatenate(parts)
        times = self._times[: len(vectors)]
        duration = self._info.duration if until is None else min(self._info.duration, max(until, times[-1]))
        return FeatureTrack.of(times, vectors, duration, self._encoder.id)

    def _keep_track(self, track: FeatureTrack) -> None:
        facts = {
            "timescale": track.timescale,
            "duration": str(track.duration),
            "warnings": [(notice.code, notice.message) for notice in self._warnings],
        }
        if self._keep(self._key, {"ticks": track.ticks, "vectors": track.vectors}, facts) and self._cache is not None:
            self._cache.drop(_owner_of_chunks(self._key))

    def _keep(self, key: str, arrays: dict[str, NDArray[np.int64] | Vectors], facts: dict[str, object]) -> bool:
        if self._cache is None:
            return False
        owner = self._key if key == self._key else _owner_of_chunks(self._key)
        try:
            self._cache.put(key, owner, arrays, facts)
        except StoreError as error:
            self._warnings.append(Notice(error.code, f"{error.message} The features will be computed again next time."))
            self._cache = None
            return False
        return True

    def _decode_size(self) -> tuple[int, int]:
        width, height = self._info.width, self._info.height
        short = min(width, height)
        limit = max(_SHORT_SIDE, 2 * max(self._encoder.image_size))
        if short <= limit:
            return width, height
        return max(1, round(width * limit / short)), max(1, round(height * limit / short))


def _owner_of_chunks(track: str) -> str:
    return f"{track}/chunks"


def _prepared(sampler: FrameSampler, encoder: FrameEncoder) -> Generator[tuple[int, Vectors], None, None]:
    """(place, input) of each sampled frame; decoding runs in a thread of its own."""
    with closing(prefetch(sampler, _PICTURES_AHEAD)) as frames:
        for frame in frames:
            yield frame.index, encoder.preprocess(frame.rgb)


def _batches(inputs: Iterator[Vectors]) -> Iterator[Vectors]:
    batch: list[Vectors] = []
    for value in inputs:
        batch.append(value)
        if len(batch) == _BATCH:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
