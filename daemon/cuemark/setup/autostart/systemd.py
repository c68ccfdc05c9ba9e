"""Linux: a unit of the user's systemd.

Enabling is a link in `default.target.wants`, made here as `systemctl --user enable` makes it: that command wants the
session's bus, which ssh and containers lack.
"""

from __future__ import annotations

import os
from pathlib import Path

from cuemark.core.errors import StoreError
from cuemark.core.machine import Machine
from cuemark.setup.autostart.files import prune, refusals, text_of

UNIT = "cuemark.service"


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
