"""Make and remove the environment itself."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

from cuemark_setup.layout import Layout
from cuemark_setup.problems import install_failed, no_venv_module, not_writable


def check_venv_modules() -> None:
    """Raise no_venv_module where the distribution split the standard library (Debian without python3-venv)."""
    for name in ("venv", "ensurepip"):
        if importlib.util.find_spec(name) is None:
            raise no_venv_module(name)


def make_env(layout: Layout) -> None:
    """Create the environment with a pip in it.  The folder must not exist."""
    check_venv_modules()
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(layout.env)],
        capture_output=True, text=True, encoding="utf-8", errors="replace", close_fds=False, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return
    said = (done.stdout + done.stderr).strip()
    if "ensurepip" in said:
        raise no_venv_module("ensurepip")
    raise install_failed("environment", said.splitlines()[-3:], layout.log)


def remove_env(layout: Layout) -> None:
    """Delete the environment, whatever state it is in."""
    if not layout.env.exists():
        return
    try:
        shutil.rmtree(layout.env)
    except OSError as error:
        raise not_writable(layout.env, str(error)) from error
