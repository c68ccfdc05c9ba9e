"""Which DaVinci Resolves are installed, without running them.  Places from the vendor's text, not verified."""

from __future__ import annotations

import plistlib
from dataclasses import dataclass
from pathlib import Path

from cuemark.hosts.resolve.places import SCRIPT_NAME
from cuemark.setup.machine import Machine

_MAC_PLACES = ("Applications/DaVinci Resolve/DaVinci Resolve.app", "Applications/DaVinci Resolve.app")
_CONTAINERS = "Library/Containers/com.blackmagic-design.DaVinciResolve*"


@dataclass(frozen=True)
class Program:
    """An installed Resolve.  `version` is "" where it cannot be read from outside, which is everywhere but on macOS."""

    path: Path
    version: str = ""
    is_app_store: bool = False


def programs(machine: Machine) -> list[Program]:
    """The Resolves at their usual places."""
    if machine.is_mac:
        places = [*(machine.at(place) for place in _MAC_PLACES), *(machine.home / place for place in _MAC_PLACES)]
        return [_bundle(place) for place in dict.fromkeys(places) if place.is_dir()]
    if machine.is_windows:
        files = machine.folder("PROGRAMFILES", r"C:\Program Files")
        candidates = [files / "Blackmagic Design" / "DaVinci Resolve" / "Resolve.exe"]
    else:
        candidates = [machine.at("opt/resolve/bin/resolve"), machine.at("home/resolve/bin/resolve")]
    return [Program(path) for path in candidates if path.is_file()]


def _bundle(path: Path) -> Program:
    try:
        with (path / "Contents" / "Info.plist").open("rb") as file:
            version = str(plistlib.load(file).get("CFBundleShortVersionString", ""))
    except (OSError, ValueError, plistlib.InvalidFileException):
        version = ""
    return Program(path, version, (path / "Contents" / "_MASReceipt").is_dir())


def app_store_only(machine: Machine) -> Path | None:
    """What shows that the only Resolve here is the App Store's, whose sandbox offers no scripting; None elsewhere."""
    if not machine.is_mac:
        return None
    found = programs(machine)
    if any(not program.is_app_store for program in found):
        return None
    containers = sorted(machine.home.glob(_CONTAINERS))
    return next(iter([*(program.path for program in found), *containers]), None)


def all_users_scripts(machine: Machine) -> list[Path]:
    """Where our script lies when it was installed for all users of the computer; the first is the usual place."""
    if machine.is_mac:
        folders = [machine.at("Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion")]
    elif machine.is_windows:
        data = machine.folder("PROGRAMDATA", r"C:\ProgramData")
        folders = [data / "Blackmagic Design" / "DaVinci Resolve" / "Fusion"]
    else:
        folders = [machine.at("opt/resolve/Fusion"), machine.at("home/resolve/Fusion")]
    return [folder / "Scripts" / "Utility" / SCRIPT_NAME for folder in folders]
