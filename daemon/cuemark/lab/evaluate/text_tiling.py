"""TextTiling (Hearst 1997): borders where the words change, by blocks and depth scores.

At every gap between two sentences the content words of the block before it and of the block behind it are compared
(cosine of their counts), and the values smoothed over three gaps.  A gap's depth is how far its likeness lies below the
nearest peak on each side; borders are the deepest gaps, no two of them within a quarter of a block.  Hearst's own
number of them: those deeper than the mean less half of a standard deviation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import sqrt

from cuemark.core.transcript import Utterance
from cuemark.lab.evaluate.content_words import content_words

#: Sentences of a block, of which the best is taken for a dataset: the strongest form of this row.
WINDOWS = (4, 8, 16, 30)


def tiled(sentences: Sequence[Utterance], window: int, count: int | None = None) -> tuple[Fraction, ...]:
    """The borders of the deepest gaps in order of time, in seconds: `count` - 1 of them, or Hearst's number.

    A border is the start of the sentence behind its gap.  Gaps at one time are one.
    """
    depth = depths(smoothed(likeness(sentences, window)))
    order = _apart(sorted(range(len(depth)), key=lambda gap: (-depth[gap], gap)), window // 4)
    starts = [one.start for one in sentences[1:]]
    if count is None:
        limit = max(0.0, _hearsts_limit(depth))
        order = [gap for gap in order if depth[gap] > limit]
    return deepest(starts, order, len(order) if count is None else count - 1)


def _apart(order: Sequence[int], gaps: int) -> list[int]:
    """What remains of gaps, best first, when each takes away those at most `gaps` beside it."""
    taken: set[int] = set()
    kept = []
    for gap in order:
        if gap not in taken:
            kept.append(gap)
            taken.update(range(gap - gaps, gap + gaps + 1))
    return kept


def smoothed(values: Sequence[float]) -> list[float]:
    """The mean of each value and its neighbours."""
    runs = (values[max(0, place - 1) : place + 2] for place in range(len(values)))
    return [sum(run) / len(run) for run in runs]


def deepest(starts: Sequence[Fraction], order: Sequence[int], count: int) -> tuple[Fraction, ...]:
    """The first `count` different times above 0 of `starts` by `order`, sorted."""
    found: list[Fraction] = []
    for gap in order:
        if len(found) >= count:
            break
        if starts[gap] and starts[gap] not in found:
            found.append(starts[gap])
    return tuple(sorted(found))


def likeness(sentences: Sequence[Utterance], window: int) -> list[float]:
    """The cosine of the words of the `window` sentences on both sides, for every gap between two sentences."""
    words = [Counter(content_words(one.text)) for one in sentences]
    return [
        _cosine(_sum(words[max(0, gap - window) : gap]), _sum(words[gap : gap + window]))
        for gap in range(1, len(words))
    ]


def depths(values: Sequence[float]) -> list[float]:
    """How far each value lies below the peak that it climbs to on the left, plus that on the right."""
    return [_climb(values[place::-1]) + _climb(values[place:]) for place in range(len(values))]


def _climb(values: Sequence[float]) -> float:
    """From the first value up to the peak that follows it, as long as no value falls."""
    for before, (place, value) in zip(values, enumerate(values[1:], 1), strict=False):
        if value < before:
            return values[place - 1] - values[0]
    return values[-1] - values[0]


def _hearsts_limit(depth: Sequence[float]) -> float:
    if not depth:
        return 0.0
    mean = sum(depth) / len(depth)
    return mean - sqrt(sum((one - mean) ** 2 for one in depth) / len(depth)) / 2


def _sum(counts: Sequence[Counter[str]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for one in counts:
        whole.update(one)
    return whole


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    shared = sum(number * other[word] for word, number in one.items() if word in other)
    norm = sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return shared / norm if norm else 0.0


def pauses(sentences: Sequence[Utterance]) -> list[Fraction]:
    """Seconds of silence before each sentence but the first: from the latest end of all before it."""
    ends = accumulate((one.end for one in sentences), max)
    return [max(Fraction(0), after.start - end) for end, after in zip(ends, sentences[1:], strict=False)]
