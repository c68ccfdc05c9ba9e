"""Shot borders: hard cuts at their very frame, dissolves and fades at their middle, and what is none."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from cuemark.core.shots import CameraMove, Shot
from tests.shots.conftest import RATE, shot, shots_in

Found = Callable[..., tuple[Shot, ...]]


def starts(shots: tuple[Shot, ...], rate: Fraction = RATE) -> list[int]:
    """The first frame of each shot; that they are gapless."""
    assert all(one.end == other.start for one, other in pairwise(shots))
    return [round(one.start * rate) for one in shots]


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), Fraction(60000, 1001)])
def test_hard_cuts_are_exact_to_the_frame(shots_of: Found, rate: Fraction) -> None:
    found = shots_of(shot(31, 1), shot(45, 2), shot(17, 3), shot(40, 4), rate=rate)
    assert starts(found, rate) == [0, 31, 76, 93]


def test_cuts_within_a_moving_camera_and_noise(shots_of: Found) -> None:
    pan, hand = CameraMove.PAN_LEFT, CameraMove.HANDHELD
    found = shots_of(shot(50, 1, pan, 0.35), shot(50, 2, hand, 0.35), shot(50, 3, pan, 0.35), grain=5.0, crf=32)
    assert starts(found) == [0, 50, 100]


def test_a_shot_of_a_few_frames_counts(shots_of: Found) -> None:
    assert starts(shots_of(shot(40, 1), shot(5, 2), shot(40, 3))) == [0, 40, 45]


def test_a_flash_is_no_cut(shots_of: Found) -> None:
    assert starts(shots_of(shot(60, 1, flash=30), shot(40, 2))) == [0, 60]


@pytest.mark.parametrize("blend", [12, 24, 40])
def test_a_dissolve_lies_at_its_middle(shots_of: Found, blend: int) -> None:
    found = starts(shots_of(shot(60, 1), shot(80, 2, blend=blend)))
    assert len(found) == 2
    assert abs(found[1] - (60 + blend // 2)) <= 2


def test_a_fade_through_black_is_one_border_in_its_middle(shots_of: Found) -> None:
    found = starts(shots_of(shot(60, 1), shot(80, 2, blend=30, faded=True)))
    assert len(found) == 2
    assert abs(found[1] - 75) <= 2


@pytest.mark.parametrize("move", [CameraMove.PAN_RIGHT, CameraMove.PUSH_IN, CameraMove.HANDHELD])
def test_a_camera_that_moves_fast_is_one_shot(shots_of: Found, move: CameraMove) -> None:
    assert starts(shots_of(shot(100, 1, move, 0.35))) == [0]


def film(path: Path, *source: str) -> Path:
    """A file of ffmpeg's own test sources."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


@pytest.mark.parametrize(
    "source",
    [
        ("-f", "lavfi", "-i", "color=black:s=320x180:r=25:d=3"),
        ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-frames:v", "1"),
        ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=1:d=1"),
        ("-f", "lavfi", "-i", "smptebars=s=180x320:r=25:d=3"),
    ],
    ids=["black", "one frame", "one frame a second", "still"],
)
def test_what_has_no_cut_is_one_shot(tmp_path: Path, source: tuple[str, ...]) -> None:
    found = shots_in(film(tmp_path / "plain.mp4", *source))
    assert len(found) == 1
    assert found[0].start == 0
    assert found[0].end > 0


def test_a_slide_show_at_one_frame_a_second(tmp_path: Path) -> None:
    pictures = "smptebars=s=320x180:r=1:d=3[a];mandelbrot=s=320x180:r=1[m];[m]trim=end_frame=1,loop=3:1:0[b]"
    path = film(tmp_path / "slides.mp4", "-f", "lavfi", "-i", f"{pictures};[a][b]concat=n=2")
    assert starts(shots_in(path), Fraction(1)) == [0, 3]
