"""What this machine has for models: memory, cores, a GPU that torch can use, and how fast it multiplies.

A glance loads nothing and is always the same on one machine, so that what depends on it does not flap.  The speed is
measured (torch is loaded for it, in a process that ends) when somebody wants to see it, and kept until the machine or
torch is another.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from cuemark.core.derived import read_object, write_object
from cuemark.core.serialise import UNREADABLE

_FILE = "hardware.json"
_WIDTH, _TOKENS, _LAYERS = 768, 400, 4  # the products of a ViT-B/32 over eight pictures
_PROBE_S = 0.4
FRESH_S = 24 * 3600.0
"""After so long it is worth measuring again: a busy machine measures too slow."""


@dataclass(frozen=True)
class Hardware:
    """`memory` and a GPU's own `gpu_memory` in bytes (0: none, or shared with the processor, or not asked).

    `device` is where torch runs ("cpu", "cuda", "mps"), `reason` why; `gflops` billions of operations a second in
    products of a CLIP's size, 0 where nobody measured.
    """

    memory: int
    cores: int
    device: str = "cpu"
    reason: str = ""
    gpu_memory: int = 0
    gflops: float = 0.0

    @property
    def gpu(self) -> bool:
        """Whether torch has a GPU."""
        return self.device != "cpu"


def glance() -> Hardware:
    """What can be known without loading anything."""
    import psutil

    device = ("mps" if platform.system() == "Darwin" else "cuda") if has_gpu() else "cpu"
    reason = "a GPU is here" if device != "cpu" else "no GPU is here"
    return Hardware(int(psutil.virtual_memory().total), os.cpu_count() or 1, device, reason)


def has_gpu() -> bool:
    """Whether there is a GPU that torch may use; asked without torch, which takes seconds to import."""
    if os.environ.get("CUEMARK_DEVICE", "").strip().startswith("cpu"):
        return False
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return apple or Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def measured_before(cache: Path, oldest: float = float("inf")) -> Hardware | None:
    """What `measure` kept in the cache folder, if it is of this machine as it is now and not older (in seconds)."""
    try:
        kept = read_object(cache / _FILE, _FILE)
        if kept is None or kept["of"] != _identity() or time.time() - kept["at"] > oldest:
            return None
        return Hardware(**kept["found"])
    except UNREADABLE:
        return None


def measure(cache: Path) -> Hardware:
    """Where torch runs, why, and how fast; kept in the cache folder.

    Of what was measured before on this very machine the faster is kept: the slower one had other programs beside it.
    """
    known = measured_before(cache)
    from cuemark.models.runtime.devices import choose_device, prepare_torch

    choice = choose_device()
    device = prepare_torch(choice)
    found = replace(glance(), device=choice.device.split(":", maxsplit=1)[0], reason=choice.reason)
    fastest = max(round(_gflops(device), 1), known.gflops if known else 0.0)
    found = replace(found, gpu_memory=_gpu_memory(device), gflops=fastest)
    kept = {"of": _identity(), "at": time.time(), "found": asdict(found)}
    with suppress(OSError):  # a full disk, or one of somebody else: then it is measured again next time
        cache.mkdir(parents=True, exist_ok=True)
        write_object(cache / _FILE, _FILE, kept)
    return found


def _identity() -> list[Any]:
    here = glance()
    return [here.memory, here.cores, here.device, metadata.version("torch"), os.environ.get("CUEMARK_DEVICE", "")]


def _gpu_memory(device: Any) -> int:
    import torch

    return int(torch.cuda.get_device_properties(device).total_memory) if device.type == "cuda" else 0


def _gflops(device: Any) -> float:
    """The best of what the device managed in a fraction of a second, in the precision an encoder is run in there."""
    import torch

    dtype = torch.float16 if device.type == "cuda" else torch.float32
    wide, narrow = (torch.randn(_WIDTH, _WIDTH * factor, device=device, dtype=dtype) / 50 for factor in (4, 4))
    tokens = torch.randn(_TOKENS, _WIDTH, device=device, dtype=dtype)

    def once() -> None:
        values = tokens
        for _ in range(_LAYERS):
            values = (values @ wide) @ narrow.T
        float(values[0, 0])  # waits for a GPU

    once()
    operations = _LAYERS * 2 * 2 * _TOKENS * _WIDTH * _WIDTH * 4
    return operations / _shortest(once) / 1e9


def _shortest(work: Callable[[], None]) -> float:
    """The shortest of some runs, in seconds: what the machine can do when nobody is in the way."""
    best, end = float("inf"), time.perf_counter() + _PROBE_S
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best
