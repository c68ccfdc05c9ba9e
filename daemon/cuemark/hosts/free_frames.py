"""Frames of a timeline that still take a marker: each holds one, and that of somebody else is never touched."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def reach(rate: Fraction) -> int:
    """How far a marker may move from an occupied frame: half a second, in whole frames."""
    return int(rate / 2)


class FreeFrames:
    """The frames [0, length) without those taken."""

    def __init__(self, taken: Iterable[int], length: int) -> None:
        self._taken = set(taken)
        self._length = length

    def free(self, frame: int) -> bool:
        """Whether the timeline has this frame and nothing lies on it."""
        return 0 <= frame < self._length and frame not in self._taken

    def take(self, frame: int) -> None:
        """From now on something lies on `frame`."""
        self._taken.add(frame)

    def nearest(self, frame: int, most: int | None, low: int = 0, high: int | None = None) -> int | None:
        """The free frame nearest to `frame` in [low, high), at most `most` away; of two, the later: it is inside."""
        end = self._length if high is None else min(high, self._length)
        span = max(frame - low, end - frame) if most is None else most
        for distance in range(span + 1):
            for candidate in (frame + distance, frame - distance):
                if low <= candidate < end and self.free(candidate):
                    return candidate
        return None
