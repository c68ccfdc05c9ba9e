"""What all searches of one run share, so that none computes what another has: texts' vectors, the unprefixed pass."""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.captions.plain_pass import PlainPass
from cuemark.models.clip.continuations import Continuations
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel


@dataclass(frozen=True)
class Shared:
    """Vectors of sentences with a token behind them, and what the language model says without a prefix."""

    continuations: Continuations
    plain: PlainPass

    @classmethod
    def of(cls, text: TextEncoder, lm: LanguageModel) -> Shared:
        """For a pair of models; vectors themselves are kept by `text`, also between runs."""
        return cls(Continuations(text, lm), PlainPass(lm))
