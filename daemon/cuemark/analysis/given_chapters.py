"""The stage in which chapters are made for borders, or for titles, that the user gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cuemark.core.analysis import Chapter, Moment, Notice
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import InputError, OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.core.typed_times import looks_like_times, times_in_a_row, titles_in_lines
from cuemark.evidence.borders.known import KnownBorders, known_borders, read_text

if TYPE_CHECKING:
    from cuemark.captions.scorer import TextTower
    from cuemark.chapters.at_borders import Words
    from cuemark.chapters.options import ChapterOptions
    from cuemark.evidence.bundle import EvidenceBundle

MOST_TITLES = 1000
LONGEST_TITLE = 200
"""Characters; editors and players cut longer ones."""


@dataclass(frozen=True)
class GivenChapters:
    """What the user gave of the chapters, read before any work: borders, or titles; neither: the chapters are ours."""

    borders: KnownBorders | None = None
    titles: tuple[str, ...] = ()
    any_order: bool = False

    def __bool__(self) -> bool:
        return self.borders is not None or bool(self.titles)


class Pictures(NamedTuple):
    """The frames of a media, its moments, the text tower that judges them, and the options of chapters."""

    evidence: EvidenceBundle
    moments: Sequence[Moment]
    text: TextTower
    options: ChapterOptions


@dataclass(frozen=True)
class Divided:
    """Chapters, and what is to be said of them."""

    chapters: tuple[Chapter, ...]
    notices: tuple[Notice, ...] = ()


def check_given(options: AnalysisOptions) -> None:
    """OptionError where what is given cannot be, before a job is queued: `chapters_twice`, `time_invalid`."""
    if options.chapters_at and options.chapter_titles:
        problem = "Chapters have either given borders or given titles."
        raise OptionError("chapters_twice", problem, "Use --at to title borders, or --titles to find titles.")
    if options.chapters_at and looks_like_times(options.chapters_at):
        times_in_a_row(options.chapters_at, Fraction(1))


def read_given(options: AnalysisOptions, info: MediaInfo) -> GivenChapters:
    """What the options give, with files read: InputError and OptionError of `known_borders` and `read_titles`."""
    borders = known_borders(options.chapters_at, info) if options.chapters_at else None
    titles = read_titles(Path(options.chapter_titles)) if options.chapter_titles else ()
    return GivenChapters(borders, titles, bool(options.any_order))


def read_titles(path: Path) -> tuple[str, ...]:
    """The titles in a file, one a line; times, numbers and bullets beside them are passed over.

    InputError: `titles_not_found`, `titles_unreadable`, `titles_none`, `titles_too_many`, `titles_too_long`.
    """
    titles = titles_in_lines(read_text(path, "titles"))
    if not titles:
        raise InputError("titles_none", f"{shown(path)} holds no title.", "Write them one a line.")
    if len(titles) > MOST_TITLES:
        problem = f"{shown(path)} holds {len(titles)} titles, more than the {MOST_TITLES} that are looked for at once."
        raise InputError("titles_too_many", problem, "Name fewer, one a line.")
    longest = max(titles, key=len)
    if len(longest) > LONGEST_TITLE:
        problem = f'In {shown(path)} "{longest[:40]}..." has {len(longest)} characters, too many for a title.'
        raise InputError("titles_too_long", problem, f"Write one title a line, of at most {LONGEST_TITLE} characters.")
    return titles


def divide_as_given(
    given: GivenChapters,
    words: Words,
    own: Callable[[], tuple[Chapter, ...]],
    progress: Progress,
    pictures: Pictures | None = None,
) -> Divided:
    """The chapters that were asked for; where none of the given titles happens, `own` are those without them.

    `pictures` are None for sound alone.
    """
    from cuemark.chapters import for_titles
    from cuemark.chapters.at_borders import chapters_at, seen_by_clip, unseen
    from cuemark.models.embedding.sentences import open_encoder

    seen = unseen if pictures is None else seen_by_clip(*pictures)
    by_eye = None if pictures is None else for_titles.seen_by_clip(pictures.evidence, pictures.text)

    def opening(end: Fraction) -> str:
        """What the part before the first given title is called."""
        return chapters_at([Fraction(0), end], words, seen)[0].title

    progress.update("chapters", 0, 1, "steps")
    if given.borders is not None:
        inside = [time for time in given.borders.times if time < words.duration]
        divided = Divided(chapters_at(inside, words, seen), given.borders.notices)
    else:
        found = for_titles.chapters_for(given.titles, words, open_encoder, by_eye, opening, any_order=given.any_order)
        if found.chapters:
            divided = Divided(found.chapters, found.notices)
        else:
            told = "None of the given titles happens in the footage, so the chapters are Cuemark's own."
            divided = Divided(own(), (Notice("titles_none_happen", told), *found.notices))
    progress.update("chapters", 1, 1, "steps")
    return divided
