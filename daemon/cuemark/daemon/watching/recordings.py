"""Tells recordings that run from copies that are under way, and when one has grown enough to be indexed again.

A recording grows as fast as time goes by, and can be read while it does (MPEG-TS, Matroska, fragmented MP4); a copy is
faster, or cannot be read yet.  No more than headers and ends are read for that, now and then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import CuemarkError
from cuemark.core.media import MediaInfo
from cuemark.core.serialise import decode
from cuemark.core.watches import WatchState
from cuemark.daemon.oneshot import ask
from cuemark.daemon.watching.arrivals import Arrivals

_FIRST_LOOK, _LONGEST_WAIT_S = 5.0, 60.0
"""The first look comes after so many times the span in which a copy settles."""
_SLOWEST, _FASTEST = 0.5, 1.5
"""Seconds of footage for each second that goes by."""
_LEAST_GROWTH = 1.5
"""A recording is indexed again when it is so many times as long as it was."""
_LEAST_S = Fraction(5)


@dataclass
class _Look:
    """What was found of a growing file: its length, and when; when to look again, and in how long after that."""

    length: Fraction | None
    at: float
    next: float
    wait: float


class Recordings:
    """The files among the arrivals that grow, and are looked into meanwhile."""

    def __init__(self, arrivals: Arrivals, settle_s: float) -> None:
        self._arrivals = arrivals
        self._settle_s = settle_s
        self._looks: dict[Path, _Look] = {}
        self._lengths: dict[Path, Fraction] = {}

    async def look(self, now: float) -> None:
        """Looks into the files that have grown for some time."""
        growing = (WatchState.COPYING, WatchState.RECORDING)
        files = {path: file for path, file in self._arrivals.files.items() if file.state in growing}
        self._looks = {path: look for path, look in self._looks.items() if path in files}
        self._lengths = {path: length for path, length in self._lengths.items() if path in self._arrivals.files}
        for path in files:
            growth = self._arrivals.growth.get(path)
            if growth is None or now - growth.still_since >= self._settle_s:
                continue
            known = self._looks.get(path)
            if now >= (growth.begun + _FIRST_LOOK * self._settle_s if known is None else known.next):
                await self._look_into(path, known)

    async def _look_into(self, path: Path, known: _Look | None) -> None:
        length, at = await _length(path), time.monotonic()
        wait = self._settle_s * 2 if known is None else min(known.wait * 2, _LONGEST_WAIT_S)
        self._looks[path] = _Look(length, at, at + wait, wait)
        if known is None or known.length is None or length is None or path not in self._arrivals.files:
            return
        pace = float(length - known.length) / (at - known.at)
        is_recording = _SLOWEST <= pace <= _FASTEST
        state = self._arrivals.files[path].state
        if is_recording and state is WatchState.COPYING:
            self._arrivals.tell_state(path, WatchState.RECORDING, note="It grows as fast as time goes by.")
        elif not is_recording and pace > _FASTEST and state is WatchState.RECORDING:
            self._arrivals.tell_state(path, WatchState.COPYING, note="")

    def due(self) -> Path | None:
        """A recording that is to be indexed as far as it is: not yet, or that has grown enough since."""
        for path, look in self._looks.items():
            file = self._arrivals.files.get(path)
            if file is None or file.state is not WatchState.RECORDING or look.length is None:
                continue
            if look.length >= max(_LEAST_S, self._lengths.get(path, Fraction(0)) * Fraction(_LEAST_GROWTH)):
                self._lengths[path] = look.length
                return path
        return None


async def _length(path: Path) -> Fraction | None:
    """How long it plays as it is now; None where it cannot be read (yet)."""
    try:
        return decode(MediaInfo, await ask("probe", path=path)).duration
    except CuemarkError:
        return None
