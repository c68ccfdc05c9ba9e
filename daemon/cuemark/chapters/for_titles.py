"""Chapters whose titles are given: where in a media each happens, by what is said, written and seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from cuemark.captions.language import en
from cuemark.captions.language.language import rules_for
from cuemark.chapters.at_borders import Words, renumbered
from cuemark.chapters.content import TimeScores
from cuemark.chapters.title_evidence import Cell, TitleEvidence, evidence_for, seen_evidence
from cuemark.chapters.title_search import FoundTitle, place_titles
from cuemark.core.analysis import Chapter, Notice
from cuemark.core.screen_text import TextKind
from cuemark.core.text import first_few
from cuemark.evidence.bundle import EvidenceBundle

if TYPE_CHECKING:
    from cuemark.captions.scorer import TextTower
    from cuemark.models.embedding.sentences import SentenceEncoder

#: What is said and written counts alone where it fills so much of the media; else the pictures are asked.
_ENOUGH_SPOKEN = Fraction(1, 5)
#: Seconds: a stretch without a word is parted into cells of so many, and the first title begins with the media where
#: it was found at most so far behind its beginning.
_SILENT_CELL_S, _AT_THE_START_S = 10, 10
_MOST_CELLS = 4000
_NAMED = 20


ByEye = Callable[[Sequence[str]], "tuple[list[Cell], TitleEvidence]"]
"""Where the pictures show each of some titles."""


@dataclass(frozen=True)
class TitledChapters:
    """The chapters, and notices on titles that happen nowhere; no chapters where none of them happens."""

    chapters: tuple[Chapter, ...]
    notices: tuple[Notice, ...]


def chapters_for(
    titles: Sequence[str],
    words: Words,
    encoder: Callable[[], SentenceEncoder],
    by_eye: ByEye | None,
    name_opening: Callable[[Fraction], str],
    *,
    any_order: bool = False,
) -> TitledChapters:
    """A chapter for each title that happens; what lies before the first of them is called what `name_opening` says.

    `titles` are not empty, and may be the same twice.  The encoder is asked for only where words are compared.
    """
    found = find_titles(titles, words, encoder, by_eye, any_order=any_order)
    missing = [one.title for one in found if one.start is None]
    notices: tuple[Notice, ...] = ()
    if missing:
        quoted = first_few([f'"{title}"' for title in missing], _NAMED)
        count = f"{len(missing)} of {len(found)} titles" if len(missing) > 1 else "1 title"
        notices = (
            Notice("titles_left_out", f"{count} left out, because nothing in the footage tells of it: {quoted}."),
        )
    placed = sorted((one for one in found if one.start is not None), key=lambda one: one.start or Fraction(0))
    return TitledChapters(renumbered(list(_chapters(placed, words.duration, name_opening))), notices)


def _chapters(
    placed: Sequence[FoundTitle], duration: Fraction, name_opening: Callable[[Fraction], str]
) -> Iterator[Chapter]:
    """The gapless partition that the titles begin, in order of time."""
    starts = [one.start or Fraction(0) for one in placed]
    if starts and starts[0] <= _AT_THE_START_S:
        starts[0] = Fraction(0)
    elif starts:
        yield Chapter(Fraction(0), starts[0], name_opening(starts[0]))
    for one, start, end in zip(placed, starts, [*starts[1:], duration], strict=False):
        yield Chapter(start, end, one.title, confidence=one.sure)


def find_titles(
    titles: Sequence[str],
    words: Words,
    encoder: Callable[[], SentenceEncoder],
    by_eye: ByEye | None,
    *,
    any_order: bool = False,
) -> list[FoundTitle]:
    """Where each title happens, in the order given: by words where enough is said or written, else by the pictures."""
    spoken = words.transcript.spoken if words.transcript else Fraction(0)
    written = bool(words.screen_text and any(one.kind is TextKind.TITLE for one in words.screen_text.texts))
    if by_eye is None or spoken >= _ENOUGH_SPOKEN * words.duration or written:
        cells = cells_of(words)
        language = rules_for(words.language, [cell.text for cell in cells])
        return place_titles(titles, cells, evidence_for(titles, cells, encoder(), language), any_order=any_order)
    cells, seen = by_eye(titles)
    return place_titles(titles, cells, seen, any_order=any_order)


def cells_of(words: Words) -> list[Cell]:
    """What is said and comes to be written, in order: a cell for each sentence, and stretches without one in pieces."""
    starts: list[tuple[Fraction, str]] = []
    if words.transcript:
        starts += [(one.start, one.text) for one in words.transcript.utterances]
    if words.screen_text:
        starts += [(one.start, one.text) for one in words.screen_text.texts if one.kind is not TextKind.TIMECODE]
    starts = sorted(((max(Fraction(0), start), text) for start, text in starts if start < words.duration),
                    key=lambda one: one[0])  # fmt: skip
    if not starts or starts[0][0] > 0:
        starts.insert(0, (Fraction(0), ""))
    at_once = groupby(starts, key=lambda one: one[0])
    joined = _thinned([(start, ". ".join(text for _, text in told)) for start, told in at_once])
    ends = [*(start for start, _ in joined[1:]), words.duration]
    return [Cell(start, end, text) for (start, text), end in zip(joined, ends, strict=True)]


def _thinned(starts: list[tuple[Fraction, str]]) -> list[tuple[Fraction, str]]:
    """At most so many cells: neighbours joined where there are more, since the search takes their square."""
    step = -(-len(starts) // _MOST_CELLS)
    if step == 1:
        return starts
    groups = (starts[first : first + step] for first in range(0, len(starts), step))
    return [(group[0][0], " ".join(text for _, text in group)) for group in groups]


def seen_by_clip(evidence: EvidenceBundle, text: TextTower) -> ByEye:
    """The frames' own cells, and how CLIP says that each title goes with them, beside what it says of nothing."""

    def by_eye(titles: Sequence[str]) -> tuple[list[Cell], TitleEvidence]:
        times = evidence.frames.seconds
        kept = list(range(0, len(times), -(-len(times) // _MOST_CELLS)))
        starts = [Fraction(0), *(Fraction(float(times[place])).limit_denominator(100_000) for place in kept[1:])]
        cells = [Cell(start, end, "") for start, end in zip(starts, [*starts[1:], evidence.duration], strict=True)]
        logits = TimeScores(evidence, text, evidence.duration).logits([*titles, *en.SAID_OF_ANYTHING])[kept]
        return cells, seen_evidence(np.asarray(logits).T, len(titles))

    return by_eye
