"""What a worker process may take of the machine, as a value that is handed to whatever takes it.

A gentle process gets the processor and the disk only where nobody else wants them, uses half of the cores, leaves
hardware decoders alone, and pauses between its passes on a GPU.  A limit on GPU memory (`--vram`) is kept by the
allocators of the libraries that models run in.  What only the system can hold back (priorities, thread pools that are
made when a library is loaded) is asked of it once, when the process starts: `worker.process_limits`.

What this does not cover: memory bandwidth and caches, which the system shares out blindly; and on a GPU there is no
priority between processes.  A low-priority CUDA stream would change nothing, since the default one already has the
lowest priority; only pauses leave the device to others.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.errors import OptionError
from cuemark.core.sizes import parse_size

_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_FRACTION = re.compile(r"\d+/[1-9]\d*")
_MOST_BYTES = 2**63 - 1  # what travels as 64 bits
LONGEST_PAUSE_S = 0.05


@dataclass(frozen=True)
class MemoryLimit:
    """So much of a GPU's memory: `size` in bytes, or `share` of all it has (above 0, at most 1).  Exactly one is set.

    `str` of it is what `parse` reads.
    """

    size: int | None = None
    share: Fraction | None = None

    @classmethod
    def parse(cls, text: str) -> MemoryLimit:
        """`2G`, `1.5GB` (powers of 1000), `1536MiB` (powers of 1024), `50%` or `1/2`; OptionError `option_vram`."""
        share = _SHARE.fullmatch(text.strip())
        if share:
            return cls(share=Fraction(share.group(1)) / 100).checked()
        if _FRACTION.fullmatch(text.strip()):
            return cls(share=Fraction(text.strip())).checked()
        try:
            size = parse_size(text)
        except ValueError:
            raise _refused(repr(text)) from None
        return cls(size=size).checked()

    def checked(self) -> MemoryLimit:
        """This limit, or OptionError `option_vram` where nothing can be kept to it."""
        possible = [self.size is not None and 0 < self.size <= _MOST_BYTES]
        possible.append(self.share is not None and 0 < self.share <= 1)
        if (self.size is None) == (self.share is None) or not any(possible):
            raise _refused(str(self))
        return self

    def bytes_of(self, total: int) -> int:
        """The limit in bytes on a GPU that has `total`; never more than that."""
        wanted = self.size if self.size is not None else int((self.share or 1) * total)
        return min(wanted, total)

    def __str__(self) -> str:
        if self.share is not None:
            percent = f"{float(100 * self.share):.12g}"
            # No decimal number is a third: what percent cannot say exactly is written as a fraction.
            return f"{percent}%" if Fraction(percent) == 100 * self.share else f"{self.share}"
        size = self.size or 0
        for power, unit in ((3, "G"), (2, "M")):
            if size and size % 1000**power == 0:
                return f"{size // 1000**power}{unit}"
        return str(size)


@dataclass(frozen=True)
class ProcessLimits:
    """How one worker process is held back, from its start to its end.

    `gentle`: it makes room for other programs; `vram`: so much GPU memory, None for all there is; `cores`: so many
    processors, None for all there are: of several workers on one machine each has its share.
    """

    gentle: bool = False
    vram: MemoryLimit | None = None
    cores: int | None = None

    @property
    def threads(self) -> int | None:
        """How many threads a pool (torch, ONNX Runtime, a decoder) may have; None: as many as it likes."""
        return max(1, (self.cores or usable_cores()) // 2) if self.gentle else self.cores

    def pause_s(self, worked_s: float) -> float:
        """Seconds to leave a GPU to others after so many on it: as long as the work, up to a twentieth of a second."""
        return min(max(0.0, worked_s), LONGEST_PAUSE_S) if self.gentle else 0.0


UNLIMITED = ProcessLimits()


def usable_cores() -> int:
    """The processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _refused(shown: str) -> OptionError:
    message = f"{shown} is no amount of GPU memory."
    return OptionError("option_vram", message, "Write bytes (2G, 1536MiB), or a share above 0 and up to 100% (50%).")
