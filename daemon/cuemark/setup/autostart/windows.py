"""Windows: a task that starts when this user logs on.  Not verified on Windows.

The task is made from XML, because the command line of schtasks can name neither the user whose logon counts (without
which it wants an administrator) nor the end of the three days after which a task is stopped by default.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from cuemark.core.errors import StoreError
from cuemark.setup.machine import Machine

TASK = "Cuemark"
_SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "ExecutionTimeLimit": "PT0S",
    "Hidden": "true",
}


class LogonTask:
    """The task `Cuemark` of this user."""

    name = "Windows task"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        environ = machine.environ
        self._user = "\\".join(filter(None, (environ.get("USERDOMAIN"), environ.get("USERNAME"))))

    def check(self) -> None:
        """Raises StoreError `autostart_unavailable` where Windows does not say who is logged on."""
        if not self._user:
            message = "Windows does not say which user this is (USERNAME is empty)."
            raise StoreError("autostart_unavailable", message, "Run the command from a session of that user.")

    def files(self) -> list[Path]:
        """None of the user's: tasks are kept by Windows."""
        return []

    def turn_on(self, command: list[str]) -> None:
        """Makes the task, or replaces it."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "task.xml"
            file.write_bytes(task_xml(command, self._user))
            self._schtasks("/Create", "/TN", TASK, "/XML", str(file), "/F")

    def turn_off(self) -> bool:
        """Deletes the task; a daemon that it started goes on."""
        if not self.is_on():
            return False
        self._schtasks("/Delete", "/TN", TASK, "/F")
        return True

    def is_on(self) -> bool:
        """Whether there is such a task."""
        return self._machine.run(["schtasks", "/Query", "/TN", TASK]).code == 0

    def is_for(self, command: list[str]) -> bool:
        """Whether its action is what we would write; Windows rewrites the rest."""
        there = self._machine.run(["schtasks", "/Query", "/TN", TASK, "/XML"]).output
        return _action(there) == _action(task_xml(command, self._user).decode("utf-16"))

    def _schtasks(self, *words: str) -> None:
        ran = self._machine.run(["schtasks", *words])
        if ran.code != 0:
            message = f"Windows' Task Scheduler refused: {' '.join(ran.output.split())[:300]}"
            raise StoreError("autostart_refused", message, "Ask whoever manages this computer to allow tasks at logon.")


def task_xml(command: list[str], user: str) -> bytes:
    """The task's definition."""
    task = ElementTree.Element("Task", version="1.2", xmlns=_SPACE)
    _put(task, "RegistrationInfo", {"Description": "Cuemark, the daemon that marks footage"})
    _put(ElementTree.SubElement(task, "Triggers"), "LogonTrigger", {"Enabled": "true", "UserId": user})
    who = _put(
        ElementTree.SubElement(task, "Principals"),
        "Principal",
        {"UserId": user, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"},
    )
    who.set("id", "Author")
    _put(task, "Settings", _SETTINGS)
    actions = ElementTree.SubElement(task, "Actions", Context="Author")
    arguments = subprocess.list2cmdline(command[1:])
    _put(actions, "Exec", {"Command": command[0], "Arguments": arguments})
    # The encoding that schtasks itself writes.
    text: bytes = ElementTree.tostring(task, encoding="utf-16", xml_declaration=True)
    return text


def _put(parent: ElementTree.Element, name: str, values: dict[str, str]) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name)
    for key, value in values.items():
        ElementTree.SubElement(made, key).text = value
    return made


def _action(xml: str) -> list[str | None]:
    """Command and arguments of a task; nothing where it cannot be read."""
    try:
        task = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return []
    return [task.findtext(f".//{{{_SPACE}}}{name}") for name in ("Command", "Arguments")]
