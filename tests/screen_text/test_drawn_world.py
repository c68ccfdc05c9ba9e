"""The sample world has nothing written in it: nothing is read there, however its pictures come."""

from __future__ import annotations

import pytest

from cuemark.core.progress import SilentProgress
from cuemark.evidence.screen_text.read import extract_and_read
from cuemark.lab.sample.script import write_script
from cuemark.lab.sample.video import DrawnFrames
from tests.screen_text.drawn_films import SmallEncoder


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["cuts", "single"])
def test_nothing_is_read_in_it(kind: str, seed: int) -> None:
    frames = DrawnFrames(write_script(kind, "demo", seed, seconds=60, events=6))
    found = extract_and_read(frames, SmallEncoder(), None, None, SilentProgress(), "on").texts
    assert found is not None
    assert found.texts == () and found.timecode is None and found.warnings == ()
