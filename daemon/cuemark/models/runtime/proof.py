"""A torch model on a device, proved against the processor: the same inputs must give the same numbers there.

GPUs that torch drives are not all equally well driven (MPS above all), and a wrong kernel raises nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from cuemark.models.runtime.devices import DeviceChoice
from cuemark.models.runtime.memory import is_out_of_memory


@torch.no_grad()
def settled(
    model: Any, choice: DeviceChoice, run: Callable[[torch.device], Tensor], allowed: float, what: str
) -> DeviceChoice:
    """Move `model` (on the processor) to the device chosen if it works there, and say where it is now and why.

    `run` gives what the model makes of a few inputs while it is on a device; `what` names that in messages.  Raises
    only where memory runs out, which a smaller model or --vram mends.
    """
    if choice.device == "cpu":
        return choice
    expected = run(torch.device("cpu"))
    try:
        model.to(choice.device)
        difference = float((run(torch.device(choice.device)).cpu() - expected).abs().max())
        if difference <= allowed:
            return replace(choice, reason=f"{choice.reason}; {what} within {difference:.0e} of the processor's")
        found = f"{what} on {choice.device} differ from the processor's by {difference:.2g}"
    except Exception as error:  # a driver may fail in any way; the processor does not
        if is_out_of_memory(error):
            raise
        found = f"{choice.device} failed ({str(error).strip()[:120] or type(error).__name__})"
    model.to("cpu")
    return DeviceChoice("cpu", f"{choice.reason}, but {found}; the processor runs instead")
