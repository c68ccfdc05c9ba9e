"""Whisper in a CTranslate2 folder, run by faster-whisper: int8 on processors, float16 on CUDA where it proves right.

A stretch is heard by itself, without the words before it: what was heard then does not depend on where a run was
stopped, and a loop in one window does not go on in the next.  Nothing is drawn by chance: where the best sentence says
one thing over and over, the stretch is heard again with a price on repetition, not at another temperature.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cuemark.core.limits import ProcessLimits
from cuemark.models.runtime.devices import DeviceChoice
from cuemark.models.runtime.memory import ModelRuntime
from cuemark.models.speech.aside import Aside
from cuemark.models.speech.doubt import is_loop
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.proof import Open, settled
from cuemark.models.speech.recogniser import HeardChunk, HeardSegment, HeardWord, Samples
from cuemark.models.store import folders

_WHAT = "speech model"
_ON_CUDA = ("float16", "int8_float16", "int8", "float32")
_MOST_THREADS = 8
_PENALTIES: dict[str, Any] = {"repetition_penalty": 1.2, "no_repeat_ngram_size": 3}
_RARE = 0.01


class WhisperRecogniser:
    """A loaded Whisper model."""

    def __init__(self, model: Any, folder: Path, choice: DeviceChoice, model_id: str) -> None:
        """`model` is faster-whisper's, on its device already."""
        self._model, self._folder, self._choice = model, folder, choice
        self._aside = Aside("speech")
        self.id, self.name, self.device = model_id, folder.name, choice.device
        self.languages = tuple(model.supported_languages)

    @property
    def device_reason(self) -> str:
        """Why it runs where it runs, and in which precision."""
        return self._choice.reason

    def languages_heard(self, samples: Samples, check: Callable[[], None]) -> dict[str, float]:
        """See `SpeechRecogniser`."""
        if len(self.languages) == 1:
            return {self.languages[0]: 1.0}
        _, _, every = self._run(lambda _: self._model.detect_language(samples), check)
        return {language: float(chance) for language, chance in every if chance > _RARE}

    def transcribe(
        self, samples: Samples, language: str | None, options: SpeechOptions, check: Callable[[], None]
    ) -> HeardChunk:
        """See `SpeechRecogniser`."""

        def hear(is_dropped: Callable[[], bool]) -> HeardChunk:
            heard = self._hear(samples, language, options, {}, is_dropped)
            if is_loop(heard, options):
                heard = self._hear(samples, heard.language, options, _PENALTIES, is_dropped)
            return heard

        heard: HeardChunk = self._run(hear, check)
        return heard

    def _hear(
        self,
        samples: Samples,
        language: str | None,
        options: SpeechOptions,
        penalties: dict[str, Any],
        is_dropped: Callable[[], bool],
    ) -> HeardChunk:
        segments, told = self._model.transcribe(
            samples,
            language=language,
            beam_size=options.beam,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,
            # What is doubtful is dropped by us, who know where there is a voice.
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
            **penalties,
        )
        heard = []
        for segment in segments:  # each is computed when it is asked for
            if is_dropped():
                break
            heard.append(_segment(segment))
        return HeardChunk(tuple(heard), str(told.language))

    def _run(self, work: Callable[[Callable[[], bool]], Any], check: Callable[[], None]) -> Any:
        def guarded(is_dropped: Callable[[], bool]) -> Any:
            with folders.loading(self._folder, _WHAT):
                return work(is_dropped)

        return self._aside.run(guarded, check)


def _segment(segment: Any) -> HeardSegment:
    words = tuple(
        HeardWord(float(word.start), float(word.end), str(word.word), float(word.probability))
        for word in segment.words or ()
    )
    return HeardSegment(words, float(segment.avg_logprob), float(segment.no_speech_prob))


def load_whisper(folder: Path, model_id: str, runtime: ModelRuntime | None = None) -> WhisperRecogniser:
    """The model in a folder that was checked; raises ModelError, or WorkerError out_of_memory."""
    limits = (runtime or ModelRuntime()).limits
    with folders.loading(folder, _WHAT):
        wished = whisper_device()
        on_gpu = [each for each in _ON_CUDA if each in _supported("cuda")] if wished.device != "cpu" else []
        model, choice = settled(_opener(folder, limits), _encoded, wished, on_gpu, "int8")
    return WhisperRecogniser(model, folder, choice, model_id)


def _opener(folder: Path, limits: ProcessLimits) -> Open:
    threads = limits.threads or min(os.cpu_count() or 1, _MOST_THREADS)

    def open_model(device: str, precision: str) -> Any:
        import ctranslate2
        from faster_whisper import WhisperModel

        ctranslate2.set_log_level(logging.ERROR)
        kind, _, number = device.partition(":")
        place = {"device": kind, "device_index": int(number or 0)}
        if kind == "cuda":
            import torch  # noqa: F401  # brings CUDA's libraries, which CTranslate2 finds once they are loaded
        return WhisperModel(str(folder), **place, compute_type=precision, cpu_threads=threads, local_files_only=True)

    return open_model


def whisper_device() -> DeviceChoice:
    """Where Whisper would run, unproved; `CUEMARK_DEVICE` overrides ("cpu", "cuda", "cuda:1")."""
    import ctranslate2

    asked = os.environ.get("CUEMARK_DEVICE", "").strip()
    count = ctranslate2.get_cuda_device_count()
    if asked and not asked.startswith("cuda"):
        unusable = "" if asked == "cpu" else ", which CTranslate2 cannot use"
        return DeviceChoice("cpu", f"CUEMARK_DEVICE asks for {asked}{unusable}")
    if count:
        return DeviceChoice(asked or "cuda", "CTranslate2 sees an NVIDIA GPU")
    return DeviceChoice("cpu", "CTranslate2 sees no NVIDIA GPU")


def _supported(device: str) -> Sequence[str]:
    import ctranslate2

    try:
        return sorted(ctranslate2.get_supported_compute_types(device))
    except (RuntimeError, ValueError):  # built without CUDA, or no driver
        return ()


def _encoded(model: Any, samples: Samples) -> Any:
    """What the encoder makes of a sound, as on the processor; float32."""
    import ctranslate2

    extractor = model.feature_extractor
    features = extractor(samples)
    padded = np.zeros((features.shape[0], extractor.nb_max_frames), np.float32)
    padded[:, : features.shape[1]] = features[:, : padded.shape[1]]
    found = model.encode(padded)
    if found.device != "cpu":
        found = found.to_device(ctranslate2.Device.cpu)
    return np.asarray(found.to(ctranslate2.DataType.float32))
