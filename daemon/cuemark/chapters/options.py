"""What can be set about chapters.  Loads nothing, so that a command line or the daemon can check what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.options import tunable


@dataclass(frozen=True)
class ChapterOptions:
    """What chapters are asked to be; lengths are in seconds."""

    # YouTube takes no shorter ones.
    min_length: Fraction = tunable(
        Fraction(10), above=0, high=86_400, help="Shortest chapter, in seconds.", code="option_chapters"
    )
    max_count: int = tunable(30, low=1, high=1000, help="Most chapters.", code="option_chapters")
    # Shorter than 8 characters no title can be cut from a caption.
    max_title: int = tunable(60, low=8, high=1000, help="Most characters of a title.", code="option_chapters")
    # Twice the shortest chapter: what is unmarked for less is taken for a pause between two moments.
    gap_length: Fraction = tunable(
        Fraction(20),
        above=0,
        high=86_400,
        help="Seconds without a moment that make a chapter of their own.",
        code="option_chapters",
    )
