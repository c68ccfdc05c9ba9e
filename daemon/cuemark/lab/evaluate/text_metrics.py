"""METEOR and CIDEr of caption pairs, tokenised once: what pycocoevalcap computes, in whatever a machine has of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cuemark.lab.environment import require
from cuemark.lab.evaluate.java_metrics import Meteor, Tokeniser, find_java, ptb_words

_WORD = re.compile(r"\w+(?:['’]\w+)*")

NO_JAVA = (
    "No Java was found on this machine: METEOR and SODA_c are left out, and CIDEr and SODA (CIDEr) split captions by"
    " Cuemark's own rule (simple lower-case words) instead of the PTB tokenizer. To have them, install a Java runtime"
    " (on Debian: apt install default-jre-headless)."
)


def simple_words(texts: Sequence[str]) -> list[str]:
    """Cuemark's own rule: lower case, words are runs of letters and digits, all else is left out."""
    return [" ".join(_WORD.findall(text.lower())) for text in texts]


@dataclass(frozen=True)
class Pair:
    """A caption and the one or more texts it is held against, as written."""

    candidate: str
    references: tuple[str, ...]


class TextMetrics:
    """Scores of pairs; make one with `text_metrics()`.  `notes` are sentences that the report must print."""

    def __init__(self, tokenise: Tokeniser, meteor: Meteor | None, notes: tuple[str, ...] = ()) -> None:
        self.notes = notes
        self._tokenise = tokenise
        self._meteor = meteor
        self._words: dict[str, str] = {}

    @property
    def has_meteor(self) -> bool:
        """Whether METEOR can be computed here."""
        return self._meteor is not None

    def prepare(self, texts: Iterable[str]) -> None:
        """Tokenise texts ahead, all in one go: each call of the tokenizer starts a Java."""
        fresh = sorted({text for text in texts if text not in self._words})
        if fresh:
            self._words.update(zip(fresh, self._tokenise(fresh), strict=True))

    def meteor(self, pairs: Sequence[Pair]) -> float | None:
        """METEOR of all pairs together, in [0, 1]; 0 of no pairs, None without Java."""
        return None if self._meteor is None else self._meteor.score(self._tokenised(pairs))[0]

    def meteor_each(self, pairs: Sequence[Pair]) -> list[float]:
        """METEOR of each pair alone; only where there is METEOR."""
        assert self._meteor is not None, "ask has_meteor first"
        return self._meteor.score(self._tokenised(pairs))[1]

    def cider(self, pairs: Sequence[Pair]) -> float:
        """CIDEr of all pairs together, in [0, 10]: words are weighed by how many of just these pairs hold them.

        So a single pair scores 0, however good (the toolkits' way; never to be compared with CIDEr of a corpus).
        """
        each = self.cider_each(pairs)
        return sum(each) / len(each) if each else 0.0

    def cider_each(self, pairs: Sequence[Pair]) -> list[float]:
        """CIDEr of each pair among these."""
        tokenised = self._tokenised(pairs)
        if not any(reference for _, references in tokenised for reference in references):
            return [0.0] * len(pairs)  # no words to weigh
        truth = {number: list(references) for number, (_, references) in enumerate(tokenised)}
        said = {number: [candidate] for number, (candidate, _) in enumerate(tokenised)}
        _, each = require("pycocoevalcap.cider.cider").Cider().compute_score(truth, said)
        return [float(score) for score in each]

    def _tokenised(self, pairs: Sequence[Pair]) -> list[tuple[str, tuple[str, ...]]]:
        self.prepare(text for pair in pairs for text in (pair.candidate, *pair.references))
        words = self._words
        return [(words[pair.candidate], tuple(words[text] for text in pair.references)) for pair in pairs]


@contextmanager
def text_metrics(java: str | None = "find") -> Iterator[TextMetrics]:
    """Metrics for one evaluation: METEOR is started once and ended with it.

    `java` is a program, None to do without, or "find".  A Java that cannot run METEOR fails here, at the first of all
    evaluations: a table without a column that was there yesterday would not be noticed.
    """
    require("pycocoevalcap.cider.cider")
    program = find_java() if java == "find" else java
    if program is None:
        yield TextMetrics(simple_words, None, (NO_JAVA,))
        return
    with Meteor(program) as meteor:
        metrics = TextMetrics(ptb_words(program), meteor)
        metrics.meteor([Pair("a word", ("a word",))])
        yield metrics
