"""A stretch as a model hears it: pauses cut down, since models invent words for silence; and its times put back.

Word times come out of attention, which spreads a word over a silence beside it; the voice that was detected there says
where it really begins and ends.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cuemark.evidence.speech.stretches import Span, Stretch
from cuemark.media.sound import SAMPLE_RATE
from cuemark.models.speech.recogniser import HeardWord, Samples

_AROUND_S = 0.3
_OVER_S = 0.1  # by which a word may reach out of its voice: faint beginnings, and breath
_SHORTEST_S = 0.04


@dataclass(frozen=True, eq=False)
class CondensedSound:
    """`samples` to be heard; `pieces` are the parts of the stretch that they are, `starts` where each lies, in seconds.

    `voices` are those of the stretch.
    """

    samples: Samples
    pieces: tuple[Span, ...]
    starts: tuple[float, ...]
    voices: tuple[Span, ...]

    @classmethod
    def of(cls, stretch: Stretch, longest_pause: float) -> CondensedSound:
        """Of a stretch with voices."""
        pieces = _pieces(stretch.voices, longest_pause, stretch.samples.size / SAMPLE_RATE)
        parts = [stretch.samples[_sample(begin) : _sample(end)] for begin, end in pieces]
        ends = np.cumsum([part.size for part in parts]) / SAMPLE_RATE
        starts = (0.0, *(float(end) for end in ends[:-1]))
        return cls(np.concatenate(parts), tuple(pieces), starts, stretch.voices)

    def voiced(self, start: float, end: float) -> float:
        """The share of [start, end) of the condensed sound, in seconds, in which there is a voice."""
        shift = self._shift((start + end) / 2)
        return _share(self.voices, start + shift, end + shift)

    def placed(self, word: HeardWord) -> HeardWord:
        """A word of the condensed sound at its time in the stretch, in seconds from its beginning."""
        middle = (word.start + word.end) / 2
        shift = self._shift(middle)
        inside = self._piece(middle)
        start, end = max(word.start + shift, inside[0]), min(word.end + shift, inside[1])
        touched = [voice for voice in self.voices if voice[0] < end and voice[1] > start]
        if touched:
            start, end = max(start, touched[0][0] - _OVER_S), min(end, touched[-1][1] + _OVER_S)
        return replace(word, start=start, end=max(end, start + _SHORTEST_S))

    def _place(self, time: float) -> int:
        return max(0, bisect_right(self.starts, time) - 1)

    def _piece(self, time: float) -> Span:
        return self.pieces[self._place(time)]

    def _shift(self, time: float) -> float:
        place = self._place(time)
        return self.pieces[place][0] - self.starts[place]


def _pieces(voices: Sequence[Span], longest_pause: float, length: float) -> list[Span]:
    """The parts to hear: voices with a little around them; pauses between that are longer are cut to the longest."""
    around = longest_pause / 2
    pieces: list[Span] = [(max(0.0, voices[0][0] - _AROUND_S), voices[0][1])]
    for begin, end in voices[1:]:
        if begin - pieces[-1][1] > longest_pause:
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + around)
            pieces.append((begin - around, end))
        else:
            pieces[-1] = (pieces[-1][0], end)
    pieces[-1] = (pieces[-1][0], min(length, pieces[-1][1] + _AROUND_S))
    return pieces


def _share(voices: Sequence[Span], start: float, end: float) -> float:
    """A word without a length is where it is."""
    length = max(end - start, _SHORTEST_S)
    covered = sum(max(0.0, min(end, stop + _OVER_S) - max(start, begin - _OVER_S)) for begin, stop in voices)
    inside = any(begin - _OVER_S <= start <= stop + _OVER_S for begin, stop in voices)
    return 1.0 if end <= start and inside else min(1.0, covered / length)


def _sample(time: float) -> int:
    return round(time * SAMPLE_RATE)
