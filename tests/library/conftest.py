"""An open library in a file of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cuemark.library.store import Library


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the library lies; a test file with a library made before says so by its own fixture of this name."""
    return tmp_path / "data" / "library.sqlite"


@pytest.fixture
def library(file: Path) -> Iterator[Library]:
    """Closed behind the test."""
    opened = Library(file)
    yield opened
    opened.close()
