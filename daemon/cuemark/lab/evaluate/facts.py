"""What the report says of its own making: versions of what computed it, and the machine it ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import cuemark
from cuemark.lab.evaluate.evaluation import Facts

#: Distributions whose version can change a figure.
_PACKAGES = (
    "torch", "onnxruntime", "open_clip_torch", "transformers", "numpy", "av", "scenedetect", "pycocoevalcap",
)  # fmt: skip


def gather(command: str, seed: int, models: Mapping[str, Mapping[str, str]]) -> Facts:
    """The facts of a run that ends now; `models` by role ("clip", "lm") with name and content id."""
    return Facts(
        command=command,
        seed=seed,
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        models=models,
        versions=versions(),
        machine=machine(),
    )


def versions() -> dict[str, str]:
    """Cuemark, Python and the packages that are installed."""
    found = {"cuemark": cuemark.__version__, "Python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str]:
    """System, processor, how many of them, and the GPU if torch uses one; no name of the machine or its user."""
    import torch

    found = {"system": platform.platform(), "processor": _processor(), "processors": str(_processors())}
    if torch.cuda.is_available():
        found["GPU"] = torch.cuda.get_device_name()
    return found


def _processors() -> int:
    """How many this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _processor() -> str:
    """Its name, which Python knows on some systems only."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())
