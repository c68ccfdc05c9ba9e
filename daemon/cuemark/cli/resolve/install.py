"""`cuemark resolve install | uninstall`: the script in Resolve's menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.cli.resolve.options import HOST
from cuemark.core.errors import CuemarkError
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.setup.resolve.install import ScriptSetup


@guarded
def install(
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name that is not Cuemark's.")] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="For everybody on this computer; without CUEMARK_HOME only.")
    ] = False,
    json_output: JsonFlag = False,
) -> None:
    """Put the Cuemark script into Workspace > Scripts of DaVinci Resolve, or mend the one that is there."""
    from cuemark.setup.machine import this_machine

    setup = _setup()
    done, found = setup.install(force, all_users), setup.programs()
    moved = [name for name in ("CUEMARK_HOME", "XDG_DATA_HOME") if this_machine().environ.get(name)]
    if all_users and moved:
        output.warn(
            f"A script for all users looks into the usual folders for requests; with {moved[0]} they are not there.",
            "resolve_mailbox_elsewhere",
        )
    if json_output:
        output.say_json(
            {
                "path": printable_path(done.path),
                "done": done.done,
                "version": done.version,
                "folders_made": list(map(printable_path, done.folders_made)),
                "other_copies": list(map(printable_path, done.others)),
                "resolve": list(map(printable_path, found)),
            }
        )
        return
    words = {"installed": "Installed", "mended": "Mended", "kept": "There already and right"}
    output.say(f"{words[done.done]}: {terminal_path(done.path)} (version {done.version})")
    for folder in done.folders_made:
        output.say(f"  made the folder {terminal_path(folder)}")
    for path in done.others:
        output.warn(f"The menu lists another copy too: {terminal_path(path)}")
    if not found:
        output.warn("DaVinci Resolve was not found at its usual places; the script waits for it.")
    output.hint(
        "In Resolve, choose Workspace > Scripts > Cuemark. Nothing will show there; `cuemark resolve status` proves "
        "that it runs."
    )


@guarded
def uninstall(json_output: JsonFlag = False) -> None:
    """Take the Cuemark script, and the folders that were made for it, away again; one that runs is ended first."""
    from cuemark.setup.machine import this_machine
    from cuemark.setup.resolve.install import TRACES_STAY, profile_traces

    script_ended = end_script()
    done = _setup().uninstall()
    kept = [*done.kept, *((path, TRACES_STAY) for path in profile_traces(this_machine()))]
    if json_output:
        output.say_json(
            {
                "files": list(map(printable_path, done.files)),
                "folders": list(map(printable_path, done.folders)),
                "kept": [{"path": printable_path(path), "reason": why} for path, why in kept],
                "script_ended": script_ended,
            }
        )
        return
    if script_ended:
        output.say("Ended the script that ran in Resolve.")
    for path in (*done.files, *done.folders):
        output.say(f"Removed {terminal_path(path)}")
    for path, why in kept:
        output.say(f"Left {terminal_path(path)}: {why}.")
    if not done.files:
        output.say("The script was not installed.")


def end_script() -> bool:
    """Whether a script ran and ended.  Its file goes either way, so what hinders this is no error of the command."""
    from cuemark.cli.session import connect_at_once

    try:
        client = connect_at_once()
        if client is None:
            return False
        with client:
            return client.stop_script(HOST)
    except CuemarkError:
        return False


def _setup() -> ScriptSetup:
    from cuemark.core import settings
    from cuemark.setup import machine
    from cuemark.setup.resolve.install import ScriptSetup

    return ScriptSetup(machine.this_machine(), settings.load())
