"""On which device, and in which precision, a speech model runs: the best of those that encode a sound as it should be.

A wrong kernel raises nothing, and whoever reads the words cannot tell.  So a drawn sound is encoded on the processor
and on the GPU, and the two must point the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from cuemark.core.errors import CuemarkError
from cuemark.media.sound import SAMPLE_RATE
from cuemark.models.runtime.devices import DeviceChoice
from cuemark.models.speech.recogniser import Samples

_LEAST_LIKENESS = 0.98
"""Cosine of the two encodings: half precision stays above 0.99, wrong kernels are near 0."""
_TOLD = 120

Open = Callable[[str, str], Any]
"""Loads the model on a device in a precision."""
Encode = Callable[[Any, Samples], Any]
"""What a loaded model's encoder makes of a sound, as numbers in any shape."""


def settled(
    open_model: Open, encode: Encode, wished: DeviceChoice, precisions: Iterable[str], on_processor: str
) -> tuple[Any, DeviceChoice]:
    """The model on the device wished for if it works there, else on the processor; where it is now, and why.

    `precisions` are those to try there, the best first; `on_processor` is the processor's.
    """
    safe = open_model("cpu", on_processor)
    if wished.device == "cpu":
        return safe, DeviceChoice("cpu", f"{wished.reason}, {on_processor}")
    expected, failures = _direction(encode(safe, drawn_sound())), []
    for precision in precisions:
        try:
            model = open_model(wished.device, precision)
            likeness = float(_direction(encode(model, drawn_sound())) @ expected)
        except CuemarkError:
            raise
        except Exception as error:  # a driver may fail in any way; the processor does not
            failures.append(f"{precision} failed ({str(error).strip()[:_TOLD] or type(error).__name__})")
            continue
        if likeness >= _LEAST_LIKENESS:
            told = f"{wished.reason}, {precision}; a sound is encoded as on the processor (cosine {likeness:.4f})"
            return model, DeviceChoice(wished.device, told)
        failures.append(f"{precision} encodes a sound otherwise than the processor (cosine {likeness:.3f})")
    why = "; ".join(failures) or "none of its precisions is supported there"
    return safe, DeviceChoice("cpu", f"{wished.reason}, but {why}; the processor runs instead, {on_processor}")


def drawn_sound() -> Samples:
    """A second of a wavering tone with the overtones of a voice."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    phase = 2 * np.pi * (140 * time - 5 * np.cos(6 * time))
    return np.asarray(sum(np.sin(n * phase) / n for n in range(1, 12)) / 8, np.float32)


def _direction(encoded: Any) -> Any:
    flat = np.asarray(encoded, np.float64).reshape(-1)
    return flat / (np.linalg.norm(flat) + 1e-12)
