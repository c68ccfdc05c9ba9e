"""The CLIP-guided beam search: the language model proposes tokens, CLIP says which sentences fit the moment.

All moments are searched in one batch.  A hypothesis is scored by CLIP's logit of prompt and words so far plus the
weighted mean log-probability of the words.  No gradient here; a prefix found elsewhere can colour the proposals.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch import Tensor

from cuemark.captions.context import SearchContext
from cuemark.captions.language import en
from cuemark.captions.options import SearchOptions
from cuemark.captions.pool import CaptionPool
from cuemark.captions.protocols import Sentence, SoftSegments, Tick, clean, part_of, silent
from cuemark.captions.scorer import weighted_means
from cuemark.core.errors import ModelError
from cuemark.models.lm.lm import LMState, PrefixOffsets

#: Moments searched in one batch: bounds the memory of a large language model's keys and values.
MOMENTS_AT_ONCE = 16
_STOP = "."
#: An end is tried whenever the model gives it at least this probability.
_LEAST_END = 0.01
_FEWEST_TOKENS = 2
#: Steps a moment goes on without a better sentence, once it has one.
_PATIENCE = 2
#: The search for statements of emptiness is narrow: only a few words of them matter.
_EMPTY_BEAMS, _EMPTY_CANDIDATES = 2, 12


class Beam:
    """The captioner of the default: beam searches behind every prompt, and behind openings of emptiness."""

    def __init__(self, context: SearchContext, options: SearchOptions) -> None:
        self._context, self._options = context, options
        self._search = BeamSearch(context, options)
        candidates = min(_EMPTY_CANDIDATES, options.candidates)
        self._empty_search = BeamSearch(context, replace(options, beams=_EMPTY_BEAMS, candidates=candidates, keep=2))
        self._searched: set[str] = set()

    def caption(self, segments: SoftSegments, pool: CaptionPool, tick: Tick) -> SoftSegments:
        """See `Captioner`."""
        self.write(segments.weights, pool, tick=tick)
        return segments

    def write(
        self, weights: Tensor, pool: CaptionPool, prefix: PrefixOffsets | None = None, tick: Tick = silent
    ) -> None:
        """Search sentences for moments given as weights of the frames [N, T].

        Moments searched before are left out, unless there is a `prefix` for each to colour the language model.
        """
        targets = self._targets(weights)
        rows = [row for row in range(len(targets)) if prefix is not None or self._is_new(targets[row])]
        if not rows:
            return
        groups = [rows[start : start + MOMENTS_AT_ONCE] for start in range(0, len(rows), MOMENTS_AT_ONCE)]
        for number, group in enumerate(groups):
            chosen = prefix.select(torch.tensor(group, device=prefix.keys.device)) if prefix is not None else None
            self._write_group(targets[group], pool, chosen, part_of(tick, number, len(groups)))
        if not pool.sentences:
            raise ModelError("lm_writes_nothing", "The language model wrote no usable sentence.", "Use another --lm.")

    def _targets(self, weights: Tensor) -> Tensor:
        """What sentences are searched for, [N, D]: the mean of a moment's frames, less a share of the others'."""
        own = weighted_means(self._context.vectors, weights)
        if not self._options.contrast:
            return own
        return own - self._options.contrast * weighted_means(self._context.vectors, 1 - weights)

    def _write_group(self, targets: Tensor, pool: CaptionPool, prefix: PrefixOffsets | None, tick: Tick) -> None:
        prompts, opened = self._options.prompts, self._options.prompts[0]
        searches = [(self._search, prompt, "", prefix) for prompt in prompts]
        if prefix is None and self._context.text.knows_emptiness():
            # A prefix colours only the captions: what emptiness is called was searched before it was tuned.
            searches += [(self._empty_search, opened, opening, None) for opening in en.EMPTY_OPENINGS]
        for number, (search, prompt, opening, coloured) in enumerate(searches):
            for found in search.search(targets, prompt, opening, coloured):
                for one in found:
                    pool.remember(one.sentence)
            tick((number + 1) / len(searches))

    def _is_new(self, target: Tensor) -> bool:
        key = hashlib.blake2b(target.cpu().numpy().tobytes(), digest_size=16).hexdigest()
        fresh = key not in self._searched
        self._searched.add(key)
        return fresh


@dataclass(frozen=True)
class ScoredSentence:
    """A sentence of the search with its score for the moment it was searched for."""

    sentence: Sentence
    score: float


class BeamSearch:
    """One kind of search, bound to a pair of models."""

    def __init__(self, context: SearchContext, options: SearchOptions) -> None:
        self._context = context
        self._text, self._lm, self._caches = context.text, context.lm, context.caches
        self._progress, self._options = context.progress, options
        self._vocabulary = context.caches.vocabulary
        texts = context.lm.token_text
        self._stop = texts.index(_STOP) if _STOP in texts else None

    def search(
        self, targets: Tensor, prompt: str, opening: str = "", prefix: PrefixOffsets | None = None
    ) -> list[list[ScoredSentence]]:
        """Sentences for each of the N moments, best first.

        `targets` [N, D] are what a sentence is compared with.  Sentences begin with `prompt`, and after it with
        `opening`.
        """
        count = targets.shape[0]
        lead = self._lm.encode(f"{prompt} {opening}".strip())
        if opening and not self._vocabulary.fits(len(lead)):
            return [[] for _ in range(count)]
        finished = _Finished(count, self._lm.decode(self._lm.encode(prompt)).strip())
        state = self._context.begin(lead, count, prefix)
        live = [Hypothesis(moment, [], 0.0, -math.inf) for moment in range(count)]
        for _ in range(self._vocabulary.room(len(lead), self._options.most_tokens)):
            self._progress.check()
            grown, ended = self._grow(state, live, lead, targets)
            finished.add(ended)
            live, rows = finished.pruned(grown)
            if not live:
                break
            state, _ = self._lm.step(state.select(rows), torch.tensor([one.ids[-1] for one in live]))
        for one in live:
            # A language model that never ends a sentence still gets its best words heard.
            if not finished.of(one.moment):
                finished.add([(one, self._lm.decode([*lead, *one.ids]).strip())])
        return [finished.of(moment)[: self._options.keep] for moment in range(count)]

    def _grow(
        self, state: LMState, live: list[Hypothesis], lead: list[int], targets: Tensor
    ) -> tuple[list[tuple[Hypothesis, int]], list[tuple[Hypothesis, str]]]:
        """The best continuations of each moment with the row each continues, and the ended ones with their texts."""
        log_p = torch.log_softmax(state.logits.float(), dim=-1)
        vocabulary, settings = self._vocabulary, self._options
        following = what_may_follow(live, log_p, vocabulary.words_only(log_p), vocabulary.end, settings.candidates)
        rows = [[*lead, *one.ids] for one in live]
        texts = [self._lm.decode(rows[row]).strip() + _STOP for row in following.over]
        goals = targets[torch.tensor([one.moment for one in live], device=targets.device)]
        going_on, over = self._clip_logits(rows, following, texts, goals)
        grown = best_continuations(live, following, going_on, settings.fluency, settings.beams)
        ends = zip(following.over, following.ends, over, texts, strict=True)
        return grown, [(close(live[row], end, clip, settings.fluency), text) for row, end, clip, text in ends]

    def _clip_logits(
        self, rows: list[list[int]], following: Continuations, texts: list[str], goals: Tensor
    ) -> tuple[Tensor, list[float]]:
        """CLIP's logits of all continuations [B, K] and of the sentences that end (`texts`), for goals [B, D]."""
        tokens = following.tokens
        if self._stop is not None and texts:
            # An end is one more token behind the same words, so it is read on the same prefix as they are.
            stops = tokens[:, 0].clone()
            stops[following.over] = self._stop
            tokens = torch.cat([tokens, stops[:, None]], dim=1)
        logits = self._context.agreement(self._caches.continuations.encode(rows, tokens), goals[:, None])
        if self._stop is not None or not texts:
            return logits[:, : following.tokens.shape[1]], logits[following.over, -1].tolist()
        return logits, self._context.agreement(self._text.encode(texts), goals[following.over]).tolist()


class _Finished:
    """The finished sentences of each moment, and for how many steps each has found none that is better."""

    def __init__(self, count: int, prompt: str) -> None:
        self._prompt = prompt
        self._found: list[dict[str, ScoredSentence]] = [{} for _ in range(count)]
        self._stale = [0] * count

    def of(self, moment: int) -> list[ScoredSentence]:
        """Those of one moment, best first."""
        return sorted(self._found[moment].values(), key=lambda one: -one.score)

    def add(self, ended: Sequence[tuple[Hypothesis, str]]) -> None:
        """One step's ended hypotheses, with their texts."""
        for number, found in enumerate(self._found):
            self._stale[number] += bool(found)
        for one, text in ended:
            best = self._best(one.moment)
            sentence = Sentence(text, clean(text, self._prompt), one.log_probability / (len(one.ids) + 1))
            known = self._found[one.moment].get(sentence.caption)
            if sentence.caption and (known is None or known.score < one.score):
                self._found[one.moment][sentence.caption] = ScoredSentence(sentence, one.score)
            if one.score > best:
                self._stale[one.moment] = 0

    def pruned(self, grown: Sequence[tuple[Hypothesis, int]]) -> tuple[list[Hypothesis], list[int]]:
        """The hypotheses of each moment that may still win, and the row each continues."""
        kept: list[tuple[Hypothesis, int]] = []
        for moment, group in groupby(grown, key=lambda pair: pair[0].moment):
            pairs = list(group)
            if self._stale[moment] <= _PATIENCE or pairs[0][0].score >= self._best(moment):
                kept += pairs
        return [one for one, _ in kept], [row for _, row in kept]

    def _best(self, moment: int) -> float:
        return max((one.score for one in self._found[moment].values()), default=-math.inf)


@dataclass(frozen=True)
class Hypothesis:
    """A sentence under way for one moment: the words behind the prompt, their log-probability in nats, the score."""

    moment: int
    ids: list[int]
    log_probability: float
    score: float


@dataclass(frozen=True)
class Continuations:
    """What may follow B hypotheses: K tokens each with their log-probability (minus infinity: may not), and the end.

    `tokens` and `log_p` [B, K]; `ends` the log-probability of the end for the rows `over`, where it is likely enough.
    """

    tokens: Tensor
    log_p: Tensor
    over: list[int]
    ends: list[float]


def what_may_follow(live: Sequence[Hypothesis], log_p: Tensor, words: Tensor, end: Tensor, count: int) -> Continuations:
    """The likeliest `count` words behind each hypothesis, and the ends.

    `log_p` [B, V] the language model's log-probabilities, `words` the same with minus infinity for all but words,
    `end` [V] which tokens end a sentence.
    """
    top = words.topk(min(count, words.shape[1]), dim=1)
    chances, tokens = top.values.double().cpu(), top.indices.cpu()
    for row, one in enumerate(live):
        chances[row, torch.isin(tokens[row], torch.tensor(repetitions(one.ids), dtype=torch.long))] = -math.inf
    # What may not follow is not worth a text of its own.
    tokens = torch.where(chances.isfinite(), tokens, tokens[:, :1])
    ends: list[float] = log_p[:, end].logsumexp(dim=1).tolist()
    long_enough = len(live[0].ids) >= _FEWEST_TOKENS
    over = [row for row, chance in enumerate(ends) if long_enough and chance > math.log(_LEAST_END)]
    return Continuations(tokens, chances, over, [ends[row] for row in over])


def repetitions(ids: Sequence[int]) -> list[int]:
    """Tokens that would repeat the last one, or complete a triple of tokens that stands already."""
    if len(ids) <= 3:
        return list(ids[-1:])
    pair = list(ids[-2:])
    return [ids[-1], *(ids[at + 2] for at in range(len(ids) - 2) if list(ids[at : at + 2]) == pair)]


def best_continuations(
    live: Sequence[Hypothesis], following: Continuations, clip: Tensor, fluency: float, most: int
) -> list[tuple[Hypothesis, int]]:
    """The best `most` continuations of each moment with the row each continues, best first.

    `clip` [B, K] CLIP's logit of each; a score is that plus `fluency` times the mean log-probability of the words.
    Hypotheses of one moment stand together.
    """
    before = torch.tensor([one.log_probability for one in live], dtype=torch.double)
    log_p = before[:, None] + following.log_p
    scores = clip.double().cpu() + fluency * log_p / (len(live[0].ids) + 1)
    width = scores.shape[1]
    found = []
    for _, group in groupby(range(len(live)), key=lambda row: live[row].moment):
        rows = list(group)
        own = scores[rows[0] : rows[-1] + 1].flatten()
        for place in own.argsort(descending=True, stable=True)[:most].tolist():
            row, column = rows[0] + place // width, place % width
            chance = float(log_p[row, column])
            if math.isfinite(chance):
                ids = [*live[row].ids, int(following.tokens[row, column])]
                found.append((Hypothesis(live[row].moment, ids, chance, float(own[place])), row))
    return found


def close(one: Hypothesis, end: float, clip: float, fluency: float) -> Hypothesis:
    """A hypothesis that ends here: `end` is the log-probability of that, `clip` the finished sentence's logit."""
    log_p = one.log_probability + end
    return Hypothesis(one.moment, one.ids, log_p, clip + fluency * log_p / (len(one.ids) + 1))
