"""ONNX Runtime's execution providers: which come into question here, in which order, and which were found good.

None but the processor's is believed unproved: the first time a model is opened on one, it must give the vectors that
torch gave for a few pictures.  What came of it is kept beside the model (`Verdicts`), until ONNX Runtime or the
hardware it sees is another.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cuemark.core.derived import read_object, write_object
from cuemark.core.serialise import UNREADABLE

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
DIRECTML = "DmlExecutionProvider"
COREML = "CoreMLExecutionProvider"


@dataclass(frozen=True)
class Provider:
    """An execution provider: its name in ONNX Runtime and for people, and the words of CUEMARK_DEVICE that ask for it.

    `half`: it is tried in half precision first, with a model written so.
    """

    name: str
    label: str
    words: tuple[str, ...]
    half: bool = False


PROVIDERS = (
    Provider(CUDA, "CUDA", ("cuda",), half=True),
    Provider(DIRECTML, "DirectML", ("directml", "dml")),
    Provider(COREML, "CoreML", ("coreml", "mps")),
    Provider(CPU, "the processor", ("cpu",)),
)
"""Those that Cuemark uses, the best first."""
PROCESSOR = PROVIDERS[-1]


@dataclass(frozen=True)
class Candidates:
    """What to try, in this order, the processor last; why the first stands there."""

    providers: tuple[Provider, ...]
    reason: str


def candidates(available: Sequence[str] | None = None) -> Candidates:
    """What the installed ONNX Runtime offers, or the one provider CUEMARK_DEVICE asks for; then the processor."""
    if available is None:
        available = importlib.import_module("onnxruntime").get_available_providers()
    offered = tuple(provider for provider in PROVIDERS if provider.name in available and provider is not PROCESSOR)
    wish = os.environ.get("CUEMARK_DEVICE", "").strip().split(":", maxsplit=1)[0]
    asked = next((provider for provider in PROVIDERS if wish in provider.words), None)
    if asked is PROCESSOR:
        return Candidates((PROCESSOR,), "CUEMARK_DEVICE asks for cpu")
    if asked in offered:
        return Candidates((asked, PROCESSOR), f"CUEMARK_DEVICE asks for {wish}")
    if asked is not None:
        return Candidates(
            (PROCESSOR,), f"CUEMARK_DEVICE asks for {wish}, but the installed ONNX Runtime has no {asked.label}"
        )
    if offered:
        return Candidates((*offered, PROCESSOR), f"the installed ONNX Runtime supports {offered[0].label}")
    return Candidates((PROCESSOR,), "the installed ONNX Runtime has no GPU provider that Cuemark uses")


@dataclass(frozen=True)
class Verdict:
    """Whether a provider gave the right vectors, and what to say of it."""

    good: bool
    reason: str


class Verdicts:
    """What came of proving one model's providers, in a file beside it; void with another ONNX Runtime or device."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._here = runtime_here()
        self._known = self._read()

    def _read(self) -> dict[str, Verdict]:
        try:
            stored = read_object(self._file, self._file.parent.name)
            if stored is None or stored["runtime"] != self._here:
                return {}
            return {name: Verdict(bool(one["good"]), str(one["reason"])) for name, one in stored["found"].items()}
        except UNREADABLE:  # not ours
            return {}

    def get(self, name: str) -> Verdict | None:
        """What was found before, if anything."""
        return self._known.get(name)

    def keep(self, name: str, verdict: Verdict) -> Verdict:
        """Remember a verdict, and return it; where the folder cannot be written, for this run only."""
        self._known[name] = verdict
        found = {name: asdict(verdict) for name, verdict in self._known.items()}
        with contextlib.suppress(OSError):
            write_object(self._file, self._file.parent.name, {"runtime": self._here, "found": found})
        return verdict


def runtime_here() -> str:
    """ONNX Runtime's version and the devices it sees, in one line."""
    runtime: Any = importlib.import_module("onnxruntime")
    listed = getattr(runtime, "get_ep_devices", None)  # since 1.22
    try:
        seen = [(found.ep_name, found.device.vendor, found.device.device_id) for found in listed()] if listed else []
    except RuntimeError:
        seen = []
    return f"onnxruntime {runtime.__version__}; " + "; ".join(sorted(f"{ep} {who} {which}" for ep, who, which in seen))
