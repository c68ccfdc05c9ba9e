"""The edge of the process: every error becomes one line, a JSON object where asked, and a documented exit code.

`MEANINGS` is the table of exit codes that the README shows; which error has which is core.errors' to say.
"""

from __future__ import annotations

import functools
import os
import sys
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec

import typer

from cuemark.cli import output
from cuemark.cli.streams import ReaderLeft, give_up_stdout
from cuemark.core.errors import CuemarkError, ExitCode, outcome_of
from cuemark.core.system_errors import system_error

if TYPE_CHECKING:
    from cuemark.core.jobs import Job

P = ParamSpec("P")

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


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a typer command.  With `json_output` among its arguments, an error is a JSON object on stdout as well."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        _refuse_empty(command, kwargs)
        code = run_guarded(lambda: command(*args, **kwargs), json_output=bool(kwargs.get("json_output")))
        if code is not ExitCode.OK:
            raise typer.Exit(int(code))

    return run


def _refuse_empty(command: Callable[..., None], values: Mapping[str, Any]) -> None:
    """An empty word is a variable of a shell that was not set: never "here", "all" or "as usual"."""
    for name, value in values.items():
        if value == "" or (isinstance(value, (list, tuple)) and "" in value):
            raise typer.BadParameter("It is empty (a variable that is not set?).", param_hint=_spelling(command, name))


def _spelling(command: Callable[..., None], name: str) -> str:
    """A parameter as the command line spells it: `PATH...`, `--format`."""
    annotation = typing.get_type_hints(command, include_extras=True).get(name)
    for told in getattr(annotation, "__metadata__", ()):
        # typer keeps the first spelling of an annotated option as its default.
        spellings = [getattr(told, "default", None), *(getattr(told, "param_decls", None) or ())]
        flags = [each for each in spellings if isinstance(each, str) and each.startswith("--")]
        if flags:
            return str(flags[0]).partition("/")[0]
        if isinstance(told, typer.models.ArgumentInfo):
            return str(told.metavar or name.upper())
    return "--" + name.replace("_", "-")


def run_app(app: typer.Typer) -> ExitCode | int:
    """The whole command, from its words to its exit code: also what is said while the words are read (help, usage)."""
    ended: list[int] = []
    code = run_guarded(lambda: ended.append(_run(app)))
    return code if code is not ExitCode.OK else ended[0]


def _run(app: typer.Typer) -> int:
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        output.tell("Aborted.")
        return int(ExitCode.FAILED)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _show_usage(error)
        return int(ExitCode.USAGE)
    return code if isinstance(code, int) else int(ExitCode.OK)


def _show_usage(error: Any) -> None:
    """What is wrong with the words of the command line; what they said is shown as a terminal can bear it."""
    if type(error).__name__ == "NoArgsIsHelpError":  # the help was shown
        return
    context = getattr(error, "ctx", None)
    if context is not None:
        output.tell(" ".join(context.get_usage().split()))
    output.complain(error.format_message())
    if context is not None:
        output.tell(f"Try: {context.command_path} --help")


def run_guarded(work: Callable[[], None], *, json_output: bool = False) -> ExitCode:
    """Do `work`; say what went wrong, if anything, and give the exit code for it."""
    try:
        work()
        sys.stdout.flush()
    except (typer.Exit, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        output.tell("Interrupted.")
        return ExitCode.INTERRUPTED
    except (ReaderLeft, BrokenPipeError):
        give_up_stdout()
        return ExitCode.PIPE_CLOSED
    except Exception as error:  # the process edge: a bug must still end in one line
        known = error if isinstance(error, CuemarkError) else system_error(error)
        if known is None:
            return _bug(error, json_output=json_output)
        report(known, json_output=json_output)
        return exit_code_for(known)
    return ExitCode.OK


def report(error: CuemarkError, *, json_output: bool = False) -> None:
    """Say one error."""
    output.complain(str(error), error.code)
    if json_output:
        output.say_json({"error": error_object(error)})


def error_object(error: Any) -> dict[str, str]:
    """What JSON says of anything with `code`, `message` and `next_step`."""
    return {"code": error.code, "message": error.message, "next_step": error.next_step}


def _bug(error: Exception, *, json_output: bool) -> ExitCode:
    if os.environ.get("CUEMARK_DEBUG", "0") not in ("", "0", "false", "no"):
        raise error
    bug = CuemarkError(
        "internal_error",
        f"Cuemark ran into a bug of its own ({type(error).__name__}: {error}).",
        "Please report it with what `cuemark doctor` prints; CUEMARK_DEBUG=1 shows where it happened.",
    )
    report(bug, json_output=json_output)
    return ExitCode.INTERNAL
