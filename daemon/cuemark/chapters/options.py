"""What can be set about chapters.  Loads nothing, so that a command line or the daemon can check what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from cuemark.core.options import tunable
from cuemark.segmentation.options import TopicOptions

_CODE = "option_chapters"
_DAY = 86_400


@dataclass(frozen=True)
class ChapterOptions:
    """What chapters are asked to be (lengths in seconds), and what each kind of evidence for them is worth.

    Evidence is counted in seconds of agreeing footage; that a moment covers a second is worth 1.
    """

    # YouTube takes no shorter ones.
    min_length: Fraction = tunable(Fraction(10), above=0, high=_DAY, help="Shortest chapter, in seconds.", code=_CODE)
    max_count: int = tunable(30, low=1, high=1000, help="Most chapters.", code=_CODE)
    count: int | None = tunable(
        None, low=1, high=1000, help="Chapters, where so many fit; none: automatic.", code=_CODE
    )
    # Shorter than 8 characters no title can be cut from a caption.
    max_title: int = tunable(60, low=8, high=1000, help="Most characters of a title.", code=_CODE)
    # Twice the shortest chapter: what is unmarked for less is taken for a pause between two moments.
    gap_length: Fraction = tunable(
        Fraction(20), above=0, high=_DAY, help="Seconds without a moment that make a chapter of their own.", code=_CODE
    )
    switch: float = tunable(
        0.25, low=0, high=100, help="What one more chapter has to bring, as a share of the shortest one.", code=_CODE
    )
    # Of two moments over the same time the one that says it of less footage says more.
    narrow: float = tunable(
        0.25, low=0, high=100, help="Worth added to a second of a moment that is short beside the media.", code=_CODE
    )
    # An unmarked stretch holds its own against neighbours that only look alike, not against a moment.
    unmarked: float = tunable(0.8, low=0, high=100, help="Worth of a second that no moment covers.", code=_CODE)
    # Half of what a moment is worth: moments were found on the same frames with more care than single frames tell.
    likeness: float = tunable(
        0.5, low=0, high=100, help="Worth of a second that looks like the chapter's text.", code=_CODE
    )
    # Breaks ties towards the start of what a chapter is about.
    beginning: float = tunable(0.5, low=0, high=100, help="Worth of beginning where a moment begins.", code=_CODE)
    variation: float = tunable(
        0.3, low=0, high=100, help="Cost of a second of the pictures' mean variation within a chapter.", code=_CODE
    )
    # Stretches of speech at most so far apart are one; in longer silences the pictures say where chapters are.
    silence: Fraction = tunable(
        Fraction(30), above=0, high=_DAY, help="Seconds without speech in which pictures make the chapters.", code=_CODE
    )
    # From 8 sentences on speech finds more than equal parts do (42 to 32 in F1), of fewer it finds less (17 to 34).
    least_sentences: int = tunable(
        8, low=1, high=10_000, help="Sentences from which speech makes chapters.", code=_CODE
    )
    least_speech: float = tunable(
        0.25, low=0, high=1, help="Share of the media with speech from which it makes chapters.", code=_CODE
    )
    topics: TopicOptions = field(default_factory=TopicOptions)
