"""What can go wrong during set-up: one constructor for each, with its message and its next step."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

GIB = 1024**3


class SetupProblem(Exception):
    """A failure that the user can do something about; never shown with a traceback."""

    def __init__(self, code: str, exit_code: int, message: str, next_step: str) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = exit_code
        self.message = message
        self.next_step = next_step


def no_venv_module(missing: str) -> SetupProblem:
    """`missing` is the standard-library module that this Python was packaged without."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return SetupProblem(
        "no_venv_module",
        11,
        f"This Python ({sys.executable}) cannot make environments: its module `{missing}` is missing.",
        f"On Debian and Ubuntu: sudo apt install python{version}-venv. Elsewhere use the Python of python.org. "
        "Then run the same command again.",
    )


def not_enough_disk(folder: Path, needed: int, free: int | None) -> SetupProblem:
    """`needed` and `free` in bytes; `free` is None when the disk filled up while pip was writing."""
    had = "and it filled up" if free is None else f"and has {free / GIB:.1f} GiB free"
    return SetupProblem(
        "not_enough_disk",
        12,
        f"Not enough disk: the set-up needs about {needed / GIB:.1f} GiB on the disk of {folder}, {had}.",
        "Free some space there and run the same command again. Temporary files go where TMPDIR says.",
    )


def no_network(what: str, log: Path) -> SetupProblem:
    """`what` is pip's own line about the connection that failed."""
    return SetupProblem(
        "no_network",
        13,
        f"pip could not reach the package index: {what}",
        "Check the connection (or HTTPS_PROXY, or the index in pip's configuration) and run the same command "
        f"again; it goes on where it stopped. Everything pip said: {log}",
    )


def no_matching_build(what: str, log: Path) -> SetupProblem:
    """The index answered, and has no such package for this Python and machine."""
    return SetupProblem(
        "no_matching_build",
        14,
        f"There is no build for Python {sys.version_info.major}.{sys.version_info.minor} on this machine: {what}",
        f"Try another Python (3.10 to 3.13 are the best served). Everything pip said: {log}",
    )


def not_writable(folder: Path, error: str) -> SetupProblem:
    """The checkout, or something in it, refuses to be written."""
    return SetupProblem(
        "not_writable",
        15,
        f"Cannot write to {folder}: {error}",
        "Make the folder writable (or stop a running Cuemark: `cuemark daemon stop`), or clone the project "
        "into a folder of yours, and run the same command again.",
    )


def install_failed(step: str, tail: Sequence[str], log: Path) -> SetupProblem:
    """Anything pip reports that has no better name here."""
    said = " | ".join(tail) if tail else "it said nothing"
    return SetupProblem(
        "install_failed",
        16,
        f"The step `{step}` failed: {said}",
        f"Everything it said is in {log}. Running the same command again starts from a clean environment.",
    )


def confirmation_needed() -> SetupProblem:
    """Nobody at a terminal, and no --yes."""
    return SetupProblem(
        "confirmation_needed",
        2,
        "Nobody is there to be asked whether all this is to go.",
        "Add --yes to remove it, or --dry-run to list it.",
    )


def uninstall_failed() -> SetupProblem:
    """`cuemark uninstall` could list but not remove; it said why itself."""
    return SetupProblem(
        "uninstall_failed",
        16,
        "Cuemark could not remove all of its files; the environment is still there.",
        "Do what it says above and run the same command again.",
    )


def interrupted(step: str, exit_code: int) -> SetupProblem:
    """Ctrl-C or a polite kill in the middle of `step`."""
    return SetupProblem(
        "interrupted",
        exit_code,
        f"Set-up interrupted during the step `{step}`.",
        "Run the same command again: it repairs what was left half done, and pip remembers finished downloads.",
    )
