"""A transcript: what is said in a media, as timed utterances, whoever wrote it down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from cuemark.core.errors import Notice
from cuemark.core.media import MediaInfo


class TranscriptOrigin(str, Enum):
    """Where a transcript comes from."""

    SPEECH = "speech"  # a speech model heard it
    FILE = "file"  # the user named a file, or one lies beside the footage
    SUBTITLES = "subtitles"  # a subtitle stream of the media
    TIMELINE = "timeline"  # the subtitle track of an editor's timeline


@dataclass(frozen=True)
class Word:
    """One word [start, end) in seconds from the first frame shown, and the probability (0 to 1) that it was said."""

    start: Fraction
    end: Fraction
    text: str
    probability: float = 1.0


@dataclass(frozen=True)
class Utterance:
    """What is said in one breath, a sentence at best: [start, end) in seconds from the first frame shown.

    `speaker` is "" where nobody was told apart.  `words` are empty where their times are not known.  `probability` is
    the mean over what was heard, 1 for text that people wrote.
    """

    start: Fraction
    end: Fraction
    text: str
    speaker: str = ""
    words: tuple[Word, ...] = ()
    probability: float = 1.0


@dataclass(frozen=True)
class Transcript:
    """All utterances of one media, in order of start; they may touch, and overlap only where people spoke at once.

    `language` is an ISO 639 code ("en"), "" where it is not known.  `name` is the model's name, or the name of the file
    it was read from.  Without utterances nothing is said in the media.
    """

    utterances: tuple[Utterance, ...]
    language: str = ""
    origin: TranscriptOrigin = TranscriptOrigin.SPEECH
    name: str = ""
    warnings: tuple[Notice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.utterances)

    def within(self, start: Fraction, end: Fraction) -> tuple[Utterance, ...]:
        """The utterances whose middle lies in [start, end)."""
        return tuple(one for one in self.utterances if start <= (one.start + one.end) / 2 < end)

    @property
    def spoken(self) -> Fraction:
        """Seconds in which something is said."""
        total, last = Fraction(0), Fraction(0)
        for one in self.utterances:
            total += max(Fraction(0), one.end - max(one.start, last))
            last = max(last, one.end)
        return total


@dataclass(frozen=True)
class Transcription:
    """A media and what is said in it: what `transcribe` gives."""

    media: MediaInfo
    transcript: Transcript
