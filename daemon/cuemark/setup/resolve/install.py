"""Puts the menu script where Resolve lists it, and takes it away again.  Standard library only.

What is there already is kept where it is right and mended where it is an old or damaged copy of ours; a file that is
not ours is never touched unless that is asked for.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.errors import HostError, StoreError
from cuemark.core.files import atomic_write
from cuemark.core.settings import Settings
from cuemark.hosts.resolve.places import fusion_folder, script_file
from cuemark.hosts.resolve.script_transport import mailbox_folder
from cuemark.hosts.resolve.scripts import rendered, source_file, version_of
from cuemark.setup.machine import Machine
from cuemark.setup.resolve.programs import all_users_scripts, app_store_only, programs

MISSING, CURRENT, OLD, FOREIGN = "missing", "current", "old", "foreign"
_FIRST_WORDS = b"-- Cuemark in DaVinci Resolve"
TRACES_STAY = "Resolve's own file; a few kilobytes of Cuemark's answers stay in it"


RECORD_NAME = "resolve-install.json"


@dataclass(frozen=True)
class Place:
    """The script's place for this user: one of the states above, and the version that lies there."""

    path: Path
    state: str
    version: str = ""


@dataclass(frozen=True)
class Installed:
    """What an installation did: `done` is "installed", "mended" or "kept"."""

    path: Path
    done: str
    version: str
    folders_made: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()  # further copies, each of which is listed in the menu as well


@dataclass(frozen=True)
class Removed:
    """What a removal took away, and what it left with the reason."""

    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    kept: tuple[tuple[Path, str], ...]


@dataclass(frozen=True)
class Record:
    """What installations made: files, and folders that were not there before, outermost first."""

    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()

    def and_also(self, files: list[Path], folders: list[Path]) -> Record:
        """This and more, each once."""
        return Record(tuple(dict.fromkeys([*self.files, *files])), tuple(dict.fromkeys([*self.folders, *folders])))


def read_record(path: Path) -> Record:
    """The record; an empty one where none can be read."""
    try:
        kept = json.loads(path.read_text("ascii"))
        return Record(tuple(map(Path, kept["files"])), tuple(map(Path, kept["folders"])))
    except (OSError, ValueError, KeyError, TypeError):
        return Record()


class ScriptSetup:
    """The script on a machine, for the daemon that runs with `settings`: their mailbox, their record."""

    def __init__(self, machine: Machine, settings: Settings) -> None:
        self._machine = machine
        self._mailbox = mailbox_folder(settings)
        self._record = settings.data / RECORD_NAME

    def programs(self) -> list[Path]:
        """The Resolves that are installed at their usual places."""
        return [program.path for program in programs(self._machine)]

    def look(self, all_users: bool = False) -> Place:
        """What is at the script's place now.  Raises StoreError as `install` does."""
        return _look(self.place(all_users), self._content(all_users))

    def place(self, all_users: bool = False) -> Path:
        """Where the script belongs."""
        if all_users:
            return all_users_scripts(self._machine)[0]
        return script_file(self._machine.platform, self._machine.environ)

    def others(self, all_users: bool = False) -> list[Path]:
        """Copies of our script elsewhere that Resolve would list too."""
        places = [script_file(self._machine.platform, self._machine.environ), *all_users_scripts(self._machine)]
        return [path for path in places if path != self.place(all_users) and _is_ours(path)]

    def install(self, force: bool = False, all_users: bool = False) -> Installed:
        """Makes the script be there, right and whole.

        Raises HostError `resolve_app_store`, and StoreError `file_exists` (a script that is not ours; `force` replaces
        it), `resolve_folder_not_writable`, `resolve_path_not_ansi`, `resolve_script_missing`.
        """
        self._refuse_app_store()
        content = self._content(all_users)
        place = _look(self.place(all_users), content)
        version = version_of(content) or ""
        if place.state == FOREIGN and not force:
            message = f"{place.path} is there already and is not a script of Cuemark's."
            raise StoreError("file_exists", message, "Move it away, or let --force replace it.")
        made: list[Path] = []
        if place.state != CURRENT:
            made = self._write(place.path, content)
        done = {MISSING: "installed", CURRENT: "kept"}.get(place.state, "mended")
        return Installed(place.path, done, version, tuple(made), tuple(self.others(all_users)))

    def files(self) -> list[Path]:
        """The files that `uninstall` takes away."""
        known = [*read_record(self._record).files, self.place()]
        own = [path for path in (self._record,) if path.is_file()]
        return [*(path for path in dict.fromkeys(known) if _is_ours(path)), *own]

    def uninstall(self) -> Removed:
        """Takes away our scripts and the folders that were made for them, if nothing else is in them."""
        record = read_record(self._record)
        known = [*record.files, self.place()]
        files, kept = [], []
        for path in dict.fromkeys(known):
            _unlink(draft_of(path))
            if _is_ours(path):
                _unlink(path)
                files.append(path)
            elif path.exists():
                kept.append((path, "it is not a script of Cuemark's"))
        kept += [(path, "it was installed by somebody else") for path in self.others() if path not in known]
        _unlink(self._record)
        folders = [folder for folder in reversed(record.folders) if _rmdir(folder)]
        return Removed(tuple(files), tuple(folders), tuple(kept))

    def _content(self, all_users: bool) -> bytes:
        source = source_file().read_bytes()
        # Everybody's script cannot name one user's mailbox; it then looks in the usual places of whoever runs it.
        return source if all_users else rendered(source, openable(self._mailbox, self._machine))

    def _refuse_app_store(self) -> None:
        shown_by = app_store_only(self._machine)
        if shown_by is not None:
            message = f"This is the App Store's Resolve ({shown_by}): its sandbox offers no scripting."
            step = "Install Resolve from blackmagicdesign.com (Free or Studio), or import files: `cuemark export`."
            raise HostError("resolve_app_store", message, step)

    def _write(self, path: Path, content: bytes) -> list[Path]:
        """Writes the script; returns the folders made.  The record goes first: a kill leaves no more than it says."""
        made = _missing_folders(path.parent)
        new = [*_missing_folders(self._record.parent), *made]
        try:
            self._record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            known = read_record(self._record)
            _write_record(self._record, known.and_also([path], new))
            write_whole(path, content)
        except OSError as error:
            where = error.filename or path.parent
            message = f"The script cannot be written to {path}: {error.strerror or error} ({where})."
            step = "Make that folder writable for you (it belongs to DaVinci Resolve) and run the command again."
            raise StoreError("resolve_folder_not_writable", message, step) from error
        return made


def profile_traces(machine: Machine) -> list[Path]:
    """Preferences in which answers of the script still stand.  Resolve owns these files, so nobody edits them."""
    profiles = fusion_folder(machine.platform, machine.environ) / "Profiles"
    return [path for path in sorted(profiles.glob("*/Fusion.prefs")) if b"Cuemark" in _read(path)]


def openable(mailbox: Path, machine: Machine) -> Path:
    """The mailbox by a name that Resolve's Lua can open: on Windows the short one where the long one is not ANSI."""
    if not machine.is_windows:
        return mailbox
    try:
        str(mailbox).encode("mbcs", "strict")
    except (UnicodeEncodeError, LookupError):
        return _short(mailbox)
    return mailbox


def _short(folder: Path) -> Path:
    """Windows' 8.3 name of a folder; the folder itself where there is none."""
    import ctypes

    windows = getattr(ctypes, "windll", None)
    if windows is None:
        return folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    buffer = ctypes.create_unicode_buffer(1024)
    length = windows.kernel32.GetShortPathNameW(str(folder), buffer, len(buffer))
    return Path(buffer.value) if 0 < length < len(buffer) else folder


def _look(path: Path, content: bytes) -> Place:
    if not path.exists():
        return Place(path, MISSING)
    found = _read(path)
    if found == content:
        return Place(path, CURRENT, version_of(found) or "")
    return Place(path, OLD if _is_ours(path) else FOREIGN, version_of(found) or "")


def _is_ours(path: Path) -> bool:
    """Whether a file is a script of ours; one that was cut off, even to nothing, is what a full disk leaves of it."""
    if not path.is_file():
        return False
    found = _read(path)
    return path.stat().st_size == 0 or found.startswith(_FIRST_WORDS) or version_of(found) is not None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        message = f"{path} cannot be removed: {error.strerror}."
        raise StoreError("resolve_folder_not_writable", message, "Remove it by hand.") from error


def _rmdir(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False  # other files are in it by now, or it is gone
    return True


def _write_record(path: Path, record: Record) -> None:
    """Replaces the record, whole or not at all.  Raises OSError."""
    kept = {"files": [str(file) for file in record.files], "folders": [str(folder) for folder in record.folders]}
    write_whole(path, json.dumps(kept, indent=1).encode("ascii"))


def _missing_folders(folder: Path) -> list[Path]:
    """`folder` and those above it that are not there, outermost first."""
    return [each for each in reversed([folder, *folder.parents]) if not os.path.lexists(each)]


def draft_of(path: Path) -> Path:
    """Where a file is written before it takes its place; one name, so that a killed attempt leaves at most one."""
    return path.with_name(f".{path.name}.new")


def write_whole(path: Path, content: bytes) -> None:
    """Puts a file there, whole or not at all, with its folder.  Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content, draft=draft_of(path))
