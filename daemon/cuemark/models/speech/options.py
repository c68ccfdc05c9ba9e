"""What can be set about listening: how speech is told from silence, how it is cut, and how it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.core.options import tunable


@dataclass(frozen=True)
class SpeechOptions:
    """Where a comment says "measured", MEASURED.md has the figures."""

    beam: int = tunable(5, low=1, high=16, help="Sentences the speech model keeps alive; 1 is fastest.")
    # One window of Whisper is 30 s, which costs the same however much of it is filled.
    chunk_s: float = tunable(28.0, low=5, high=29.5, help="Longest stretch the speech model hears at once, in seconds.")
    voice: float = tunable(0.5, above=0, below=1, help="Probability above which sound counts as a voice.")
    # Pauses are cut down before a model hears them: it invents words for silence.
    pause_s: float = tunable(1.0, low=0.2, high=10, help="Longest pause that the speech model hears, in seconds.")
    silence: float = tunable(
        0.6, low=0, high=1, help="Probability of no speech above which doubtful words are dropped."
    )
    least: float = tunable(
        -1.0, low=-10, high=0, help="Least mean log-probability of words where there may be no speech."
    )
    # Speeches say "it was the age of ..." eight times over; a loop says the very same words.
    loop: float = tunable(
        0.5, above=0, high=1, help="Share of words that only repeat the ones before above which they are a loop."
    )
    voiced: float = tunable(0.25, low=0, high=1, help="Share of a word's time in which there must be a voice.")
    sentence_s: float = tunable(
        30.0, low=2, high=600, help="Longest sentence in seconds; longer ones are cut at pauses."
    )
    # Singing and chords that pass for a voice give a word or two in half a minute; speech has two a second (measured).
    slow_words: float = tunable(
        0.25, low=0, high=10, help="Words a second of voice below which what sounds like a voice says nothing."
    )
    fast_words: float = tunable(
        9.0, above=1, high=100, help="Words a second above which nobody speaks; what is faster was not said."
    )
