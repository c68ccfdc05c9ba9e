"""One finding of the doctor, and all of them as the text for a bug report."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cuemark import __version__
from cuemark.core.settings import home_folder
from cuemark.core.text import terminal_path, terminal_safe

OK, WARN, FAIL = "OK", "WARN", "FAIL"
REPAIR = "Run the set-up again; it repairs an install."
_PACKAGES = (
    "av", "ctranslate2", "faster-whisper", "grpcio", "numpy", "onnx", "onnx-asr", "onnxruntime", "onnxruntime-gpu",
    "open_clip_torch", "opencv-python-headless", "protobuf", "rich", "safetensors", "torch", "torchvision",
    "transformers", "typer",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What a check saw: OK, WARN or FAIL, one line, and what to do."""

    name: str
    state: str
    text: str
    fix: str = ""


def report_text(found: list[Finding]) -> str:
    """Versions and findings, without the user's name in paths."""
    versions = []
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    lines = [
        f"cuemark {__version__}, Python {platform.python_version()} ({platform.python_implementation()})",
        f"{platform.platform()}, {platform.machine()}",
        ", ".join(versions),
        *(f"{each.state:<5}{each.name}: {each.text}" for each in found),
    ]
    return without_home("\n".join(map(terminal_safe, lines)), home_folder())


def without_home(text: str, home: Path) -> str:
    """`text` with the home folder in it as `~`: as a whole name only, since others' homes may begin alike."""
    names = {os.fspath(home), os.path.realpath(home), home.as_posix()}
    for name in sorted((terminal_path(name).rstrip("/\\") for name in names), key=len, reverse=True):
        if len(name) > 1:
            # What ends a name: a separator, the end, or what stands behind a path in a sentence.
            text = re.sub(
                rf"(?<![\w/\\.~-]){re.escape(name)}(?=[/\\]|[\s\"'),;:]|[.!?](?:\s|$)|$)", "~", text, flags=re.M
            )
    return text
