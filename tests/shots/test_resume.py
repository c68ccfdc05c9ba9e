"""A run that is stopped goes on at its last part, with the very result of one that was not; a kept result is read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import cuemark.evidence.shots.find as finding
from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.core.shots import CameraMove
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.lab.shots.evaluate import thumbnail_track
from cuemark.lab.shots.film import DrawnFilm, write
from cuemark.media.frames import FrameStream, VideoFrames
from cuemark.media.probe import probe
from tests.shots.conftest import RATE, shot


class Counting(VideoFrames):
    """Frames of a file that count what they were asked for."""

    asked = 0

    def at(self, times, size=None) -> FrameStream:  # type: ignore[no-untyped-def]
        """See `VideoFrames`."""
        self.asked += len(times)
        return super().at(times, size)


class Stopping(SilentProgress):
    """Cancels after so many steps of a stage."""

    def __init__(self, stage: str, steps: int) -> None:
        self._stage, self._left = stage, steps

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        """See `Progress`."""
        self._left -= stage == self._stage
        if self._left < 0:
            raise JobCancelled


@pytest.mark.parametrize(("stage", "steps"), [("shots", 3), ("camera", 2)])
def test_a_stopped_run_goes_on_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, steps: int
) -> None:
    monkeypatch.setattr(finding, "_HELD", Fraction(4))
    monkeypatch.setattr(finding, "_SHOTS_TOGETHER", 2)
    pan = CameraMove.PAN_RIGHT
    shots = [shot(50, 1, pan), shot(60, 2, pan, blend=20), shot(45, 3), shot(80, 4, pan), shot(70, 5, pan)]
    path = write(DrawnFilm("film", tuple(shots), RATE, (160, 90)), tmp_path)
    info = probe(path, SilentProgress())
    frames = Counting(info)
    track = thumbnail_track(frames)
    whole = finding.find_shots(info, track, frames, SilentProgress())
    assert len(whole) == 5
    cost, cache = frames.asked, FeatureCache(tmp_path / "cache")
    frames.asked = 0
    with pytest.raises(JobCancelled):
        finding.find_shots(info, track, frames, Stopping(stage, steps), cache)
    frames.asked = 0
    assert finding.find_shots(info, track, frames, SilentProgress(), cache) == whole
    assert frames.asked < cost
    frames.asked = 0
    assert finding.find_shots(info, track, frames, SilentProgress(), cache) == whole
    assert frames.asked == 0
