"""What the operating system refused, as an error of ours: the last net at the edges of commands, tasks and calls.

Where more is known of what was tried, whoever tried it says so in an error of its own.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from cuemark.core.errors import CuemarkError, InputError, StoreError, WorkerError
from cuemark.core.files import is_disk_full
from cuemark.core.text import printable_path, shell_path

_NO_MEMORY = ("cannot allocate memory", "failed to map segment", "unable to allocate", "out of memory")


def system_error(error: BaseException) -> CuemarkError | None:
    """The error to report in place of one that says no more than what the system refused; None for any other."""
    if isinstance(error, MemoryError) or (isinstance(error, (ImportError, RuntimeError)) and _for_memory(error)):
        return _out_of_memory()
    return _of_os_error(error) if isinstance(error, OSError) else None


def system_reason(error: OSError) -> str:
    """Why, in the system's words: "Permission denied"."""
    return (error.strerror or str(error) or type(error).__name__).rstrip(".")


def make_yours(path: Path | str) -> str:
    """How a user gets the right to use a file or folder.  (One `sudo` leaves files of root's.)"""
    folder = os.fspath(path) if os.path.isdir(path) else os.path.dirname(os.fspath(path))
    try:
        is_a_strangers = os.name == "posix" and os.lstat(path).st_uid != os.getuid()
    except OSError:
        is_a_strangers = False
    if is_a_strangers:
        return f'It belongs to another user; make it yours (`sudo chown -R "$USER" {shell_path(folder)}`).'
    return "Give yourself the right to read and write there, on a disk that can be written."


def _of_os_error(error: OSError) -> CuemarkError | None:
    if isinstance(error, (TimeoutError, ConnectionError)):  # of a conversation, which whoever leads it must explain
        return None
    known = {errno.EMFILE: _too_many_files, errno.ENFILE: _too_many_files, errno.ENOMEM: _out_of_memory}
    if error.errno in known:
        return known[error.errno]()
    if isinstance(error, FileNotFoundError) and error.filename is None:  # of os.getcwd
        message = "The folder you are in was deleted or moved away."
        return InputError("folder_gone", message, "Go to a folder that is there (`cd`), and run it again.")
    if error.errno == errno.EAGAIN:
        message = "No further process or thread can be started: this account has as many as it may."
        return StoreError("too_many_processes", message, "End other programs, or raise the limit (`ulimit -u`).")
    what = "A file" if error.filename is None else printable_path(os.fsdecode(error.filename))
    message = f"{what} cannot be used: {system_reason(error)}."
    if is_disk_full(error):
        return StoreError("disk_full", message, "Free some space and run it again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError("no_permission", message, make_yours(os.fspath(error.filename or "")))
    if error.filename is None:
        return None
    return StoreError("system_refused", message, "Check the disk and the folder it is in, and run it again.")


def _too_many_files() -> CuemarkError:
    message = "No further file can be opened: as many are open as the system allows."
    return StoreError("too_many_files", message, "Raise the limit (`ulimit -n 1024`), and run it again.")


def _out_of_memory() -> CuemarkError:
    message = "There is not enough memory, or this process may not take it."
    return WorkerError("out_of_memory", message, "Close other programs, or raise the limit (`ulimit -v unlimited`).")


def _for_memory(error: BaseException) -> bool:
    return any(words in str(error).lower() for words in _NO_MEMORY)
