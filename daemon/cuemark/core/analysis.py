"""What an analysis yields: moments, chapters and how each came about.  Immutable; user edits are kept beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import Notice
from cuemark.core.media import MediaInfo

__all__ = ["Analysis", "AnalysisSummary", "Chapter", "MaskCurve", "ModelUse", "Moment", "Notice", "RunnerUp"]


@dataclass(frozen=True)
class RunnerUp:
    """A caption that was considered and not chosen, with its ranking score."""

    caption: str
    score: float


@dataclass(frozen=True)
class MaskCurve:
    """A soft moment mask: centre and width in fractions of the media, the sharpness it ended with.

    `values` are m(t) on an even grid over the whole media (at most 256 points), in [0, 1].
    """

    centre: float
    width: float
    sharpness: float
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Moment:
    """A segment [start, end) with a caption; times are seconds from the first frame shown.

    `edited` says that the user changed its caption or an end of it.
    """

    id: str
    start: Fraction
    end: Fraction
    caption: str
    score: float
    scores: dict[str, float] = field(default_factory=dict)
    mask: MaskCurve | None = None
    runners_up: tuple[RunnerUp, ...] = ()
    edited: bool = False


@dataclass(frozen=True)
class Chapter:
    """A segment of the gapless partition of the media, with a short title.

    `edited` says that the user changed its title or a boundary of it (one moved boundary edits both neighbours).
    """

    start: Fraction
    end: Fraction
    title: str
    id: str = ""
    edited: bool = False


@dataclass(frozen=True)
class ModelUse:
    """A model an analysis ran with: registry name or folder, content id, and where it really ran and why."""

    name: str
    id: str
    device: str
    reason: str = ""


@dataclass(frozen=True)
class Analysis:
    """The moments and chapters of one media under one set of options.

    `models` are by role ("clip", "lm"), `options` by name.  `id` is "" and `created_at` None until the library has it.
    """

    id: str
    media: MediaInfo
    models: dict[str, ModelUse]
    options: dict[str, str]
    moments: tuple[Moment, ...]
    chapters: tuple[Chapter, ...]
    warnings: tuple[Notice, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True)
class AnalysisSummary:
    """One line of a list of analyses; `path` is where its media was last seen, `models` are names by role."""

    id: str
    path: Path
    fingerprint: str
    duration: Fraction
    preset: str
    models: dict[str, str]
    moments: int
    chapters: int
    created_at: datetime
