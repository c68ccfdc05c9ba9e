"""Writes sentences for the moments: the search, the statements of emptiness, and the ranking of all that was seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cuemark.models.lm import LanguageModel, PrefixOffsets
from cuemark.models.text_encoder import TextEncoder
from cuemark.moments.agreement import Agreement
from cuemark.moments.beam_search import BeamSearch
from cuemark.moments.options import SearchOptions
from cuemark.moments.sentences import EMPTY_OPENINGS, EMPTY_TEXTS, Sentence, clean
from cuemark.progress import Progress

#: A fluency no searched sentence has: plain statements are there to be compared with, not to win by their wording.
_PLAIN_FLUENCY = -3.0


@dataclass(frozen=True)
class Ranked:
    """A sentence for one moment: mean CLIP logit over its frames, and the score it is ranked by."""

    sentence: Sentence
    clip: float
    score: float


class Writer:
    """All sentences seen for one track, growing as the search goes on."""

    def __init__(
        self, vectors: Tensor, text: TextEncoder, lm: LanguageModel, options: SearchOptions, progress: Progress
    ) -> None:
        """`vectors` [T, D] are the unit image vectors of the track."""
        self.agreement = Agreement(vectors, text)
        self.sentences: dict[str, Sentence] = {}
        self._vectors, self._options, self._progress = vectors, options, progress
        self._search = BeamSearch(text, lm, options)
        narrow = replace(options, beams=2, candidates=min(12, options.candidates), keep=2)
        self._empty_search = BeamSearch(text, lm, narrow)
        self._written: set[str] = set()
        for plain in EMPTY_TEXTS:
            self.remember(Sentence(plain, clean(plain, ""), _PLAIN_FLUENCY))

    def write(self, weights: Tensor, prefix: PrefixOffsets | None = None) -> None:
        """Search sentences for moments given as weights of the frames [N, T]; those searched before are left out."""
        means = weights @ self._vectors / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)
        rows = [row for row in range(len(means)) if prefix is not None or self._is_new(means[row])]
        if not rows:
            return
        targets = means[rows]
        chosen = prefix.select(torch.tensor(rows, device=prefix.keys.device)) if prefix is not None else None
        for prompt in self._options.prompts:
            for found in self._search.search(targets, prompt, "", chosen, self._progress):
                for one in found:
                    self.remember(one.sentence)
        for opening in EMPTY_OPENINGS:
            for found in self._empty_search.search(targets, self._options.prompts[0], opening, None, self._progress):
                for one in found:
                    self.remember(one.sentence)

    def ranked(self, weights: Tensor, empty: bool | None = None) -> list[list[Ranked]]:
        """All sentences seen (or only the empty, or only the other ones) for each moment [N, T], best first."""
        sentences = [one for one in self.sentences.values() if empty is None or one.empty == empty]
        logits = self.agreement.logits([one.text for one in sentences])
        means = (weights.cpu() @ logits) / weights.cpu().sum(dim=1, keepdim=True).clamp(min=1e-6)
        result = []
        for row in means.tolist():
            scored = [
                Ranked(sentence, clip, clip + self._options.fluency * sentence.fluency)
                for sentence, clip in zip(sentences, row, strict=True)
            ]
            result.append(sorted(scored, key=lambda one: -one.score))
        return result

    def remember(self, sentence: Sentence) -> None:
        """Keep a sentence for ranking; of two with the same words the more fluent stays."""
        if not sentence.caption:
            return
        known = self.sentences.get(sentence.caption)
        if known is None or known.fluency < sentence.fluency:
            self.sentences[sentence.caption] = sentence

    def _is_new(self, mean: Tensor) -> bool:
        key = hashlib.blake2b(mean.cpu().numpy().tobytes(), digest_size=16).hexdigest()
        fresh = key not in self._written
        self._written.add(key)
        return fresh
