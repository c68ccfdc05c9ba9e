"""Everything that Cuemark keeps on this computer, listed with sizes, and its removal.

Only what Cuemark writes is taken, by name: CUEMARK_HOME may be a folder that holds other things too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.drafts import is_draft
from cuemark.core.errors import StoreError
from cuemark.core.settings import Settings
from cuemark.models.store.registry import default_registry
from cuemark.setup.autostart.switch import Autostart
from cuemark.setup.machine import Machine
from cuemark.setup.resolve.install import TRACES_STAY, ScriptSetup, profile_traces

_OURS = {
    "data": (
        "library.sqlite*", "backups", "library-damaged-*", "library-before-restore-*", "sent", "index", "search",
        "answers.json",
    ),
    "cache": (
        "features", "features.sqlite*", "image-towers", "proxies", "words", "transcripts", "hardware.json",
        "speeds.json", "eval", "bench", "CACHEDIR.TAG",
    ),
    "runtime": ("endpoint.json", ".endpoint-*", "daemon.lock", "resolve", "page.json", "page-session.json"),
    "log": ("daemon.log*", "daemon-start.log", "page.log"),
}  # fmt: skip
_WORDS = {"data": "library", "cache": "cache", "models": "model", "runtime": "running daemon", "log": "log"}


@dataclass(frozen=True)
class Item:
    """Something that would be removed: what it is, where, and how many bytes it frees.

    `path` is None for what the system keeps for us, which is Windows' task.
    """

    what: str
    path: Path | None
    size: int


@dataclass(frozen=True)
class Kept:
    """Something that stays, and why."""

    path: Path
    reason: str


class Uninstall:
    """The removal of one user's Cuemark; the program itself is the business of whatever installed it."""

    def __init__(self, settings: Settings, machine: Machine, keep_models: bool = False) -> None:
        self._settings = settings
        self._machine = machine
        self._keep_models = keep_models
        self._script = ScriptSetup(machine, settings)
        self._autostart = Autostart(machine)

    def items(self) -> list[Item]:
        """All that is there, in the order of its removal."""
        return [*self._outside(), *(Item(what, path, size_of(path)) for what, path in self._inside())]

    def kept(self) -> list[Kept]:
        """What stays although it has to do with Cuemark or lies among its files."""
        traces = [Kept(path, TRACES_STAY) for path in profile_traces(self._machine)]
        going = {item.path for item in self.items()}
        models = [Kept(path, "asked to keep") for path in self._models()] if self._keep_models else []
        known = going | {each.path for each in models} | set(self._folders().values())
        others = (path for folder in self._folders().values() for path in _entries(folder) if path not in known)
        return [*traces, *models, *(Kept(path, "not Cuemark's") for path in dict.fromkeys(others))]

    def remove(self) -> list[Kept]:
        """Removes it all; the daemon must not run.  Returns what stays.  Raises StoreError `not_removed`."""
        kept = self.kept()
        self._autostart.off()
        for _, path in self._inside():
            _remove(path)
        self._remove_folders()  # before the script's, which lie around them
        left = self._script.uninstall().kept
        self._remove_folders()
        return [*kept, *(Kept(path, reason) for path, reason in left)]

    def _outside(self) -> Iterator[Item]:
        status = self._autostart.status()
        if status.is_on and not status.files:
            yield Item(f"start at login ({status.service})", None, 0)
        for path in status.files:
            yield Item(f"start at login ({status.service})", path, size_of(path))
        for path in self._script.files():
            yield Item("Resolve script", path, size_of(path))

    def _inside(self) -> Iterator[tuple[str, Path]]:
        folders = self._folders()
        for name, patterns in _OURS.items():
            found = [path for pattern in patterns for path in sorted(folders[name].glob(pattern))]
            drafts = [path for path in _entries(folders[name]) if is_draft(path)]
            for path in dict.fromkeys([*found, *drafts]):
                yield _WORDS[name], path
        if not self._keep_models:
            for path in self._models():
                yield f"{_WORDS['models']} {path.name}" if path.name[0] != "." else "unfinished downloads", path

    def _models(self) -> list[Path]:
        candidates = [self._settings.models / name for name in (*default_registry(), ".partial")]
        return [path for path in candidates if os.path.lexists(path)]

    def _folders(self) -> dict[str, Path]:
        return {name: getattr(self._settings, name) for name in ("models", "runtime", "log", "cache", "data")}

    def _remove_folders(self) -> None:
        """The folders that are empty now, and the one of our name, or of CUEMARK_HOME, around them."""
        for folder in self._folders().values():
            _rmdir(folder)
            home = os.path.expanduser(self._machine.environ.get("CUEMARK_HOME", ""))
            if folder.parent.name == "cuemark" or (home and folder.parent == Path(home).absolute()):
                _rmdir(folder.parent)


def size_of(path: Path) -> int:
    """Bytes in a file or in all files of a folder; links count as themselves."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size if os.path.lexists(path) else 0
    return sum(_file_size(Path(folder, name)) for folder, _, names in os.walk(path) for name in names)


def _file_size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        message = f"{error.filename or path} cannot be removed: {error.strerror or error}."
        raise StoreError(
            "not_removed", message, "Make it writable (or close what uses it) and run it again."
        ) from error


def _rmdir(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # not there, or it holds what is not ours
