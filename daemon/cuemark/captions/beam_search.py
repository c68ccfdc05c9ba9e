"""The CLIP-guided beam search: the language model proposes tokens, CLIP says which sentences fit the moment.

All moments are searched in one batch.  A beam is scored by CLIP's logit of prompt and words so far plus the weighted
mean log-probability of the words.  No gradient here; a prefix found elsewhere can colour the proposals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from cuemark.captions.beams import Beam, Options, best_continuations, close, what_may_follow
from cuemark.captions.caches import Shared
from cuemark.captions.sentences import Sentence, clean
from cuemark.captions.vocabulary import CaptionVocabulary
from cuemark.core.progress import Progress
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel, LMState, PrefixOffsets
from cuemark.moments.options import SearchOptions

_STOP = "."
_PATIENCE = 2


@dataclass(frozen=True)
class Found:
    """A sentence of the search with its score for the moment it was searched for."""

    sentence: Sentence
    score: float


class BeamSearch:
    """A search bound to one pair of models."""

    def __init__(
        self, text: TextEncoder, lm: LanguageModel, options: SearchOptions, shared: Shared | None = None
    ) -> None:
        """`shared` is what other searches with the same pair have, too."""
        self._text, self._lm, self._options = text, lm, options
        self._shared = shared or Shared.of(text, lm)
        self._vocabulary = CaptionVocabulary(lm)
        texts = lm.token_text
        self._stop = texts.index(_STOP) if _STOP in texts else None

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
        state = self._begin(lead, count, prefix)
        beams = [Beam(moment, [], 0.0, -math.inf) for moment in range(count)]
        finished: list[dict[str, Found]] = [{} for _ in range(count)]
        stale = [0] * count
        for _ in range(self._vocabulary.room(len(lead), self._options.most_tokens)):
            if progress:
                progress.check()
            grown, ended = self._grow(state, beams, lead, targets)
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

    def _begin(self, lead: list[int], count: int, prefix: PrefixOffsets | None) -> LMState:
        """The state behind the lead for every moment; without prefixes they are all the same, so one is computed."""
        if prefix is None:
            return self._shared.plain.state(lead).select([0] * count)
        state = self._lm.start(count, prefix)
        return self._lm.step(state, torch.tensor([lead] * count, dtype=torch.long))[0] if lead else state

    def _grow(
        self, state: LMState, beams: list[Beam], lead: list[int], targets: Tensor
    ) -> tuple[list[tuple[Beam, int]], list[tuple[Beam, str]]]:
        """The best continuations of each moment as (beam, parent row), and the ended beams as (beam, text)."""
        log_p = torch.log_softmax(state.logits.float(), dim=-1)
        vocabulary, settings = self._vocabulary, self._options
        options = what_may_follow(beams, log_p, vocabulary.words_only(log_p), vocabulary.end, settings.candidates)
        rows = [[*lead, *beam.ids] for beam in beams]
        texts = [self._lm.decode(rows[row]).strip() + _STOP for row in options.over]
        goals = targets[torch.tensor([beam.moment for beam in beams], device=targets.device)]
        live, over = self._clip_logits(rows, options, texts, goals)
        grown = best_continuations(beams, options, live, settings.fluency, settings.beams)
        ends = zip(options.over, options.ends, over, texts, strict=True)
        return grown, [(close(beams[row], end, clip, settings.fluency), text) for row, end, clip, text in ends]

    def _clip_logits(
        self, rows: list[list[int]], options: Options, texts: list[str], goals: Tensor
    ) -> tuple[Tensor, list[float]]:
        """CLIP's logits of all continuations [B, K] and of the sentences that end (`texts`), for goals [B, D]."""
        tokens = options.tokens
        if self._stop is not None and texts:
            # An end is one more token behind the same words, so it is read on the same prefix as they are.
            stops = tokens[:, 0].clone()
            stops[options.over] = self._stop
            tokens = torch.cat([tokens, stops[:, None]], dim=1)
        logits = self._against(self._shared.continuations.encode(rows, tokens), goals[:, None])
        if self._stop is not None or not texts:
            return logits[:, : options.tokens.shape[1]], logits[options.over, -1].tolist()
        return logits, self._against(self._text.encode(texts), goals[options.over]).tolist()

    def _against(self, vectors: Tensor, goals: Tensor) -> Tensor:
        """CLIP's logits [...] of vectors [..., D] for goals of a shape that goes with theirs."""
        return self._text.logit_scale * (vectors * goals.to(vectors)).sum(dim=-1)

    def _collect(
        self, ended: list[tuple[Beam, str]], finished: list[dict[str, Found]], stale: list[int], prompt: str
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
        self, grown: list[tuple[Beam, int]], finished: list[dict[str, Found]], stale: list[int]
    ) -> tuple[list[Beam], list[int], list[int]]:
        """The beams of each moment that may still win, with the row each continues and the token it adds."""
        kept: list[tuple[Beam, int]] = []
        for moment, group in groupby(grown, key=lambda pair: pair[0].moment):
            pairs = list(group)
            best = max((one.score for one in finished[moment].values()), default=-math.inf)
            if stale[moment] <= _PATIENCE or pairs[0][0].score >= best:
                kept += pairs
        return [beam for beam, _ in kept], [row for _, row in kept], [beam.ids[-1] for beam, _ in kept]
