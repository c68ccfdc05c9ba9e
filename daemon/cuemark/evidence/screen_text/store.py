"""Readings in the cache beside the vectors: named by all that decides them, left part by part; a run resumes there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.media import MediaInfo
from cuemark.core.serialise import UNREADABLE
from cuemark.evidence.frames.cache import CacheEntry, FeatureCache
from cuemark.evidence.screen_text.looks import Look
from cuemark.evidence.screen_text.reading import Memory, Reading, ReadLine
from cuemark.models.ocr.ocr import Line

TEXT_VERSION = 2
"""Raise when other looks are chosen, or a look gives other readings, for the same file."""


class TextStore:
    """The readings of one media: by its content, the reader, the policy, and the samples that were chosen from."""

    def __init__(
        self,
        info: MediaInfo,
        reader: str,
        policy: str,
        times: Sequence[Fraction],
        sampled: tuple[int, int],
        cache: FeatureCache,
    ) -> None:
        """`sampled`: the size of the sampled pictures, from which the looks are chosen."""
        picture = (info.width, info.height, info.rotation, info.pixel_aspect, info.stream_index, info.start_time)
        # Where a clock jumps, times say nothing of a run that believed the clock.
        named = ("screen text", TEXT_VERSION, info.fingerprint, reader, policy, *picture, *info.jumps, *sampled, *times)
        self._key = hashlib.blake2b("\n".join(map(str, named)).encode(), digest_size=20).hexdigest()
        self._cache = cache

    def load(self) -> tuple[list[Reading], Memory]:
        """What earlier runs left, in order; StoreError."""
        whole = self._entry(f"{self._key}-whole")
        if whole is not None:
            return whole
        readings: list[Reading] = []
        memory = Memory()
        for key in sorted(self._cache.find(f"{self._key}-part-")):
            part = self._entry(key)
            if part is None or (readings and part[0] and part[0][0].look.place <= readings[-1].look.place):
                break
            readings = readings + part[0]
            memory = replace(part[1], readings=len(readings))
        return readings, memory

    def keep_part(self, readings: Sequence[Reading], memory: Memory) -> None:
        """Leave readings of a run that goes on; StoreError."""
        key = f"{self._key}-part-{readings[0].look.place:07}"
        self._cache.put(key, self._parts, *_packed(readings, memory))

    def keep_whole(self, readings: Sequence[Reading], memory: Memory) -> None:
        """Keep all readings, which makes the parts superfluous; StoreError."""
        self._cache.put(f"{self._key}-whole", self._key, *_packed(readings, memory))
        self._cache.drop(self._parts)

    @property
    def _parts(self) -> str:
        return f"{self._key}/parts"

    def _entry(self, key: str) -> tuple[list[Reading], Memory] | None:
        stored = self._cache.get(key)
        if stored is None:
            return None
        try:
            return _unpacked(stored)
        except UNREADABLE:
            self._cache.discard(key)
            return None


def _packed(readings: Sequence[Reading], memory: Memory) -> tuple[dict[str, NDArray[Any]], Mapping[str, Any]]:
    lines = [line for reading in readings for line in reading.lines]
    arrays: dict[str, NDArray[Any]] = {
        "looks": np.array([(r.look.place, r.look.side, len(r.lines)) for r in readings], np.int64).reshape(-1, 3),
        "saved": np.array([reading.saved for reading in readings], np.float64),
        "corners": np.array([line.line.corners for line in lines], np.float64).reshape(-1, 4, 2),
        "confidence": np.array([line.confidence for line in lines], np.float64),
        "fresh": np.array([line.fresh for line in lines], np.bool_),
        "widths": np.array([small.shape[1] for small in memory.smalls], np.int64),
        "smalls": np.concatenate(memory.smalls, axis=1) if memory.smalls else np.zeros((1, 0), np.uint8),
        "seen": np.zeros((0, 0), np.uint8) if memory.seen is None else memory.seen,
        "looked": np.array([memory.side, memory.unread], np.int64),
    }
    return arrays, {"texts": [line.text for line in lines]}


def _unpacked(stored: CacheEntry) -> tuple[list[Reading], Memory]:
    """UNREADABLE where it is not what `_packed` made."""
    arrays, texts = stored.arrays, stored.facts["texts"]
    corners, confidence, fresh = (arrays[name].tolist() for name in ("corners", "confidence", "fresh"))
    lines = [
        ReadLine(Line(tuple((float(x), float(y)) for x, y in box)), str(text), float(sure), bool(new))
        for box, text, sure, new in zip(corners, texts, confidence, fresh, strict=True)
    ]
    readings, taken = [], 0
    for (place, side, count), saved in zip(arrays["looks"].tolist(), arrays["saved"].tolist(), strict=True):
        readings.append(Reading(Look(int(place), int(side)), tuple(lines[taken : taken + count]), float(saved)))
        taken += count
    edges = np.cumsum(arrays["widths"])[:-1]
    smalls = np.split(arrays["smalls"], edges, axis=1) if len(arrays["widths"]) else []
    if taken != len(lines) or (readings and len(smalls) not in (0, len(readings[-1].lines))):
        raise ValueError("lines are missing")
    seen, (side, unread) = arrays["seen"], arrays["looked"].tolist()
    return readings, Memory(len(readings), tuple(smalls), seen if seen.size else None, int(side), int(unread))
