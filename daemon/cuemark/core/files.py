"""Files on the local disk: written atomically, kept private, watched for changes, measured.

A file that others read is never written in place.  Its new content goes into a draft in the same folder (a rename
cannot cross file systems), is flushed to the disk, and then takes the name in one step, so that a reader, a crash or a
kill sees either the old file or the new one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cuemark.core.drafts import draft_beside, sweep_beside
from cuemark.core.errors import MediaError
from cuemark.core.text import shown

PRIVATE_FILE, ORDINARY_FILE = 0o600, 0o666
_PRIVATE_FOLDER = 0o700
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Windows refuses to replace or delete a file while somebody reads it; our readers are done within milliseconds.
_WINDOWS_PATIENCE_S = 1.0
_MOST_LINKS = 40
"""A chain of links that is longer, or a ring, leads nowhere for the system either."""

Content = bytes | str | Callable[[BinaryIO], object]
"""What a file shall hold: bytes, text (written as UTF-8, newlines as they are), or what a function writes into it."""


def atomic_write(
    path: Path,
    content: Content,
    *,
    mode: int = ORDINARY_FILE,
    exclusive: bool = False,
    draft: Path | None = None,
    like: os.stat_result | None = None,
) -> int:
    """Write the whole file or nothing of it; its folder must exist.  Returns the size in bytes.

    `mode` are the permissions before the user's umask.  `exclusive` raises FileExistsError where something of that
    name is there, also where it appeared in the meantime.  `draft` names the draft, for folders in which a killed
    attempt must leave a name that is known beforehand.  `like` is a file to take permissions and owner from.
    Raises OSError; no draft is left behind then.  What killed processes left in the folder is taken away.
    """
    fresh = draft or draft_beside(path)
    if draft is not None:
        draft.unlink(missing_ok=True)
    try:
        size = _write_through(fresh, content, mode)
        if like is not None:
            _make_alike(fresh, like)
        if exclusive:
            _link_into_place(fresh, path)
        else:
            patiently(lambda: os.replace(fresh, path))
    finally:
        fresh.unlink(missing_ok=True)
    sweep_beside(path)
    return size


def write_named(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write to what the user named, without taking the place of anything that is no ordinary file.

    A link is followed and stays one; a pipe, a socket, a terminal or an open file of ours (/dev/stdout) is written
    into.  An ordinary file appears whole or not at all; one that is there is replaced with `overwrite` only, and keeps
    its permissions and owner.  Raises FileExistsError where a file is in the way or the name is a whole disk's,
    IsADirectoryError, OSError.
    """
    number = standard_stream(path)
    there = None if number is not None else _state(path)
    if number is not None:
        _write_into(os.dup(number), data)
    elif there is None or stat.S_ISREG(there.st_mode):
        if there is not None and not overwrite:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path))
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        atomic_write(target, data, exclusive=not overwrite, like=there)
    elif stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    elif stat.S_ISBLK(there.st_mode):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path))
    else:
        # Never O_CREAT: what is a pipe now must not become a file if it goes away in between.
        _write_into(os.open(path, os.O_WRONLY), data)


def standard_stream(path: Path) -> int | None:
    """The number of our own open file that a name stands for: 1 for /dev/stdout, 63 for a shell's `>(...)`; else None.

    Opened by that name, a file behind it would be cut and written from its beginning again.
    """
    name = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        folder, last = os.path.split(name)
        folder = os.path.realpath(folder)
        if folder in ("/dev/fd", f"/proc/{os.getpid()}/fd") and last.isdecimal():
            return int(last)
        name = os.path.join(folder, last)
        if not os.path.islink(name):
            return None
        name = os.path.join(folder, os.readlink(name))
    return None


def _state(path: Path) -> os.stat_result | None:
    """Of what a name leads to; None where that is nothing (yet)."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _make_alike(file: Path, like: os.stat_result) -> None:
    if os.name == "posix":
        with contextlib.suppress(PermissionError):  # only root may give files away
            os.chown(file, like.st_uid, like.st_gid)
    file.chmod(stat.S_IMODE(like.st_mode))


def _write_into(descriptor: int, data: bytes) -> None:
    with open(descriptor, "wb") as stream:
        stream.write(data)


def put_in_place(draft: Path, path: Path) -> None:
    """Give a file, or a folder of files, that is already written its final name, once its content is on the disk.

    Raises OSError.
    """
    for file in [draft] if draft.is_file() else [each for each in draft.rglob("*") if each.is_file()]:
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
    patiently(lambda: os.replace(draft, path))


def patiently(act: Callable[[], object]) -> None:
    """Do what Windows refuses while another process has the file open, for up to a second; raises OSError."""
    deadline = time.monotonic() + _WINDOWS_PATIENCE_S
    while True:
        try:
            act()
            return
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _write_through(path: Path, content: Content, mode: int) -> int:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        if isinstance(content, str):
            file.write(content.encode("utf-8"))
        elif isinstance(content, bytes):
            file.write(content)
        else:
            content(file)
        file.flush()
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size


def _link_into_place(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)  # fails where a file has appeared in the meantime; a rename would overwrite it
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path)) from error
        os.replace(fresh, path)


def make_private_folder(path: Path) -> None:
    """Make a folder only its owner may enter (on Windows the profile's own rights do that), and what it lies in.

    One that is there already stays as it is: it may be the user's own, with rights of the user's choice.  Raises
    OSError.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def is_disk_full(error: OSError) -> bool:
    """Whether a write failed because the disk, or the user's share of it, has no room left."""
    return error.errno in _NO_SPACE


def bytes_in(folder: Path) -> int:
    """The size of all ordinary files in a folder and below it; 0 where there is none."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0


def unreadable(path: Path, error: Exception) -> MediaError:
    """The error for a media file that is there and cannot be read."""
    if isinstance(error, PermissionError):
        return MediaError("media_unreadable", f"{shown(path)} may not be read.", "Give yourself permission to read it.")
    reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
    return MediaError("media_unreadable", f"{shown(path)} cannot be read: {reason}.", "Check the disk it is on.")


class FileWatch:
    """Notices that a media file was deleted or written to while it is analysed."""

    def __init__(self, path: Path, size: int | None = None, *, may_grow: bool = False) -> None:
        """Watch from now on, or from when the file had `size` bytes, where only that is known of it.

        What a recorder appends to a file that `may_grow` is no change of it.  Raises what `check` raises.
        """
        self._path, self._may_grow = path, may_grow
        known: tuple[int, int | None] = self._state() if size is None else (size, None)
        self._size, self._changed_ns = known

    def check(self) -> None:
        """Raises MediaError `media_vanished`, `media_changed` or `media_unreadable`."""
        size, changed_ns = self._state()
        if self._may_grow and size >= self._size:
            return
        if size != self._size or self._changed_ns not in (None, changed_ns):
            message = f"{shown(self._path)} was changed while it was analysed."
            raise MediaError("media_changed", message, "Let whatever writes it finish, then analyse it again.")

    def _state(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            message = f"{shown(self._path)} was deleted or moved away while it was analysed."
            raise MediaError("media_vanished", message, "Put it back, or analyse it where it is now.") from error
        except OSError as error:
            raise unreadable(self._path, error) from error
        return found.st_size, found.st_mtime_ns
