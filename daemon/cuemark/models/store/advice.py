"""Which entry of the registry fits a machine, and why: memory, device, seconds for a minute of footage.

Whether an entry fits depends on what never changes (memory, a GPU or none), so that the choice of a default does not
either.  The seconds are told beside it, with where they come from: measured in analyses made here, or estimated from
how fast the machine multiplies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cuemark.core.sizes import size_text
from cuemark.models.runtime.hardware import Hardware
from cuemark.models.store.registry import ModelEntry

MEASURED, ESTIMATED = "measured", "estimated"
# What the default preset asks for in a minute of footage, about: pictures at the default rate, a captioned moment or
# two of some hundred candidates each (whose beginnings are shared), and the language model's tokens for them.
_PICTURES, _TEXTS, _TOKENS = 150, 200, 500
_DECODING_S = 2.0
_GPU_PICTURE_GFLOP = 100  # an image tower that costs more wants a GPU
_GPU_LM_PARAMETERS = 500_000_000  # likewise a language model
_BESIDE = 1_000_000_000  # bytes: libraries, frames, vectors
_NUMBER_BYTES = {"speech": 2}  # stored in half precision, computed with in 8 bits; the others in single precision
_LOADED = 1.5  # weights, and what is under way beside them
_SHARE = 0.7  # of the memory, which other programs want too


@dataclass(frozen=True)
class Advice:
    """What is to be said of an entry on a machine; `recommended` is the one that a user is told to take.

    `memory` in bytes, 0 where unknown; `seconds` for a minute of footage, 0 where unknown, `seconds_from` "measured" or
    "estimated".
    """

    name: str
    fits: bool
    why: str
    memory: int = 0
    seconds: float = 0.0
    seconds_from: str = ""
    recommended: bool = False


def advise(entry: ModelEntry, hardware: Hardware, measured: float = 0.0) -> Advice:
    """Whether the entry fits; `measured` seconds a minute of footage, where analyses were made with it here."""
    memory, estimate = _memory(entry), _estimated(entry, hardware)
    seconds = measured or estimate
    source = MEASURED if measured else ESTIMATED if estimate else ""
    problem = _problem(entry, hardware, memory)
    told = [problem] if problem else [_room(hardware, memory)] if memory else []
    if seconds:
        about = "" if measured else "about "
        told.append(
            f"{about}{_time(seconds)} for a minute of footage on the {_place(hardware)} ({_origin(source, hardware)})"
        )
    if set(entry.models) == {"clip"}:
        told.append("an encoder for search, with another --lm for captions")
    elif set(entry.models) == {"lm"}:
        told.append("a language model, with another --clip")
    elif set(entry.models) == {"speech"}:
        told.append(f"a speech model: --speech {entry.name}")
    return Advice(entry.name, not problem, "; ".join(told), memory, seconds, source)


def best_pair(entries: Iterable[ModelEntry], hardware: Hardware) -> ModelEntry | None:
    """The best of those that write captions, fit, and are free for everybody: what may be taken unasked."""
    possible = [entry for entry in entries if entry.quality and entry.free and {"clip", "lm"} <= set(entry.models)]
    return max((each for each in possible if advise(each, hardware).fits), key=lambda each: each.quality, default=None)


def _problem(entry: ModelEntry, hardware: Hardware, memory: int) -> str:
    """Why it does not fit, "" where it does."""
    if memory > _SHARE * hardware.memory:
        return f"needs {size_text(memory)} of memory, and {size_text(hardware.memory)} are here"
    if hardware.gpu_memory and memory - _BESIDE > _SHARE * hardware.gpu_memory:
        return f"needs {size_text(memory - _BESIDE)} on the GPU, which has {size_text(hardware.gpu_memory)}"
    if not hardware.gpu and any(
        model.picture_gflop > _GPU_PICTURE_GFLOP or (model.role == "lm" and model.parameters > _GPU_LM_PARAMETERS)
        for model in entry.models.values()
    ):
        return f"wants a GPU ({hardware.reason})"
    return ""


def _room(hardware: Hardware, memory: int) -> str:
    return f"takes {size_text(memory)} of {size_text(hardware.memory)} memory"


def _memory(entry: ModelEntry) -> int:
    parameters = sum(model.parameters * _NUMBER_BYTES.get(role, 4) for role, model in entry.models.items())
    return int(_LOADED * parameters) + _BESIDE if parameters else 0


def _estimated(entry: ModelEntry, hardware: Hardware) -> float:
    """Seconds for a minute of footage from the speed of multiplying; 0 for what writes no captions by itself."""
    clip, lm = entry.models.get("clip"), entry.models.get("lm")
    if not hardware.gflops or clip is None or lm is None or not (clip.picture_gflop and lm.parameters):
        return 0.0
    work = _PICTURES * clip.picture_gflop + _TEXTS * clip.text_gflop + _TOKENS * 2 * lm.parameters / 1e9
    return _DECODING_S + work / hardware.gflops


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def _place(hardware: Hardware) -> str:
    return "GPU" if hardware.gpu else "processor"


def _origin(source: str, hardware: Hardware) -> str:
    if source == MEASURED:
        return "measured in analyses made here"
    return f"estimated from {hardware.gflops:.0f} billion operations a second measured here"
