"""Candidates encoded the plain way: every sentence spelled out, tokenised, and run at CLIP's full context.

Nothing is shared between sentences and nothing is remembered.  The rival of `cuemark bench scoring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel


def encode_plainly(text: TextEncoder, lm: LanguageModel, row: Sequence[int], tokens: Sequence[int]) -> Tensor:
    """Unit vectors [K, D] of the sentence `row` with each of K tokens behind it, by open_clip's own `encode_text`."""
    return text.encode_plain([lm.decode([*row, token]).strip() for token in tokens])
