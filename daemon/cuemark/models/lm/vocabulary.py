"""What a language model's tokens mean as text, whatever tokenizer it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_BATCH = 8192


class Vocabulary:
    """The tokenizer of a language model, reduced to what captions need."""

    def __init__(self, tokenizer: Any, model_eos: int | None, size: int) -> None:
        """`model_eos` is EOS as the model's config names it, used where the tokenizer names none.

        `size` is how many ids the model takes; a tokenizer or a config may name others, which are ignored.
        """
        self._tokenizer = tokenizer
        self._size = size
        self._texts: list[str] | None = None
        self.eos_id: int | None = next(filter(self._taken, (tokenizer.eos_token_id, model_eos)), None)
        self.bos_ids = self._start()

    def encode(self, text: str) -> list[int]:
        """Token ids, no special tokens added."""
        return [int(i) for i in self._tokenizer.encode(text, add_special_tokens=False) if self._taken(i)]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of the ids, special tokens left away, spaces untouched."""
        text: str = self._tokenizer.decode(
            [int(i) for i in ids], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def token_text(self, size: int) -> list[str]:
        """Text each of `size` ids adds behind other text; "" for special tokens and ids the tokenizer lacks.

        Some tokenizers drop the space before a text's first token, so each token is decoded behind an anchor.
        """
        if self._texts is None or len(self._texts) != size:
            self._texts = self._decode_all(size)
        return self._texts

    def _decode_all(self, size: int) -> list[str]:
        known = min(size, len(self._tokenizer))
        special = set(self._tokenizer.all_special_ids)
        anchor = self._anchor()
        start = len(self.decode(anchor))
        texts = []
        for low in range(0, known, _BATCH):
            batch = [[*anchor, index] for index in range(low, min(low + _BATCH, known))]
            decoded = self._tokenizer.batch_decode(batch, clean_up_tokenization_spaces=False)
            texts += ["" if low + i in special else text[start:] for i, text in enumerate(decoded)]
        return texts + [""] * (size - known)

    def _anchor(self) -> list[int]:
        """A token that reads the same alone and before others."""
        for text in ("a", "the", "."):
            ids = self.encode(text)[-1:]
            if ids and self.decode(ids).strip():
                return ids
        return []

    def _taken(self, token: int | None) -> bool:
        return token is not None and 0 <= token < self._size

    def _start(self) -> list[int]:
        if self._taken(self._tokenizer.bos_token_id):
            return [int(self._tokenizer.bos_token_id)]
        if self.eos_id is not None:
            return [self.eos_id]
        return self.encode("\n")[-1:] or self.encode(".")[-1:] or [0]
