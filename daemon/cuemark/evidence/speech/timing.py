"""From a file's cues to the utterances of a media: put in order, held inside the media, and what was mended said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from cuemark.core.errors import InputError, Notice
from cuemark.core.timebase import clock
from cuemark.core.transcript import Utterance, Word
from cuemark.evidence.speech.cue_sentences import sentences, unrolled
from cuemark.evidence.speech.cues import Cue, CueFile, spoken

_A_CHARACTER_S = Fraction(1, 15)
"""How long it takes to say one, where nothing tells how long a cue lasts."""
_SHORTEST_S, _LONGEST_S = Fraction(1, 2), Fraction(10)


@dataclass(frozen=True)
class Span:
    """What of a file's clock a media covers: from `start` on, `duration` long where that is known."""

    start: Fraction = Fraction(0)
    duration: Fraction | None = None


def utterances_of(file: CueFile, name: str, span: Span) -> tuple[tuple[Utterance, ...], tuple[Notice, ...]]:
    """The utterances, in order and inside the media, and a notice for each kind of thing that was mended or left out.

    `name` is the file's, as messages name it.  InputError `transcript_no_cues`, `transcript_no_text`,
    `transcript_beyond_end` where nothing is left.
    """
    count: Counter[str] = Counter(unreadable=file.unreadable)
    if not file.cues:
        raise _no_cues(file, name)
    cues = _with_text(file, count)
    if not cues:
        message = f"None of the {len(file.cues)} cues of {name} has words."
        raise InputError("transcript_no_text", message, "Name the transcript of what is said.")
    cues = _in_order(cues, count)
    cues = _with_length(cues, count)
    cues, count["rolling"] = (cues, 0) if file.whole else unrolled(cues)
    placed = _inside(cues, span, count)
    if not placed:
        raise _none_inside(cues, name, span)
    apart = _apart(placed, count, keep=file.whole)
    found = [cue.utterance for cue in apart] if file.whole else sentences(apart)
    return tuple(found), tuple(_notices(count, file, name, span))


def _no_cues(file: CueFile, name: str) -> InputError:
    if file.unreadable:
        message = f"None of the {file.unreadable} cues of {name} has times that can be read."
        return InputError(
            "transcript_no_cues", message, "Save it again with times as in 00:01:02,345 --> 00:01:04,000."
        )
    message = f"{name} is {file.form} without a single cue."
    return InputError("transcript_no_cues", message, "Save it again, or name another.")


def _with_text(file: CueFile, count: Counter[str]) -> list[Cue]:
    """The cues with words in them; those of whole utterances are all taken to be said."""
    found = []
    for cue in file.cues:
        if not cue.lines:
            count["blank"] += 1
            continue
        said = cue if file.whole else spoken(cue)
        if said is None:
            count["sounds"] += 1
        else:
            found.append(said)
    return found


def _in_order(cues: list[Cue], count: Counter[str]) -> list[Cue]:
    """Sorted by start; those of one voice that begin together are one, with the lines of both."""
    count["disorder"] = sum(1 for before, cue in pairwise(cues) if cue.start < before.start)
    found: list[Cue] = []
    for cue in sorted(cues, key=lambda cue: cue.start):
        last = found[-1] if found else None
        if last is None or last.start != cue.start or last.speaker != cue.speaker:
            found.append(cue)
        elif last.lines == cue.lines:
            found[-1] = replace(last, end=max(last.end, cue.end))
            count["twice"] += 1
        else:
            found[-1] = replace(last, end=max(last.end, cue.end), lines=last.lines + cue.lines, words=())
    return found


def _with_length(cues: list[Cue], count: Counter[str]) -> list[Cue]:
    """A cue that ends where or before it begins lasts as long as it takes to say it, or until the next begins."""
    found = []
    for index, cue in enumerate(cues):
        if cue.end <= cue.start:
            count["no_length"] += 1
            takes = min(max(_SHORTEST_S, len(cue.text) * _A_CHARACTER_S), _LONGEST_S)
            following = cues[index + 1].start if index + 1 < len(cues) else cue.start + takes
            cue = replace(cue, end=min(cue.start + takes, following) if following > cue.start else cue.start + takes)
        found.append(cue)
    return found


def _inside(cues: list[Cue], span: Span, count: Counter[str]) -> list[Cue]:
    """Moved to the media's clock, cut at its ends; those outside of it are left out."""
    found = []
    for cue in cues:
        moved = _moved(cue, -span.start)
        if moved.end <= 0:
            count["before_start"] += 1
        elif span.duration is not None and moved.start >= span.duration:
            count["beyond_end"] += 1
        else:
            found.append(_held(moved, Fraction(0), span.duration))
    return found


def _moved(cue: Cue, by: Fraction) -> Cue:
    if not by:
        return cue
    words = tuple(Word(word.start + by, word.end + by, word.text, word.probability) for word in cue.words)
    return replace(cue, start=cue.start + by, end=cue.end + by, words=words)


def _held(cue: Cue, low: Fraction, high: Fraction | None) -> Cue:
    """The cue inside [low, high], its words with it."""
    start, end = max(cue.start, low), cue.end if high is None else min(cue.end, high)
    if (start, end) == (cue.start, cue.end):
        return cue
    words = tuple(
        Word(min(max(word.start, start), end), min(max(word.end, start), end), word.text, word.probability)
        for word in cue.words
    )
    return replace(cue, start=start, end=end, words=words)


def _apart(cues: list[Cue], count: Counter[str], *, keep: bool) -> list[Cue]:
    """A cue ends where the next begins; only known speakers can speak at once."""
    found = []
    for cue, following in zip(cues, [*cues[1:], None], strict=True):
        if following is not None and not keep and _talks_over(cue, following):
            count["overlaps"] += 1
            cue = _held(cue, cue.start, following.start)
        found.append(cue)
    return found


def _talks_over(cue: Cue, following: Cue) -> bool:
    at_once = cue.speaker and following.speaker and cue.speaker != following.speaker
    return cue.start < following.start < cue.end and not at_once


def _none_inside(cues: Sequence[Cue], name: str, span: Span) -> InputError:
    long = "" if span.duration is None else f", which is {clock(span.duration)} long"
    message = (
        f"All {len(cues)} cues of {name} lie outside of the media{long}: the first begins at {_at(cues[0].start)}."
    )
    return InputError("transcript_beyond_end", message, "Name the transcript of this file.")


def _at(seconds: Fraction) -> str:
    return clock(seconds) if seconds >= 0 else f"-{clock(-seconds)}"


_TOLD = {
    "unreadable": "was left out: its times cannot be read|were left out: their times cannot be read",
    "beyond_end": "was left out: it begins behind the end|were left out: they begin behind the end",
    "before_start": "was left out: it ends before the first frame|were left out: they end before the first frame",
    "sounds": "was left out: a sound and no words, as [Music] is|were left out: sounds and no words, as [Music] is",
    "blank": "was left out: it has no text|were left out: they have no text",
    "disorder": "did not stand in order of time, and was put there|did not stand in order of time, and were put there",
    "overlaps": "was cut where the next begins|were cut where the next begin",
    "no_length": "has no length, and got the time it takes to say|have no length, and got the time it takes to say",
    "twice": "stands there twice, and counts once|stand there twice, and count once",
    "rolling": "repeats lines of the one before, which count once|repeat lines of the one before, which count once",
}
"""What was done with one cue, and with several."""


def _notices(count: Counter[str], file: CueFile, name: str, span: Span) -> Iterator[Notice]:
    """One for each kind, with its number."""
    more = {"unreadable": f" (the first: {file.where})" if file.where else ""}
    if span.duration is not None:
        more["beyond_end"] = f" of the media ({clock(span.duration)}). Is it the transcript of another file?"
    for code, told in _TOLD.items():
        number = count[code]
        if number:
            one, several = told.split("|")
            words = f"1 cue of {name} {one}" if number == 1 else f"{number} cues of {name} {several}"
            end = more.get(code, "")
            yield Notice(f"transcript_{code}", f"{words}{end}" if end.endswith("?") else f"{words}{end}.")
