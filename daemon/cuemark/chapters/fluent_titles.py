"""Titles put into form by the language model, under constraint: it chooses among what the chapter itself says.

Behind the beginning of the chapter the model is asked for its title; its log-probability of each phrase and question
of the chapter, a token, says how well that reads as the title of this text, and is weighed with what it tells.  Titles
that the model wrote itself, word by word out of the chapter's words, were tried and were worse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cuemark.captions.language.language import Language
from cuemark.chapters.chapter_part import ChapterPart
from cuemark.chapters.title_candidates import Candidate
from cuemark.core.progress import Progress

if TYPE_CHECKING:
    from cuemark.models.lm.lm import LanguageModel, LMState

_PROMPT = '{text}\n\nTitle: "'
_END = '"'
#: Of a chapter so many words are shown: most of what it is about is said at its beginning.
_SHOWN_WORDS = 90
_JUDGED = 8
#: By how much a nat a token that a title reads better raises its worth, as a logarithm.
_FLUENCY = 0.8
#: A model knows a language when it prefers a sentence of it to the words in reverse order by so many nats a token.  Of
#: English SmolLM2 does so by 4.8, of what it has hardly read by less than 1.
_LEAST_PREFERENCE = 2.0
#: Models of fewer positions have read sentences, not talk.
_LEAST_CONTEXT = 512
_ANSWER_TOKENS = 64


@dataclass
class FluentTitles:
    """A `TitleForm` by a language model; where the model does not know the language, candidates stay as they are."""

    lm: LanguageModel
    progress: Progress
    _known: dict[str, bool] = field(default_factory=dict)

    def formed(self, part: ChapterPart, candidates: Sequence[Candidate], language: Language) -> list[Candidate]:
        """See `TitleForm`."""
        import torch

        if len(candidates) < 2 or not self.knows(language):
            return list(candidates)
        judged, others = candidates[:_JUDGED], candidates[_JUDGED:]
        with torch.no_grad():
            fluency = self._fluency(self._behind(part), [one.text for one in judged])
        best = max(fluency)
        weighed = [
            Candidate(one.text, one.worth * math.exp(_FLUENCY * (nats - best)), one.keys)
            for one, nats in zip(judged, fluency, strict=True)
        ]
        weighed.sort(key=lambda one: (-one.worth, one.text))
        least = weighed[-1].worth
        return [*weighed, *(Candidate(one.text, min(one.worth, least) / 2, one.keys) for one in others)]

    def knows(self, language: Language) -> bool:
        """Whether the model knows the language: it prefers a sentence of it to the same words in reverse order."""
        if language.code not in self._known:
            reads = (self.lm.context_length or _LEAST_CONTEXT) >= _LEAST_CONTEXT and bool(language.sample)
            self._known[language.code] = reads and self._preference(language) >= _LEAST_PREFERENCE
        return self._known[language.code]

    def _preference(self, language: Language) -> float:
        """Nats a token by which the model prefers the language's sample to the sample in reverse order."""
        import torch

        back = " ".join(reversed(language.sample.split()))
        with torch.no_grad():
            ahead, behind = (self._fluency(self.lm.start(1), [text])[0] for text in (language.sample, back))
        return ahead - behind

    def _behind(self, part: ChapterPart) -> LMState:
        """The state behind the beginning of a chapter and the question for its title."""
        import torch

        said = " ".join(" ".join(part.sentences).split()[:_SHOWN_WORDS])
        ids = self.lm.encode(_PROMPT.format(text=said))
        room = (self.lm.context_length or len(ids) + _ANSWER_TOKENS) - _ANSWER_TOKENS
        return self.lm.step(self.lm.start(1), torch.tensor([ids[-room:]]))[0]

    def _fluency(self, state: LMState, texts: Sequence[str]) -> list[float]:
        """The mean log-probability a token of each text and of its end, in nats."""
        import torch

        end = self.lm.encode(_END)[:1]
        rows = [[*self.lm.encode(text), *end] for text in texts]
        longest = max(map(len, rows))
        tokens = torch.tensor([row + end * (longest - len(row)) for row in rows])
        state = state.select([0] * len(rows))
        total = torch.zeros(len(rows))
        for place in range(longest):
            self.progress.check()
            log_p = torch.log_softmax(state.logits.float(), dim=-1).cpu()
            counts = torch.tensor([float(place < len(row)) for row in rows])
            total += counts * log_p.gather(1, tokens[:, place : place + 1])[:, 0]
            if place + 1 < longest:
                state, _ = self.lm.step(state, tokens[:, place])
        return [float(nats) / len(row) for nats, row in zip(total, rows, strict=True)]
