"""Films with drawn text, as the tests of this folder have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.screen_text.drawn_films import Film


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Film], Path]:
    """Writes a film into the test's folder."""
    return lambda film: film.write(tmp_path / "film.mp4")
