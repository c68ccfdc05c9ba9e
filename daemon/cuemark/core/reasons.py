"""Why a border is where it is: the evidence at it, each as a log-odds, and the curve of picture change."""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.core.screen_text import ScreenTexts
from cuemark.core.transcript import Transcript


@dataclass(frozen=True)
class Reason:
    """One piece of evidence at a border: how much likelier it makes one (log-odds), and what it is in words."""

    log_odds: float
    words: str


@dataclass(frozen=True)
class ChangeCurve:
    """How much the pictures change from each sample to the next: cosine distances over the whole media, evenly drawn.

    `usual` is the change that is this footage's own noise.
    """

    values: tuple[float, ...]
    usual: float


@dataclass(frozen=True)
class MediaEvidence:
    """What is known of one media on its time axis, as a person looks at it; None where nobody looked or listened."""

    transcript: Transcript | None = None
    screen_text: ScreenTexts | None = None
    change: ChangeCurve | None = None


@dataclass(frozen=True)
class BorderReasons:
    """Why a moment or chapter begins and ends where it does."""

    item_id: str
    start: tuple[Reason, ...] = ()
    end: tuple[Reason, ...] = ()
