"""Voice activity detection: the probability, every 32 ms, that somebody speaks (Silero VAD v6, from faster-whisper).

It runs on the processor before anything else hears the sound, and costs about a second for five minutes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuemark.media.sound import SAMPLE_RATE
from cuemark.models.runtime.devices import onnx_runtime
from cuemark.models.speech.recogniser import Samples

WINDOW = 512
"""Samples behind one probability."""
WINDOW_S = WINDOW / SAMPLE_RATE


class VoiceActivity:
    """The detector; it keeps nothing from one stretch of sound to the next."""

    @cached_property
    def _model(self) -> Any:
        from faster_whisper.vad import get_vad_model

        onnx_runtime()  # its session is faster-whisper's own
        return get_vad_model()

    def probabilities(self, samples: Samples) -> NDArray[np.float32]:
        """float32 [ceil(n / 512)], of a stretch of at most some minutes."""
        if not samples.size:
            return np.zeros(0, np.float32)
        padded = np.zeros(-(-samples.size // WINDOW) * WINDOW, np.float32)  # a copy: the model writes into it
        padded[: samples.size] = samples
        found: NDArray[np.float32] = np.asarray(self._model(padded), np.float32).reshape(-1)
        return found
