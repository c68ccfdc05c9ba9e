"""Every error Cuemark raises on purpose, and the notices that are less than an error.

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

An error keeps its class on its way from the worker to the user: as `kind` in the pipe, in the library's job rows and in
the contract (`kind_of`, `rebuilt`).  What the class means outside, the exit code of a command and the status of a call,
is said once, in `OUTCOMES`; `OUTCOMES_BY_CODE` holds the reason codes that mean something else than their class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


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


@dataclass(frozen=True)
class Notice:
    """What is no error and the user should know nevertheless: a stable code and one line."""

    code: str
    message: str


def distinct_notices(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """The first of each code, in order: several stages may have noticed the same."""
    return tuple({notice.code: notice for notice in reversed(list(notices))}.values())[::-1]


class ExitCode(IntEnum):
    """The exit codes of `cuemark`; part of the contract with scripts.  cli/guard says what each means."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DAEMON = 3
    EXISTS = 4
    INTERNAL = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141


@dataclass(frozen=True)
class Outcome:
    """What an error means outside: a command's exit code, and the name of a call's google.rpc.Code."""

    exit_code: ExitCode
    status: str


OUTCOMES: dict[type[CuemarkError], Outcome] = {
    CuemarkError: Outcome(ExitCode.FAILED, "UNKNOWN"),
    InputError: Outcome(ExitCode.FAILED, "INVALID_ARGUMENT"),
    MediaError: Outcome(ExitCode.FAILED, "INVALID_ARGUMENT"),
    ModelError: Outcome(ExitCode.FAILED, "INVALID_ARGUMENT"),
    OptionError: Outcome(ExitCode.USAGE, "INVALID_ARGUMENT"),
    NotFoundError: Outcome(ExitCode.FAILED, "NOT_FOUND"),
    StoreError: Outcome(ExitCode.FAILED, "FAILED_PRECONDITION"),
    DaemonError: Outcome(ExitCode.DAEMON, "FAILED_PRECONDITION"),
    WorkerError: Outcome(ExitCode.FAILED, "ABORTED"),
    HostError: Outcome(ExitCode.FAILED, "FAILED_PRECONDITION"),
    JobCancelled: Outcome(ExitCode.FAILED, "CANCELLED"),
}
"""Every class of error.  An error of a class that is not here (one made for a single module) counts as its base."""

OUTCOMES_BY_CODE: dict[str, Outcome] = {
    "media_not_found": Outcome(ExitCode.FAILED, "NOT_FOUND"),
    "model_unknown": Outcome(ExitCode.FAILED, "NOT_FOUND"),
    "disk_full": Outcome(ExitCode.FAILED, "RESOURCE_EXHAUSTED"),
    "daemon_bad_token": Outcome(ExitCode.DAEMON, "UNAUTHENTICATED"),
    "daemon_stopping": Outcome(ExitCode.DAEMON, "UNAVAILABLE"),
    "internal_error": Outcome(ExitCode.FAILED, "INTERNAL"),
    "file_exists": Outcome(ExitCode.EXISTS, "ALREADY_EXISTS"),
}
"""The reason codes that end otherwise than their class does."""

_CLASSES = {kind.__name__: kind for kind in OUTCOMES}


def outcome_of(error: CuemarkError) -> Outcome:
    """How the error ends a command or a call."""
    return OUTCOMES_BY_CODE.get(error.code) or OUTCOMES[_listed(type(error))]


def kind_of(error: CuemarkError) -> str:
    """The name by which the other side of a process border knows the error's class."""
    return _listed(type(error)).__name__


def rebuilt(kind: str, code: str, message: str, next_step: str = "") -> CuemarkError:
    """The error behind what crossed a border; one of an unknown kind (a newer version's) is a plain CuemarkError."""
    found = _CLASSES.get(kind, CuemarkError)
    return JobCancelled() if found is JobCancelled else found(code, message, next_step)


def _listed(kind: type[CuemarkError]) -> type[CuemarkError]:
    return next(base for base in kind.__mro__ if base in OUTCOMES)
