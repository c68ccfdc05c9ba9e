"""Which device torch runs on, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuemark.core import gentle
from cuemark.models.runtime.memory_limit import limit_torch

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class DeviceChoice:
    """The device torch was given ("cpu", "cuda", "mps"), with the reason in words."""

    device: str
    reason: str


def choose_device() -> DeviceChoice:
    """The best device torch can use here; `CUEMARK_DEVICE` overrides ("cpu", "cuda", "mps", "cuda:1")."""
    import torch

    asked = os.environ.get("CUEMARK_DEVICE", "").strip()
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked:
        if available.get(asked.split(":", maxsplit=1)[0], False):
            return DeviceChoice(asked, f"CUEMARK_DEVICE asks for {asked}")
        return DeviceChoice("cpu", f"CUEMARK_DEVICE asks for {asked}, which torch cannot use here")
    if available["cuda"]:
        return DeviceChoice("cuda", f"torch sees {torch.cuda.get_device_name(0)}")
    if available["mps"]:
        return DeviceChoice("mps", "torch sees Apple's GPU")
    return DeviceChoice("cpu", "torch sees no GPU")


def prepare_torch(choice: DeviceChoice) -> torch.device:
    """Set torch up for the device and return it.

    On CPU, flash attention is switched off: on the short sequences of captions it is slower than the plain kernel
    (measured).  The switch is torch's own and process-wide.
    """
    import torch

    if choice.device == "cpu":
        torch.backends.cuda.enable_flash_sdp(False)
    threads = gentle.thread_limit()
    if threads:
        torch.set_num_threads(threads)
    limit_torch(choice.device)
    return torch.device(choice.device)
