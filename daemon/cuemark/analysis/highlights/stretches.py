"""The best stretch of a moment: whole frames inside one shot, sharp and steady, no sentence cut in two.

Where a stretch may begin and end is a set of frames: any frame at which nobody speaks, and the ends of sentences.  Of
all pairs the one with the best mean picture wins; a little is added for length, so that a stretch is as long as it may
be unless what is added is worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from cuemark.analysis.highlights.looks import Look
from cuemark.core.transcript import Transcript, Utterance

LEAST_SECONDS = Fraction(1)
"""A shorter stretch is not understood."""
_LEAST_SHARE = Fraction(1, 3)
_SHORT = Fraction(3, 2)
"""Seconds to which a shorter moment is widened, inside its shot."""
_FOR_LENGTH = 0.35
"""What the whole length is worth, beside pictures of 0 to 1."""
_FOR_MIDDLE = 0.05
_FOR_SPEECH = 0.1
"""A stretch that holds whole sentences says something."""
_PAUSE = Fraction(3, 25)
"""Seconds kept before and behind a sentence where there is room: speech that begins at the cut sounds cut."""
_GRID = Fraction(1, 5)
"""Seconds between the frames at which a stretch may begin while nobody speaks."""
_WORD_GAP = Fraction(1, 12)


@dataclass(frozen=True)
class Room:
    """Where a stretch may lie: frames [first, after) of a media, its rate, and how long it may be, in frames.

    `heart` [first, after) is the moment itself; what is around it is there for sentences alone.  `wanted` is the length
    that is asked for, which a short moment does not have.  `keys` are the frames at which alone it may begin and end,
    None for any.
    """

    first: int
    after: int
    heart: tuple[int, int]
    rate: Fraction
    least: int
    most: int
    wanted: int
    keys: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Stretch:
    """Frames [first, after), what they are worth (about 0 to 1), and what moved their ends."""

    first: int
    after: int
    worth: float
    sharpness: float | None
    stability: float | None
    why: tuple[str, ...] = ()


def room_of(
    moment: tuple[int, int], media: tuple[int, int], rate: Fraction, seconds: Fraction | None, around: Fraction
) -> Room:
    """The room of a moment's frames; `seconds` is the most of a stretch, None for all of the moment."""
    first, after = moment = _widened(moment, media, rate, seconds)
    most = after - first if seconds is None else max(1, floor(seconds * rate))
    short = max(floor(min(LEAST_SECONDS, seconds or LEAST_SECONDS) * rate), floor(most * _LEAST_SHARE))
    least = min(most, after - first, max(1, short))
    more = ceil(around * rate)
    return Room(max(media[0], first - more), min(media[1], after + more), moment, rate, least, most, most)


def _widened(
    moment: tuple[int, int], media: tuple[int, int], rate: Fraction, seconds: Fraction | None
) -> tuple[int, int]:
    """A moment too short to be understood, and what is around it: hits of a search may be a single frame."""
    wanted = ceil(min(_SHORT, seconds or _SHORT) * rate)
    more = wanted - (moment[1] - moment[0])
    if more <= 0:
        return moment
    first = max(media[0], min(moment[0] - more // 2, media[1] - wanted))
    return min(first, moment[0]), max(moment[1], min(media[1], first + wanted))


def best_stretch(
    room: Room,
    look: Look | None,
    transcript: Transcript | None,
    cuts: Sequence[int],
    taken: Sequence[tuple[int, int]] = (),
) -> Stretch | None:
    """The best stretch of a room; None where none of the least length is left.

    `cuts` are frames at which shots begin, `taken` what other picks have.
    """
    spoken = [] if transcript is None else _spoken(transcript, room)
    found: Stretch | None = None
    for free in _free(room, cuts, taken):
        stretch = _best_in(free, look, spoken)
        if stretch is not None and (found is None or stretch.worth > found.worth):
            found = stretch
    if found is None:
        return None
    within = room.first < found.first and found.first in cuts, found.after in cuts and found.after < room.after
    return replace(found, why=(*found.why, "kept inside one shot")) if any(within) else found


def _free(room: Room, cuts: Sequence[int], taken: Sequence[tuple[int, int]]) -> Iterator[Room]:
    """The parts of a room between cuts and what is taken, longest first."""
    edges = sorted({room.first, room.after, *(cut for cut in cuts if room.first < cut < room.after)})
    edges = sorted({*edges, *(edge for span in taken for edge in span if room.first < edge < room.after)})
    parts = [(a, b) for a, b in pairwise(edges) if not any(a < end and b > start for start, end in taken)]
    for a, b in sorted(parts, key=lambda part: part[0] - part[1]):
        heart = max(a, room.heart[0]), min(b, room.heart[1])
        if heart[1] - heart[0] >= min(room.least, room.heart[1] - room.heart[0]):
            yield replace(room, first=a, after=b, heart=heart)


def _spoken(transcript: Transcript, room: Room) -> list[Utterance]:
    first, after = room.first / room.rate, room.after / room.rate
    return [each for each in transcript.utterances if each.end > first and each.start < after and each.text.strip()]


def _best_in(room: Room, look: Look | None, spoken: Sequence[Utterance]) -> Stretch | None:
    """The best of one part: with whole sentences, else between words, else anywhere, saying which."""
    if room.keys is not None:
        found = _best_between(room, look, _Borders.at(room.keys, room))
        if found is not None:
            return replace(found, why=(*found.why, "from keyframe to keyframe"))
    sentences = [(each.start, each.end) for each in spoken]
    found = _best_between(room, look, _Borders.of(room, sentences))
    if not sentences:
        return found
    if found is not None:
        return replace(found, why=(*found.why, *_speech_words(found, room, sentences)))
    words = [(word.start, word.end) for each in spoken for word in each.words]
    found = _best_between(room, look, _Borders.of(room, words)) if words else None
    if found is not None:
        return replace(found, worth=found.worth - 0.1, why=(*found.why, "a longer sentence, cut between words"))
    found = _best_between(room, look, _Borders.of(room, []))
    if found is None:
        return None
    return replace(found, worth=found.worth - 0.2, why=(*found.why, "a longer sentence, cut in the middle"))


def _speech_words(found: Stretch, room: Room, sentences: Sequence[tuple[Fraction, Fraction]]) -> list[str]:
    start, end = found.first / room.rate, found.after / room.rate
    inside = sum(a >= start and b <= end for a, b in sentences)
    if inside:
        return [f"{inside} whole sentence{'' if inside == 1 else 's'}"]
    return ["between sentences"]


@dataclass(frozen=True, eq=False)
class _Borders:
    """Where a stretch may begin and end, rising; `spoken` are spans of frames that are not to be cut in two."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    spoken: tuple[tuple[int, int], ...]

    @classmethod
    def at(cls, keys: Sequence[int], room: Room) -> _Borders:
        """Keyframes alone."""
        inside = np.array(sorted({key for key in keys if room.first <= key <= room.after}), np.int64)
        return cls(inside, inside, ())

    @classmethod
    def of(cls, room: Room, spoken: Sequence[tuple[Fraction, Fraction]]) -> _Borders:
        spans = _joined([(floor(a * room.rate), ceil(b * room.rate)) for a, b in spoken])
        step = max(1, round(_GRID * room.rate))
        heart = {*range(room.heart[0], room.heart[1], step), room.heart[0], room.heart[1]}
        quiet = {frame for frame in heart if not any(a < frame < b for a, b in spans)}
        pause = round(_PAUSE * room.rate)
        before, behind = _edges(spans, pause, room)
        free = [frame for frame in quiet | before if room.first <= frame < room.after]
        starts = sorted(frame for frame in free if not any(a < frame < b for a, b in spans))
        # A stretch from any start may be just as long as it may be at most, within the moment.
        whole = {frame + room.most for frame in starts if frame + room.most <= room.heart[1]}
        ends = [frame for frame in whole | quiet | behind if room.first < frame <= room.after]
        last = sorted(frame for frame in ends if not any(a < frame < b for a, b in spans))
        return cls(np.array(starts, np.int64), np.array(last, np.int64), tuple(spans))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Rising, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _edges(spans: Sequence[tuple[int, int]], pause: int, room: Room) -> tuple[set[int], set[int]]:
    """The frames before and behind what is spoken: a pause away, or in the middle of a shorter one."""
    before, behind = set(), set()
    last = room.first
    for index, (start, end) in enumerate(spans):
        following = spans[index + 1][0] if index + 1 < len(spans) else room.after
        before.add(max(start - pause, (start + last) // 2 if index else last, room.first))
        behind.add(min(end + pause, (end + following + 1) // 2 if index + 1 < len(spans) else following))
        last = end
    return before, behind


def _best_between(room: Room, look: Look | None, borders: _Borders) -> Stretch | None:
    starts, ends = np.meshgrid(borders.starts, borders.ends, indexing="ij")
    lengths = ends - starts
    centre = (starts + ends) / 2
    # At least half of it is the moment itself.
    shared = np.minimum(ends, room.heart[1]) - np.maximum(starts, room.heart[0])
    fits = (lengths >= room.least) & (lengths <= room.most) & (2 * shared >= lengths)
    if not bool(fits.any()):
        return None
    worth = _pictures(look, starts, ends, room) + _FOR_LENGTH * lengths / room.wanted
    middle, half = (room.heart[0] + room.heart[1]) / 2, max(1, (room.heart[1] - room.heart[0]) / 2)
    worth = worth - _FOR_MIDDLE * np.abs(centre - middle) / half
    for start, end in borders.spoken:
        worth = worth + _FOR_SPEECH * ((starts <= start) & (ends >= end)) * (end - start) / room.most
    row, column = np.unravel_index(int(np.where(fits, worth, -np.inf).argmax()), worth.shape)
    first, after = int(borders.starts[row]), int(borders.ends[column])
    value = min(1.0, max(0.0, float(worth[row, column]) - _FOR_LENGTH))
    if look is None:
        return Stretch(first, after, value, None, None)
    part = look.part(first, after)
    return Stretch(first, after, value, float(look.sharpness[part].mean()), float(look.stability[part].mean()))


def _pictures(look: Look | None, starts: NDArray[np.int64], ends: NDArray[np.int64], room: Room) -> NDArray[np.float64]:
    """Mean worth of the pictures of each stretch, 0 to 1; the same for all where nobody looked."""
    if look is None:
        return np.full(starts.shape, 0.5)
    each = np.where(look.empty, 0.0, 0.5 * look.sharpness + 0.5 * look.stability).astype(np.float64)
    total = np.concatenate([[0.0], np.cumsum(each)])
    a = np.clip((starts - look.first) // look.step, 0, len(each) - 1)
    b = np.clip(-((look.first - ends) // look.step), a + 1, len(each))
    means: NDArray[np.float64] = (total[b] - total[a]) / (b - a)
    return means
