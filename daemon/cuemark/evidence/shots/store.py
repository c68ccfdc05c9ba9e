"""Shots in the cache beside the vectors: named by all that decides them, left part by part; a run resumes there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from cuemark.core.errors import StoreError
from cuemark.core.media import MediaInfo
from cuemark.core.serialise import UNREADABLE
from cuemark.core.shots import CameraMove
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.shots.borders import Border

SHOTS_VERSION = 1
"""Raise when other borders or moves are found in the same file."""


class ShotStore:
    """The borders and moves of one media, by its content and the samples they were told from.

    A cache that cannot be read or written only costs time.
    """

    def __init__(self, info: MediaInfo, track: FeatureTrack, cache: FeatureCache | None) -> None:
        picture = (info.width, info.height, info.rotation, info.pixel_aspect, info.stream_index, info.start_time)
        named = ("shots", SHOTS_VERSION, info.fingerprint, *picture, *info.jumps, track.encoder_id, track.duration)
        mark = hashlib.blake2b("\n".join(map(str, named)).encode(), digest_size=20)
        mark.update(track.ticks.tobytes() + str(track.timescale).encode())
        self._key, self._cache = mark.hexdigest(), cache

    def borders(self) -> tuple[list[Border], Fraction]:
        """The borders that earlier runs found, and up to where (seconds) they looked."""
        try:
            told = self._facts("borders")
            found = [
                Border(Fraction(time), Fraction(length), bool(before), bool(after))
                for time, length, before, after in told["borders"]
            ]
            return found, Fraction(told["until"])
        except UNREADABLE:
            return [], Fraction(0)

    def keep_borders(self, borders: Sequence[Border], until: Fraction) -> None:
        """Leave what was found so far."""
        told = [(str(one.time), str(one.length), one.flat_before, one.flat_after) for one in borders]
        self._keep("borders", {"borders": told, "until": str(until)})

    def moves(self) -> list[CameraMove | None]:
        """The moves of the first shots, as far as earlier runs came."""
        try:
            return [None if name is None else CameraMove(name) for name in self._facts("moves")["moves"]]
        except UNREADABLE:
            return []

    def keep_moves(self, moves: Sequence[CameraMove | None]) -> None:
        """Leave the moves of the first shots."""
        self._keep("moves", {"moves": [None if move is None else move.value for move in moves]})

    def _facts(self, what: str) -> dict[str, Any]:
        """KeyError, which is UNREADABLE, where nothing is kept."""
        try:
            entry = None if self._cache is None else self._cache.get(f"{self._key}-{what}")
        except StoreError:
            entry = None
        if entry is None:
            raise KeyError(what)
        return dict(entry.facts)

    def _keep(self, what: str, facts: dict[str, Any]) -> None:
        if self._cache is not None:
            try:
                self._cache.put(f"{self._key}-{what}", self._key, {"version": np.array([SHOTS_VERSION])}, facts)
            except StoreError:
                self._cache = None
