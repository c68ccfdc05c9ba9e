"""Memory of a device: out-of-memory back-off batching, and the limit on GPU memory (`--vram`).

Whatever runs many items through a model does it through `BackoffBatches.run`: where the device refuses, memory is given
back, the same items are tried again in halves, and the smaller size is kept for what follows.  Only an item that does
not fit alone is an error.  Between passes a gentle process rests, if the device is not the processor.

The limit is kept by torch's allocator and ONNX Runtime's arena.  The two know nothing of each other, so each gets a
part; the parts and what a CUDA context itself takes (reserved here, since neither allocator counts it) add up to the
limit.  On a CPU it has no effect, which `no_effect` says.
"""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cuemark.core.errors import OptionError, WorkerError
from cuemark.core.limits import UNLIMITED, MemoryLimit, ProcessLimits

Result = TypeVar("Result")

NEXT_STEP = "Close other programs, allow more with --vram, or use a smaller model; CUEMARK_DEVICE=cpu needs no GPU."
_UNBOUNDED = sys.maxsize
_WORDS = (
    "out of memory",  # CUDA, MPS, the driver
    "can't allocate memory",  # torch on the CPU
    "cannot allocate memory",
    "failed to allocate memory",  # ONNX Runtime's arena
    "smaller than requested bytes",  # the same arena under gpu_mem_limit
    "bad allocation",
    "bad_alloc",
    "alloc_failed",  # cuBLAS, cuDNN
)

log = logging.getLogger("cuemark.memory")


class ModelRuntime:
    """What the models of one process share: the limits they run under, and what running them met.

    Handed by whoever loads models to every one of them; a model that is handed none has no limits.
    """

    def __init__(self, limits: ProcessLimits = UNLIMITED) -> None:
        self.limits = limits
        self.halvings = 0
        """How often a batch was halved because memory ran out."""
        self.passes = 0
        """Passes on a GPU that are under way, one within another."""

    def batches(self, what: str, largest: int = _UNBOUNDED, device: str = "cpu") -> BackoffBatches:
        """Batches of `what` that count and rest with the other models' ones."""
        return BackoffBatches(what, largest, device, self)


class BackoffBatches:
    """Out-of-memory back-off: how many of `what` one pass on a device takes.

    At first `largest`, less after the device ran out of memory.
    """

    def __init__(
        self, what: str, largest: int = _UNBOUNDED, device: str = "cpu", runtime: ModelRuntime | None = None
    ) -> None:
        """`what` in the plural ("pictures"), for messages; `device` as torch names it."""
        self._runtime = runtime or ModelRuntime()
        self._what = what
        self._size = max(1, largest)
        self._on_gpu = not device.startswith("cpu")

    @property
    def size(self) -> int:
        """The most items a pass takes now."""
        return self._size

    def run(self, count: int, work: Callable[[slice], Result]) -> list[Result]:
        """The results of `work` on consecutive slices that cover range(count), in order; none where count is 0.

        Raises WorkerError `out_of_memory` where a single item does not fit.  `work` may be called again on a part of
        what it failed on, so that it must leave nothing half done.
        """
        results: list[Result] = []
        start = 0
        while start < count:
            part = slice(start, min(count, start + self._size))
            done = self._attempt(part, work)
            if done:
                results += done
                start = part.stop
        return results

    def _attempt(self, part: slice, work: Callable[[slice], Result]) -> list[Result]:
        """The result in a list, or an empty one where memory ran out and less is to be tried."""
        begun = time.perf_counter()
        self._runtime.passes += self._on_gpu
        try:
            result = work(part)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        else:
            # Of passes within passes the outermost rests.
            if self._on_gpu and self._runtime.passes == 1 and self._runtime.limits.gentle:
                _finish_queue()
                time.sleep(self._runtime.limits.pause_s(time.perf_counter() - begun))
            return [result]
        finally:
            self._runtime.passes -= self._on_gpu
        # Outside of the handler, whose traceback keeps alive whatever the failed pass had allocated.
        self._halve(part.stop - part.start, reason)
        return []

    def _halve(self, tried: int, reason: str) -> None:
        """Tries less from now on; raises WorkerError `out_of_memory` where there is no less."""
        give_back_memory()
        if tried == 1:
            raise out_of_memory(f"One of the {self._what} alone does not fit ({reason})")
        self._size = tried // 2
        self._runtime.halvings += 1
        log.warning("out of memory with %d %s in a pass; going on with %d (%s)", tried, self._what, self._size, reason)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a library says with this that memory ran out: Python and numpy, torch on any device, ONNX Runtime."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, WorkerError):  # of a pass within a pass, where one item did not fit beside what is kept
        return error.code == "out_of_memory"
    if isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime"):
        text = str(error).lower()
        return any(words in text for words in _WORDS)
    return False


def out_of_memory(what: str) -> WorkerError:
    """The error a user reads when nothing smaller can be tried; `what` is a sentence without its full stop."""
    return WorkerError("out_of_memory", f"There is not enough memory. {what}.", NEXT_STEP)


def give_back_memory() -> None:
    """Return to the device what torch keeps for reuse; loads nothing."""
    gc.collect()
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _finish_queue() -> None:
    """Wait until the GPU has done what torch has queued: else it would go on with it while we rest."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


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


def limit_torch(vram: MemoryLimit | None, device: str) -> None:
    """Hold torch's allocator to its part; does nothing without a limit or off CUDA."""
    if vram is None or not device.startswith("cuda"):
        return
    import torch

    index = torch.device(device).index or 0
    total = int(torch.cuda.get_device_properties(index).total_memory)
    torch.cuda.set_per_process_memory_fraction(divide(vram, total).torch / total, index)


def cuda_provider_options(vram: MemoryLimit | None) -> dict[str, str]:
    """What ONNX Runtime's CUDA provider is told to keep to its part; empty without a limit."""
    if vram is None:
        return {}
    part = divide(vram, _total_bytes(vram)).onnxruntime
    # Growing by doubling, the default, would claim up to twice what is needed.
    return {"gpu_mem_limit": str(part), "arena_extend_strategy": "kSameAsRequested"}


def largest_batch(vram: MemoryLimit | None, wanted: int, bytes_each: int) -> int:
    """At most `wanted` items of `bytes_each` in a pass of the image tower, fewer under a small limit, at least 1."""
    if vram is None:
        return wanted
    # Half of the part is for the weights.
    return max(1, min(wanted, divide(vram, _total_bytes(vram)).onnxruntime // 2 // max(1, bytes_each)))


def no_effect(vram: MemoryLimit | None, devices: set[str]) -> str:
    """Why the limit does nothing with models on these devices ("cpu", "cuda", ...); "" where it is kept or not set."""
    if vram is None or any(device.startswith("cuda") for device in devices):
        return ""
    where = " and ".join(sorted(devices)) or "the cpu"
    return f"--vram {vram} has no effect: the models run on {where}, not on a CUDA device."


def _total_bytes(limit: MemoryLimit) -> int:
    """All memory of the GPU; where torch cannot tell (a build without CUDA), a limit in bytes is taken as it is."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.get_device_properties(0).total_memory)
    if limit.size is None:
        message = f"--vram {limit} cannot be told in bytes: the installed torch does not see the GPU."
        raise OptionError("option_vram", message, "Write it in bytes, such as --vram 2G.")
    return limit.size
