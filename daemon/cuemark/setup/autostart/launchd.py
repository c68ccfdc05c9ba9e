"""macOS: an agent of the user's launchd, which reads its folder at every login.  Not verified on a Mac."""

from __future__ import annotations

import plistlib
from pathlib import Path

from cuemark.core.machine import Machine
from cuemark.setup.autostart.files import prune, refusals

LABEL = "cuemark.daemon"


class LaunchAgent:
    """`cuemark.daemon.plist` of this user."""

    name = "launchd agent"

    def __init__(self, machine: Machine) -> None:
        self._home = machine.home
        self.path = machine.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def check(self) -> None:
        """Every Mac can."""

    def files(self) -> list[Path]:
        """The agent."""
        return [self.path] if self.path.is_file() else []

    def turn_on(self, command: list[str]) -> None:
        """Writes it."""
        with refusals(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(agent(command))

    def turn_off(self) -> bool:
        """Removes it; a daemon that it started goes on."""
        there = self.is_on()
        with refusals(self.path):
            self.path.unlink(missing_ok=True)
        if there:
            prune(self.path.parent, self._home)
        return there

    def is_on(self) -> bool:
        """Whether it is there."""
        return self.path.is_file()

    def is_for(self, command: list[str]) -> bool:
        """Whether it says what we would write."""
        return self.path.read_bytes() == agent(command)


def agent(command: list[str]) -> bytes:
    """The property list: once at login, again only after a crash."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": command,
            "RunAtLoad": True,
            "KeepAlive": {"Crashed": True},
            "ThrottleInterval": 10,
            "ProcessType": "Background",
        }
    )
