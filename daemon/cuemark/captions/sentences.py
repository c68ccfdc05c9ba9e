"""A sentence found for a moment, and the plain words round it: prompts, ends, clean-up."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Openings that lead a language model to say that nothing is there, whatever the place.
EMPTY_OPENINGS = ("nothing", "an empty", "nobody")
#: Plain statements of emptiness, for a language model that will not follow the openings.
EMPTY_TEXTS = ("nothing", "an empty scene", "an empty place", "nobody is there", "a blank frame", "a black screen")
_EMPTY_WORDS = re.compile(r"\b(nothing|nobody|empty|no one|none|blank|vacant|deserted|nowhere)\b", re.IGNORECASE)
_SENTENCE_END = ".!?。！？"


@dataclass(frozen=True)
class Sentence:
    """A finished sentence: as CLIP reads it (`text`, behind its prompt) and as people do (`caption`).

    `fluency` is the mean log-probability of its tokens in nats, `empty` whether it says that nothing is there.
    """

    text: str
    caption: str
    fluency: float

    @property
    def empty(self) -> bool:
        """Whether the words themselves say that nobody and nothing is there."""
        return _EMPTY_WORDS.search(self.caption) is not None

    @property
    def otherwise(self) -> str | None:
        """The same text without its words of emptiness; None where it has none, or nothing is left to say."""
        if not self.empty or not re.search(r"\w", _EMPTY_WORDS.sub("", self.caption)):
            return None
        return re.sub(r"\s+", " ", _EMPTY_WORDS.sub("", self.text)).strip()


def clean(text: str, prompt: str) -> str:
    """`text` without its prompt, its end mark and doubled spaces, capitalised; "" when nothing is left."""
    body = text.strip()
    if body.lower().startswith(prompt.lower()):
        body = body[len(prompt) :]
    body = re.sub(r"\s+", " ", body).strip().rstrip(_SENTENCE_END + ",;: ").strip()
    return body[:1].upper() + body[1:]


def ends_sentence(token_text: str) -> bool:
    """Whether a token ends the sentence it is put behind."""
    stripped = token_text.strip()
    return stripped in ("", *_SENTENCE_END) and ("\n" in token_text or stripped != "")
