"""How long analyses really took on this machine, by pair of models: seconds for a minute of footage."""

from __future__ import annotations

import contextlib
from pathlib import Path

from cuemark.core.derived import read_object, write_object
from cuemark.core.serialise import UNREADABLE

_FILE = "speeds.json"
_LEAST_MINUTES = 0.25  # of footage in one analysis: less says more of beginnings and ends
_REMEMBERED = 5  # analyses of each pair


class Speeds:
    """Those of the last few analyses of each pair, in one small file of the cache folder."""

    def __init__(self, cache: Path) -> None:
        self._file = cache / _FILE

    def add(self, clip: str, lm: str, seconds: float, minutes: float) -> None:
        """Remember an analysis from frames to chapters; too short ones are not."""
        if minutes < _LEAST_MINUTES or seconds <= 0:
            return
        known = self._read()
        known[_key(clip, lm)] = [*known.get(_key(clip, lm), []), seconds / minutes][-_REMEMBERED:]
        with contextlib.suppress(OSError):  # no analysis fails because its speed cannot be kept
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_object(self._file, _FILE, known)

    def of(self, clip: str, lm: str) -> float:
        """Seconds for a minute of footage in the quickest of them; 0 where no analysis was made with the pair.

        The quickest, because what is done once for all footage (a lexicon made ready) is in the first one's time.
        """
        return min(self._read().get(_key(clip, lm), [0.0]))

    def _read(self) -> dict[str, list[float]]:
        try:
            stored = read_object(self._file, _FILE) or {}
            return {str(key): [float(one) for one in values] for key, values in stored.items() if values}
        except UNREADABLE:
            return {}


def _key(clip: str, lm: str) -> str:
    return f"{clip} {lm}"
