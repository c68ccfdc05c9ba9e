"""Where DaVinci Resolve keeps what we need, on the three systems.  From the vendor's text, not verified."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPT_NAME = "Cuemark.lua"


def fusion_folder(platform: str = sys.platform, environ: Mapping[str, str] | None = None) -> Path:
    """The user's Fusion folder of Resolve: scripts and profiles lie in it.  It need not exist."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("HOME") or Path.home())
    if platform == "win32":
        roaming = Path(environ.get("APPDATA") or Path.home() / "AppData/Roaming")
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
