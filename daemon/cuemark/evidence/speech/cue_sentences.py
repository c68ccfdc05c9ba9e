"""From cues to utterances: captions that roll are unrolled, and cues joined where a sentence runs over them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from cuemark.core.text import is_unspaced, joined_text
from cuemark.core.transcript import Utterance, Word
from cuemark.evidence.speech.cues import Cue

_CLOSING = "\"'”’»›)]}」』）】〉》"
_ENDS = re.compile(rf"[.!?…。！？．｡؟۔।॥։።។၊။][{re.escape(_CLOSING)}]*$")
_INNER_END = re.compile(
    rf"(?:[.!?…][{re.escape(_CLOSING)}]*(?=\s+[^\s\da-zß-ÿ])|[。！？｡؟۔।॥][{re.escape(_CLOSING)}]*)\s*"
)
"""Where one sentence ends in the middle of a text and another begins."""

_ROLLS = 0.3
"""From this share of cues on that repeat lines of the one before, captions roll; else somebody says a thing twice."""
_TOUCH_S = Fraction(1, 4)
_GOES_ON_S = Fraction(1)
"""A pause behind which no sentence goes on."""
_BREATH_S = Fraction(1, 2)
"""The same, in text without punctuation."""
_LONGEST_S, _LONGEST = 30, 400
"""Seconds and characters of an utterance that is joined; only where no punctuation ends it does it get so long."""


def unrolled(cues: Sequence[Cue]) -> tuple[list[Cue], int]:
    """Each line once, where captions roll: lines move up and stay while the next is said.  And how many had repeats.

    Lines of a cue that the one before showed last are left out, and so is the beginning of a line that goes on.
    """
    fresh = [_new_lines(before, cue) for before, cue in zip([None, *cues], cues, strict=False)]
    repeating = [new is not None for new in fresh]
    rolling = sum(1 for new in fresh if new)  # a line said again and again is no rolling caption: nothing moves up
    if sum(repeating) < max(2, _ROLLS * len(cues)) or rolling < max(2, _ROLLS / 2 * len(cues)):
        return list(cues), 0
    found = []
    for cue, new in zip(cues, fresh, strict=True):
        lines = cue.lines if new is None else new
        if lines:
            words = cue.words if new is None else _words_of(lines, cue.words)
            found.append(replace(cue, lines=lines, words=words))
    return found, sum(repeating)


def _new_lines(before: Cue | None, cue: Cue) -> tuple[str, ...] | None:
    """What a cue shows that the one before it did not; None where it repeats nothing."""
    if before is None or not cue.lines or cue.start > before.end + _TOUCH_S or cue.speaker != before.speaker:
        return None
    for count in range(min(len(before.lines), len(cue.lines)), 0, -1):
        if before.lines[-count:] == cue.lines[:count]:
            return cue.lines[count:]
    last = before.lines[-1] if before.lines else ""
    if last and cue.lines[0].startswith(last + " "):
        return (cue.lines[0][len(last) :].strip(), *cue.lines[1:])
    return None


def _words_of(lines: Sequence[str], words: Sequence[Word]) -> tuple[Word, ...]:
    """The last of the words, as many as the lines have."""
    left = joined_text(*lines).replace(" ", "")
    kept: list[Word] = []
    for word in reversed(words):
        text = word.text.replace(" ", "")
        if not left or not left.endswith(text):
            break
        left = left[: -len(text)]
        kept.append(word)
    return tuple(reversed(kept)) if not left else ()


def sentences(cues: Sequence[Cue]) -> list[Utterance]:
    """Utterances from cues in order of start: those that a sentence runs over are joined, and cut at its ends.

    A cue that ends with a sentence stays as it is, whatever is in it.
    """
    joins = _Joins(cues)
    found: list[Utterance] = []
    run: list[Cue] = []
    for cue in cues:
        if run and not joins.goes_on(run, cue):
            found += _cut(run)
            run = []
        run.append(cue)
    return found + (_cut(run) if run else [])


class _Joins:
    """Whether a sentence goes on from cue to cue, as this file's cues are made."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        texts = [cue.text for cue in cues if cue.lines]
        unfinished = [text for text in texts if not _ENDS.search(text)]
        lengths = [len(text) / 4 if is_unspaced(text) else len(text.split()) for text in unfinished]
        self._punctuated = len(unfinished) <= 0.95 * len(texts)
        self._single_words = len(lengths) > 2 and statistics.median(lengths) <= 2

    def goes_on(self, run: Sequence[Cue], cue: Cue) -> bool:
        """Whether `cue` goes on with the sentence of the cues before it."""
        last, text = run[-1], cue.text
        gap = cue.start - last.end
        if cue.speaker != last.speaker or not text or not last.lines or gap > _GOES_ON_S:
            return False
        if cue.end - run[0].start > _LONGEST_S or sum(len(one.text) for one in run) + len(text) > _LONGEST:
            return False
        if _ENDS.search(last.text):
            return last.text.endswith(("...", "…")) and text[:1].islower()
        if not self._punctuated or self._single_words:
            return gap <= _BREATH_S
        return not text[:1].isupper() or last.text.endswith((",", "、", "،"))


def _cut(run: Sequence[Cue]) -> list[Utterance]:
    """The utterances of cues that run on: one for each sentence; a border inside a cue lies where its share of text
    does, or its words."""
    if len(run) == 1:
        return [run[0].utterance]
    text, starts = "", []
    for cue in run:
        whole = joined_text(text, cue.text)
        starts.append(len(whole) - len(cue.text))
        text = whole
    ends = [*(match.end() for match in _INNER_END.finditer(text) if match.end() < len(text)), len(text)]
    words = [word for cue in run for word in cue.words] if all(cue.words for cue in run) else []
    probability = sum(cue.probability * len(cue.text) for cue in run) / max(1, sum(len(cue.text) for cue in run))
    found, begun = [], 0
    for end in ends:
        said = text[begun:end].strip()
        since, until = _time_at(run, starts, begun), _time_at(run, starts, end, is_end=True)
        mine = _taken(words, said)
        if mine:
            since, until = mine[0].start, max(mine[-1].end, mine[0].start)
        found.append(Utterance(since, max(since, until), said, run[0].speaker, mine, probability))
        begun = end
    return found


def _time_at(run: Sequence[Cue], starts: Sequence[int], place: int, *, is_end: bool = False) -> Fraction:
    """When the character at `place` of the joined text is said (of an end: when the one before it was)."""
    index = max(i for i, start in enumerate(starts) if start < place or i == 0 or (start == place and not is_end))
    cue = run[index]
    share = Fraction(max(0, min(place - starts[index], len(cue.text))), max(1, len(cue.text)))
    return cue.start + (cue.end - cue.start) * share


def _taken(words: list[Word], text: str) -> tuple[Word, ...]:
    """Takes the words of a sentence from the front; none where they are not those of the text."""
    left, count = text.replace(" ", ""), 0
    for word in words:
        piece = word.text.replace(" ", "")
        if not left.startswith(piece):
            break
        left, count = left[len(piece) :], count + 1
        if not left:
            break
    if left:
        words.clear()
        return ()
    mine = tuple(words[:count])
    del words[:count]
    return mine
