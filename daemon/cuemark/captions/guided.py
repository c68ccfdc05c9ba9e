"""The default captioner: sentences that begin with what a moment shows, and in which every word earns its place.

For each moment the lexicon's best names open sentences.  The language model says how they may go on, the moment's own
words stand among its candidates at every step, and CLIP judges.  A sentence's score is CLIP's logit for the moment,
less what its words cost: a share of their log-probability, and a fixed price each.  So a fluent tail is worth nothing,
and where no sentence beats it the bare name is the caption.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cuemark.captions.beam import MOMENTS_AT_ONCE
from cuemark.captions.context import SearchContext
from cuemark.captions.language import en
from cuemark.captions.options import GuidedOptions
from cuemark.captions.pool import CaptionPool
from cuemark.captions.protocols import Sentence, SoftSegments, Tick, clean, part_of, silent
from cuemark.captions.word_scores import NAMING, MomentWords, WordScores
from cuemark.models.lm.lm import LMState, PrefixOffsets

PROMPT = "A photo of"
"""What sentences begin with, and what is no part of a caption."""
#: Steps a moment goes on without a better sentence.
_PATIENCE = 3


class WordsOnly:
    """Captioner without a language model: the best names of each moment, one a sentence."""

    def __init__(self, scores: WordScores, options: GuidedOptions) -> None:
        self._scores, self._options = scores, options

    def caption(self, segments: SoftSegments, pool: CaptionPool, tick: Tick) -> SoftSegments:
        """See `Captioner`."""
        for words in self._scores.of(segments.weights):
            for sentence in self.openings(words):
                pool.remember(sentence)
        tick(1.0)
        return segments

    def openings(self, words: MomentWords) -> list[Sentence]:
        """Sentences that say a name and nothing else, best first."""
        return [self._opening(words, place) for place in words.names(self._options.openings)]

    def _opening(self, words: MomentWords, place: int) -> Sentence:
        word = words.lexicon.words[place]
        text = f"{PROMPT} {en.with_article(word.name)}"
        return Sentence(text, clean(text, PROMPT), self._scores.preference(place), subject=word.name)


class Guided:
    """Captioner: beam search from the best names, with the moment's words beside the language model's own."""

    def __init__(self, context: SearchContext, scores: WordScores, options: GuidedOptions) -> None:
        self._context, self._scores, self._options = context, scores, options
        self._openings = WordsOnly(scores, options)

    def caption(self, segments: SoftSegments, pool: CaptionPool, tick: Tick) -> SoftSegments:
        """See `Captioner`."""
        self.write(segments.weights, pool, tick=tick)
        return segments

    def write(
        self, weights: Tensor, pool: CaptionPool, prefix: PrefixOffsets | None = None, tick: Tick = silent
    ) -> None:
        """Leave sentences for moments, given as weights of the samples [N, T], in `pool`.

        `prefix`, one row a moment, colours what the language model says.
        """
        words, targets = self._scores.of(weights), self._scores.targets(weights)
        groups = range(0, len(words), MOMENTS_AT_ONCE)
        for start in groups:
            rows = list(range(start, min(start + MOMENTS_AT_ONCE, len(words))))
            chosen = prefix.select(torch.tensor(rows, device=prefix.keys.device)) if prefix is not None else None
            search = _Search(self._context, self._options, [words[row] for row in rows], targets[rows])
            openings = [self._openings.openings(words[row]) for row in rows]
            for sentence in search.run(openings, chosen, part_of(tick, start // MOMENTS_AT_ONCE, len(groups))):
                pool.remember(sentence)


@dataclass(frozen=True)
class _Hypothesis:
    """A sentence under way: ids behind the prompt, those of its last word that are still to come, and what it costs.

    `score` is that of the text with the whole of its last word; `free` says that its last token was the language
    model's own choice, which may be the beginning of a word.
    """

    moment: int
    ids: tuple[int, ...]
    pending: tuple[int, ...]
    cost: float
    score: float
    subject: str
    free: bool = False

    @property
    def complete(self) -> bool:
        """Whether its last word is all there."""
        return not self.pending


class _Search:
    """One search for the moments of a group."""

    def __init__(
        self, context: SearchContext, options: GuidedOptions, words: Sequence[MomentWords], targets: Tensor
    ) -> None:
        self._context, self._options, self._targets = context, options, targets
        self._lm, self._caches, self._progress = context.lm, context.caches, context.progress
        self._lead = context.lm.encode(PROMPT)
        self._candidates = [self._own_words(one) for one in words]
        self._best: list[dict[str, tuple[float, Sentence]]] = [{} for _ in words]
        self._stale = [0] * len(words)

    def run(self, openings: Sequence[Sequence[Sentence]], prefix: PrefixOffsets | None, tick: Tick) -> list[Sentence]:
        """The best sentences of all moments, the openings among them."""
        live = [self._opened(moment, one) for moment, group in enumerate(openings) for one in group]
        state = self._context.begin(self._lead, len(openings), prefix).select([one.moment for one in live])
        steps = self._caches.vocabulary.room(len(self._lead), self._options.most_tokens)
        for step in range(steps):
            self._progress.check()
            tick(step / steps)
            grown = self._grown(state, live)
            live, rows = self._kept(grown)
            if not live:
                break
            state, _ = self._lm.step(state.select(rows), torch.tensor([one.ids[-1:] for one in live]))
        return [sentence for group in openings for sentence in group] + self._finished()

    def _opened(self, moment: int, sentence: Sentence) -> _Hypothesis:
        """An opening under way; all of its words are still to come."""
        ids = tuple(self._lm.encode(sentence.text)[len(self._lead) :])
        score = float(self._clip([sentence.text], [moment])[0]) + sentence.fluency
        self._best[moment][sentence.caption] = score, sentence
        return _Hypothesis(moment, (), ids, sentence.fluency, score, sentence.subject)

    def _grown(self, state: LMState, live: Sequence[_Hypothesis]) -> list[tuple[_Hypothesis, int]]:
        """All continuations, with the row each continues."""
        grown = [(replace(one, ids=(*one.ids, one.pending[0]), pending=one.pending[1:]), row)
                 for row, one in enumerate(live) if not one.complete]  # fmt: skip
        free = [row for row, one in enumerate(live) if one.complete]
        if not free:
            return grown
        log_p = torch.log_softmax(state.logits[free].float(), dim=-1)
        return grown + self._by_lm(live, free, log_p) + self._by_lexicon(live, free, log_p)

    def _by_lm(self, live: Sequence[_Hypothesis], free: list[int], log_p: Tensor) -> list[tuple[_Hypothesis, int]]:
        """The language model's own next tokens."""
        top = self._caches.vocabulary.words_only(log_p).topk(min(self._options.candidates, log_p.shape[1]), dim=1)
        rows = [[*self._lead, *live[row].ids] for row in free]
        vectors = self._caches.continuations.encode(rows, top.indices.cpu())
        goals = self._targets[[live[row].moment for row in free]]
        clip = self._context.agreement(vectors, goals[:, None])
        spelled = self._lm.token_text
        grown = []
        for number, row in enumerate(free):
            for token, chance, logit in zip(
                top.indices[number].tolist(), top.values[number].tolist(), clip[number].tolist(), strict=True
            ):
                one = live[row]
                begins = spelled[token].startswith(" ")
                if (
                    math.isfinite(chance)
                    and (begins or one.free)
                    and token != one.ids[-1]
                    and spelled[token].strip(" ,-")
                ):
                    cost = one.cost + self._options.fluency * chance - (self._options.word_cost if begins else 0)
                    child = replace(one, ids=(*one.ids, token), cost=cost, score=logit + cost, free=True)
                    grown.append((child, row))
        return grown

    def _by_lexicon(self, live: Sequence[_Hypothesis], free: list[int], log_p: Tensor) -> list[tuple[_Hypothesis, int]]:
        """The moment's own words, whole, wherever the language model can imagine their beginning."""
        proposed = []
        for number, row in enumerate(free):
            one = live[row]
            said = self._lm.decode([*self._lead, *one.ids])
            for name, ids, needs_joint in self._candidates[one.moment]:
                chance = float(log_p[number, ids[0]])
                # A name right behind a name would make one of both: "a limousine leotard".
                if name in said or (needs_joint and not one.free):
                    continue
                if chance > self._options.least_chance:
                    cost = one.cost + self._options.fluency * chance - self._options.word_cost
                    child = replace(one, ids=(*one.ids, ids[0]), pending=ids[1:], cost=cost, free=False)
                    proposed.append((child, row, f"{said} {name}"))
        if not proposed:
            return []
        clip = self._clip([text for _, _, text in proposed], [child.moment for child, _, _ in proposed])
        return [
            (replace(child, score=logit + child.cost), row)
            for (child, row, _), logit in zip(proposed, clip, strict=True)
        ]

    def _kept(self, grown: Sequence[tuple[_Hypothesis, int]]) -> tuple[list[_Hypothesis], list[int]]:
        """The best continuations of each moment that may still win; what could end here is taken down."""
        kept: list[tuple[_Hypothesis, int]] = []
        for moment in range(len(self._best)):
            own = sorted((pair for pair in grown if pair[0].moment == moment), key=lambda pair: -pair[0].score)
            own = own[: self._options.beams]
            improved = any([self._note(one) for one, _ in own if one.complete])
            self._stale[moment] = 0 if improved or any(not one.complete for one, _ in own) else self._stale[moment] + 1
            if self._stale[moment] <= _PATIENCE:
                kept += own
        return [one for one, _ in kept], [row for _, row in kept]

    def _note(self, one: _Hypothesis) -> bool:
        """Take a sentence down if it can end here; whether it is the best of its moment."""
        text = self._lm.decode([*self._lead, *one.ids]).strip()
        caption = clean(text, PROMPT)
        if not en.can_end(caption) or not en.is_marker_text(caption):
            return False
        best = max((score for score, _ in self._best[one.moment].values()), default=-math.inf)
        self._best[one.moment][caption] = one.score, Sentence(text, caption, one.cost, subject=one.subject)
        return one.score > best

    def _finished(self) -> list[Sentence]:
        found = []
        for moment, known in enumerate(self._best):
            best = sorted(known.values(), key=lambda pair: -pair[0])[: self._options.keep]
            found += [sentence for _, one in best for sentence in (one, *self._shorter(moment, one))]
        return found

    def _shorter(self, moment: int, sentence: Sentence) -> list[Sentence]:
        """The sentence without each of its clauses: what is lost without loss was not worth a word."""
        shorter = []
        for caption in en.without_a_clause(sentence.caption):
            words = len(sentence.caption.split()) - len(caption.split())
            cost = min(0.0, sentence.fluency + words * self._options.word_cost)
            shorter.append(Sentence(f"{PROMPT} {caption[:1].lower()}{caption[1:]}", caption, cost, sentence.subject))
        return [one for one in shorter if sentence.subject in one.caption.lower()]

    def _clip(self, texts: Sequence[str], moments: Sequence[int]) -> list[float]:
        goals = self._targets[list(moments)]
        logits: list[float] = self._context.agreement(self._context.text.encode(texts), goals).tolist()
        return logits

    def _own_words(self, words: MomentWords) -> list[tuple[str, tuple[int, ...], bool]]:
        """Words that the moment prefers, as the language model spells them in a text, and whether they need a joint."""
        preferred = [words.lexicon.words[place] for place in words.preferred(self._options.own_words)]
        lead = len(self._lead)
        return [
            (word.name, tuple(self._lm.encode(f"{PROMPT} {word.name}")[lead:]), word.kind in NAMING)
            for word in preferred
        ]
