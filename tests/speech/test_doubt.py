"""Words that nobody said are told by measure."""

from __future__ import annotations

import pytest

from cuemark.models.speech.doubt import believed, is_loop, loop_share
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.recogniser import HeardChunk, HeardSegment, HeardWord

OPTIONS = SpeechOptions()
SPEECH = "it was the age of wisdom it was the age of foolishness it was the epoch of belief it was the epoch of doubt"


def heard(text: str, seconds: float = 0.3, sure: float = 0.9, **told: float) -> HeardChunk:
    words = tuple(
        HeardWord(place * seconds, (place + 1) * seconds, f" {word}", sure) for place, word in enumerate(text.split())
    )
    return HeardChunk((HeardSegment(words, **told),), "en")


def kept(chunk: HeardChunk, voice: float = 1.0, seconds: float = 3.0) -> int:
    return len(believed(chunk, lambda start, end: voice, seconds, OPTIONS))


def test_what_is_said_stays() -> None:
    assert kept(heard(SPEECH)) == len(SPEECH.split())
    assert kept(heard("no no no no")) == 4, "so much is said"
    assert kept(heard(SPEECH, silence=0.9, log_probability=-0.2)) == len(SPEECH.split()), "surely heard"


@pytest.mark.parametrize("text", ["thank you " * 5, "you " * 12, "the sea and " * 4])
def test_a_loop_goes(text: str) -> None:
    assert is_loop(heard(text), OPTIONS) and kept(heard(text)) == 0


def test_a_refrain_is_no_loop() -> None:
    assert loop_share(SPEECH.split()) == 0 and loop_share([]) == 0
    assert loop_share([*"abcabcabcd"]) == 0.9


def test_words_without_a_voice_or_with_doubt_go() -> None:
    assert kept(heard("thanks for watching"), voice=0.1) == 0
    assert kept(heard("thanks for watching", silence=0.8, log_probability=-1.2)) == 0
    assert kept(heard("thank you"), seconds=25.0) == 0, "half a minute of voice, and two words"
    assert kept(heard("subtitles by nobody", sure=0.2), voice=0.4) == 0
    assert kept(heard("far too many words at once for anybody to say them in so short a time", seconds=0.05)) == 0
