"""Where DaVinci Resolve keeps what we need on the three systems, and which Resolves run.

From the vendor's text; not verified on a live Resolve.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cuemark.core.settings import home_folder

SCRIPT_NAME = "Cuemark.lua"
PROCESS_NAMES = frozenset({"resolve", "resolve.exe", "davinci resolve"})
"""Names of Resolve's own process on Linux, Windows and macOS."""


def fusion_folder(platform: str = sys.platform, environ: Mapping[str, str] | None = None) -> Path:
    """The user's Fusion folder of Resolve: scripts and profiles lie in it.  It need not exist."""
    environ = os.environ if environ is None else environ
    home = home_folder(environ)
    if platform == "win32":
        roaming = Path(environ.get("APPDATA") or home_folder({}) / "AppData/Roaming")
        return roaming / "Blackmagic Design/DaVinci Resolve/Support/Fusion"
    if platform == "darwin":
        return home / "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion"
    return home / ".local/share/DaVinciResolve/Fusion"


def script_file(platform: str = sys.platform, environ: Mapping[str, str] | None = None) -> Path:
    """Where our script is installed for this user: Workspace > Scripts lists what is in `Utility`."""
    return fusion_folder(platform, environ) / "Scripts" / "Utility" / SCRIPT_NAME


def prefs_files(platform: str = sys.platform, environ: Mapping[str, str] | None = None) -> list[Path]:
    """The `Fusion.prefs` of every profile; Default's even if it is not there yet."""
    profiles = fusion_folder(platform, environ) / "Profiles"
    found = set(profiles.glob("*/Fusion.prefs")) | {profiles / "Default" / "Fusion.prefs"}
    return sorted(found)


def running_resolves() -> frozenset[int]:
    """The pids of all running Resolves, other users' included where the system shows them.

    Only ever used to say more exactly what is wrong.
    """
    import psutil

    found = psutil.process_iter(["name", "status"])
    return frozenset(
        process.pid
        for process in found
        if (process.info["name"] or "").lower() in PROCESS_NAMES and process.info["status"] != psutil.STATUS_ZOMBIE
    )
