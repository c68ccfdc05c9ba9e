"""Homes in which a scan and the daemon's own index of the same files are compared."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.homes import Home, ray_processes, write_footage


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The forty files."""
    return write_footage(tmp_path_factory.mktemp("footage") / "files")


@pytest.fixture(scope="session")
def by_daemon(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, int, dict[str, Any]]:
    """A home whose daemon indexed the footage by itself, and what the command said."""
    home = Home(tmp_path_factory.mktemp("daemon-home"))
    code, told, _ = home.run("index", footage)
    home.stop()
    return home, code, told


@pytest.fixture
def home(tmp_path: Path, by_daemon: tuple[Home, int, dict[str, Any]]) -> Iterator[Home]:
    """An empty home, but for the exported image tower, which takes long and is the same everywhere."""
    folder = tmp_path / "home"
    towers = by_daemon[0].folder / "cache" / "image-towers"
    shutil.copytree(towers, folder / "cache" / "image-towers")
    made = Home(folder)
    yield made
    made.stop()
    assert not ray_processes(made), "processes of Ray are left"
