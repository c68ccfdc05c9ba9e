"""Starting the daemon when the user logs in: off unless asked for, and never changed by an upgrade.

Each system has a login service of its own (`unix.py`, `windows.py`); all run `cuemark.autostart.launch` with the
settings that were in force when it was turned on.  It takes effect at the next login: until then a daemon starts on
demand as ever.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cuemark.core.own_process import python_command
from cuemark.core.settings import TABLE
from cuemark.setup.autostart.unix import LaunchAgent, UserUnit
from cuemark.setup.autostart.windows import LogonTask
from cuemark.setup.machine import Machine


class LoginService(Protocol):
    """How one system starts programs at login."""

    name: str

    def check(self) -> None:
        """Raises StoreError where this system cannot do it."""

    def files(self) -> list[Path]:
        """The files it is made of; those that are there."""

    def turn_on(self, command: list[str]) -> None:
        """Makes it so.  Raises StoreError."""

    def turn_off(self) -> bool:
        """Undoes it; whether there was anything to undo.  Raises StoreError."""

    def is_on(self) -> bool:
        """Whether it is made so, for whatever command."""

    def is_for(self, command: list[str]) -> bool:
        """Whether it is made so for this very command."""


@dataclass(frozen=True)
class Status:
    """Whether the daemon starts at login, by which service, and whether it would be this installation's."""

    is_on: bool
    service: str
    files: tuple[Path, ...]
    is_ours: bool


class Autostart:
    """The switch for one machine."""

    def __init__(self, machine: Machine, command: list[str] | None = None) -> None:
        self._command = daemon_command(machine.platform, machine.environ) if command is None else command
        self._service = service_of(machine)

    def on(self) -> Status:
        """Turns it on, or renews it for this installation.  Raises StoreError `autostart_unavailable`."""
        self._service.check()
        self._service.turn_on(self._command)
        return self.status()

    def off(self) -> bool:
        """Turns it off; False where it was off.  Raises StoreError `autostart_refused`."""
        return self._service.turn_off()

    def status(self) -> Status:
        """How it stands."""
        is_on = self._service.is_on()
        return Status(
            is_on, self._service.name, tuple(self._service.files()), is_on and self._service.is_for(self._command)
        )


def service_of(machine: Machine) -> LoginService:
    """This system's login service."""
    if machine.is_windows:
        return LogonTask(machine)
    return LaunchAgent(machine) if machine.is_mac else UserUnit(machine)


def daemon_command(platform: str, environ: Mapping[str, str]) -> list[str]:
    """What starts the daemon as it would start from here: this Python, these settings, and no end when idle."""
    values = {"CUEMARK_DAEMON_IDLE_S": "0", **{each.env: environ[each.env] for each in TABLE if environ.get(each.env)}}
    if "CUEMARK_HOME" in values:
        values["CUEMARK_HOME"] = str(Path(os.path.expanduser(values["CUEMARK_HOME"])).absolute())
    python = Path(sys.executable)
    if platform == "win32" and os.path.exists(python.with_name("pythonw.exe")):
        python = python.with_name("pythonw.exe")  # the other one opens a console window
    arguments = [f"{name}={value}" for name, value in values.items()]
    return [*python_command("cuemark.autostart.launch", *arguments, python=str(python))]
