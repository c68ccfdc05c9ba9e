"""Every error Cuemark raises on purpose.

CuemarkError
|-- InputError            something the user named cannot be used as it is
|   |-- MediaError        a media file
|   |-- ModelError        a model folder or a model name
|   `-- OptionError       an option's value
|-- NotFoundError         an id that the library does not know
|-- StoreError            disk, network or data folder
|-- DaemonError           the daemon cannot be reached, or is not ours
|-- WorkerError           the worker process died or hung
|-- HostError             an editor does not answer, or refused what it was asked
`-- JobCancelled          the user asked for it

Each carries a stable reason `code` (snake_case, part of the contract), a `message` that names the thing and
what went wrong, and a `next_step`.  `str(error)` is the one line a user reads.
"""

from __future__ import annotations


class CuemarkError(Exception):
    """Base of all errors meant for a user; never a traceback."""

    def __init__(self, code: str, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class InputError(CuemarkError):
    """What the user handed over cannot be used."""


class MediaError(InputError):
    """A media file is missing, unreadable, empty, or holds no video."""


class ModelError(InputError):
    """A model name or folder cannot be used in the role it was given."""


class OptionError(InputError):
    """An option's value is outside what it can be."""


class NotFoundError(CuemarkError):
    """An id, or a name, that the library does not know."""


class StoreError(CuemarkError):
    """The disk, the network or the data folder refused."""


class DaemonError(CuemarkError):
    """The daemon cannot be started, reached or trusted."""


class WorkerError(CuemarkError):
    """The worker process died, hung or ran out of memory."""


class HostError(CuemarkError):
    """An editor is not running, does not answer, or refused what it was asked."""


class JobCancelled(CuemarkError):
    """The job was cancelled on request."""

    def __init__(self) -> None:
        super().__init__("cancelled", "The job was cancelled.", "Run `cuemark jobs retry` to start it again.")
