"""The limit on GPU memory (`--vram`): one for the process, kept by torch's allocator and ONNX Runtime's arena.

The two allocators know nothing of each other, so each gets a part; the parts and what a CUDA context itself takes
(reserved here, since neither allocator counts it) add up to the limit.  It is set once, before models are loaded.
On a CPU it has no effect, which `effect` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.core.errors import OptionError
from cuemark.core.limits import MemoryLimit

MIB = 1 << 20
CONTEXT_BYTES = 512 * MIB
"""Set aside for the CUDA context, its kernels and the libraries' own workspaces, which no allocator counts."""
IMAGE_SHARE = 0.4
"""Of what is left: the image tower in ONNX Runtime; text tower and language model in torch have the rest."""
LEAST_BYTES = 256 * MIB
"""Less than this beside the context holds no model at all."""


@dataclass(frozen=True)
class Division:
    """A limit divided, in bytes."""

    torch: int
    onnxruntime: int


class _State:
    limit: MemoryLimit | None = None


def set_limit(limit: MemoryLimit | None) -> None:
    """Set the limit of this process; to be called before anything is loaded on a GPU."""
    _State.limit = limit


def is_limited() -> bool:
    """Whether a limit is set in this process; decoding on a GPU would take memory beside it."""
    return _State.limit is not None


def divide(limit: MemoryLimit, total: int) -> Division:
    """The parts of a limit on a GPU with `total` bytes; raises OptionError `option_vram` where it is too small."""
    allowed = limit.bytes_of(total)
    left = allowed - CONTEXT_BYTES
    if left < LEAST_BYTES:
        least = (CONTEXT_BYTES + LEAST_BYTES) // MIB
        message = f"--vram {limit} leaves {allowed // MIB} MiB of the GPU's {total // MIB} MiB, too little for a model."
        raise OptionError("option_vram", message, f"Allow at least {least} MiB, or set CUEMARK_DEVICE=cpu.")
    image = int(left * IMAGE_SHARE)
    return Division(left - image, image)


def limit_torch(device: str) -> None:
    """Hold torch's allocator to its part; does nothing without a limit or off CUDA."""
    if _State.limit is None or not device.startswith("cuda"):
        return
    import torch

    index = torch.device(device).index or 0
    total = int(torch.cuda.get_device_properties(index).total_memory)
    torch.cuda.set_per_process_memory_fraction(divide(_State.limit, total).torch / total, index)


def cuda_provider_options() -> dict[str, str]:
    """What ONNX Runtime's CUDA provider is told to keep to its part; empty without a limit."""
    if _State.limit is None:
        return {}
    part = divide(_State.limit, _total_bytes(_State.limit)).onnxruntime
    # Growing by doubling, the default, would claim up to twice what is needed.
    return {"gpu_mem_limit": str(part), "arena_extend_strategy": "kSameAsRequested"}


def largest_batch(wanted: int, bytes_each: int) -> int:
    """At most `wanted` items of `bytes_each` in a pass of the image tower, fewer under a small limit, at least 1."""
    if _State.limit is None:
        return wanted
    # Half of the part is for the weights.
    return max(1, min(wanted, divide(_State.limit, _total_bytes(_State.limit)).onnxruntime // 2 // max(1, bytes_each)))


def no_effect(devices: set[str]) -> str:
    """Why the limit does nothing with models on these devices ("cpu", "cuda", ...); "" where it is kept or not set."""
    if _State.limit is None or any(device.startswith("cuda") for device in devices):
        return ""
    where = " and ".join(sorted(devices)) or "the cpu"
    return f"--vram {_State.limit} has no effect: the models run on {where}, not on a CUDA device."


def _total_bytes(limit: MemoryLimit) -> int:
    """All memory of the GPU; where torch cannot tell (a build without CUDA), a limit in bytes is taken as it is."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.get_device_properties(0).total_memory)
    if limit.size is None:
        message = f"--vram {limit} cannot be told in bytes: the installed torch does not see the GPU."
        raise OptionError("option_vram", message, "Write it in bytes, such as --vram 2G.")
    return limit.size
