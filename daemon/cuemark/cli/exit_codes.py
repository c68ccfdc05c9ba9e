"""What the exit code of every command means.  `MEANINGS` is the table the README shows."""

from __future__ import annotations

from enum import IntEnum

from cuemark.core.errors import CuemarkError, DaemonError, OptionError


class ExitCode(IntEnum):
    """The exit codes of `cuemark`; part of the contract with scripts."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DAEMON = 3
    EXISTS = 4
    INTERNAL = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "Everything asked for was done (warnings may have been printed).",
    ExitCode.FAILED: "A file, job or check failed, or a name is not known; all others were still done.",
    ExitCode.USAGE: "The command line cannot be understood, or an option has a value it cannot have.",
    ExitCode.DAEMON: "The daemon cannot be started, reached or trusted.",
    ExitCode.EXISTS: "A file of yours is in the way and was left as it is (`--force` overwrites it).",
    ExitCode.INTERNAL: "A bug in Cuemark (please report it with what `cuemark doctor` prints).",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C.",
    ExitCode.PIPE_CLOSED: "Whoever read the output went away (`cuemark ... | head`).",
}


def exit_code_for(error: CuemarkError) -> ExitCode:
    """The exit code of a command that ends with `error`."""
    if isinstance(error, DaemonError):
        return ExitCode.DAEMON
    if isinstance(error, OptionError):
        return ExitCode.USAGE
    if error.code == "file_exists":
        return ExitCode.EXISTS
    return ExitCode.FAILED


def one_line() -> str:
    """All codes in one line, for the help."""
    return ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in ExitCode)
