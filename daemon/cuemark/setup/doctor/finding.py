"""One finding of the doctor, and all of them as the text for a bug report."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cuemark import __version__
from cuemark.core.text import terminal_safe

OK, WARN, FAIL = "OK", "WARN", "FAIL"
REPAIR = "Run the set-up again; it repairs an install."
_PACKAGES = (
    "av", "grpcio", "numpy", "onnx", "onnxruntime", "onnxruntime-gpu", "open_clip_torch", "opencv-python-headless",
    "protobuf", "rich", "safetensors", "torch", "torchvision", "transformers", "typer",
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
    home = str(Path.home())
    shown = "\n".join(map(terminal_safe, lines))
    return shown.replace(home, "~") if len(home) > 1 else shown
