"""The machine a benchmark ran on and the devices it really used, for who reads its figures elsewhere."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from cuemark.lab.bench.memory import MIB

_RIVALS = ("opencv-python-headless", "scenedetect-headless")


def machine() -> dict[str, str]:
    """Processor, processors this process may use, memory, system, GPU, and versions; no name of machine or user."""
    import psutil

    from cuemark.lab.evaluate import facts

    memory = f"{psutil.virtual_memory().total / MIB / 1024:.1f} GiB"
    return {**facts.machine(), "memory": memory, **facts.versions(), **_rivals()}


def _rivals() -> dict[str, str]:
    """Versions of the packages that only rivals run on, where they are installed."""
    found = {}
    for name in _RIVALS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def device() -> dict[str, dict[str, Any]]:
    """Where torch (text, language model) and ONNX Runtime (images) compute here, and why; both are tried."""
    import torch

    from cuemark.models.runtime.devices import choose_device
    from cuemark.models.runtime.tiny_session import run_tiny

    choice = choose_device()
    used = str(torch.ones(1, device=choice.device).device)
    report = run_tiny()[1]
    return {
        "torch": {"used": used, "reason": choice.reason, "threads": torch.get_num_threads()},
        "onnxruntime": {"asked": report.asked, "used": report.used, "reason": report.reason},
    }
