"""Whether a vision-language model looks at pictures at all: it is asked about two whose content only a look can tell.

Servers accept pictures that their model never sees (no projector loaded, a form that is ignored) and answer all the
same, with words that would fit anything.  So before any footage each of two drawn pictures is asked for: a large word
in white on a ground of one colour.  Whoever reads the word has looked, and so has whoever tells the ground of both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from cuemark.captions.vlm.model import Check, Question, VisionLanguageModel, VlmFailure
from cuemark.media.geometry import Picture

_SIDE = 336
_ONE = (
    "Which word is written in this picture, and which colour is the ground behind it? "
    'Answer with JSON and nothing else: {"word": "...", "colour": "..."}'
)
_TWO = (
    "There are two pictures. Which word is written in each, and which colour is the ground behind it? Answer with "
    'JSON and nothing else: {"first": {"word": "...", "colour": "..."}, "second": {"word": "...", "colour": "..."}}'
)
_TEXT: dict[str, Any] = {"type": "string"}
_ONE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"word": _TEXT, "colour": _TEXT},
    "required": ["word", "colour"],
    "additionalProperties": False,
}
_TWO_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"first": _ONE_SCHEMA, "second": _ONE_SCHEMA},
    "required": ["first", "second"],
    "additionalProperties": False,
}
#: White is not among them: it is the colour of the words.
_COLOURS = {"red", "green", "blue", "yellow", "orange", "purple", "black", "gray", "grey", "pink", "brown"}


@dataclass(frozen=True)
class Card:
    """A picture to be recognised: a word on a ground of a colour."""

    word: str
    colour: str
    rgb: tuple[int, int, int]

    def drawn(self) -> Picture:
        """RGB uint8 [336, 336, 3]."""
        from PIL import Image, ImageDraw, ImageFont

        picture = Image.new("RGB", (_SIDE, _SIDE), self.rgb)
        ImageDraw.Draw(picture).text(
            (_SIDE // 2, _SIDE // 2), self.word, fill="white", anchor="mm", font=ImageFont.load_default(72)
        )
        return np.asarray(picture)


CARDS = (Card("RIVER", "green", (0, 128, 0)), Card("CANDLE", "purple", (128, 0, 128)))
"""Neither word nor colour is what a model would guess."""


def see_pictures(model: VisionLanguageModel, seconds: float, tokens: int, check: Check) -> int:
    """How many pictures the model looks at in one question: 2, which stands for several, or 1.

    VlmFailure `vlm_ignores_pictures` where it sees none in any form it can be asked in; else what asking met.
    """
    blind: VlmFailure | None = None
    while True:
        try:
            seen = _seen(model, seconds, tokens, check)
        except VlmFailure as failure:
            raise blind or failure from None
        if seen:
            return seen
        problem = f"{model.name} answers without looking: it cannot say what is on two drawn pictures."
        step = "Use a model that takes pictures, such as qwen3-vl, and see that its picture part (mmproj) is loaded."
        blind = VlmFailure("vlm_ignores_pictures", problem, step)
        if not model.another_way():
            raise blind


def _seen(model: VisionLanguageModel, seconds: float, tokens: int, check: Check) -> int:
    """2, 1 or 0 pictures a question."""
    both = Question(_TWO, [card.drawn() for card in CARDS], _TWO_SCHEMA, tokens, seconds)
    try:
        words = _words(model.answer(both, check))
    except VlmFailure as failure:
        if failure.code != "vlm_refused":
            raise
        words = set()  # it may take one, and say no to two
    if all(card.word.lower() in words for card in CARDS) or words & _COLOURS == {card.colour for card in CARDS}:
        return len(CARDS)
    for card in CARDS:
        words = _words(model.answer(Question(_ONE, [card.drawn()], _ONE_SCHEMA, tokens, seconds), check))
        if card.word.lower() not in words and words & _COLOURS != {card.colour}:
            return 0
    return 1


def _words(texts: tuple[str, ...]) -> set[str]:
    return set(re.findall(r"[a-z]+", " ".join(texts).lower()))
