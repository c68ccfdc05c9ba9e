"""Fresh homes laid out as on Linux, macOS and Windows, on whatever system the tests run."""

from __future__ import annotations

import os
import plistlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cuemark.core import settings
from cuemark.core.settings import Settings
from cuemark.setup.machine import Machine, Ran
from cuemark.setup.resolve.install import ScriptSetup

PLATFORMS = ("linux", "darwin", "win32")
SCRIPTS = {
    "linux": ".local/share/DaVinciResolve/Fusion/Scripts/Utility/Cuemark.lua",
    "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility/Cuemark.lua",
    "win32": "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts/Utility/Cuemark.lua",
}
Tree = dict[str, bytes | None]


@dataclass
class Programs:
    """The system's programs: notes every call; schtasks keeps tasks as Windows does."""

    calls: list[list[str]] = field(default_factory=list)
    tasks: dict[str, str] = field(default_factory=dict)
    refuses: bool = False

    def __call__(self, command: Sequence[str]) -> Ran:
        self.calls.append(list(command))
        if command[0] != "schtasks":
            return Ran(None, "not found")
        return self._schtasks(command[1], command[command.index("/TN") + 1], list(command))

    def _schtasks(self, verb: str, name: str, command: list[str]) -> Ran:
        if self.refuses:
            return Ran(1, "ERROR: Access is denied.\r\n")
        if verb == "/Create":
            text = Path(command[command.index("/XML") + 1]).read_bytes().decode("utf-16")
            # Windows gives back its own writing of it.
            self.tasks[name] = text.replace("<Settings>", "<Settings><Enabled>true</Enabled>")
            return Ran(0, "SUCCESS")
        if name not in self.tasks:
            return Ran(1, "ERROR: The system cannot find the file specified.")
        if verb == "/Delete":
            del self.tasks[name]
        return Ran(0, self.tasks.get(name, ""))


@dataclass(frozen=True)
class Computer:
    """One user's computer, without Resolve at first."""

    machine: Machine
    settings: Settings
    programs: Programs

    @property
    def home(self) -> Path:
        return self.machine.home

    @property
    def script(self) -> Path:
        """Where Resolve lists our script, in this system's own words."""
        return self.home / SCRIPTS[self.machine.platform]

    def setup(self) -> ScriptSetup:
        """What installs and removes it."""
        return ScriptSetup(self.machine, self.settings)

    def add_resolve(self, app_store: bool = False) -> Path:
        """An installed Resolve 21.1, as the vendor's or the App Store's installer leaves it."""
        place = {
            "linux": "opt/resolve/bin/resolve",
            "darwin": "Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/MacOS/Resolve",
            "win32": "Program Files/Blackmagic Design/DaVinci Resolve/Resolve.exe",
        }[self.machine.platform]
        file = self.machine.at(place.replace("DaVinci Resolve/DaVinci", "DaVinci") if app_store else place)
        file.parent.mkdir(parents=True)
        file.touch()
        if self.machine.is_mac:
            (file.parents[1] / "Info.plist").write_bytes(plistlib.dumps({"CFBundleShortVersionString": "21.1.0"}))
        if app_store:
            (file.parents[1] / "_MASReceipt").mkdir()
        return file

    def tree(self) -> Tree:
        """All that is on the disk: files with their content, folders and links with None."""
        top = self.home.parent
        found = {}
        for path in sorted(top.rglob("*")):
            is_file = path.is_file() and not path.is_symlink()
            found[str(path.relative_to(top))] = path.read_bytes() if is_file else None
        return found


def computer(folder: Path, platform: str) -> Computer:
    """A computer whose disk is `folder`."""
    home = folder / "Users" / "Jörg Müller"
    home.mkdir(parents=True)
    environ = {"HOME": str(home)}
    if platform == "win32":
        environ = {
            "USERPROFILE": str(home),
            "APPDATA": str(home / "AppData" / "Roaming"),
            "PROGRAMDATA": str(folder / "ProgramData"),
            "PROGRAMFILES": str(folder / "Program Files"),
            "USERDOMAIN": "DESK",
            "USERNAME": "Jörg",
        }
    environ["CUEMARK_HOME"] = str(home / "cuemark")
    programs = Programs()
    return Computer(Machine(platform, environ, folder, programs), settings.load(environ), programs)


@pytest.fixture(params=PLATFORMS)
def any_computer(request: pytest.FixtureRequest, tmp_path: Path) -> Computer:
    """One of each system."""
    return computer(tmp_path / "disk", request.param)


@pytest.fixture
def new_computer(tmp_path: Path) -> Callable[[str], Computer]:
    """new_computer(platform)"""
    return lambda platform: computer(tmp_path / "disk", platform)


def is_root() -> bool:
    """Root may write everywhere, so folders that refuse cannot be tried."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
