"""Automatic speech recognition: a stretch of sound in, words with times out; and which engine runs a folder's model.

What an engine hears is kept as words, in segments as it heard them: only all words of a media together tell where its
sentences end.  A segment carries what the engine believes of it, by which invented words are told from heard ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.models.speech.options import SpeechOptions

if TYPE_CHECKING:
    from cuemark.models.runtime.memory import ModelRuntime

Samples = NDArray[np.float32]
"""Mono sound [n] at 16,000 samples a second, -1 to 1."""


@dataclass(frozen=True)
class HeardWord:
    """A word [start, end) in seconds from the beginning of the sound it was heard in.

    `text` is as the model writes it, with the space before it where there is one: scripts without spaces have none.
    """

    start: float
    end: float
    text: str
    probability: float


@dataclass(frozen=True)
class HeardSegment:
    """Words that an engine heard in one go.

    `log_probability` is the mean over its tokens, `silence` the probability that there is no speech in it; engines that
    tell no such thing leave it 0.
    """

    words: tuple[HeardWord, ...]
    log_probability: float = 0.0
    silence: float = 0.0


@dataclass(frozen=True)
class HeardChunk:
    """What was heard in one stretch of sound, in order, and in which language (ISO 639; "" where nobody tells)."""

    segments: tuple[HeardSegment, ...]
    language: str = ""


class SpeechRecogniser(Protocol):
    """A loaded speech model.

    `id` covers every file that is read, and what else decides the words.  `languages` are the ISO 639 codes that it can
    be told; empty where it finds the language by itself and cannot be told.
    """

    id: str
    name: str
    device: str
    languages: tuple[str, ...]

    @property
    def device_reason(self) -> str:
        """Why it runs where it runs, and in which precision."""

    def languages_heard(self, samples: Samples, check: Callable[[], None]) -> dict[str, float]:
        """Probabilities of the languages that may be spoken, those above 1 in 100; empty where it cannot tell."""

    def transcribe(
        self, samples: Samples, language: str | None, options: SpeechOptions, check: Callable[[], None]
    ) -> HeardChunk:
        """What is said in at most 30 seconds of sound, in `language` (None: what the model takes it for).

        `check` is called several times a second and may raise; the work is dropped then.  ModelError, or WorkerError
        out_of_memory, where the model cannot.
        """


@dataclass(frozen=True)
class SpeechModel:
    """A chosen speech model that is loaded when somebody is to be heard: silence, and what was heard before, need none.

    `id` is that of the recogniser; `name` what the user called it.
    """

    name: str
    id: str
    open: Callable[[], SpeechRecogniser]


def open_recogniser(folder: Path, runtime: ModelRuntime | None = None, memory: Path | None = None) -> SpeechRecogniser:
    """The speech model in a folder, run by the engine that its files are made for; raises ModelError.

    `memory` is the file that keeps hashes of weights.
    """
    from cuemark.models.store.speech_folder import CTRANSLATE2, engine_of

    model_id = recogniser_id(folder, memory)
    if engine_of(folder) == CTRANSLATE2:
        from cuemark.models.speech.whisper import load_whisper

        return load_whisper(folder, model_id, runtime)
    from cuemark.models.speech.transducer import load_transducer

    return load_transducer(folder, model_id, runtime)


def recogniser_id(folder: Path, memory: Path | None = None) -> str:
    """Hex sha256 over every file that is read of a speech model's folder; raises ModelError where it holds none."""
    from cuemark.models.store import folders
    from cuemark.models.store.speech_folder import weights

    folders.check(folder, "speech")
    with folders.loading(folder, "speech model"):
        return folders.identity(folder, weights(folder), memory)
