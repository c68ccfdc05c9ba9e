"""Words of scripts that are written without spaces, found in the text itself: what is said again and again is a word.

A run of characters is cut where the words that are known from their repetition explain most of it (Viterbi).  Nothing
of the language is known; what is said once stays a part of its run.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_WORD = 8
#: Runs up to this length are words already.
_WHOLE = 3
#: Vowels that stand before the consonant they are spoken after, in Thai and Lao: nothing ends with them.
_LEADING = frozenset("เแโใไເແໂໃໄ")


@dataclass(frozen=True)
class RepeatedWords:
    """How often each sequence of clusters (a letter with its marks) is said."""

    counts: dict[tuple[str, ...], int]

    @classmethod
    def of(cls, runs: Iterable[str]) -> RepeatedWords:
        """Count the sequences of all runs; those said once are no words."""
        counted: Counter[tuple[str, ...]] = Counter()
        for run in runs:
            parts = clusters(run)
            for start in range(len(parts)):
                for length in range(2, min(_LONGEST_WORD, len(parts) - start) + 1):
                    counted[tuple(parts[start : start + length])] += 1
        return cls({word: count for word, count in counted.items() if count > 1})

    def words(self, run: str) -> list[str]:
        """A run as words, the best explained way; clusters that belong to none stand alone."""
        parts = clusters(run)
        if len(parts) <= _WHOLE:
            return [run]
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(parts) + 1):
            best.append(max((best[end - n][0] + self._gain(parts[end - n : end]), n) for n in self._lengths(end)))
        words: list[str] = []
        end = len(parts)
        while end:
            length = best[end][1]
            words.append("".join(parts[end - length : end]))
            end -= length
        return words[::-1]

    def _lengths(self, end: int) -> range:
        return range(1, min(_LONGEST_WORD, end) + 1)

    def _gain(self, parts: list[str]) -> float:
        """What is explained by a word: the more the longer it is and the oftener it is said."""
        if len(parts) == 1:
            return 0.0
        count = self.counts.get(tuple(parts), 0)
        return (len(parts) - 1) * math.log(count) + 0.01 if count else -math.inf


def clusters(run: str) -> list[str]:
    """A run as letters with their marks; a vowel that is written before its consonant goes with it."""
    parts: list[str] = []
    for character in run:
        is_mark = unicodedata.category(character).startswith("M") or character in "ะาำๆฯーー々"
        if parts and (is_mark or parts[-1] in _LEADING):
            parts[-1] += character
        else:
            parts.append(character)
    return parts
