"""What an analysis yields: moments, chapters and how each came about; and the edits users make.

An analysis is immutable; edits are kept beside it (library/edits applies them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from cuemark.core.errors import Notice
from cuemark.core.media import MediaInfo
from cuemark.core.shots import Shot
from cuemark.core.tags import Tag, tags_text
from cuemark.core.text import one_line

SEEN, SAID, READ = "seen", "said", "read"
"""What a moment's caption may come from: its pictures, what is said in it, or what is written in the pictures."""

__all__ = [
    "READ",
    "SAID",
    "SEEN",
    "AddEdit",
    "Analysis",
    "AnalysisSummary",
    "Chapter",
    "ChapterEdit",
    "DeleteEdit",
    "Edit",
    "LoggedEdit",
    "MaskCurve",
    "MergeEdit",
    "ModelUse",
    "Moment",
    "MomentEdit",
    "NamedMoment",
    "Notice",
    "RunnerUp",
    "Shot",
    "SplitEdit",
    "Tag",
    "UndoEdit",
    "named_moments",
    "tags_text",
    "without_reasons",
]


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

    `score` is the probability (0 to 1) that the caption's main word is right; `scores` are the raw numbers behind it.
    A caption of "" means that nothing is dared to be said: `named_moments` says what people call such a moment.
    `tags` are single words for what is in its pictures, best first.  `edited` says that the user changed its caption or
    an end of it.  `source` is the kind of evidence that its caption comes from, `said` the words spoken in it.
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
    tags: tuple[Tag, ...] = ()
    source: str = SEEN
    said: str = ""


class NamedMoment(NamedTuple):
    """A moment, its place among the analysis's moments (from 1), and what people call it, in one line, never empty."""

    number: int
    moment: Moment
    name: str


def named_moments(moments: Iterable[Moment], spell: Callable[[str], str] = one_line) -> list[NamedMoment]:
    """Each moment with its name: its caption, or "Moment 3" where it has none.  `sorted` puts them in order of time.

    `spell` writes a caption as its reader takes it; one of which nothing is left counts as none.
    """
    found = list(moments)
    order = sorted(range(len(found)), key=lambda index: (found[index].start, found[index].end))
    places = {index: place for place, index in enumerate(order, 1)}
    return [
        NamedMoment(places[index], moment, spell(moment.caption) or f"Moment {places[index]}")
        for index, moment in enumerate(found)
    ]


@dataclass(frozen=True)
class Chapter:
    """A segment of the gapless partition of the media, with a short title.

    `edited` says that the user changed its title or a boundary of it (one moved boundary edits both neighbours).
    `confidence` is the probability (0 to 1) that a given title begins there; None where no title was looked for.
    """

    start: Fraction
    end: Fraction
    title: str
    id: str = ""
    edited: bool = False
    confidence: float | None = None


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
    `deleted` are the ids of moments and chapters that the user deleted, or merged into others.  `shots` are there where
    they were asked for, in order of time.
    """

    id: str
    media: MediaInfo
    models: dict[str, ModelUse]
    options: dict[str, str]
    moments: tuple[Moment, ...]
    chapters: tuple[Chapter, ...]
    warnings: tuple[Notice, ...] = ()
    created_at: datetime | None = None
    deleted: tuple[str, ...] = ()
    shots: tuple[Shot, ...] = ()

    @property
    def tagged(self) -> bool:
        """Whether its captioner gives tags, and leaves moments unnamed; programs are told both of every moment then."""
        return any(moment.tags or not moment.caption for moment in self.moments)

    @property
    def worded(self) -> bool:
        """Whether anything is said in its moments, or a caption is not of their pictures."""
        return any(moment.said or moment.source != SEEN for moment in self.moments)


def without_reasons(analysis: Analysis) -> Analysis:
    """The analysis less what only explains it: the masks of moments and the captions that were not chosen."""
    moments = tuple(replace(moment, mask=None, runners_up=()) for moment in analysis.moments)
    return replace(analysis, moments=moments)


@dataclass(frozen=True)
class AnalysisSummary:
    """One line of a list of analyses; `path` is where its media was last seen, `models` are names by role.

    Of a `damaged` one the library's row cannot be read; the id is right, the rest as far as it goes.
    """

    id: str
    path: Path
    fingerprint: str
    duration: Fraction
    preset: str
    models: dict[str, str]
    moments: int
    chapters: int
    created_at: datetime
    damaged: bool = False


@dataclass(frozen=True)
class MomentEdit:
    """What the user changed of a moment; None leaves it as it was."""

    kind: ClassVar[str] = "moment"

    moment_id: str
    caption: str | None = None
    start: Fraction | None = None
    end: Fraction | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of what it is an edit of."""
        return (self.moment_id,)


@dataclass(frozen=True)
class ChapterEdit:
    """What the user changed of a chapter; a moved start moves the end of the chapter before it."""

    kind: ClassVar[str] = "chapter"

    chapter_id: str
    title: str | None = None
    start: Fraction | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of what it is an edit of."""
        return (self.chapter_id,)


@dataclass(frozen=True)
class DeleteEdit:
    """A moment or chapter is taken out; the chapter before it (of the first: behind it) takes over its time."""

    kind: ClassVar[str] = "delete"

    item_id: str

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of what it is an edit of."""
        return (self.item_id,)


@dataclass(frozen=True)
class MergeEdit:
    """Two moments, or two chapters, that follow each other become one, which keeps the id and the words of the first
    named; an `other_id` of "" is the one that follows."""

    kind: ClassVar[str] = "merge"

    item_id: str
    other_id: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of what it is an edit of."""
        return (self.item_id, self.other_id)


@dataclass(frozen=True)
class SplitEdit:
    """A moment or chapter is cut in two: what comes from `at` on gets the id `new_id`, and `text` for its words, where
    there is one.  Without a `new_id` the library gives one."""

    kind: ClassVar[str] = "split"

    item_id: str
    at: Fraction
    text: str | None = None
    new_id: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of what it is an edit of, and of what it made."""
        return (self.item_id, self.new_id)


@dataclass(frozen=True)
class AddEdit:
    """A moment or chapter [start, end) that the user found.  A chapter is cut out of those that have its time.

    A chapter without an `end` goes on to the end of the one that is cut.  `new_id` is its id, `rest_id` that of what is
    left behind it of a chapter in whose middle it lies; without them the library gives some.
    """

    kind: ClassVar[str] = "add"

    item: Literal["moment", "chapter"]
    start: Fraction
    end: Fraction | None
    text: str
    new_id: str = ""
    rest_id: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of what it made."""
        return (self.new_id, self.rest_id)


Edit = MomentEdit | ChapterEdit | DeleteEdit | MergeEdit | SplitEdit | AddEdit


Step = Literal["", "back", "forward"]


@dataclass(frozen=True)
class UndoEdit:
    """Edits, by their numbers in the library, that the user took back.  Taking back one of these does them again.

    `step` tells those that were made by going one step back or forward from what was undone of a moment or chapter.
    """

    kind: ClassVar[str] = "undo"

    numbers: tuple[int, ...]
    step: Step = ""


@dataclass(frozen=True)
class EditSteps:
    """How many steps one can go back from what an analysis is now, and how many forward again."""

    back: int
    forward: int


LoggedEdit = Edit | UndoEdit
"""What the library keeps beside an analysis, in order, and never takes out again."""
