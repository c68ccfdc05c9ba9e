"""`cuemark bench words`: what the lexicon costs a CLIP once, and the search with it beside the captioner of before."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cuemark.captions.lexicon import KINDS, load_lexicon
from cuemark.captions.word_vectors import WordVectors, lexicon_vectors
from cuemark.core.analysis_options import DEFAULT_PRESET
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.lab.bench.comparison import BenchOptions, Comparison, alternate, timed
from cuemark.lab.bench.models import pair_of
from cuemark.lab.bench.optimise import scenes, wait
from cuemark.moments.find import find_moments
from cuemark.moments.finder import MomentSet
from cuemark.moments.options import from_preset

if TYPE_CHECKING:
    from cuemark.captions.lexicon import Lexicon
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

GOAL = 1.0
ABOUT = (
    "Ours: the whole search of the default preset with the lexicon, from features to moments, the vectors of its words "
    "given. Rival: the same footage and preset with the captioner of before (--captioner beam). "
    "Both are asked for the same number of moments."
)
LEXICON_ABOUT = (
    "Ours: the vectors of all words of the lexicon, read from disk, as in every run but the first of a CLIP. "
    "Rival: that first run, which encodes them and keeps them."
)
#: A clip of ten minutes, three samples a second.
MOMENTS = 12
_RATE = 3
_SAMPLES = 10 * 60 * _RATE


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """The lexicon's vectors and the search, both in seconds.

    A CLIP of random weights knows no words and would not get the lexicon; here it does, since speed is the same.  The
    goal is for real sizes: for the sample pair, words of the real world are no use.
    """
    text, lm = pair_of(options, progress)
    lexicon = load_lexicon()
    with tempfile.TemporaryDirectory(prefix="words-", dir=options.work) as folder:
        costs = LexiconCosts(text, lexicon, Path(folder), progress)
        read, encoded = alternate(costs.read, costs.encode, options.pairs, progress, warm=False)
    kept = Comparison("words/lexicon", LEXICON_ABOUT, "s", "faster", read, encoded, None, costs.facts(encoded))
    searches = Searches(text, lm, _words(text, lexicon, costs.vectors, options.seed), options.seed, progress)
    # At real size a search takes so long that none is spent on warming up.
    ours, before = alternate(searches.ours, searches.before, options.pairs, progress, warm=not options.real_size)
    goal = GOAL if options.real_size else None
    return [Comparison("words", ABOUT, "s", "faster", ours, before, goal, searches.facts()), kept]


class LexiconCosts:
    """The lexicon's vectors: encoded once while this is made, then read, or encoded anew."""

    def __init__(self, text: TextEncoder, lexicon: Lexicon, folder: Path, progress: Progress) -> None:
        self._text, self._lexicon, self._folder, self._progress = text, lexicon, folder, progress
        self.vectors = lexicon_vectors(text, lexicon, folder / "kept", progress)
        self._difference = 0.0

    def read(self) -> float:
        """Seconds of a run that finds all vectors on disk."""
        return self._timed(self._folder / "kept")

    def encode(self) -> float:
        """Seconds of a run that finds none, and keeps them."""
        with tempfile.TemporaryDirectory(dir=self._folder) as empty:
            return self._timed(Path(empty) / "fresh")

    def _timed(self, folder: Path) -> float:
        found: list[Tensor] = []
        self._text.forget()
        seconds = timed(
            lambda: found.append(lexicon_vectors(self._text, self._lexicon, folder, OnlyChecks(self._progress)))
        )
        self._difference = max(self._difference, float((found[0] - self.vectors).norm(dim=1).max()))
        return seconds

    def facts(self, encoded: tuple[float, ...]) -> dict[str, str | int | float]:
        """How many words, how fast, and whether every run gave the same vectors."""
        words = len(self._lexicon.words)
        return {
            "words": words,
            "words encoded a second": round(words / float(np.median(encoded))),
            "largest difference of a unit vector between runs": self._difference,
            "text tower": f"{self._text.method}, {self.vectors.shape[1]} numbers",
            "threads": torch.get_num_threads(),
            "device": str(self._text.device),
        }


class Searches:
    """Both searches over the same footage, each from an empty memory of texts."""

    def __init__(self, text: TextEncoder, lm: LanguageModel, words: WordVectors, seed: int, progress: Progress) -> None:
        self._text, self._lm, self._words, self._progress = text, lm, words, progress
        self._options = from_preset(DEFAULT_PRESET, moments=MOMENTS, seed=seed)
        self._evidence = EvidenceBundle(scenes(text, seed, MOMENTS, _SAMPLES, _RATE))
        self._found: dict[str, MomentSet] = {}

    def ours(self) -> float:
        """Seconds of the search with the lexicon."""
        return self._timed("lexicon")

    def before(self) -> float:
        """Seconds of the search with the captioner of before."""
        return self._timed("beam")

    def _timed(self, captioner: str) -> float:
        self._text.forget()
        options = replace(self._options, captioner=captioner)

        def search() -> None:
            progress = OnlyChecks(self._progress)
            self._found[captioner] = find_moments(
                self._evidence, self._text, self._lm, options, progress, words=self._words
            )
            wait(self._lm)

        return timed(search)

    def facts(self) -> dict[str, str | int | float]:
        """What both found and weighed; with random weights their words say nothing, so none are told."""
        ours, before = self._found["lexicon"], self._found["beam"]
        return {
            "preset": self._options.preset,
            "samples": _SAMPLES,
            "moments found": len(ours.moments),
            "of these with the borders drawn": self._as_drawn(ours),
            "moments found by the captioner of before": len(before.moments),
            "of these, too, with the borders drawn": self._as_drawn(before),
            "sentences weighed": ours.sentences_seen,
            "sentences weighed by the captioner of before": before.sentences_seen,
            "threads": torch.get_num_threads(),
            "device": f"{self._text.device} and {self._lm.device}",
        }

    @staticmethod
    def _as_drawn(found: MomentSet) -> int:
        """Moments that are a scene of the footage, to the sample."""
        scene = _SAMPLES // MOMENTS
        spans = [(moment.start * _RATE, moment.end * _RATE) for moment in found.moments]
        return sum(
            any(abs(start - first) <= 1 and abs(end - first - scene) <= 1 for first in range(0, _SAMPLES, scene))
            for start, end in spans
        )


def _words(text: TextEncoder, lexicon: Lexicon, vectors: Tensor, seed: int) -> WordVectors:
    """The lexicon for a CLIP that is taken to know all kinds of words; what plain pictures look like is drawn."""
    drawn = np.random.default_rng(seed).standard_normal(vectors.shape[1]).astype(np.float32)
    return WordVectors(
        lexicon, vectors, F.normalize(torch.from_numpy(drawn), dim=0), text.logit_scale, frozenset(KINDS)
    )
