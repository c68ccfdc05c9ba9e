"""What was read at one look, and how the next one makes use of it: only what is new or has changed is read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cuemark.core.analysis_options import SWITCHED_ON
from cuemark.core.screen_text import Place
from cuemark.evidence.screen_text.looks import SHORT, Look
from cuemark.evidence.screen_text.timecode import looks_like_timecode
from cuemark.models.ocr.ocr import Line, Picture, Reader, cut_out, line_cost

# What is read of lines (`line_cost`), as looks are: earned by the sample, saved up to a small page of text, of which so
# much is kept for headings, the tallest line of each look.
_EARNED, _SAVED_AT_MOST, _FOR_HEADINGS, _HEADINGS = 0.045, 24.0, 12.0, 1
# What makes it worth it to look again for lines that were left.
_FOR_MORE = 4.0
_MOST_LINES = 200
"""At one look, even where everything is read: a page in the smallest print has fewer."""
# A line's picture for comparison is so high; a square window of a third of that is about a stroke of a character.
_HEIGHT, _WINDOW, _WIDEST = 12, 4, 240
# Mean difference in levels of 255 within such a window: a digit that is another gives 40 and more, coding 5.
_CHANGED = 24.0
_SAME_PLACE = 0.5
# A picture is compared in squares of so many pixels; so many levels are a letter, coding is less.
_SQUARE, _OTHER = 8, 4
# A counter in the picture is another at each look; so often it is read to follow it.
_COUNTER_LOOKS = 3

Small = NDArray[np.uint8]


@dataclass(frozen=True)
class ReadLine:
    """A line at one look.  `fresh`: it was read then, not taken over from the look before."""

    line: Line
    text: str
    confidence: float
    fresh: bool = True

    @property
    def place(self) -> Place:
        """The upright box around it."""
        return self.line.place


@dataclass(frozen=True)
class Reading:
    """What one look found; `saved` is what was left to be spent on lines then."""

    look: Look
    lines: tuple[ReadLine, ...]
    saved: float


@dataclass(frozen=True, eq=False)
class Memory:
    """The last look's lines as small pictures, for the comparison at the next; `readings` counts the looks so far.

    `seen` is the picture in which lines were looked for last, in squares, `side` how closely, and `unread` how many
    lines were left for want of more.
    """

    readings: int = 0
    smalls: tuple[Small, ...] = ()
    seen: Small | None = None
    side: int = 0
    unread: int = 0


class Readings:
    """Reads looks in order.  What it made of earlier ones, and the `memory` of the last, can be given back."""

    def __init__(
        self,
        open_reader: Callable[[], Reader],
        policy: str | None,
        samples: int,
        check: Callable[[], None],
        readings: Sequence[Reading] = (),
        memory: Memory | None = None,
    ) -> None:
        self._open, self._check = open_reader, check
        self._everything = policy == SWITCHED_ON
        self._earned = _EARNED * max(1.0, SHORT / max(1, samples))
        self.all = list(readings)
        self.memory = memory or Memory()

    def read(self, look: Look, rgb: Picture) -> None:
        """Look at a picture, RGB uint8 [H, W, 3]; ModelError where the reader fails."""
        seen = np.asarray(Image.fromarray(rgb).convert("L").reduce(_SQUARE))
        if self.all and self._same(look, seen):
            return self._again(look)
        reader = self._open()
        found = reader.detect(rgb, look.side)
        # The tallest first: a heading is worth more than the words below it.
        found = sorted(found, key=lambda line: -line.place.height)[:_MOST_LINES]
        known, counters = self._unchanged(rgb), self._counters()
        lines = [_taken_over(line, known) or _taken_over(line, counters) for line in found]
        unread = [number for number, line in enumerate(lines) if line is None]
        wanted, saved = self._affordable(found, unread, self._saved(look), rgb)
        read = dict(zip(wanted, reader.recognise(rgb, [found[number] for number in wanted], self._check), strict=True))
        told = [
            ReadLine(found[number], read[number][0].strip(), read[number][1]) if number in read else line
            for number, line in enumerate(lines)
        ]
        # A smaller look may miss what a closer one found; where its picture is the same, it is still there.
        missed = [line for line in known if not any(overlap(line.place, other.place) > 0 for other in found)]
        kept = (*(line for line in told if line is not None), *(replace(line, fresh=False) for line in missed))
        self.all.append(Reading(look, kept, saved))
        # Last, and at once: another thread keeps what is there.
        smalls = tuple(map(_small, cut_out(rgb, [line.line for line in kept])))
        self.memory = Memory(len(self.all), smalls, seen, look.side, len(unread) - len(wanted))

    def _affordable(
        self, found: Sequence[Line], unread: Sequence[int], saved: float, rgb: Picture
    ) -> tuple[list[int], float]:
        """Which of the unread lines are read, by number, and what is left to be spent then."""
        wanted = []
        for number in unread:
            cost = 0.0 if self._everything else line_cost(found[number], rgb.shape[1], rgb.shape[0])
            if saved - cost < (0 if number < _HEADINGS else _FOR_HEADINGS):
                break
            wanted.append(number)
            saved -= cost
        return wanted, saved

    def _same(self, look: Look, seen: Small) -> bool:
        """Whether a look would find what the last one found."""
        before = self.memory.seen
        if before is None or before.shape != seen.shape or look.side > self.memory.side:
            return False
        if self.memory.unread and self._saved(look) >= _FOR_HEADINGS + _FOR_MORE:
            return False
        most = 1 if self._everything else _OTHER
        return int(np.abs(before.astype(np.int16) - seen).max()) < most

    def _again(self, look: Look) -> None:
        """A look at the same picture."""
        lines = tuple(replace(line, fresh=False) for line in self.all[-1].lines)
        self.all.append(Reading(look, lines, self._saved(look)))
        self.memory = replace(self.memory, readings=len(self.all))

    def _saved(self, look: Look) -> float:
        last = self.all[-1] if self.all else None
        passed = look.place - (last.look.place if last else 0)
        return min(_SAVED_AT_MOST, (last.saved if last else _SAVED_AT_MOST) + self._earned * passed)

    def _unchanged(self, rgb: Picture) -> list[ReadLine]:
        """The last look's lines whose pictures are still the same at the same place."""
        before = self.all[-1].lines if self.all else ()
        if len(before) != len(self.memory.smalls):
            return []
        crops = cut_out(rgb, [line.line for line in before])
        pairs = zip(before, self.memory.smalls, map(_small, crops), strict=True)
        return [line for line, old, new in pairs if _alike(old, new)]

    def _counters(self) -> list[ReadLine]:
        """The last look's lines in which something counts, unless it is their turn to be read again."""
        if self._everything or len(self.all) % _COUNTER_LOOKS == 0:
            return []
        return [line for line in (self.all[-1].lines if self.all else ()) if looks_like_timecode(line.text)]


def overlap(one: Place, other: Place) -> float:
    """Intersection over union of two boxes."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (one.width * one.height + other.width * other.height - both)


def _taken_over(line: Line, known: Sequence[ReadLine]) -> ReadLine | None:
    """The reading of the same line at the look before."""
    place = line.place
    best = max(known, key=lambda one: overlap(place, one.place), default=None)
    if best is None or overlap(place, best.place) < _SAME_PLACE:
        return None
    # Where it stood before: else a box that shakes would walk away from its picture.
    return ReadLine(best.line, best.text, best.confidence, fresh=False)


def _small(crop: Picture) -> Small:
    width = min(_WIDEST, max(_WINDOW, round(crop.shape[1] / crop.shape[0] * _HEIGHT)))
    return np.asarray(Image.fromarray(crop).convert("L").resize((width, _HEIGHT), Image.Resampling.BOX))


def _alike(old: Small, new: Small) -> bool:
    if old.shape != new.shape:
        return False
    changes = np.abs(old.astype(np.float32) - new)
    means = np.lib.stride_tricks.sliding_window_view(changes, (_WINDOW, _WINDOW)).mean(axis=(2, 3))
    return float(means.max()) < _CHANGED
