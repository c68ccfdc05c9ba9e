"""Places decoded sound on the time axis: what follows without a gap, what a gap is, and what is only a rough clock.

Time stamps are rounded (to a millisecond in Matroska and FLV), and live recordings stamp packets as they come in.  The
number of samples is exact.  So frames follow each other by their samples as long as their stamps agree; a gap or an
overlap is one when the frames behind it agree on it, too.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cuemark.media.clock import BROADCAST_GAP
from cuemark.media.sound_mix import Samples

SAMPLE_RATE = 16_000
_AHEAD = 8
"""Frames looked at before one is placed."""
_ROUNDING = Fraction(1, 2000)
_ROUGH = Fraction(1, 10)
"""Stamps that are off by more are never only a rough clock."""
_STEP_BACK = Fraction(1, 2)
"""A larger overlap is a clock that was set back: nothing is left out."""
_BATCH = 1 << 14
_SILENCE = 1 << 18


class _Frame(NamedTuple):
    time: Fraction | None
    samples: Samples
    rate: int

    @property
    def length(self) -> Fraction:
        return Fraction(self.samples.size, self.rate)


class SoundLine:
    """Takes frames in order of decoding and gives samples at `rate` from `start` on, up to `end`.

    `length` is that of the media: stamps far beyond it are none, the sound goes on without a gap.  `tick` is the
    resolution of the stamps.
    """

    def __init__(
        self, start: Fraction, end: Fraction | None, length: Fraction, tick: Fraction, rate: int = SAMPLE_RATE
    ) -> None:
        self._rate = rate
        self._first = self._written = _place(start, rate)
        self._end = None if end is None else _place(end, rate)
        self._length = length
        self._tolerance = Fraction(3, 2) * tick + _ROUNDING
        self._pending: deque[_Frame] = deque()
        self._expected: Fraction | None = None
        self._set_back = Fraction(0)
        self._run: _Run | None = None
        self._out: deque[Samples] = deque()
        self.ready = 0
        """Samples that can be taken."""
        self._given = self._first

    @property
    def is_full(self) -> bool:
        """Whether all up to the end is there."""
        return self._end is not None and self._written >= self._end

    def add(self, time: Fraction | None, samples: Samples, rate: int) -> None:
        """The next frame; without a time it follows the one before."""
        self._pending.append(_Frame(None if time is None else time + self._set_back, samples, rate))
        if len(self._pending) > _AHEAD:
            self._place_next()

    def close(self) -> None:
        """No frame follows."""
        while self._pending and not self.is_full:
            self._place_next()
        self._end_run()

    def take(self, most: int) -> Samples:
        """The next samples, at most so many."""
        taken, missing = [], min(most, self.ready)
        while missing:
            piece = self._out.popleft()
            if piece.size > missing:
                self._out.appendleft(piece[missing:])
                piece = piece[:missing]
            taken.append(piece)
            missing -= piece.size
        samples = np.concatenate(taken)
        self.ready -= samples.size
        return samples

    def given(self, count: int) -> Fraction:
        """When the next `count` samples that are given away begin."""
        start, self._given = self._given, self._given + count
        return Fraction(start, self._rate)

    def _place_next(self) -> None:
        at = self._position()
        frame = self._pending.popleft()
        cut = Fraction(0)
        if self._expected is not None and at < self._expected:
            cut = min(self._expected - at, frame.length)
        samples = frame.samples[_count(cut * frame.rate) :]
        if self._run is None or self._run.rate != frame.rate or at != self._expected:
            self._end_run()
            self._begin_run(at + cut, frame.rate)
        assert self._run is not None
        self._write(self._run.add(samples))
        self._expected = at + frame.length

    def _position(self) -> Fraction:
        """Where the next frame belongs."""
        frame = self._pending[0]
        if self._expected is None:
            return self._beginning(frame)
        if frame.time is None:
            return self._expected
        off = frame.time - self._expected
        if abs(off) <= self._tolerance:
            return self._expected
        others = self._deviations(self._expected)
        if abs(off) <= _ROUGH and any(other * off <= 0 or abs(other) <= self._tolerance for other in others):
            return self._expected
        if off < -_STEP_BACK or (off > 0 and not self._is_believable(frame.time)):
            self._set_clock(-off)
            return self._expected
        return self._expected + self._agreed(off, others)

    def _beginning(self, frame: _Frame) -> Fraction:
        time = Fraction(0) if frame.time is None else frame.time
        if not self._is_believable(time):
            self._set_clock(-time)
            time = Fraction(0)
        return time + self._agreed(Fraction(0), self._deviations(time))

    def _deviations(self, start: Fraction) -> list[Fraction]:
        """By how much the stamps of waiting frames are later than if the first of them began at `start`."""
        found = []
        for frame in self._pending:
            if frame.time is not None:
                found.append(frame.time - start)
            start += frame.length
        return found

    def _agreed(self, off: Fraction, others: list[Fraction]) -> Fraction:
        """The middle of the stamps that say nearly the same as the first: rounding falls out."""
        near = sorted(other for other in others if abs(other - off) <= self._tolerance)
        return (near[(len(near) - 1) // 2] + near[len(near) // 2]) / 2 if near else off

    def _is_believable(self, time: Fraction) -> bool:
        """Whether sound can be there: within the media, or a little behind it or what was heard before."""
        return time < max(self._length, self._expected or Fraction(0)) + BROADCAST_GAP

    def _set_clock(self, amount: Fraction) -> None:
        self._set_back += amount
        self._pending = deque(
            frame if frame.time is None else frame._replace(time=frame.time + amount) for frame in self._pending
        )

    def _begin_run(self, at: Fraction, rate: int) -> None:
        place = _place(at, self._rate)
        self._fill(place)
        self._run = _Run(at, rate, max(0, self._written - place), self._rate)

    def _end_run(self) -> None:
        if self._run is not None:
            self._write(self._run.close())
            self._run = None

    def _fill(self, place: int) -> None:
        """Silence up to a place."""
        if self._end is not None:
            place = min(place, self._end)
        while self._written < place:
            self._append(np.zeros(min(_SILENCE, place - self._written), np.float32))

    def _write(self, samples: Samples) -> None:
        if self._end is not None:
            samples = samples[: max(0, self._end - self._written)]
        if samples.size:
            self._append(samples)

    def _append(self, samples: Samples) -> None:
        self._out.append(samples)
        self.ready += samples.size
        self._written += samples.size


class _Run:
    """Resamples frames that follow each other without a gap, from a time on.

    The first `leave_out` samples are not given: they lie before what is wanted.
    """

    def __init__(self, start: Fraction, rate: int, leave_out: int, wanted: int) -> None:
        from av.audio.resampler import AudioResampler

        self.rate = rate
        self._start, self._wanted = start, wanted
        self._resampler = AudioResampler(format="flt", layout="mono", rate=wanted)
        self._leave_out = leave_out
        self._waiting: list[Samples] = []
        self._size = 0
        self._taken = 0
        self._made = 0

    def add(self, samples: Samples) -> Samples:
        """What is finished by now."""
        self._waiting.append(samples)
        self._size += samples.size
        self._taken += samples.size
        return self._converted() if self._size >= _BATCH else _NOTHING

    def close(self) -> Samples:
        """The rest, so that the run is as long as its frames."""
        rest = np.concatenate([self._converted(), self._pulled(None)])
        end = self._start + Fraction(self._taken, self.rate)
        whole = _place(end, self._wanted) - _place(self._start, self._wanted)
        missing = whole - self._made
        if missing > 0:
            return np.concatenate([rest, np.zeros(missing, np.float32)])
        return rest[: max(0, rest.size + missing)]

    def _converted(self) -> Samples:
        from av.audio.frame import AudioFrame

        if not self._size:
            return _NOTHING
        frame = AudioFrame.from_ndarray(np.concatenate(self._waiting)[None, :], format="flt", layout="mono")
        frame.sample_rate = self.rate
        self._waiting, self._size = [], 0
        return self._pulled(frame)

    def _pulled(self, frame: object) -> Samples:
        made = [piece.to_ndarray()[0] for piece in self._resampler.resample(frame)]  # type: ignore[arg-type]
        samples: NDArray[np.float32] = np.concatenate([_NOTHING, *made])
        self._made += samples.size
        before = min(self._leave_out, samples.size)
        self._leave_out -= before
        return samples[before:]


_NOTHING = np.zeros(0, np.float32)


def _place(seconds: Fraction, rate: int) -> int:
    """The number of the sample at `rate` that is nearest to a time."""
    return _count(seconds * rate)


def _count(samples: Fraction) -> int:
    return (2 * samples.numerator + samples.denominator) // (2 * samples.denominator)
