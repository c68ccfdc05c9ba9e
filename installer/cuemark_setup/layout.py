"""Where everything of the set-up lies: one folder in the checkout, removed by deleting it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# Not `.venv`: that one belongs to `uv run`, which removes from it what its own lock file does not name.
FOLDER = ".bootstrap"
WINDOWS = os.name == "nt"


@dataclass(frozen=True)
class Layout:
    """Paths of the set-up of the checkout at `root`."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    @property
    def env(self) -> Path:
        return self.folder / "env"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def log(self) -> Path:
        return self.folder / "setup.log"

    @property
    def programs(self) -> Path:
        return self.env / ("Scripts" if WINDOWS else "bin")

    @property
    def python(self) -> Path:
        return self.programs / ("python.exe" if WINDOWS else "python")

    @property
    def constraints(self) -> Path:
        return self.root / "installer" / "constraints.txt"

    @property
    def pyproject(self) -> Path:
        return self.root / "pyproject.toml"

    def program(self, name: str) -> Path:
        return self.programs / (name + ".exe" if WINDOWS else name)


def this_checkout() -> Layout:
    """The checkout that this file is in."""
    return Layout(Path(__file__).resolve().parents[2])
