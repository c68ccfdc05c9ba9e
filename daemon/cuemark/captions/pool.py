"""Writes sentences for the moments: the search, the statements of emptiness, and the ranking of all that was seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from cuemark.captions.background import Emptiness
from cuemark.captions.beam_search import BeamSearch
from cuemark.captions.caches import Shared
from cuemark.captions.scorer import Agreement
from cuemark.captions.sentences import EMPTY_OPENINGS, EMPTY_TEXTS, Sentence, clean
from cuemark.core.errors import ModelError
from cuemark.core.progress import Progress
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel, PrefixOffsets
from cuemark.moments.options import SearchOptions

#: A fluency no searched sentence has: plain statements are there to be compared with, not to win by their wording.
_PLAIN_FLUENCY = -3.0
#: Moments searched in one batch: bounds the memory of a large language model's keys and values.
MOMENTS_AT_ONCE = 16


@dataclass(frozen=True)
class Ranked:
    """A sentence for one moment: mean CLIP logit over its frames, and the score it is ranked by."""

    sentence: Sentence
    clip: float
    score: float


class Writer:
    """All sentences seen for one track, growing as the search goes on."""

    def __init__(
        self,
        vectors: Tensor,
        text: TextEncoder,
        lm: LanguageModel,
        options: SearchOptions,
        progress: Progress,
        shared: Shared | None = None,
    ) -> None:
        """`vectors` [T, D] are the unit image vectors of the track; `shared` is what other searches have, too."""
        shared = shared or Shared.of(text, lm)
        self.agreement = Agreement(vectors, text)
        self._emptiness = Emptiness(self.agreement, options.empty_gain)
        self.sentences: dict[str, Sentence] = {}
        self._vectors, self._options, self._progress = vectors, options, progress
        self._search = BeamSearch(text, lm, options, shared)
        narrow = replace(options, beams=2, candidates=min(12, options.candidates), keep=2)
        self._empty_search = BeamSearch(text, lm, narrow, shared)
        self._plain = tuple(Sentence(plain, clean(plain, ""), _PLAIN_FLUENCY) for plain in EMPTY_TEXTS)
        self._written: set[str] = set()

    def write(
        self, weights: Tensor, prefix: PrefixOffsets | None = None, tick: Callable[[float], None] = lambda share: None
    ) -> None:
        """Search sentences for moments given as weights of the frames [N, T]; those searched before are left out.

        `tick` hears the finished share of the work.  ModelError `lm_writes_nothing` when no search yields a sentence.
        """
        means = self._targets(weights)
        rows = [row for row in range(len(means)) if prefix is not None or self._is_new(means[row])]
        if not rows:
            return
        groups = [rows[start : start + MOMENTS_AT_ONCE] for start in range(0, len(rows), MOMENTS_AT_ONCE)]
        for number, group in enumerate(groups):
            chosen = prefix.select(torch.tensor(group, device=prefix.keys.device)) if prefix is not None else None
            self._write_group(means[group], chosen, partial(tick_part, tick, number, len(groups)))
        if not self.sentences:
            raise ModelError("lm_writes_nothing", "The language model wrote no usable sentence.", "Use another --lm.")

    def _targets(self, weights: Tensor) -> Tensor:
        """What sentences are searched for, [N, D]: the mean of a moment's frames, less a share of the others'."""
        own = weights @ self._vectors / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)
        if not self._options.contrast:
            return own
        rest = 1 - weights
        return own - self._options.contrast * (rest @ self._vectors / rest.sum(dim=1, keepdim=True).clamp(min=1e-6))

    def _write_group(self, targets: Tensor, prefix: PrefixOffsets | None, tick: Callable[[float], None]) -> None:
        prompts, opened = self._options.prompts, self._options.prompts[0]
        searches = [(self._search, prompt, "", prefix) for prompt in prompts]
        if prefix is None:
            # A prefix colours only the captions: what emptiness is called was searched before it was tuned.
            searches += [(self._empty_search, opened, opening, None) for opening in EMPTY_OPENINGS]
        for number, (search, prompt, opening, coloured) in enumerate(searches):
            for found in search.search(targets, prompt, opening, coloured, self._progress):
                for one in found:
                    self.remember(one.sentence)
            tick((number + 1) / len(searches))

    def empty_logits(self) -> Tensor:
        """[T]: how well each frame fits the best statement that nothing is there, of those found and the plain ones."""
        return self._emptiness.best([one for one in (*self.sentences.values(), *self._plain) if one.empty])

    def ranked(self, weights: Tensor) -> list[list[Ranked]]:
        """All sentences seen for each moment [N, T], best first."""
        return self._rank(list(self.sentences.values()), weights)

    def ranked_by_content(self, weights: Tensor) -> list[tuple[list[Ranked], list[Ranked]]]:
        """For each moment the sentences that name something, and those (or plain statements) that say it is empty."""
        seen = (*self.sentences.values(), *self._plain)
        full = self._rank([one for one in seen if not one.empty], weights)
        statements = [one for one in seen if one.empty]
        counted = self._emptiness.count(statements, weights)
        empty = [
            [one for one in ranked if counts[one.sentence]]
            for ranked, row in zip(self._rank(statements, weights), counted, strict=True)
            for counts in (dict(zip(statements, row, strict=True)),)
        ]
        return list(zip(full, empty, strict=True))

    def _rank(self, sentences: Sequence[Sentence], weights: Tensor) -> list[list[Ranked]]:
        logits = self.agreement.logits([one.text for one in sentences])
        weights = weights.cpu()
        rest = 1 - weights
        own = (weights @ logits) / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)
        others = (rest @ logits) / rest.sum(dim=1, keepdim=True).clamp(min=1e-6)
        result = []
        for clips, elsewhere in zip(own.tolist(), others.tolist(), strict=True):
            scored = [
                Ranked(sentence, clip, self._score(sentence, clip, other))
                for sentence, clip, other in zip(sentences, clips, elsewhere, strict=True)
            ]
            result.append(sorted(scored, key=lambda one: -one.score))
        return result

    def _score(self, sentence: Sentence, clip: float, elsewhere: float) -> float:
        """What a sentence is ranked by: `clip` and `elsewhere` are its mean logits in its moment and outside it."""
        wording = self._options.fluency * sentence.fluency
        if self._options.ranking == "fluency":
            return wording
        return clip - self._options.contrast * elsewhere + wording

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


def tick_part(tick: Callable[[float], None], number: int, parts: int, share: float) -> None:
    """Report `share` of part `number` of `parts` as a share of the whole."""
    tick((number + share) / parts)
