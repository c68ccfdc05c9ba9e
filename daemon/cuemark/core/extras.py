"""Extras: packages that only some commands need, and how whoever lacks them gets them into this very environment."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, requires

from cuemark.core.text import shell_path

_OF_EXTRA = re.compile(r"""extra\s*==\s*["']([\w-]+)["']""")


def install_command(extra: str) -> str:
    """The command that installs what an extra of ours needs, such as `/usr/bin/python3 -m pip install 'mcp>=2'`."""
    wanted = packages_of(extra) or [f"cuemark[{extra}]"]
    return f"{shell_path(sys.executable)} -m pip install {' '.join(repr(each) for each in wanted)}"


def packages_of(extra: str) -> list[str]:
    """The packages of an extra with their ranges, as our own metadata has them."""
    try:
        all_of_us = requires("cuemark") or []
    except PackageNotFoundError:
        return []
    found = [text.partition(";") for text in all_of_us]
    return [package.strip().replace(" ", "") for package, _, marker in found if extra in _OF_EXTRA.findall(marker)]
