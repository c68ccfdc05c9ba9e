"""The command line of the set-up: make sure of the environment, then become the command that was asked for."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

from cuemark_setup.layout import WINDOWS, Layout, this_checkout
from cuemark_setup.problems import SetupProblem
from cuemark_setup.removal import Choices, uninstall
from cuemark_setup.screen import Screen
from cuemark_setup.setup import ALWAYS, TEST_EXTRAS, Setup, Stopped

EPILOG = """\
commands:
  install [...]       set up, then `cuemark resolve install`: the script in DaVinci Resolve's menu; then the offer to
                      pull models that know your footage: asked once on a terminal, --pull (or CUEMARK_PULL=1) and
                      --no-pull answer in advance
  uninstall           list all that Cuemark keeps on this computer, with sizes, and remove it after asking;
                      --keep-models leaves the models, --yes does not ask, --dry-run only lists
  setup               only make the environment (again, after the project changed)
  demo [...]          set up, then `cuemark demo`
  test [...]          set up, then the tests: the fast ones, or all with --slow; other words go to pytest
  run -- ...          set up, then `cuemark ...`
  exec -- PROGRAM ... set up with the developers' tools, then a program of the environment (ruff, mypy, python)

The environment goes into the folder .bootstrap of this checkout; deleting it undoes the set-up.

exit codes: 10 Python too old, 11 no venv module, 12 not enough disk, 13 no network, 14 no build for this Python
or machine, 15 not writable, 16 another failure of the install, 130 interrupted, 2 wrong usage; otherwise that of
the command.
"""
NAMES = ("install", "uninstall", "setup", "demo", "test", "run", "exec")
WITH_TOOLS = ("test", "exec")


def main(argv: Sequence[str]) -> int:
    """Run one set-up command; returns the exit code (on POSIX a successful set-up is replaced by the command)."""
    screen = Screen()
    options, words = parse(argv)
    layout = this_checkout()
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        if options.command == "uninstall":
            return uninstall(layout, screen, Choices(options.keep_models, options.yes, options.dry_run))
        extras = ALWAYS + (TEST_EXTRAS if options.command in WITH_TOOLS or options.tools else ())
        Setup(layout, screen, extras, options.torch_index).ensure(rebuild=options.rebuild)
    except SetupProblem as problem:
        screen.problem(problem.message, problem.next_step)
        return problem.exit_code
    except Stopped as stop:
        return int(stop.args[0])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if options.command == "setup":
        return 0
    if options.command == "test":
        os.chdir(layout.root)  # pytest finds its configuration and the tests from here
    if options.command in ("install", "demo", "run"):
        # Cuemark names commands in its hints, and on the user's own PATH there may be no `cuemark`.
        os.environ.setdefault("CUEMARK_COMMAND", as_typed())
    if options.command == "install":
        return install(layout, words, options.pull)
    return become(command_line(layout, options.command, words), layout)


def install(layout: Layout, words: Sequence[str], pull: bool | None) -> int:
    """Put the script into Resolve's menu, then offer models; the exit code of what failed first."""
    try:
        code = subprocess.call(command_line(layout, "install", words), env=environ_of(layout, os.environ))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    quiet = "--json" in words and pull is None
    if code or quiet:
        return code
    answer = [] if pull is None else ["--pull" if pull else "--no-pull"]
    return become([str(layout.program("cuemark")), "models", "offer", *answer], layout)


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The set-up's own options, and the words that belong to the command: all after `--`, `run` or `exec`."""
    own, rest = _split(list(argv))
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description="Set Cuemark up and run it.", epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("command", choices=NAMES, metavar="command", help="one of " + ", ".join(NAMES))
    parser.add_argument("--torch-index", metavar="URL", help="take torch from this index, and from no other")
    parser.add_argument("--rebuild", action="store_true", help="make the environment anew")
    parser.add_argument("--tools", action="store_true", help="install what the tests and checks need, too")
    models = parser.add_argument_group("of install")
    models.add_argument("--pull", action=argparse.BooleanOptionalAction, help="pull models, or do not, without asking")
    removal = parser.add_argument_group("of uninstall")
    removal.add_argument("--keep-models", action="store_true", help="leave the models that were pulled")
    removal.add_argument("--yes", action="store_true", help="do not ask")
    removal.add_argument("--dry-run", action="store_true", help="only list")
    options, unknown = parser.parse_known_args(own)
    words = [*unknown, *rest]
    if options.command in ("setup", "uninstall") and words:
        parser.error(f"{options.command} takes no {words[0]}")
    if options.command != "uninstall" and (options.keep_models or options.yes or options.dry_run):
        parser.error("--keep-models, --yes and --dry-run belong to uninstall; what is meant for cuemark follows `--`")
    if options.command != "install" and options.pull is not None:
        parser.error("--pull and --no-pull belong to install; what is meant for cuemark follows `--`")
    if options.command == "exec" and not words:
        parser.error("exec needs a program: exec -- PROGRAM ...")
    return options, words


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    for place, word in enumerate(argv):
        if word == "--":
            return argv[:place], argv[place + 1 :]
        if word in ("run", "exec") and argv[place + 1 : place + 2] != ["--"]:
            # `run analyze x.mp4`: nothing after `run` can be meant for the set-up.
            return argv[: place + 1], argv[place + 1 :]
    return argv, []


def command_line(layout: Layout, command: str, words: Sequence[str]) -> list[str]:
    """What to execute for a set-up command."""
    if command == "test":
        return [str(layout.python), "-m", "pytest", *words]
    if command == "install":
        return [str(layout.program("cuemark")), "resolve", "install", *words]
    if command == "demo":
        return [str(layout.program("cuemark")), "demo", *words]
    if command == "run":
        return [str(layout.program("cuemark")), *words]
    return [str(layout.program(words[0])), *words[1:]]


def as_typed() -> str:
    """How a user who started us as they did starts any `cuemark` command."""
    words = [sys.orig_argv[0], sys.argv[0], "run", "--"]
    return subprocess.list2cmdline(words) if WINDOWS else shlex.join(words)


def become(command: Sequence[str], layout: Layout) -> int:
    """Replace this process by `command`, in the environment; Windows has no exec, so there it is waited for."""
    environ = environ_of(layout, os.environ)
    if not WINDOWS:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(command[0], list(command), environ)
    return subprocess.call(list(command), env=environ)


def environ_of(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with ours first in PATH and without what would mix other packages in."""
    dropped = ("PYTHONPATH", "PYTHONHOME")
    kept = {name: value for name, value in environ.items() if name not in dropped}
    path = os.pathsep.join([str(layout.programs), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(layout.env)}


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(128 + number)
