"""Texts to token ids, exactly as open_clip's tokenizers do it but cheap when asked for the same words again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# Printable ASCII without "&": text that open_clip's cleaning (ftfy, HTML entities) leaves as it is.
_PLAIN = re.compile(r"[ -%'-~]*")
_CACHED_WORDS = 100_000
_CACHED_ROWS = 20_000

Ids = tuple[int, ...]


class TextTokens:
    """Rows of token ids, padded to the context length, with a bounded memory of what was asked."""

    def __init__(self, tokenizer: Any, context_length: int) -> None:
        self._tokenizer = tokenizer
        self.context_length = context_length
        self._rows: dict[str, list[int]] = {}
        self._words: dict[str, list[int]] = {}
        self._fast = _is_simple(tokenizer)

    def rows(self, texts: Sequence[str]) -> list[list[int]]:
        """For each text the ids the tokenizer gives, [context_length] each."""
        if self._fast:
            return [self._fast_row(text) for text in texts]
        missing = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if len(self._rows) + len(missing) > _CACHED_ROWS:
            self._rows.clear()
            missing = list(dict.fromkeys(texts))
        for text, row in zip(missing, self.slow_rows(missing), strict=True):
            self._rows[text] = row
        return [self._rows[text] for text in texts]

    def slow_rows(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokenizer's own answer, the tested reference of `rows`."""
        if not texts:
            return []
        rows: list[list[int]] = self._tokenizer(list(texts), context_length=self.context_length).tolist()
        return rows

    def pieces(self, text: str) -> Ids | None:
        """Ids of the text alone, without marks, where those of "a b" are those of "a" and then those of "b".

        None where that does not hold: for other tokenizers, and for text that cleaning might change as a whole.
        """
        if not self._fast or not _PLAIN.fullmatch(text):
            return None
        return tuple(self._plain_ids(text))

    def close(self, pieces: Ids) -> Ids:
        """Pieces between the marks of start and end, cut to the context as the tokenizer cuts."""
        end: int = self._tokenizer.eot_token_id
        return (self._tokenizer.sot_token_id, *pieces[: self.context_length - 2], end)

    def truncates(self, text: str) -> bool:
        """Whether the text does not fit into the context and would be cut."""
        inner = getattr(self._tokenizer, "tokenizer", None)
        if callable(inner):  # a Hugging Face tokenizer inside open_clip's wrapper
            extra = 1 if getattr(self._tokenizer, "tokenizer_mode", "") == "clips" else 0
            cleaned = self._tokenizer.clean_fn(text)
            return len(inner(cleaned, truncation=False).input_ids) + extra > self.context_length
        return len(self._tokenizer.encode(text)) + 2 > self.context_length

    def _fast_row(self, text: str) -> list[int]:
        pieces = self._plain_ids(text) if _PLAIN.fullmatch(text) else self._tokenizer.encode(text)
        closed = self.close(tuple(pieces))
        return [*closed, *[0] * (self.context_length - len(closed))]

    def _plain_ids(self, text: str) -> list[int]:
        ids: list[int] = []
        for word in self._tokenizer.pat.findall(" ".join(text.split()).lower()):
            ids += self._words.get(word) or self._learn(word)
        return ids

    def _learn(self, word: str) -> list[int]:
        if len(self._words) >= _CACHED_WORDS:
            self._words.clear()
        ids = [self._tokenizer.encoder[piece] for piece in self._tokenizer.bpe(word).split(" ")]
        self._words[word] = ids
        return ids


def _is_simple(tokenizer: Any) -> bool:
    """Whether it is CLIP's own tokenizer with its usual cleaning, whose words are independent of one another."""
    clean = getattr(getattr(tokenizer, "clean_fn", None), "__name__", "")
    return (
        type(tokenizer).__name__ == "SimpleTokenizer"
        and clean == "_clean_lower"
        and getattr(tokenizer, "reduction_fn", None) is None
    )
