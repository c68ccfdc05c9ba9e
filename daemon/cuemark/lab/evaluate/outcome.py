"""What one system said about one video, in the form every measure reads."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Found:
    """A found moment, [start, end) in seconds.  `caption` is empty where the system does not describe."""

    start: Fraction
    end: Fraction
    caption: str = ""


@dataclass(frozen=True)
class FoundChapter:
    """A found chapter, [start, end) in seconds."""

    start: Fraction
    end: Fraction
    title: str = ""


@dataclass(frozen=True)
class Curve:
    """A mask over an even grid of the whole video, values in [0, 1]."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Outcome:
    """One system on one video.

    `moments` and `chapters` are in order of start.  `seconds` is the time of the search alone (features are shared by
    all systems).  `first` and `last` are the masks before and after they were optimised, for systems that have masks.
    """

    moments: tuple[Found, ...] = ()
    chapters: tuple[FoundChapter, ...] = ()
    seconds: float = 0.0
    first: tuple[Curve, ...] = ()
    last: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class System:
    """A row of the table: a stable `name` and one line on what it is.  `outcomes` by name of the video."""

    name: str
    about: str
    outcomes: dict[str, Outcome]
