"""What a measurement ran on: the optional packages it needs, versions, the machine, the devices really used."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import cuemark
from cuemark.core.errors import CuemarkError
from cuemark.core.extras import install_command

#: Distributions whose version can change a figure.
_PACKAGES = (
    "torch", "onnxruntime", "open_clip_torch", "transformers", "numpy", "av", "scenedetect", "pycocoevalcap",
)  # fmt: skip
#: Distributions that only the rivals of a benchmark run on.
_RIVALS = ("opencv-python-headless", "scenedetect-headless")
_GIB = 1024**3


def require(module: str) -> ModuleType:
    """Import a module of the extra `eval` ("matplotlib").

    CuemarkError `eval_extra_missing`, with the command that installs the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise CuemarkError(
            "eval_extra_missing",
            f"Evaluation needs the Python package {package}, which cannot be imported here ({error}).",
            f"Install it with: {install_command('eval')}",
        ) from error


def versions() -> dict[str, str]:
    """Cuemark, Python and the packages that are installed."""
    return {"cuemark": cuemark.__version__, "Python": platform.python_version(), **_installed(_PACKAGES)}


def machine() -> dict[str, str]:
    """System, processor, how many of them, and the GPU if torch uses one; no name of the machine or its user."""
    import torch

    found = {"system": platform.platform(), "processor": _processor(), "processors": str(_processors())}
    if torch.cuda.is_available():
        found["GPU"] = torch.cuda.get_device_name()
    return found


def bench_machine() -> dict[str, str]:
    """`machine` with its memory, and all versions, those of the rivals included."""
    import psutil

    memory = f"{psutil.virtual_memory().total / _GIB:.1f} GiB"
    return {**machine(), "memory": memory, **versions(), **_installed(_RIVALS)}


def devices() -> dict[str, dict[str, Any]]:
    """Where torch (text, language model) and ONNX Runtime (images) compute here, and why; both are tried."""
    import torch

    from cuemark.models.runtime.devices import choose_device, run_tiny

    choice = choose_device()
    used = str(torch.ones(1, device=choice.device).device)
    report = run_tiny()[1]
    return {
        "torch": {"used": used, "reason": choice.reason, "threads": torch.get_num_threads()},
        "onnxruntime": {"asked": report.asked, "used": report.used, "reason": report.reason},
    }


def _installed(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
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
