"""What lies in a watched folder now: names, sizes and times of change, without opening a file.

Links are not followed, wherever they lead: what is inside the folder is found by its own name, and what is outside of
it was not named by the user.  Hidden folders and our own are left out.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cuemark.evidence.speech.given import SUFFIXES as TRANSCRIPT_SUFFIXES
from cuemark.library.watches import FileMark
from cuemark.media.folder import is_camera_raw_name, is_copy_name, is_footage_name

_DEEPEST = 64
_REPARSE_POINT = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)
"""Of Windows' junctions, which are links that `is_symlink` does not know."""


@dataclass
class Scan:
    """The footage of a folder and of those below it.

    `copies` are files that will become footage under another name, `raw` footage of cameras' own kinds, `transcripts`
    what may be one, by folder, `folders` all that were read, `refused` those that could not be, and why.
    """

    device: int = 0
    files: dict[Path, FileMark] = field(default_factory=dict)
    copies: dict[Path, FileMark] = field(default_factory=dict)
    raw: dict[Path, FileMark] = field(default_factory=dict)
    transcripts: defaultdict[str, dict[str, FileMark]] = field(default_factory=lambda: defaultdict(dict))
    folders: set[str] = field(default_factory=set)
    refused: dict[Path, OSError] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing that is watched for lies there."""
        return not (self.files or self.copies or self.raw)


def scan(root: Path, own: Collection[str] = ()) -> Scan:
    """What lies in the folder now; `own` are folders of ours.  OSError where the folder itself cannot be read."""
    found = Scan(device=os.stat(root).st_dev)
    waiting = [(os.fspath(root), 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                entries = list(listed)
        except OSError as error:
            if depth == 0:
                raise
            if not isinstance(error, FileNotFoundError):
                found.refused[Path(folder)] = error
            continue
        found.folders.add(folder)
        waiting += [(path, depth + 1) for path in _read(entries, found, own) if depth < _DEEPEST]
    return found


def _read(entries: list[os.DirEntry[str]], found: Scan, own: Collection[str]) -> Iterator[str]:
    """Sorts the files of one folder into `found`; the folders in it."""
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.path not in own and not _is_junction(entry):
                    yield entry.path
            elif entry.is_file(follow_symlinks=False):
                _take(entry, found)
        except OSError:  # it went away meanwhile, which the next look will tell
            continue


def _take(entry: os.DirEntry[str], found: Scan) -> None:
    name = entry.name
    if is_footage_name(name):
        found.files[Path(entry.path)] = mark_of(entry.stat(follow_symlinks=False))
    elif os.path.splitext(name)[1].lower() in TRANSCRIPT_SUFFIXES and not name.startswith("."):
        folder = os.path.dirname(entry.path)
        found.transcripts[folder][name] = mark_of(entry.stat(follow_symlinks=False))
    elif is_camera_raw_name(name):
        found.raw[Path(entry.path)] = mark_of(entry.stat(follow_symlinks=False))
    elif is_copy_name(name):
        found.copies[Path(entry.path)] = mark_of(entry.stat(follow_symlinks=False))


def mark_of(found: os.stat_result) -> FileMark:
    """By what a file is known without reading it."""
    return FileMark(found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)


def mark_at(path: Path) -> FileMark | None:
    """The mark of the file at a path; None where there is none that may be read as it is."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    return mark_of(found) if stat.S_ISREG(found.st_mode) else None


def _is_junction(entry: os.DirEntry[str]) -> bool:
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & _REPARSE_POINT)
