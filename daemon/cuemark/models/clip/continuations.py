"""Sentences under way and the tokens that may follow, as CLIP vectors, without spelling every sentence out.

The optimiser asks for the vectors of thousands of texts that differ in their last token.  CLIP's own tokenizer treats
what stands between spaces on its own, so a token that begins a word adds the same CLIP ids behind any sentence: a
table from the language model's tokens to CLIP's, filled as tokens are met.  A token that goes on with a word needs
that word alone tokenised anew.  Anything else (other tokenizers, letters that text cleaning may touch) is spelled out
and encoded as a text.  Vectors are kept by CLIP ids in the encoder, so steps, moments and runs share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel
from cuemark.models.runtime.caches import Ids


@dataclass(frozen=True)
class _Row:
    """A sentence under way: the ids of its text, and of all but the word that it ends in."""

    text: str
    whole: Ids
    head: Ids
    last: str


class ContinuationEncoder:
    """A text tower and a language model, bound together."""

    def __init__(self, text: TextEncoder, lm: LanguageModel) -> None:
        """Costs nothing where the two cannot be joined by tokens: then texts are spelled out."""
        self._text, self._lm = text, lm
        self._direct = text.pieces("a") is not None
        self._spelled = lm.token_text
        self._probes = _probes(self._spelled)
        self._begun: dict[int, Ids | None] = {}

    def encode(self, rows: Sequence[Sequence[int]], tokens: Tensor) -> Tensor:
        """Unit vectors [R, K, D] of the texts `lm.decode([*row, token]).strip()`.

        `rows` are R lists of token ids, `tokens` [R, K] what may follow each.  The value is that of
        `TextEncoder.encode` for the texts, within 1e-5; equal texts are computed once, on any row, in any later call.
        """
        listed: list[list[int]] = tokens.tolist()
        if self._direct:
            sequences = [one for row, follow in zip(rows, listed, strict=True) for one in self._row_ids(row, follow)]
            vectors = self._text.encode_ids(sequences)
        else:
            vectors = self._text.encode([text for texts in self.texts(rows, tokens) for text in texts])
        return vectors.view(*tokens.shape, -1)

    def texts(self, rows: Sequence[Sequence[int]], tokens: Tensor) -> list[list[str]]:
        """The texts themselves: for each row one a token."""
        return [self._spell(row, follow) for row, follow in zip(rows, tokens.tolist(), strict=True)]

    def _spell(self, row: Sequence[int], follow: Sequence[int]) -> list[str]:
        start = self._lm.decode(row)
        if self._only_adds(row, start):
            spelled = self._spelled
            return [
                (start + spelled[token]).strip() if spelled[token].isascii() else self._decoded(row, token)
                for token in follow
            ]
        return [self._decoded(row, token) for token in follow]

    def _decoded(self, row: Sequence[int], token: int) -> str:
        return self._lm.decode([*row, token]).strip()

    def _only_adds(self, row: Sequence[int], start: str) -> bool:
        """Whether tokens behind this row add their own text and change nothing before it."""
        if not start.isascii() or not self._probes:
            return False  # a token of bytes may end in the middle of a letter
        return all(self._lm.decode([*row, probe]) == start + self._spelled[probe] for probe in self._probes)

    def _row_ids(self, row: Sequence[int], follow: Sequence[int]) -> list[Ids]:
        """What the text tower reads for each text of one row."""
        base = self._base(row)
        if base is None:
            return self._text.ids(self._spell(row, follow))
        found = [self._pieces(base, token) for token in follow]
        missing = [token for token, pieces in zip(follow, found, strict=True) if pieces is None]
        spelled = iter(self._text.ids([self._decoded(row, token) for token in missing]) if missing else [])
        close = self._text.close
        return [next(spelled) if pieces is None else close(pieces) for pieces in found]

    def _base(self, row: Sequence[int]) -> _Row | None:
        text = self._lm.decode(row)
        if not self._only_adds(row, text):
            return None
        space = text.rfind(" ") + 1
        whole, head = self._text.pieces(text), self._text.pieces(text[:space])
        return None if whole is None or head is None else _Row(text, whole, head, text[space:])

    def _pieces(self, base: _Row, token: int) -> Ids | None:
        """CLIP's ids, without marks, of the sentence with the token behind it; None where it must be spelled out."""
        added = self._spelled[token]
        if not added.startswith(" "):
            tail = self._text.pieces(base.last + added)
            return None if tail is None else base.head + tail
        if token not in self._begun:
            self._begun[token] = self._text.pieces(added)
        begun = self._begun[token]
        return None if begun is None else base.whole + begun


def _probes(spelled: Sequence[str]) -> list[int]:
    """A token that begins a word and one that goes on with it, as far as the language model has them."""
    begins = (i for i, text in enumerate(spelled) if text.startswith(" ") and text[1:].isalpha() and text.isascii())
    goes_on = (i for i, text in enumerate(spelled) if text.isalpha() and text.isascii())
    return [token for token in (next(begins, None), next(goes_on, None)) if token is not None]
