"""Which tokens of a language model a caption may hold, which end it, and how logits are adjusted (arXiv 2207.11100)."""

from __future__ import annotations

import math
import re

import torch
from torch import Tensor

from cuemark.captions.protocols import SENTENCE_END
from cuemark.models.lm.lm import BOS_POSITIONS, LanguageModel

#: Letters, perhaps behind a space; a comma; an apostrophe or hyphen inside a word.
_WORDLIKE = re.compile(r"^ ?[a-zA-Z][a-zA-Z']*$|^,$|^-$|^ ?[a-zA-Z]+-$|^['-][a-zA-Z]+$")
#: The same in any script, for a language model that hardly has words in Latin letters.
_WORDLIKE_ANYWHERE = re.compile(r"^ ?[^\W\d_]+$|^[,、，-]$")
#: Logits of tokens among the last 16 are halved (doubled below 0), those with capitals lose 2 (arXiv 2207.11100).
_REPETITION = 2.0
_RECENT = 16
_STYLE = 2.0
_FEWEST_ROOM = 3
_CLIP_MARKS = 2  # of start and end


class CaptionVocabulary:
    """The vocabulary of one language model as captions may use it; nothing is assumed of its tokenizer."""

    def __init__(self, lm: LanguageModel, clip_context: int | None = None) -> None:
        """`clip_context`: tokens a text may have for the CLIP that judges captions, marks of start and end included."""
        texts = lm.token_text
        self._context = lm.context_length
        self._judged = clip_context
        end = torch.tensor([ends_sentence(text) for text in texts])
        if lm.eos_id is not None:
            end[lm.eos_id] = True
        self.end = end.to(lm.device)
        self.wordlike = torch.tensor(_wordlike(texts)).to(lm.device)
        self._upper = torch.tensor([text != text.lower() for text in texts]).to(lm.device)

    def room(self, lead: int, wanted: int) -> int:
        """How many tokens may follow `lead` ones: `wanted`, or what both models' contexts leave; at least 1.

        What CLIP does not see it cannot judge.  A token counts as one of CLIP's, which words of captions mostly are.
        """
        if self._context is not None:
            wanted = min(wanted, self._context - BOS_POSITIONS - lead - 1)
        if self._judged is not None:
            wanted = min(wanted, self._judged - _CLIP_MARKS - lead)
        return max(1, wanted)

    def fits(self, lead: int) -> bool:
        """Whether `lead` tokens leave the context room for a sentence."""
        return self._context is None or self._context - BOS_POSITIONS - lead > _FEWEST_ROOM

    def ends(self, token: int) -> bool:
        """Whether the token ends a sentence."""
        return bool(self.end[token])

    def words_only(self, log_probabilities: Tensor) -> Tensor:
        """[..., V] with everything but words at minus infinity."""
        return log_probabilities.masked_fill(~self.wordlike, -math.inf)

    def top(self, log_probabilities: Tensor, count: int) -> Tensor:
        """Ids [..., K] of the likeliest words and ends of [..., V]."""
        allowed = log_probabilities.masked_fill(~(self.wordlike | self.end), -math.inf)
        return allowed.topk(min(count, int((self.wordlike | self.end).sum())), dim=-1).indices

    def adjusted(self, logits: Tensor, rows: list[list[int]], lead: int, end_bonus: float) -> Tensor:
        """Logits [N, V] with words only, repetition damped, capitals disliked and the end favoured.

        `rows` are the ids so far, `lead` of them the prompt.  No end before two words, no triple twice.
        """
        result = logits.masked_fill(~(self.wordlike | self.end), -math.inf)
        result = result - _STYLE * self._upper
        result = result + end_bonus * self.end
        for number, row in enumerate(rows):
            recent = torch.tensor(sorted(set(row[-_RECENT:])), device=result.device)
            value = result[number, recent]
            result[number, recent] = torch.where(value > 0, value / _REPETITION, value * _REPETITION)
            if len(row) - lead < 2:
                result[number] = result[number].masked_fill(self.end, -math.inf)
            for start in range(len(row) - 2):
                if row[start : start + 2] == row[-2:]:
                    result[number, row[start + 2]] = -math.inf
        return result

    def best_end(self, logits: Tensor) -> Tensor:
        """The likeliest end [N] of each row of [N, V]."""
        return logits.masked_fill(~self.end, -math.inf).argmax(dim=1)


def _wordlike(texts: list[str]) -> list[bool]:
    latin = [_WORDLIKE.match(text) is not None for text in texts]
    anywhere = [_WORDLIKE_ANYWHERE.match(text) is not None for text in texts]
    return anywhere if sum(anywhere) > 2 * sum(latin) else latin


def ends_sentence(token_text: str) -> bool:
    """Whether a token ends the sentence it is put behind."""
    stripped = token_text.strip()
    return stripped in ("", *SENTENCE_END) and ("\n" in token_text or stripped != "")
