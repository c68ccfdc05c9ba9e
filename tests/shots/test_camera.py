"""What the camera does in a shot: told from drawn films of known moves, and left open where nothing tells it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from cuemark.core.shots import CameraMove, Shot
from cuemark.lab.shots.scene import Walker
from cuemark.media.motion import global_motion
from tests.shots.conftest import shot

Found = Callable[..., tuple[Shot, ...]]


@pytest.mark.parametrize("speed", [0.03, 0.35])
@pytest.mark.parametrize("move", list(CameraMove))
def test_each_move_at_a_slow_and_a_fast_pace(shots_of: Found, move: CameraMove, speed: float) -> None:
    (found,) = shots_of(shot(75, 7, move, speed))
    assert found.camera is move


@pytest.mark.parametrize("move", [CameraMove.STATIC, CameraMove.PAN_LEFT])
def test_what_walks_before_the_camera_is_no_move_of_it(shots_of: Found, move: CameraMove) -> None:
    (found,) = shots_of(shot(75, 8, move, walkers=(Walker(0.85, 0.3, 0.1, 3),)))
    assert found.camera is move


def test_a_plain_sky_tells_nothing(shots_of: Found) -> None:
    (found,) = shots_of(shot(50, 9, None, kind="sky"))
    assert found.camera is None


def test_repeated_frames_are_no_shaking(shots_of: Found) -> None:
    (found,) = shots_of(shot(75, 10, CameraMove.PAN_RIGHT, 0.1), repeats=2, rate=Fraction(24))
    assert found.camera is CameraMove.PAN_RIGHT


def test_a_variable_rate(shots_of: Found) -> None:
    (found,) = shots_of(shot(75, 11, CameraMove.TILT_UP, 0.1), jitter=0.3)
    assert found.camera is CameraMove.TILT_UP


def test_the_motion_between_two_pictures_is_exact() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (30, 50)).astype(np.uint8)
    picture = np.kron(noise, np.ones((8, 8), np.uint8))
    found = global_motion(picture[20:200, 20:340], picture[17:197, 25:345])
    assert found is not None
    assert found.x == pytest.approx(-5 / 320, abs=3e-4)
    assert found.y == pytest.approx(3 / 320, abs=3e-4)
    assert found.scale == pytest.approx(1, abs=1e-3)


def test_nothing_can_be_told_of_pictures_without_texture() -> None:
    flat = np.full((180, 320), 90, np.uint8)
    assert global_motion(flat, flat) is None
