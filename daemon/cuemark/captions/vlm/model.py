"""The seam to vision-language models: pictures and a question in, text out; and how one fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cuemark.core.analysis import ModelUse
from cuemark.core.errors import CuemarkError
from cuemark.media.geometry import Picture

Check = Callable[[], None]
"""Raises JobCancelled where the job was cancelled; called a few times a second."""


class VlmFailure(CuemarkError):
    """A vision-language model gave no answer.  Never an error of an analysis: our own captions take its place."""


@dataclass(frozen=True)
class Question:
    """What is asked about pictures (RGB uint8 [H, W, 3], in order), and the JSON schema of the answer.

    `tokens` are the most of an answer, `seconds` the most it may take.
    """

    text: str
    pictures: Sequence[Picture]
    schema: dict[str, Any]
    tokens: int
    seconds: float


class VisionLanguageModel(Protocol):
    """A model that looks at pictures and writes."""

    @property
    def name(self) -> str:
        """What it is called in a notice."""

    def answer(self, question: Question, check: Check) -> tuple[str, ...]:
        """What it writes: its answer, and behind that what it thought aloud, where these are apart.

        VlmFailure where it does not answer; JobCancelled within half a second of a cancel, whatever it is doing.
        """

    def another_way(self) -> bool:
        """Ask in another form from now on, because pictures do not get through; False where there is none."""

    def use(self) -> ModelUse:
        """Which model answered, where and in which form it was asked."""
