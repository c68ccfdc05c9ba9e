"""How well borders are found for titles that are given: people's own titles of a talk, among as many of another talk.

A title of the talk is right where its chapter begins within the distance that counts for talks of this length; a title
of another talk is right where it is left out.  The row to beat puts the titles at equal distances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from cuemark.chapters.at_borders import Words
from cuemark.chapters.for_titles import find_titles
from cuemark.lab.evaluate.evaluation import Figure
from cuemark.lab.evaluate.talk_evaluation import figure_of
from cuemark.lab.evaluate.talks import Talk

if TYPE_CHECKING:
    from cuemark.models.embedding.sentences import SentenceEncoder

HEADS = ("row", "right (95 %)", "equal", "off s", "kept", "foreign out", "said sure", "were right")
ABOUT = (
    "Given titles: people's titles of each talk among as many of another one. right: those whose chapter was found"
    " near its true start; equal: the same for equal distances; off s: median error of those that were placed;"
    " kept, foreign out: titles of the talk that were kept, of the other that were left out; said sure, were right:"
    " the mean confidence of what was placed, and the share of it that is right."
)


@dataclass(frozen=True)
class GivenTitles:
    """One way of giving titles over all talks.  Shares in percent, `off_s` in seconds."""

    name: str
    right: Figure
    equal: float
    off_s: float
    kept: float
    foreign_out: float
    sure: float
    placed_right: float

    def cells(self) -> list[str]:
        """A line of the table under HEADS."""
        ends = "" if self.right.low is None else f" ({self.right.low:.1f}-{self.right.high:.1f})"
        shares = (self.equal, self.off_s, self.kept, self.foreign_out, self.sure, self.placed_right)
        return [self.name, f"{self.right.value:.1f}{ends}", *(f"{value:.1f}" for value in shares)]


def given_title_scores(talks: Sequence[Talk], near_s: int, seed: int) -> list[GivenTitles]:
    """In the talk's order, and shuffled; with two talks at least, since the foreign titles are the next talk's."""
    if len(talks) < 2:
        return []
    return [_scored("in order", talks, near_s, seed, False), _scored("any order", talks, near_s, seed, True)]


def _scored(name: str, talks: Sequence[Talk], near_s: int, seed: int, any_order: bool) -> GivenTitles:
    shares: list[float] = []
    equal: list[bool] = []
    errors: list[float] = []
    kept: list[bool] = []
    out: list[bool] = []
    sure: list[tuple[float, bool]] = []
    for number, talk in enumerate(talks):
        given = _given(talk, talks[(number + 1) % len(talks)], Random(f"{seed} {talk.id}"), shuffled=any_order)
        if not given:
            continue
        found = find_titles([title for title, _ in given], Words(talk.duration, talk.transcript), _encoder, None,
                            any_order=any_order)  # fmt: skip
        pairs = list(zip(found, (start for _, start in given), strict=True))
        own = [(one, start) for one, start in pairs if start is not None]
        hits = [_is_near(one.start, start, near_s) for one, start in own]
        shares.append(sum(hits) / len(hits))
        kept += [one.start is not None for one, _ in own]
        errors += [float(abs(one.start - start)) for one, start in own if one.start is not None]
        out += [one.start is None for one, start in pairs if start is None]
        sure += [(one.sure, _is_near(one.start, start, near_s)) for one, start in pairs if one.start is not None]
        starts = [chapter.start for chapter in talk.chapters]
        parts = [talk.duration * place / len(starts) for place in range(len(starts))]
        titled = [place for place, chapter in enumerate(talk.chapters) if chapter.title]
        equal += [abs(parts[place] - starts[place]) <= near_s for place in titled]
    return GivenTitles(
        name,
        figure_of(shares, 100.0, median=False),
        _percent(equal),
        median(errors) if errors else 0.0,
        _percent(kept),
        _percent(out),
        100 * sum(one for one, _ in sure) / max(1, len(sure)),
        _percent([right for _, right in sure]),
    )


def _given(talk: Talk, other: Talk, chance: Random, *, shuffled: bool) -> list[tuple[str, Fraction | None]]:
    """Titles with their true starts, None for those of the other talk, which stand at places drawn by chance."""
    own: list[tuple[str, Fraction | None]] = [(one.title, one.start) for one in talk.chapters if one.title]
    foreign = [one.title for one in other.chapters if one.title and one.title not in {title for title, _ in own}]
    titles = list(own)
    for title in chance.sample(foreign, min(len(foreign), len(own))):
        titles.insert(chance.randrange(len(titles) + 1), (title, None))
    if shuffled:
        chance.shuffle(titles)
    return titles if own else []


def _encoder() -> SentenceEncoder:
    from cuemark.models.embedding.sentences import open_encoder

    return open_encoder()


def _is_near(found: Fraction | None, true: Fraction | None, near_s: int) -> bool:
    return found is not None and true is not None and abs(found - true) <= near_s


def _percent(values: Sequence[bool]) -> float:
    return 100 * sum(values) / max(1, len(values))
