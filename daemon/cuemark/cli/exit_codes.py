"""What the exit code of every command means.  `MEANINGS` is the table the README shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.core.errors import CuemarkError, ExitCode, outcome_of

if TYPE_CHECKING:
    from cuemark.core.jobs import Job

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
    return outcome_of(error).exit_code


def exit_code_of(job: Job) -> ExitCode:
    """The exit code of a command that followed a job: OK while it has not failed."""
    if job.error is not None:
        return exit_code_for(job.error.error())
    return ExitCode.FAILED if job.state in ("failed", "cancelled") else ExitCode.OK


def one_line() -> str:
    """All codes in one line, for the help."""
    return ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in ExitCode)
