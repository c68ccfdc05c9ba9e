"""The edge of the process: every error becomes one line, a JSON object where asked, and a documented exit code."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, ParamSpec

import typer

from cuemark.cli import output
from cuemark.cli.exit_codes import exit_code_for
from cuemark.core.errors import CuemarkError, ExitCode

P = ParamSpec("P")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a typer command.  With `json_output` among its arguments, an error is a JSON object on stdout as well."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        code = run_guarded(lambda: command(*args, **kwargs), json_output=bool(kwargs.get("json_output")))
        if code is not ExitCode.OK:
            raise typer.Exit(int(code))

    return run


def run_guarded(work: Callable[[], None], *, json_output: bool = False) -> ExitCode:
    """Do `work`; say what went wrong, if anything, and give the exit code for it."""
    try:
        work()
        sys.stdout.flush()
    except (typer.Exit, typer.BadParameter):
        raise
    except CuemarkError as error:
        report(error, json_output=json_output)
        return exit_code_for(error)
    except KeyboardInterrupt:
        output.tell("Interrupted.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Nothing can be printed any more; the interpreter must not try to flush either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.PIPE_CLOSED
    except Exception as error:  # the process edge: a bug must still end in one line
        return _bug(error, json_output=json_output)
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
