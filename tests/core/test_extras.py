"""What is said to whoever lacks an extra can be done: it names packages that an index has, and this very Python."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cuemark.core import extras


def test_the_command_names_this_python_and_the_packages_of_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [
        "httpx>=0.27",
        'mcp>=2; extra == "mcp"',
        "ray[data]>=2.50 ; extra == 'cluster'",
        'numpy>=2; extra == "other"',
    ]
    monkeypatch.setattr(extras, "requires", lambda name: told)
    assert extras.packages_of("cluster") == ["ray[data]>=2.50"]
    command = extras.install_command("mcp")
    assert command.endswith("-m pip install 'mcp>=2'") and Path(sys.executable).name in command


def test_where_nothing_is_known_of_us_the_extra_itself_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "requires", lambda name: None)
    assert extras.install_command("mcp").endswith("pip install 'cuemark[mcp]'")
