"""Removing Cuemark: its own `uninstall` knows what it keeps on the computer, and the environment goes last."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuemark_setup.layout import Layout
from cuemark_setup.lock import only_one
from cuemark_setup.pip import clean_environ
from cuemark_setup.problems import confirmation_needed, not_writable, uninstall_failed
from cuemark_setup.screen import Screen


@dataclass(frozen=True)
class Choices:
    """What the user asked for."""

    keep_models: bool = False
    yes: bool = False
    dry_run: bool = False


def uninstall(layout: Layout, screen: Screen, choices: Choices) -> int:
    """List everything with its size, ask, remove it; returns the exit code.  Raises SetupProblem."""
    told = _ask_cuemark(layout, choices, "--dry-run")
    rows = [(item["what"], item["size"], item["path"] or "") for item in (told or {}).get("items", [])]
    if layout.folder.exists():
        rows.append(("environment", _size_of(layout.folder), str(layout.folder)))
    if not rows:
        print("Nothing of Cuemark is installed here.")
        return 0
    _print(rows, (told or {}).get("kept", []))
    if told is None:
        screen.line("The environment does not run, so what Cuemark keeps elsewhere is not listed and stays.")
        screen.line("  next step: to remove that too, repair it first: python3 installer/bootstrap.py setup")
    if choices.dry_run or not _agreed(choices):
        print("Nothing was removed.")
        return 0
    if told is not None and _ask_cuemark(layout, choices, "--yes") is None:
        raise uninstall_failed()
    _remove_environment(layout, screen)
    print(f"Removed.  What is left of Cuemark is this checkout: {layout.root}")
    return 0


def _ask_cuemark(layout: Layout, choices: Choices, how: str) -> dict[str, Any] | None:
    """What `cuemark uninstall` answers; None where it does not run.  What it has to say goes to the user's stderr."""
    command = [str(layout.program("cuemark")), "uninstall", "--json", how]
    if choices.keep_models:
        command.append("--keep-models")
    environ = {**clean_environ(os.environ), "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        answer = json.loads(done.stdout.decode("utf-8"))
    except (OSError, ValueError):
        return None
    return answer if done.returncode == 0 and isinstance(answer, dict) else None


def _print(rows: Sequence[tuple[str, int, str]], kept: Sequence[dict[str, str]]) -> None:
    rows = [*rows, ("total", sum(size for _, size, _ in rows), "")]
    width = max(len(what) for what, _, _ in rows)
    for what, size, path in rows:
        print(f"{what:<{width}}  {_amount(size):>8}  {path}".rstrip())
    for each in kept:
        print(f"stays: {each['path']} ({each['reason']})")


def _amount(size: int) -> str:
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _agreed(choices: Choices) -> bool:
    if choices.yes:
        return True
    if not sys.stdin.isatty():
        raise confirmation_needed()
    return input("Remove all of this? [y/N] ").strip().lower() in ("y", "yes")


def _size_of(folder: Path) -> int:
    paths = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(path.lstat().st_size for path in paths)


def _remove_environment(layout: Layout, screen: Screen) -> None:
    if not layout.folder.exists():
        return
    try:
        with only_one(layout.lock, screen):
            if layout.env.exists():
                shutil.rmtree(layout.env)
        shutil.rmtree(layout.folder)
    except OSError as error:
        raise not_writable(layout.folder, str(error)) from error
