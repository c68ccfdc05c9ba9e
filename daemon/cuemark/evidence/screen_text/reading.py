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
from cuemark.models.ocr.ocr import Line, Picture, Reader, cut_out

# Lines that are read, as looks are: earned by the sample, saved up to a page of text.
_EARNED, _SAVED_AT_MOST = 0.08, 40.0
_MOST_LINES = 200
"""At one look, even where everything is read: a page in the smallest print has fewer."""
# A line's picture for comparison is so high; a window of two thirds of that is about a character wide.
_HEIGHT, _WINDOW, _WIDEST = 12, 8, 240
# Mean difference in levels of 255 within such a window: a digit that is another gives 40 and more, coding 5.
_CHANGED = 16.0
_SAME_PLACE = 0.5
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
    """The last look's lines as small pictures, for the comparison at the next; `readings` counts the looks so far."""

    readings: int = 0
    smalls: tuple[Small, ...] = ()


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
        self._last: Picture | None = None

    def read(self, look: Look, rgb: Picture) -> None:
        """Look at a picture, RGB uint8 [H, W, 3]; ModelError where the reader fails."""
        if self._last is not None and self.all and np.array_equal(self._last, rgb):
            return self._again(look)
        self._last = rgb
        reader = self._open()
        found = reader.detect(rgb, look.side)
        # The tallest first: a heading is worth more than the words below it.
        found = sorted(found, key=lambda line: -line.place.height)[:_MOST_LINES]
        known, counters = self._unchanged(rgb), self._counters()
        lines = [_taken_over(line, known) or _taken_over(line, counters) for line in found]
        wanted = [number for number, line in enumerate(lines) if line is None]
        saved = self._saved(look)
        if not self._everything:
            wanted = wanted[: int(saved)]
            saved -= len(wanted)
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
        self.memory = Memory(len(self.all), tuple(map(_small, cut_out(rgb, [line.line for line in kept]))))

    def _again(self, look: Look) -> None:
        """A look at the very same picture."""
        lines = tuple(replace(line, fresh=False) for line in self.all[-1].lines)
        self.all.append(Reading(look, lines, self._saved(look)))
        self.memory = Memory(len(self.all), self.memory.smalls)

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
    columns = np.abs(old.astype(np.float32) - new).mean(axis=0)
    means = np.convolve(columns, np.full(_WINDOW, 1 / _WINDOW), "valid")
    return float(means.max()) < _CHANGED
