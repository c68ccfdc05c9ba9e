"""What the installation of the script made, so that its removal takes exactly that away again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

NAME = "resolve-install.json"


@dataclass(frozen=True)
class Record:
    """Files we wrote and folders that were not there before, outermost first."""

    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()

    def and_also(self, files: list[Path], folders: list[Path]) -> Record:
        """This and more, each once."""
        return Record(tuple(dict.fromkeys([*self.files, *files])), tuple(dict.fromkeys([*self.folders, *folders])))


def read_record(path: Path) -> Record:
    """The record; an empty one where none can be read."""
    try:
        told = json.loads(path.read_text("ascii"))
        return Record(tuple(map(Path, told["files"])), tuple(map(Path, told["folders"])))
    except (OSError, ValueError, KeyError, TypeError):
        return Record()


def write_record(path: Path, record: Record) -> None:
    """Replaces the record, whole or not at all.  Raises OSError."""
    told = {"files": [str(file) for file in record.files], "folders": [str(folder) for folder in record.folders]}
    write_whole(path, json.dumps(told, indent=1).encode("ascii"))


def missing_folders(folder: Path) -> list[Path]:
    """`folder` and those above it that are not there, outermost first."""
    return [each for each in reversed([folder, *folder.parents]) if not os.path.lexists(each)]


def draft_of(path: Path) -> Path:
    """Where a file is written before it takes its place; one name, so that a killed attempt leaves at most one."""
    return path.with_name(f".{path.name}.new")


def write_whole(path: Path, content: bytes) -> None:
    """Puts a file there by rename, with its folder.  Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_of(path)
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
