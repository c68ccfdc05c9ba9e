"""The CLIP-guided beam search: the language model proposes tokens, CLIP says which sentences fit the moment.

All moments are searched in one batch.  A beam is scored by CLIP's logit of prompt and words so far plus the weighted
mean log-probability of the words (findings 5).  No gradient here; a prefix found elsewhere can colour the proposals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.models.lm import LanguageModel, LMState, PrefixOffsets
from cuemark.models.text_encoder import TextEncoder
from cuemark.moments.options import SearchOptions
from cuemark.moments.sentences import Sentence, clean
from cuemark.moments.vocabulary import CaptionVocabulary
from cuemark.progress import Progress

_FEWEST_TOKENS = 2
#: An end is tried whenever the model gives it at least this probability.
_LEAST_END = 0.01
_PATIENCE = 2


@dataclass(frozen=True)
class Found:
    """A sentence of the search with its score for the moment it was searched for."""

    sentence: Sentence
    score: float


@dataclass
class _Beam:
    moment: int
    ids: list[int]
    log_probability: float
    score: float


class BeamSearch:
    """A search bound to one pair of models."""

    def __init__(self, text: TextEncoder, lm: LanguageModel, options: SearchOptions) -> None:
        self._text, self._lm, self._options = text, lm, options
        self._vocabulary = CaptionVocabulary(lm)

    def search(
        self,
        targets: Tensor,
        prompt: str,
        opening: str = "",
        prefix: PrefixOffsets | None = None,
        progress: Progress | None = None,
    ) -> list[list[Found]]:
        """Sentences for each of the N moments, best first.

        `targets` [N, D] are what a sentence is compared with: the mean frame vector of each moment (not made unit, so
        that a score is the mean over its frames).  Sentences begin with `prompt`, and after it with `opening`.
        """
        count = targets.shape[0]
        lead = self._lm.encode(f"{prompt} {opening}".strip())
        if opening and not self._vocabulary.fits(len(lead)):
            return [[] for _ in range(count)]
        spelled = self._lm.decode(self._lm.encode(prompt)).strip()
        state = self._lm.start(count, prefix)
        if lead:
            state, _ = self._lm.step(state, torch.tensor([lead] * count, dtype=torch.long))
        beams = [_Beam(moment, [], 0.0, -math.inf) for moment in range(count)]
        finished: list[dict[str, Found]] = [{} for _ in range(count)]
        stale = [0] * count
        for length in range(self._vocabulary.room(len(lead), self._options.most_tokens)):
            if progress:
                progress.check()
            grown, ended = self._grow(state, beams, lead, targets, length)
            self._collect(ended, finished, stale, spelled)
            beams, rows, tokens = self._prune(grown, finished, stale)
            if not beams:
                break
            state, _ = self._lm.step(state.select(rows), torch.tensor(tokens))
        for beam in beams:
            # A language model that never ends a sentence still gets its best words heard.
            if not finished[beam.moment]:
                text = self._lm.decode([*lead, *beam.ids]).strip()
                self._collect([(beam, text)], finished, stale, spelled)
        return [sorted(found.values(), key=lambda one: -one.score)[: self._options.keep] for found in finished]

    def _grow(
        self, state: LMState, beams: list[_Beam], lead: list[int], targets: Tensor, length: int
    ) -> tuple[list[tuple[_Beam, int]], list[tuple[_Beam, str]]]:
        """All continuations of all beams, scored: live ones as (beam, parent row), ended ones as (beam, text)."""
        log_p = torch.log_softmax(state.logits.float(), dim=-1)
        words = self._vocabulary.words_only(log_p)
        top = words.topk(min(self._options.candidates, words.shape[1]), dim=1)
        ends = log_p[:, self._vocabulary.end].logsumexp(dim=1)
        live: list[tuple[_Beam, int]] = []
        for row, (beam, chances, tokens) in enumerate(
            zip(beams, top.values.tolist(), top.indices.tolist(), strict=True)
        ):
            for chance, token in zip(chances, tokens, strict=True):
                if math.isfinite(chance) and not _repeats(beam.ids, token):
                    live.append((_Beam(beam.moment, [*beam.ids, token], beam.log_probability + chance, 0.0), row))
        over = [
            _Beam(beam.moment, beam.ids, beam.log_probability + end, 0.0)
            for beam, end in zip(beams, ends.tolist(), strict=True)
            if length >= _FEWEST_TOKENS and end > math.log(_LEAST_END)
        ]
        texts = [self._lm.decode([*lead, *beam.ids]).strip() for beam, _ in live]
        over_texts = [self._lm.decode([*lead, *beam.ids]).strip() + "." for beam in over]
        scores = self._clip_logits(
            texts + over_texts, [beam.moment for beam, _ in live] + [beam.moment for beam in over], targets
        )
        for (beam, _), clip in zip(live, scores, strict=False):
            beam.score = clip + self._options.fluency * beam.log_probability / len(beam.ids)
        for beam, clip in zip(over, scores[len(live) :], strict=True):
            beam.score = clip + self._options.fluency * beam.log_probability / (len(beam.ids) + 1)
        return live, list(zip(over, over_texts, strict=True))

    def _clip_logits(self, texts: Sequence[str], moments: Sequence[int], targets: Tensor) -> list[float]:
        if not texts:
            return []
        vectors = self._text.encode(texts)
        rows = targets[torch.tensor(moments, device=targets.device)]
        return (self._text.logit_scale * (vectors * rows.to(vectors)).sum(dim=1)).tolist()

    def _collect(
        self, ended: list[tuple[_Beam, str]], finished: list[dict[str, Found]], stale: list[int], prompt: str
    ) -> None:
        for number in range(len(stale)):
            stale[number] += bool(finished[number])
        for beam, text in ended:
            best = max((one.score for one in finished[beam.moment].values()), default=-math.inf)
            sentence = Sentence(text, clean(text, prompt), beam.log_probability / (len(beam.ids) + 1))
            known = finished[beam.moment].get(sentence.caption)
            if sentence.caption and (known is None or known.score < beam.score):
                finished[beam.moment][sentence.caption] = Found(sentence, beam.score)
            if beam.score > best:
                stale[beam.moment] = 0

    def _prune(
        self, grown: list[tuple[_Beam, int]], finished: list[dict[str, Found]], stale: list[int]
    ) -> tuple[list[_Beam], list[int], list[int]]:
        """The best beams of each moment that may still win, with the row each continues and the token it adds."""
        by_moment: dict[int, list[tuple[_Beam, int]]] = {}
        for pair in grown:
            by_moment.setdefault(pair[0].moment, []).append(pair)
        kept: list[tuple[_Beam, int]] = []
        for moment, pairs in sorted(by_moment.items()):
            best = max((one.score for one in finished[moment].values()), default=-math.inf)
            pairs.sort(key=lambda pair: -pair[0].score)
            if stale[moment] > _PATIENCE and pairs[0][0].score < best:
                continue
            kept += pairs[: self._options.beams]
        return [beam for beam, _ in kept], [row for _, row in kept], [beam.ids[-1] for beam, _ in kept]


def _repeats(ids: list[int], token: int) -> bool:
    """Whether `token` stutters or would complete a triple of tokens that stands already."""
    if ids and ids[-1] == token:
        return True
    triple = [*ids[-2:], token]
    return len(ids) > 3 and any(ids[start : start + 3] == triple for start in range(len(ids) - 2))
