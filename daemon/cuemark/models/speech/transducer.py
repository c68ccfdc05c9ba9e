"""NeMo's models (Parakeet) in an ONNX folder, run by onnx-asr: tokens with times in, words with times out.

They write punctuation and tell the language by themselves, and hear a stretch in one pass.  A token's time is that of
the frame it was written at; tokens of a word follow each other, and a mark of punctuation may come long after the word.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from cuemark.core.limits import ProcessLimits
from cuemark.media.sound import SAMPLE_RATE
from cuemark.models.runtime.devices import DeviceChoice, session_options, session_providers
from cuemark.models.runtime.memory import ModelRuntime
from cuemark.models.runtime.providers import CPU, CUDA, candidates
from cuemark.models.speech.aside import Aside
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.proof import Open, settled
from cuemark.models.speech.recogniser import HeardChunk, HeardSegment, HeardWord, Samples
from cuemark.models.store import folders
from cuemark.models.store.speech_folder import onnx_model

_WHAT = "speech model"
_LAST_TOKEN_S = 0.32
"""How long the last token of a word is heard at most: the models tell when tokens begin, four frames are usual."""


class TransducerRecogniser:
    """A loaded model of onnx-asr."""

    languages: tuple[str, ...] = ()

    def __init__(self, model: Any, folder: Path, choice: DeviceChoice, model_id: str) -> None:
        """`model` is onnx-asr's, on its device already."""
        self._model, self._folder, self._choice = model.with_timestamps(), folder, choice
        self._aside = Aside("speech")
        self.id, self.name, self.device = model_id, folder.name, choice.device

    @property
    def device_reason(self) -> str:
        """Why it runs where it runs, and in which precision."""
        return self._choice.reason

    def languages_heard(self, samples: Samples, check: Callable[[], None]) -> dict[str, float]:
        """Nothing: the model writes in the language it hears and does not say which."""
        return {}

    def transcribe(
        self, samples: Samples, language: str | None, options: SpeechOptions, check: Callable[[], None]
    ) -> HeardChunk:
        """See `SpeechRecogniser`; the language is only passed on."""

        def hear(_: Callable[[], bool]) -> HeardChunk:
            with folders.loading(self._folder, _WHAT):
                found = self._model.recognize(samples, sample_rate=SAMPLE_RATE)
                words = words_of(found.tokens or [], found.timestamps or [], found.logprobs or [])
                sure = sum(found.logprobs or []) / max(1, len(found.logprobs or []))
                return HeardChunk((HeardSegment(words, sure),) if words else (), language or "")

        return self._aside.run(hear, check)


def words_of(
    tokens: Sequence[str], times: Sequence[float], log_probabilities: Sequence[float]
) -> tuple[HeardWord, ...]:
    """Words out of tokens (a space begins a word), with their times in seconds and the logarithms of their chances."""
    begins = [place for place, token in enumerate(tokens) if place == 0 or token.startswith(" ")]
    words = []
    for first, after in pairwise([*begins, len(tokens)]):
        text = "".join(tokens[first:after])
        if not text.strip():
            continue
        spoken = [place for place in range(first, after) if any(letter.isalnum() for letter in tokens[place])]
        last = times[spoken[-1] if spoken else first] + _LAST_TOKEN_S
        end = min(last, times[after]) if after < len(tokens) else last
        sure = [log_probabilities[place] for place in range(first, after) if place < len(log_probabilities)]
        probability = math.exp(sum(sure) / len(sure)) if sure else 1.0
        words.append(HeardWord(float(times[first]), float(max(end, times[first])), text, min(1.0, probability)))
    return tuple(words)


def load_transducer(folder: Path, model_id: str, runtime: ModelRuntime | None = None) -> TransducerRecogniser:
    """The model in a folder that was checked; raises ModelError, or WorkerError out_of_memory."""
    limits = (runtime or ModelRuntime()).limits
    kind, precision, _ = onnx_model(folder)
    with folders.loading(folder, _WHAT):
        written = precision or "float32"
        model, choice = settled(
            _opener(folder, kind, precision, limits), _encoded, _wished(precision), [written], written
        )
    return TransducerRecogniser(model, folder, choice, model_id)


def _wished(precision: str) -> DeviceChoice:
    found = candidates()
    if found.providers[0].name != CUDA:
        return DeviceChoice("cpu", found.reason)
    if precision:
        return DeviceChoice("cpu", f"its {precision} weights are made for processors")
    return DeviceChoice("cuda", found.reason)


def _opener(folder: Path, kind: str, precision: str, limits: ProcessLimits) -> Open:
    def open_model(device: str, _: str) -> Any:
        return importlib.import_module("onnx_asr").load_model(
            kind,
            folder,
            quantization=precision or None,
            sess_options=session_options(limits),
            providers=session_providers(CPU if device == "cpu" else CUDA, limits),
        )

    return open_model


def _encoded(model: Any, samples: Samples) -> Any:
    import numpy as np

    lengths = np.array([samples.size], np.int64)
    return model.asr._encode(*model.asr._preprocessor(samples[None], lengths))[0]
