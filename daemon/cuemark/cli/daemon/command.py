"""`cuemark daemon`: the process that does the work.  Other commands start it when they need it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core.errors import ExitCode, NotFoundError
from cuemark.core.own_process import handed_on, working_folder
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.core.status import DaemonStatus

app = typer.Typer(help="Run, start, stop and look at the daemon.", no_args_is_help=True)
autostart = typer.Typer(help="Start the daemon when you log in: on, off, or look.", no_args_is_help=True)
app.add_typer(autostart, name="autostart")


@app.command()
@guarded
def run() -> None:
    """Run the daemon in this terminal until Ctrl-C."""
    from cuemark.rpc.client.connect import DAEMON_COMMAND

    if os.name == "posix":
        environment = handed_on()
        os.chdir(working_folder())
        os.execve(DAEMON_COMMAND[0], DAEMON_COMMAND, environment)  # this very process becomes it, and gets its signals
    process = subprocess.Popen(DAEMON_COMMAND, cwd=working_folder(), env=handed_on())
    while process.poll() is None:
        with contextlib.suppress(KeyboardInterrupt):  # reaches the daemon too, which stops
            process.wait()
    raise typer.Exit(process.returncode)


@app.command()
@guarded
def start(json_output: JsonFlag = False) -> None:
    """Start the daemon in the background, unless it runs already."""
    from cuemark.cli.session import connect

    with connect() as client:
        status = client.status()
    if json_output:
        output.say_json(status_object(status))
    else:
        output.say(f"The daemon runs (pid {status.pid}, {status.endpoint}).")


@app.command()
@guarded
def stop(json_output: JsonFlag = False) -> None:
    """Stop the daemon.  A running job goes back to the queue and continues with the next start."""
    from cuemark.core import settings
    from cuemark.rpc.client.client import stop_daemon

    stopped = stop_daemon(settings.load())
    if json_output:
        output.say_json({"stopped": stopped})
    else:
        output.say("Stopped." if stopped else "No daemon is running.")


@app.command()
@guarded
def status(json_output: JsonFlag = False) -> None:
    """Show what the daemon is, where it runs and on which device and why.  Exit code 3 when none runs."""
    from cuemark.cli.session import connect_running

    client = connect_running()
    if client is None:
        if json_output:
            output.say_json({"running": False})
        else:
            output.hint("No daemon is running. Any command that needs one starts it; so does `cuemark daemon start`.")
        raise typer.Exit(int(ExitCode.DAEMON))
    with client:
        found = client.status()
    if json_output:
        output.say_json(status_object(found))
    else:
        output.facts(status_facts(found))


def status_object(status: DaemonStatus) -> dict[str, Any]:
    """The daemon as it is now."""
    return {
        "running": True,
        "version": status.version,
        "protocol": status.protocol,
        "instance": status.instance_id,
        "pid": status.pid,
        "started_at": text.iso(status.started_at),
        "endpoint": status.endpoint,
        "data": printable_path(status.data_path),
        "log": printable_path(status.log_path),
        "disk_free": status.disk_free,
        "devices": [
            {"role": each.role, "asked": each.asked, "used": each.used, "reason": each.reason}
            for each in status.devices
        ],
        "loaded_models": list(status.loaded_models),
        "jobs_queued": status.jobs_queued,
        "jobs_running": status.jobs_running,
        "worker_pid": status.worker_pid,
        "worker_limits": status.worker_limits or None,
    }


def status_facts(status: DaemonStatus) -> dict[str, str]:
    """The status as names and values for people; a daemon of another protocol than ours gave none."""
    from cuemark import __version__

    protocol = f"protocol {status.protocol}"
    facts = {
        "daemon": f"{status.version}, {protocol} (this command: {__version__}, {protocol})",
        "pid": f"{status.pid}, started {text.ago(status.started_at)}",
        "endpoint": status.endpoint,
        "data": f"{terminal_path(status.data_path)} ({size_text(status.disk_free)} free)",
        "log": terminal_path(status.log_path),
        "jobs": f"{status.jobs_running} running, {status.jobs_queued} waiting",
        "worker": "not running (models are loaded with the next job)"
        if status.worker_pid is None
        else f"pid {status.worker_pid}" + (f" ({status.worker_limits})" if status.worker_limits else ""),
    }
    if status.loaded_models:
        facts["models"] = ", ".join(status.loaded_models)
    for device in status.devices:
        asked = "" if device.asked == device.used else f" (asked: {device.asked})"
        facts[device.role] = f"{device.used}{asked}: {device.reason}"
    return facts


@app.command()
@guarded
def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing as it grows; Ctrl-C ends.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    path_only: Annotated[bool, typer.Option("--path", help="Print where the log is, and nothing else.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Print the end of the daemon's log."""
    from cuemark.core import settings

    path = settings.load().log_file
    if path_only:
        return output.say_json({"path": printable_path(path)}) if json_output else output.say_path(path)
    if not path.exists():
        raise NotFoundError(
            "log_not_found", f"There is no log at {terminal_path(path)} yet.", "No daemon has run here."
        )
    last = tail(path, lines)
    if json_output:
        return output.say_json({"path": printable_path(path), "lines": last})
    for line in last:
        output.say(line)
    if follow:
        for line in _growing(path):
            output.say(line)


def tail(path: Path, lines: int) -> list[str]:
    """The last `lines` lines of a log."""
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=lines)]


def _growing(path: Path) -> Iterator[str]:
    """The lines added to the file from now on; goes over to the new file when the log is rotated."""
    file = path.open(encoding="utf-8", errors="replace", newline="\n")
    begun = ""
    try:
        file.seek(0, 2)
        while True:
            if chunk := file.read():
                *lines, begun = (begun + chunk).split("\n")
                yield from lines
                continue
            time.sleep(0.3)
            if path.exists() and path.stat().st_size < file.tell():
                file.close()
                file = path.open(encoding="utf-8", errors="replace", newline="\n")
    finally:
        file.close()


@autostart.command()
@guarded
def on(json_output: JsonFlag = False) -> None:
    """Start the daemon at every login from the next one on, with the settings of this moment."""
    from cuemark.setup.autostart.switch import Autostart
    from cuemark.setup.machine import this_machine

    Autostart(this_machine()).on()
    _show_autostart(json_output)


@autostart.command()
@guarded
def off(json_output: JsonFlag = False) -> None:
    """Do not start the daemon at login.  One that runs goes on, and commands start it as ever."""
    from cuemark.setup.autostart.switch import Autostart
    from cuemark.setup.machine import this_machine

    Autostart(this_machine()).off()
    _show_autostart(json_output)


@autostart.command("status")
@guarded
def autostart_status(json_output: JsonFlag = False) -> None:
    """Show whether the daemon starts at login, and by which means."""
    _show_autostart(json_output)


def _show_autostart(json_output: bool) -> None:
    from cuemark.setup.autostart.switch import Autostart
    from cuemark.setup.machine import this_machine

    found = Autostart(this_machine()).status()
    if json_output:
        files = [printable_path(path) for path in found.files]
        return output.say_json({"on": found.is_on, "way": found.service, "files": files, "current": found.is_ours})
    if not found.is_on:
        return output.hint(
            "Off: the daemon starts when a command needs it. `cuemark daemon autostart on` changes that."
        )
    output.say(f"On: the daemon starts at every login ({found.service}).")
    for path in found.files:
        output.say(f"  {terminal_path(path)}")
    if not found.is_ours:
        output.warn("It would start another installation, or with other settings: run `cuemark daemon autostart on`.")
    return None
