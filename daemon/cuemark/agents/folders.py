"""The folders whose footage an agent may name: the only border between an agent and the user's disks.

A path counts by where it really leads (links and `..` resolved), whatever it is called.  What this does not cover: a
program that changes links between the check and the moment when the daemon opens the file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cuemark.core.errors import InputError, OptionError
from cuemark.core.text import printable_path, terminal_path

LONGEST_PATH = 4096


class AllowedFolders:
    """Folders as they really are; at least one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """OptionError `mcp_no_folder` for none, or for what is no folder."""
        if not folders:
            problem = "No folder is allowed to agents."
            raise OptionError("mcp_no_folder", problem, "Add --allow FOLDER, once for each folder of footage.")
        for folder in folders:
            if not folder.is_dir():
                problem = f"{terminal_path(folder)} is no folder."
                raise OptionError("mcp_no_folder", problem, "Name folders that are there with --allow.")
        self.folders = tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders))

    @property
    def names(self) -> list[str]:
        """The folders, for an agent to read."""
        return [printable_path(folder) for folder in self.folders]

    def path(self, text: str) -> Path:
        """Where `text` really leads; a relative path is taken from the first folder.

        InputError `path_not_allowed` where that is outside of all folders, `path_invalid` for what is no path.
        """
        if not text or "\0" in text or len(text) > LONGEST_PATH:
            raise InputError("path_invalid", "That is no path of a file.", f"Name a file in: {', '.join(self.names)}.")
        try:
            real = Path(os.path.realpath(self.folders[0] / text))
        except (OSError, ValueError) as error:
            message = "That is no path of a file."
            raise InputError("path_invalid", message, f"Name a file in: {', '.join(self.names)}.") from error
        if not self.holds(real):
            message = f"{printable_path(Path(text))[:200]} is outside of the folders that may be used."
            step = f"These may be: {', '.join(self.names)}. The user adds others with cuemark mcp --allow FOLDER."
            raise InputError("path_not_allowed", message, step)
        return real

    def holds(self, path: Path) -> bool:
        """Whether a path really lies in one of the folders."""
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return False
        return any(real == folder or folder in real.parents for folder in self.folders)
