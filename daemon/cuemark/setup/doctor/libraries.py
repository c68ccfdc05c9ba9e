"""Checks of native libraries, each in a process of its own: both sides of that border.

A library that crashes takes its probe down, never the doctor.  `cuemark.setup.doctor.libraries NAME` is the
child; its answer is one JSON array on the last line.
"""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from cuemark.core.own_process import handed_on, python_command, working_folder
from cuemark.setup.doctor.finding import FAIL, OK, REPAIR, WARN, Finding

PROBE_TIMEOUT_S = 180
Answer = tuple[str, str, str]
_CODECS = ("h264", "hevc", "prores", "dnxhd", "vp9", "mpeg4")


def probe_video() -> Answer:
    """PyAV, its FFmpeg and the decoders footage needs."""
    av: Any = importlib.import_module("av")
    from cuemark.media.decoder import choose_hardware

    libraries = ", ".join(
        f"{name} {'.'.join(map(str, number))}" for name, number in sorted(av.library_versions.items())[:2]
    )
    missing = [name for name in _CODECS if name not in av.codecs_available]
    if missing:
        return (
            WARN,
            f"PyAV {av.__version__} cannot decode {', '.join(missing)}.",
            "Reinstall PyAV from its own wheels (pip).",
        )
    hardware = choose_hardware(av.codec.Codec("h264", "r"))
    where = f"H.264 is decoded on {hardware.device}: {hardware.reason}."
    return OK, f"PyAV {av.__version__} ({libraries}) decodes {', '.join(_CODECS)}. {where}", ""


def probe_onnxruntime() -> Answer:
    """A session is really made and run on the provider an analysis would use."""
    from cuemark.models.runtime.devices import run_tiny

    value, report = run_tiny()
    if value != 4:
        return FAIL, f"ONNX Runtime on {report.used} computes 2 x 2 = {value}.", "Reinstall onnxruntime."
    version = importlib.import_module("onnxruntime").__version__
    text = f"ONNX Runtime {version} runs on {report.used}: {report.reason}."
    if report.used != report.asked:
        return (
            WARN,
            text,
            "Analyses work, but slower than they could; check the GPU driver and the onnxruntime package.",
        )
    return OK, text, ""


def probe_torch() -> Answer:
    """torch computes on the device an analysis would use."""
    from cuemark.models.runtime.devices import choose_device

    torch: Any = importlib.import_module("torch")
    choice = choose_device()
    value = float((torch.eye(2, device=choice.device) * 2 @ torch.eye(2, device=choice.device) * 2)[0, 0])
    if value != 4:
        return (
            FAIL,
            f"torch on {choice.device} computes 2 x 2 = {value}.",
            "Reinstall torch; CUEMARK_DEVICE=cpu avoids the GPU.",
        )
    return OK, f"torch {torch.__version__} runs on {choice.device}: {choice.reason}.", ""


def probe_text() -> Answer:
    """The libraries that read CLIP and language models can be imported together."""
    from cuemark.models.runtime.safe_imports import open_clip_module

    open_clip: Any = open_clip_module()
    transformers: Any = importlib.import_module("transformers")
    return OK, f"open_clip {open_clip.__version__} and transformers {transformers.__version__} load.", ""


def probe_speech() -> Answer:
    """A voice is told from silence, and the engines of speech models load."""
    import numpy as np

    from cuemark.models.speech.voice_activity import VoiceActivity
    from cuemark.models.speech.whisper import whisper_device

    if VoiceActivity().probabilities(np.zeros(16_000, np.float32)).max() > 0.5:
        return FAIL, "The voice detector takes silence for a voice.", "Reinstall faster-whisper and onnxruntime."
    engines = {
        name: importlib.import_module(name).__version__ for name in ("faster_whisper", "ctranslate2", "onnx_asr")
    }
    versions = ", ".join(f"{name.replace('_', '-')} {version}" for name, version in engines.items())
    choice = whisper_device()
    return OK, f"{versions} load; Whisper would run on {choice.device}: {choice.reason}.", ""


PROBES: dict[str, Callable[[], Answer]] = {
    "video decoding": probe_video,
    "image models": probe_onnxruntime,
    "torch": probe_torch,
    "model libraries": probe_text,
    "speech": probe_speech,
}


class Probe:
    """A check of a native library, in a process of its own."""

    def __init__(self, name: str, command: list[str] | None = None) -> None:
        self._name = name
        # A file, not a pipe: nobody reads while the other checks run, and a full pipe would stop the probe.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        command = command or [*python_command("cuemark.setup.doctor.libraries", name)]
        self._process = subprocess.Popen(
            command,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=working_folder(),
            env=handed_on(),
        )

    def finding(self) -> Finding:
        """Wait for the answer; a crash or silence is an answer too."""
        try:
            code = self._process.wait(PROBE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return Finding(self._name, FAIL, f"No answer within {PROBE_TIMEOUT_S} s.", REPAIR)
        self._output.seek(0)
        lines = self._output.read().decode("utf-8", "replace").strip().splitlines() or ["(no output)"]
        try:
            state, line, fix = json.loads(lines[-1])
        except ValueError:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            return Finding(self._name, FAIL, f"The check {how}: {lines[-1][:200]}", REPAIR)
        return Finding(self._name, state, line, fix)

    def stop(self) -> None:
        """End it if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._output.close()


def main(name: str) -> None:
    """Run one probe and print its answer."""
    try:
        answer = PROBES[name]()
    except Exception as error:  # whatever a library raises on import is the finding
        answer = (
            FAIL,
            f"{type(error).__name__}: {error}".splitlines()[0][:300],
            REPAIR,
        )
    print("\n" + json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
