"""`cuemark daemon autostart`: whether the daemon starts when the user logs in; off unless turned on."""

from __future__ import annotations

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core.text import printable_path, terminal_path

app = typer.Typer(help="Start the daemon when you log in: on, off, or look.", no_args_is_help=True)


@app.command()
@guarded
def on(json_output: JsonFlag = False) -> None:
    """Start the daemon at every login from the next one on, with the settings of this moment."""
    from cuemark.core.machine import this_machine
    from cuemark.setup.autostart import Autostart

    Autostart(this_machine()).on()
    _show(json_output)


@app.command()
@guarded
def off(json_output: JsonFlag = False) -> None:
    """Do not start the daemon at login.  One that runs goes on, and commands start it as ever."""
    from cuemark.core.machine import this_machine
    from cuemark.setup.autostart import Autostart

    Autostart(this_machine()).off()
    _show(json_output)


@app.command()
@guarded
def status(json_output: JsonFlag = False) -> None:
    """Show whether the daemon starts at login, and by which means."""
    _show(json_output)


def _show(json_output: bool) -> None:
    from cuemark.core.machine import this_machine
    from cuemark.setup.autostart import Autostart

    found = Autostart(this_machine()).status()
    if json_output:
        files = [printable_path(path) for path in found.files]
        return output.say_json({"on": found.is_on, "way": found.way, "files": files, "current": found.is_ours})
    if not found.is_on:
        return output.hint(
            "Off: the daemon starts when a command needs it. `cuemark daemon autostart on` changes that."
        )
    output.say(f"On: the daemon starts at every login ({found.way}).")
    for path in found.files:
        output.say(f"  {terminal_path(path)}")
    if not found.is_ours:
        output.warn("It would start another installation, or with other settings: run `cuemark daemon autostart on`.")
    return None
