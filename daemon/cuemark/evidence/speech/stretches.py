"""A sound cut into stretches at pauses: voice activity first, then as much speech as a model hears at once.

The cut at a place depends on the sound from there on and on nothing else, so that a run can be taken up at the end of
any stretch.  At most a minute of sound is in memory, however long the file is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cuemark.media.sound import SAMPLE_RATE, SoundBlock
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.recogniser import Samples
from cuemark.models.speech.voice_activity import WINDOW_S, VoiceActivity

Span = tuple[float, float]
"""[start, end) in seconds."""

_LEAST_VOICE_S, _LEAST_PAUSE_S = 0.15, 0.1
_HYSTERESIS = 0.15  # a voice that has begun goes on down to so much less
_AROUND_S = 0.3  # of the sound before and behind a voice, which the model needs to hear it begin and end
_LATE_S = 8.0  # a voice that begins so late in a stretch begins the next one
_EARLIEST_CUT, _AT_ANY_COST = 0.4, 0.2  # of the longest stretch: where cuts are looked for first, and where then
_LONG_ENOUGH_S = 1.5  # a longer pause is no better place to cut
_UNDECIDED_S = 1.0  # a voice that begins at the end of a silent stretch is judged with what follows


@dataclass(frozen=True, eq=False)
class Stretch:
    """Sound from sample `start` to sample `end`, at 16,000 a second from the first picture on.

    `voices` are the spans, in seconds from its start, in which somebody speaks; without them nobody needs to listen.
    `lost` counts the damaged packets in the blocks read for it.
    """

    start: int
    end: int
    samples: Samples
    voices: tuple[Span, ...] = ()
    lost: int = 0

    @property
    def time(self) -> Fraction:
        """When it begins, in seconds from the first picture."""
        return Fraction(self.start, SAMPLE_RATE)


def stretches(
    blocks: Iterable[SoundBlock], start: int, detector: VoiceActivity, options: SpeechOptions
) -> Iterator[Stretch]:
    """The sound from sample `start` on, without a gap; `blocks` begin there, or before it."""
    sound = _Waiting(blocks, start)
    most = int(options.chunk_s * SAMPLE_RATE)
    while (samples := sound.next(most)).size:
        at_end = samples.size < most
        likely = detector.probabilities(samples)
        voices = _voices(likely, options)
        end = _end(voices, likely, samples.size, at_end)
        inside = tuple((begin, min(stop, end / SAMPLE_RATE)) for begin, stop in voices if begin < end / SAMPLE_RATE)
        lost = sound.taken_lost()
        yield Stretch(sound.position, sound.position + end, samples[:end], inside, lost)
        sound.move(end)


def _voices(probabilities: NDArray[np.float32], options: SpeechOptions) -> list[Span]:
    """The spans in which somebody speaks, told from probabilities, one every 32 ms."""
    spans: list[Span] = []
    begun: int | None = None
    quiet = 0
    for place, likely in enumerate(probabilities):
        if likely >= options.voice:
            begun, quiet = place if begun is None else begun, 0
        elif begun is not None and likely < options.voice - _HYSTERESIS:
            quiet += 1
            if quiet * WINDOW_S >= _LEAST_PAUSE_S:
                spans.append((begun * WINDOW_S, (place + 1 - quiet) * WINDOW_S))
                begun, quiet = None, 0
    if begun is not None:
        spans.append((begun * WINDOW_S, (len(probabilities) - quiet) * WINDOW_S))
    return [(begin, end) for begin, end in spans if end - begin >= _LEAST_VOICE_S]


def _end(voices: list[Span], likely: NDArray[np.float32], size: int, at_end: bool) -> int:
    """Where a stretch ends, in samples from its beginning."""
    if at_end:
        return size
    length = size / SAMPLE_RATE
    if not voices:
        return int((length - _UNDECIDED_S) * SAMPLE_RATE)
    if voices[0][0] - _AROUND_S > _LATE_S:
        return int((voices[0][0] - _AROUND_S) * SAMPLE_RATE)
    return int(_cut(voices, likely, length) * SAMPLE_RATE)


def _cut(voices: list[Span], likely: NDArray[np.float32], length: float) -> float:
    """The best pause to cut in, in seconds: a long one, of those alike the last; without any, the faintest place."""
    pauses = [(before[1], after[0]) for before, after in pairwise(voices)]
    if length - voices[-1][1] >= _LEAST_PAUSE_S:
        pauses.append((voices[-1][1], length))
    for earliest in (_EARLIEST_CUT * length, _AT_ANY_COST * length):
        late = [pause for pause in pauses if pause[0] >= earliest]
        if late:
            begin, end = max(late, key=lambda pause: (min(pause[1] - pause[0], _LONG_ENOUGH_S), pause[0]))
            return min((begin + end) / 2, begin + _LONG_ENOUGH_S / 2)
    first = int(_EARLIEST_CUT * len(likely))
    return (first + int(np.argmin(likely[first:]))) * WINDOW_S + WINDOW_S / 2


class _Waiting:
    """Sound that was read and not used up; `position` is the sample it begins at."""

    def __init__(self, blocks: Iterable[SoundBlock], start: int) -> None:
        self._blocks = iter(blocks)
        self._held: Samples = np.zeros(0, np.float32)
        self._lost = 0
        self.position = start

    def next(self, most: int) -> Samples:
        """The samples from the position on, `most` of them, fewer at the end of the sound; they stay here."""
        while self._held.size < most and (block := next(self._blocks, None)) is not None:
            self._lost += block.lost
            early = self.position - round(block.start * SAMPLE_RATE) if not self._held.size else 0
            self._held = np.concatenate([self._held, block.samples[max(0, early) :]])
        return self._held[:most]

    def move(self, samples: int) -> None:
        """Use some up."""
        self._held = self._held[samples:].copy()
        self.position += samples

    def taken_lost(self) -> int:
        """Damaged packets since this was asked before."""
        lost, self._lost = self._lost, 0
        return lost
