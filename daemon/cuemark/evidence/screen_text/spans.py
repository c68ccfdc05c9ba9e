"""Lines read at single looks joined over time: one track for each line of text, from when to when it stands there."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cuemark.core.screen_text import Place
from cuemark.evidence.screen_text.looks import is_other
from cuemark.evidence.screen_text.reading import Reading, ReadLine, overlap
from cuemark.evidence.screen_text.timecode import is_clock
from cuemark.models.ocr.ocr import LEAST_CONFIDENCE

# Of the characters of two words, and of two lines that moved.
_ALIKE_WORDS, _ALIKE = 0.6, 0.85
# A line that goes on where another ended was typed, if looked at so soon (in samples).
_TYPED = 4
_SAME_PLACE = 0.3
# Text that moves is followed over so much of the picture's height from look to look.
_FURTHEST = 0.25
# In samples: a line that is not found for so long only flickered.
_FLICKER = 2
# In levels of 255, mean and most over the thumbnail's pixels under a line.
_STEADY, _STEADY_MOST = 8.0, 20.0
# So much of a change, and so many times the usual one, is where a line came or went.
_CHANGE, _STANDS_OUT = 1.5, 2.0


@dataclass(eq=False)
class Track:
    """One line over time: its readings, each with the sample it was read at."""

    readings: list[tuple[int, ReadLine]] = field(default_factory=list)
    misses: int = 0
    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)

    @property
    def last(self) -> ReadLine:
        """The latest reading."""
        return self.readings[-1][1]

    @property
    def place(self) -> Place:
        """Where it stands at the middle one of its readings."""
        return self.readings[len(self.readings) // 2][1].place

    def best(self) -> tuple[str, float]:
        """The text with most votes, weighed by confidence, as its surest reading has it; and that one's confidence."""
        votes: dict[str, float] = defaultdict(float)
        for _, line in self.readings:
            votes[_folded(line.text)] += line.confidence
        winner = max(votes, key=lambda text: (votes[text], len(text)))
        lines = [line for _, line in self.readings if _folded(line.text) == winner]
        surest = max(lines, key=lambda line: line.confidence)
        return surest.text, surest.confidence


@dataclass(frozen=True, eq=False)
class SampleAxis:
    """The samples: their times, their thumbnails [T, h, w] (None where nobody took them), and where the media ends."""

    times: Sequence[Fraction]
    thumbnails: NDArray[np.uint8] | None
    duration: Fraction

    def begins(self, sample: int) -> Fraction:
        """Where the stretch begins that a sample stands for."""
        return (self.times[sample - 1] + self.times[sample]) / 2 if sample else Fraction(0)

    def ends(self, sample: int) -> Fraction:
        """Where it ends."""
        last = sample + 1 >= len(self.times)
        return self.duration if last else (self.times[sample] + self.times[sample + 1]) / 2

    def still(self, start: Fraction, end: Fraction) -> bool:
        """Whether hardly anything moves over most of [start, end): a slide, a card, a screen."""
        first, behind = bisect_left(self.times, start), bisect_left(self.times, end)
        if self.thumbnails is None or first >= behind:
            return False
        pairs = self.others[first : behind - 1]
        return 4 * sum(pairs) <= len(pairs)

    @cached_property
    def others(self) -> list[bool]:
        """Of each sample but the last, whether the one behind it shows another picture."""
        seen = [] if self.thumbnails is None else list(self.thumbnails)
        return [is_other(one, other) for one, other in pairwise(seen)]

    def changes(self, place: Place | None, samples: range) -> NDArray[np.float32]:
        """By how much the picture under a line (None: all of it) changes from each of `samples` to the one behind it,
        in levels of 255; empty where nobody can tell."""
        if self.thumbnails is None or not len(samples):
            return np.zeros(0, np.float32)
        rows, columns = (slice(None), slice(None)) if place is None else self._under(place)
        seen = self.thumbnails[samples.start : samples.stop + 1, rows, columns].astype(np.float32)
        steps = np.abs(np.diff(seen, axis=0))
        # The most of it, too: a digit that is another is little of a line.
        return np.asarray(steps.mean(axis=(1, 2)) + steps.max(axis=(1, 2)) / 10, np.float32)

    def _under(self, place: Place) -> tuple[slice, slice]:
        """The thumbnail's rows and columns under a line, one at least."""
        assert self.thumbnails is not None
        height, width = self.thumbnails.shape[1:]
        top, left = min(height - 1, int(place.top * height)), min(width - 1, int(place.left * width))
        bottom, right = round((place.top + place.height) * height), round((place.left + place.width) * width)
        return slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))

    def steady(self, place: Place, one: int, other: int) -> bool:
        """Whether the picture under a line is the same at two samples, as far as thumbnails tell."""
        if self.thumbnails is None:
            return False
        rows, columns = self._under(place)
        under = self.thumbnails[[one, other], rows, columns].astype(np.float32)
        changes = np.abs(under[0] - under[1])
        return float(changes.mean()) < _STEADY and float(changes.max()) < _STEADY_MOST


def tracks_of(readings: Sequence[Reading], axis: SampleAxis) -> list[Track]:
    """The lines of all looks, joined; in order of start, then from the top down."""
    going: list[Track] = []
    over: list[Track] = []
    looked = [reading.look.place for reading in readings]
    for reading in readings:
        sample = reading.look.place
        lines = [line for line in reading.lines if line.text and line.confidence >= LEAST_CONFIDENCE]
        matched = _matched(going, lines, sample)
        for track in going:
            track.misses = 0 if track in matched else track.misses + 1
        gone = {track for track in going if _is_over(track, sample, axis)}
        over += [track for track in going if track in gone]
        going = [track for track in going if track not in gone]
        for track, line in matched.items():
            track.readings.append((sample, line))
        taken = set(map(id, matched.values()))
        going += [Track([(sample, line)]) for line in lines if id(line) not in taken]
    for track in (found := over + going):
        _time(track, looked, axis)
    return sorted(found, key=lambda track: (track.start, track.place.top, track.place.left))


def _matched(tracks: Sequence[Track], lines: Sequence[ReadLine], sample: int) -> dict[Track, ReadLine]:
    """The lines that go on tracks; each line and track once, the likest first."""
    pairs = [
        (score, -first, -second)
        for first, track in enumerate(tracks)
        for second, line in enumerate(lines)
        if (score := _likeness(track, line, sample)) > 0
    ]
    found: dict[Track, ReadLine] = {}
    used: set[int] = set()
    for _, first, second in sorted(pairs, reverse=True):
        if tracks[-first] not in found and second not in used:
            found[tracks[-first]] = lines[-second]
            used.add(second)
    return found


def _likeness(track: Track, line: ReadLine, sample: int) -> float:
    shared = overlap(track.last.place, line.place)
    if not shared and abs(track.last.place.top - line.place.top) > _FURTHEST:
        return 0.0
    text = track.last.text
    if shared >= _SAME_PLACE:
        if is_clock(text) and is_clock(line.text):
            return shared
        soon = sample - track.readings[-1][0] <= _TYPED
        return shared + 1 if same_line(text, line.text) or (soon and _goes_on(text, line.text)) else 0.0
    # It moves: followed where its words are long enough to be known again.
    long = len(line.text) > 3
    return shared + 0.5 if long and same_line(text, line.text) else 0.0


def _is_over(track: Track, sample: int, axis: SampleAxis) -> bool:
    """Whether a line that was not found now and then is gone: not where the picture under it stayed as it was."""
    last = track.readings[-1][0]
    if not track.misses or sample - last <= _FLICKER:
        return False
    return track.misses > 1 or not axis.steady(track.last.place, last, sample)


def _time(track: Track, looked: Sequence[int], axis: SampleAxis) -> None:
    """Its start and end: at the looks, moved to where the picture under it changed between them."""
    first, last = track.readings[0], track.readings[-1]
    at = bisect_left(looked, first[0])
    before = looked[at - 1] if at else -1
    track.start = axis.begins(_changed(axis, first[1].place, before, first[0]))
    at = bisect_left(looked, last[0]) + 1
    after = looked[at] if at < len(looked) else len(axis.times)
    track.end = axis.ends(_changed(axis, last[1].place, last[0], after) - 1)


def _changed(axis: SampleAxis, place: Place, one: int, other: int) -> int:
    """The sample in (one, other] with which the picture under a line changed; where that cannot be told, with which
    the whole picture did, if only by a word; else that in the middle.  Beyond the ends of the media nothing changes."""
    if other - one == 1:
        return other
    inside = range(max(0, one), min(other, len(axis.times) - 1))  # each beside the next
    for where in (place, None):
        changes = axis.changes(where, inside)
        if not len(changes):
            break
        most = int(np.argmax(changes))
        rest = np.delete(changes, most)
        if changes[most] > max(_CHANGE, _STANDS_OUT * float(np.median(rest)) if len(rest) else 0):
            return inside[most] + 1
    # A digit that is another may change little; it is still all that changed where only one thing did.
    steps = [sample for sample in inside if axis.thumbnails is not None and axis.others[sample]]
    if len(steps) == 1:
        return steps[0] + 1
    if one < 0:
        return 0
    return other if other == len(axis.times) else one + (other - one + 1) // 2


def same_line(one: str, other: str) -> bool:
    """Whether two readings are of one line: word by word the same, or one misread.

    A number, or a single letter, that is another is no misreading: "Chapter 1" is not "Chapter 2".
    """
    if _folded(one) == _folded(other):
        return True
    if _numbers(one) != _numbers(other):
        return False
    first, second = one.split(), other.split()
    if len(first) == len(second):
        pairs = [(_folded(a), _folded(b)) for a, b in zip(first, second, strict=True)]
        different = [(a, b) for a, b in pairs if a != b]
        return 2 * len(different) <= max(2, len(pairs)) and all(_misread(a, b) for a, b in different)
    return _ratio(_folded(one), _folded(other)) >= _ALIKE


def _misread(one: str, other: str) -> bool:
    return min(len(one), len(other)) > 2 and _ratio(one, other) >= _ALIKE_WORDS


def _goes_on(one: str, other: str) -> bool:
    first, second = _folded(one), _folded(other)
    return bool(first and second) and (first.startswith(second) or second.startswith(first))


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _folded(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
