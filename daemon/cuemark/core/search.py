"""Search: what is asked of the library of footage, and what is found: segments, each with why it was found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import Notice


class Ground(str, Enum):
    """What a segment was found by."""

    SEEN = "seen"  # its pictures
    SAID = "said"  # its transcript
    READ = "read"  # what is written in its pictures


@dataclass(frozen=True)
class Example:
    """A picture to search by: `path` is an image, or a video of which the frame at `time` is meant.

    `time` is in seconds from the first frame shown; None of an image.
    """

    path: Path
    time: Fraction | None = None


@dataclass(frozen=True)
class ScoreCurve:
    """How evidence becomes a probability: sigmoid(slope * evidence + offset), fitted where the truth is known."""

    slope: float
    offset: float

    def probability(self, evidence: float) -> float:
        """How often a segment with so much evidence is what was asked for."""
        logit = self.slope * evidence + self.offset
        return 1 / (1 + math.exp(-min(max(logit, -_FURTHEST), _FURTHEST)))


_FURTHEST = 50.0  # so that no evidence leads out of what numbers hold


@dataclass(frozen=True)
class SearchFilter:
    """Which media are searched; what is not set lets all pass.

    `within` are files or folders (all levels).  `recorded_from` and `recorded_to` are days, both included: of the
    recording where the file tells it, else of the file.  `shortest` and `longest` are seconds of the whole media.
    `camera` is found, in any case, in the maker and model that the file names.
    """

    within: tuple[Path, ...] = ()
    recorded_from: date | None = None
    recorded_to: date | None = None
    shortest: Fraction | None = None
    longest: Fraction | None = None
    camera: str = ""


@dataclass(frozen=True)
class SearchQuery:
    """One search, by words, by an example, or by both.

    `clip` names the encoder whose vectors are searched (a registry name or folder; None: those that the library has).
    With `fold_takes` segments that look alike (takes of one shot, copies) stand under the best of them.
    """

    text: str = ""
    example: Example | None = None
    grounds: tuple[Ground, ...] = (Ground.SEEN, Ground.SAID, Ground.READ)
    top: int = 10
    filter: SearchFilter = SearchFilter()
    clip: str | None = None
    fold_takes: bool = True


@dataclass(frozen=True)
class Why:
    """Why a segment was found: by which ground, how sure (0 to 1), and the words that are said or read, or its tags."""

    ground: Ground
    score: float
    words: str = ""


@dataclass(frozen=True)
class FoundAlike:
    """A segment that looks like a better one and is folded under it."""

    path: Path
    fingerprint: str
    start: Fraction
    end: Fraction
    score: float


@dataclass(frozen=True)
class SearchHit:
    """A segment [start, end) of one media, in seconds from the first frame shown.

    `score` is the probability (0 to 1) that it is what was asked for.  `best` is the time that shows it best,
    `thumbnail` that of the kept picture that does, None where the library has none.  `offline`: the file is not where
    it was last seen (a disk may be away).
    """

    path: Path
    fingerprint: str
    start: Fraction
    end: Fraction
    score: float
    best: Fraction
    why: tuple[Why, ...]
    offline: bool = False
    alike: tuple[FoundAlike, ...] = ()
    thumbnail: Fraction | None = None


@dataclass(frozen=True)
class SearchResult:
    """What was found, best first, and in how many media and vectors; `notices` say what could not be searched."""

    hits: tuple[SearchHit, ...]
    media: int
    vectors: int
    notices: tuple[Notice, ...] = ()
