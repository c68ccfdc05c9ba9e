"""What the operating system refused, as an error of ours: the last net at the edges of commands, tasks and calls.

Where more is known of what was tried, whoever tried it says so in an error of its own.
"""

from __future__ import annotations

import errno
import os

from cuemark.core.errors import CuemarkError, InputError, StoreError, WorkerError
from cuemark.core.files import is_disk_full
from cuemark.core.text import printable_path

MAKE_YOURS = "Make it yours and writable (one `sudo` is enough to leave files that are not), or set CUEMARK_HOME."
_NO_MEMORY = ("cannot allocate memory", "failed to map segment", "unable to allocate", "out of memory")


def system_error(error: BaseException) -> CuemarkError | None:
    """The error to report in place of one that says no more than what the system refused; None for any other."""
    if isinstance(error, MemoryError) or (isinstance(error, (ImportError, RuntimeError)) and _for_memory(error)):
        return _out_of_memory()
    return _of_os_error(error) if isinstance(error, OSError) else None


def system_reason(error: OSError) -> str:
    """Why, in the system's words: "Permission denied"."""
    return (error.strerror or str(error) or type(error).__name__).rstrip(".")


def _of_os_error(error: OSError) -> CuemarkError:
    known = {errno.EMFILE: _too_many_files, errno.ENFILE: _too_many_files, errno.ENOMEM: _out_of_memory}
    if error.errno in known:
        return known[error.errno]()
    if isinstance(error, FileNotFoundError) and error.filename is None:  # of os.getcwd
        message = "The folder you are in was deleted or moved away."
        return InputError("folder_gone", message, "Go to a folder that is there (`cd`), and run it again.")
    if error.errno == errno.EAGAIN:
        message = "No further process or thread can be started: this account has as many as it may."
        return StoreError("too_many_processes", message, "End other programs, or raise the limit (`ulimit -u`).")
    what = "A file" if error.filename is None else printable_path(os.fspath(error.filename))
    message = f"{what} cannot be used: {system_reason(error)}."
    if is_disk_full(error):
        return StoreError("disk_full", message, "Free some space and run it again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError("no_permission", message, MAKE_YOURS)
    return StoreError("system_refused", message, "Check the disk and the folder it is in, and run it again.")


def _too_many_files() -> CuemarkError:
    message = "No further file can be opened: as many are open as the system allows."
    return StoreError("too_many_files", message, "Raise the limit (`ulimit -n 1024`), and run it again.")


def _out_of_memory() -> CuemarkError:
    message = "There is not enough memory, or this process may not take it."
    return WorkerError("out_of_memory", message, "Close other programs, or raise the limit (`ulimit -v unlimited`).")


def _for_memory(error: BaseException) -> bool:
    return any(words in str(error).lower() for words in _NO_MEMORY)
