"""The computer as set-ups see it: which system, whose home, and how programs are run.

Whatever writes outside of Cuemark's own folders takes a `Machine`, so that the layouts of all three systems can be
tried on any of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cuemark.core.settings import home_folder

RUN_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Ran:
    """What a program left behind; `code` is None where it is not there or did not end in time."""

    code: int | None
    output: str


Runner = Callable[[Sequence[str]], Ran]


def run_program(command: Sequence[str]) -> Ran:
    """Runs a program of the system to its end; never raises."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=RUN_TIMEOUT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ran(None, str(error))
    return Ran(done.returncode, _text(done.stdout))


def _text(output: bytes) -> str:
    """A program's words; those of Windows' own speak its old code page to pipes, or UTF-16 with its mark."""
    if output.startswith((b"\xff\xfe", b"\xfe\xff")):
        return output.decode("utf-16", "replace")
    return output.decode("oem" if os.name == "nt" else "utf-8", "replace")


@dataclass(frozen=True)
class Machine:
    """A system as `sys.platform` names it, its environment, and the folder that stands for the root of its disk."""

    platform: str = sys.platform
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path = Path("/")
    run: Runner = run_program

    @property
    def is_windows(self) -> bool:
        return self.platform == "win32"

    @property
    def is_mac(self) -> bool:
        return self.platform == "darwin"

    @property
    def home(self) -> Path:
        """The user's home."""
        named = self.environ.get("USERPROFILE" if self.is_windows else "HOME")
        return Path(named) if named else home_folder({})

    def at(self, path: str) -> Path:
        """A path that is counted from the root of the disk."""
        return self.root / path.lstrip("/")

    def folder(self, variable: str, default: str) -> Path:
        """A folder that Windows names in a variable."""
        return Path(self.environ.get(variable) or default)


def this_machine() -> Machine:
    """The computer we run on."""
    return Machine()
