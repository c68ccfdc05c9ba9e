"""Tags: single words for what pictures show, each with how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cuemark.core.text import one_line


@dataclass(frozen=True)
class Tag:
    """A word for what the pictures of a moment show, and the probability (0 to 1) that it is right."""

    word: str
    score: float


def tags_text(tags: Iterable[Tag], spell: Callable[[str], str] = one_line) -> str:
    """Tags as people read them: `dog 0.81, grass 0.40`; `spell` writes a word as its reader takes it."""
    spelled = ((spell(tag.word), tag.score) for tag in tags)
    return ", ".join(f"{word} {score:.2f}" if math.isfinite(score) else word for word, score in spelled if word)
