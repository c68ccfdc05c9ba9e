"""Words that a model wrote and nobody said: told by measure, not by a list of phrases.

Whisper was trained on subtitles and writes what subtitles end with where it hears music, noise or nothing; or it says
one thing over and over.  Told from heard words by: no voice where they are said to be (`VoiceActivity`), the model's
own doubt that there is speech, words that only repeat the ones before, and far more or fewer words a second than people
say.
Source: the thresholds of OpenAI's Whisper (`transcribe.py`), and what MEASURED.md has of silence, music and noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.recogniser import HeardChunk, HeardSegment, HeardWord

_LONGEST_CYCLE, _LEAST_CYCLES = 12, 3
_LEAST_WORDS = 6  # "no, no, no, no" is said
_FEW_S, _SOME_S = 1.0, 4.0
_FAINT = 0.35
"""Mean probability of words that are doubted where half of their time has no voice."""

Voiced = Callable[[float, float], float]
"""The share of [start, end) of a stretch, in seconds, in which there is a voice."""


def believed(heard: HeardChunk, voiced: Voiced, seconds: float, options: SpeechOptions) -> list[HeardWord]:
    """The words that were said, of those that were heard in a sound with so many `seconds` of voice."""
    if is_loop(heard, options):
        return []
    kept: list[HeardWord] = []
    for segment in heard.segments:
        if not _is_doubtful(segment, voiced, options):
            kept += [word for word in segment.words if voiced(word.start, word.end) >= options.voiced]
    return kept if seconds < _SOME_S or len(kept) >= options.slow_words * seconds else []


def is_loop(heard: HeardChunk, options: SpeechOptions) -> bool:
    """Whether most of it is the same few words over and over."""
    words = [_bare(word.text) for segment in heard.segments for word in segment.words]
    return len(words) >= _LEAST_WORDS and loop_share(words) > options.loop


def loop_share(words: Sequence[str]) -> float:
    """The share of words within runs of at least three times the same words at once: "thank you" three times is 1."""
    covered = [False] * len(words)
    for length in range(1, min(_LONGEST_CYCLE, len(words) // _LEAST_CYCLES) + 1):
        same = 0
        for place in range(length, len(words)):
            same = same + 1 if words[place] == words[place - length] else 0
            if same >= length * (_LEAST_CYCLES - 1):
                begin = place - same - length + 1
                covered[begin : place + 1] = [True] * (place + 1 - begin)
    return sum(covered) / len(words) if words else 0.0


def _is_doubtful(segment: HeardSegment, voiced: Voiced, options: SpeechOptions) -> bool:
    words = segment.words
    if not words:
        return True
    share = sum(voiced(word.start, word.end) for word in words) / len(words)
    surest = sum(word.probability for word in words) / len(words)
    span = words[-1].end - words[0].start
    return (
        share < options.voiced
        or (segment.silence > options.silence and segment.log_probability < options.least)
        or (share < 2 * options.voiced and surest < _FAINT)
        or len(words) > options.fast_words * max(span, _FEW_S)
    )


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
