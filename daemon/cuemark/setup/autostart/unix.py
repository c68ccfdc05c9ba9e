"""Login services that are files in the user's home: a systemd unit on Linux, a launchd agent on macOS.

systemd: enabling is a link in `default.target.wants`, made here as `systemctl --user enable` makes it: that command
wants the session's bus, which ssh and containers lack.  launchd reads its folder at every login; not verified on a Mac.
"""

from __future__ import annotations

import os
import plistlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cuemark.core.errors import StoreError
from cuemark.setup.machine import Machine

UNIT = "cuemark.service"
LABEL = "cuemark.daemon"


class UserUnit:
    """`cuemark.service` of this user."""

    name = "systemd user unit"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        configured = machine.environ.get("XDG_CONFIG_HOME", "")
        config = Path(configured) if os.path.isabs(configured) else machine.home / ".config"
        self._folder = config / "systemd" / "user"
        self.path = self._folder / UNIT
        self._link = self._folder / "default.target.wants" / UNIT

    def check(self) -> None:
        """Raises StoreError `autostart_unavailable` where systemd does not run the machine."""
        if not self._machine.at("run/systemd/system").is_dir():
            message = "This machine is not run by systemd, so no unit of it would ever start."
            raise StoreError(
                "autostart_unavailable", message, "Let your desktop's autostart run `cuemark daemon start`."
            )

    def files(self) -> list[Path]:
        """The unit and the link to it."""
        return [path for path in (self.path, self._link) if os.path.lexists(path)]

    def turn_on(self, command: list[str]) -> None:
        """Writes and enables it."""
        with refusals(self.path):
            self._link.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(unit_text(command), "utf-8", "surrogateescape")
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.path)
        self._reload()

    def turn_off(self) -> bool:
        """Disables and removes it; a daemon that it started goes on."""
        there = self.files()
        with refusals(self.path):
            for path in reversed(there):
                path.unlink()
        if there:
            prune(self._link.parent, self._machine.home)
            self._reload()
        return bool(there)

    def is_on(self) -> bool:
        """A unit without its link is off."""
        return self.path.is_file() and os.path.lexists(self._link)

    def is_for(self, command: list[str]) -> bool:
        """Whether the unit says what we would write."""
        return text_of(self.path) == unit_text(command)

    def _reload(self) -> None:
        # Without a bus there is nobody to tell; the next login reads the files anyway.
        self._machine.run(["systemctl", "--user", "daemon-reload"])


def unit_text(command: list[str]) -> str:
    """The unit.  The daemon alone is told to stop: it puts the running job back and ends its worker itself."""
    if not command[0].isprintable() or set(command[0]) & set("\"'\\$"):
        command = ["/usr/bin/env", *command]  # systemd runs no program of such a name, and takes any argument
    return f"""\
[Unit]
Description=Cuemark, the daemon that marks footage

[Service]
ExecStart={" ".join(map(quoted, command))}
Restart=on-failure
RestartSec=10
WorkingDirectory=/
KillMode=mixed
TimeoutStopSec=30

[Install]
WantedBy=default.target
"""


def quoted(word: str) -> str:
    """A word of ExecStart: systemd expands `%` and `$` and knows C's escapes."""
    special = {"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$"}
    return '"' + "".join(special.get(each) or (each if each.isprintable() else _escaped(each)) for each in word) + '"'


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


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


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turns an OSError at `path` into StoreError `autostart_refused`."""
    try:
        yield
    except OSError as error:
        message = f"{path} cannot be changed: {error.strerror or error}."
        raise StoreError("autostart_refused", message, "Make its folder writable for you.") from error


def text_of(path: Path) -> str | None:
    """What a file says; None where it is not there."""
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return None


def prune(folder: Path, home: Path) -> None:
    """Removes `folder` and those above it, inside of the home, as far as they are empty."""
    while home in folder.parents:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent
