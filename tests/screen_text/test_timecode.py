"""Burnt-in timecode: found where it advances with the pictures, checked against the frame, never a text."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import ImageDraw

from cuemark.core.timebase import timecode_at
from cuemark.evidence.screen_text.timecode import is_clock, label_of, running
from tests.screen_text.drawn_films import Film, Scene, Words, texts

NTSC = Fraction(30000, 1001)


def labels(first: int, rate: Fraction, *, drop: bool = False) -> list[tuple[Fraction, str]]:
    """What is burnt into the pictures on screen every few seconds, and when."""
    times = [4 * n + Fraction(1, 5) for n in range(6)]
    return [(time, timecode_at(first + int(time * rate), rate, drop)) for time in times]


@pytest.mark.parametrize(
    ("rate", "first", "drop"),
    [
        (Fraction(25), 90000, False),
        (Fraction(24), 86400, False),
        (NTSC, 107892 + 1700, True),  # over a minute in which two labels are left out
        (NTSC, 108000 + 1700, False),
        (2 * NTSC, 215784 + 3500, True),
        (Fraction(50), 24 * 3600 * 50 - 300, False),  # over midnight
        (Fraction(25), 24 * 3600 * 25 - 1, False),  # 23:59:59:24 is the first
        (NTSC, 2589408 - 200, True),  # over midnight, drop-frame
    ],
)
def test_labels_that_advance_with_the_pictures_are_a_timecode(rate: Fraction, first: int, drop: bool) -> None:
    run = running(labels(first, rate, drop=drop), rate)
    assert run is not None
    assert run.at(0) == timecode_at(first, rate, drop)
    assert all(run.agreeing)


def test_at_midnight_the_labels_begin_again() -> None:
    read = [(Fraction(0), "23:59:59:24"), (Fraction(1, 25), "00:00:00:00"), (Fraction(2), "00:00:01:24")]
    run = running(read, Fraction(25))
    assert run is not None and all(run.agreeing)
    assert [run.at(picture) for picture in (0, 1, 50)] == [text for _, text in read]


def test_footage_of_fifty_may_count_twenty_five() -> None:
    read = [(Fraction(n), timecode_at(90000 + 25 * n, Fraction(25))) for n in range(5)]
    run = running(read, Fraction(50))
    assert run is not None
    assert run.at(0) == "01:00:00:00" and run.at(100) == "01:00:02:00"


def test_a_misread_digit_does_not_move_it() -> None:
    read = labels(90000, Fraction(25))
    read[1] = (read[1][0], read[1][1].replace("01:", "07:", 1))
    read[3] = (read[3][0], "01:00:1")
    run = running(read, Fraction(25))
    assert run is not None and run.at(0) == "01:00:00:00"
    assert run.agreeing.count(False) == 2


@pytest.mark.parametrize(
    "read",
    [
        [(Fraction(n), "01:00:00:00") for n in range(6)],  # it stands still
        [(Fraction(n), f"10:{n * 7:02}:00:00") for n in range(6)],  # it runs at its own pace
        [(Fraction(0), "01:00:00:00")],
        [(Fraction(n), "Take 3") for n in range(3)],
        [],
    ],
)
def test_what_does_not_advance_is_none(read: list[tuple[Fraction, str]]) -> None:
    assert running(read, Fraction(25)) is None


def test_labels_are_read_beside_words_and_through_misreadings() -> None:
    for text in ("TCR 01:00:10:12", "O1:00:10:12", "01 : 00 : 10 : 12", "01.00.10:12", "REEL A001 01:00:10:12"):
        assert str(label_of(text)) in ("01:00:10:12", "01:00:10;12"), text
    assert label_of("12:60:00:00") is None
    assert label_of("2026-03-14") is None
    assert is_clock("12:30:05") and is_clock("01:00:10:1") and not is_clock("Chapter 12")


@pytest.mark.parametrize(("rate", "drop"), [(Fraction(25), False), (NTSC, True)])
def test_it_is_a_notice_and_no_text(written: Callable[[Film], Path], rate: Fraction, drop: bool) -> None:
    first = 90000 if not drop else 107892

    def burn(drawing: ImageDraw.ImageDraw, time: float) -> None:
        label = timecode_at(first + round(time * rate), rate, drop)
        Words(label, (320, 330), 24, middle=True, plate="black").draw(drawing)

    found = texts(written(Film([Scene(0, 10, [], "moving", burn)], 10, (640, 360), rate)))
    assert found.texts == ()
    assert found.timecode is not None
    assert found.timecode.text == timecode_at(first, rate, drop)
    assert found.timecode.start == 0 and found.timecode.end > 9
    (notice,) = found.warnings
    assert notice.code == "burnt_in_timecode" and found.timecode.text in notice.message


def test_real_footage_with_a_timecode(tmp_path: Path) -> None:
    material = os.environ.get("CUEMARK_MATERIAL", "/work")
    repository = Path(material, ".mirror", "WyattBlue+auto-editor", "repo")
    if not repository.exists():
        pytest.skip("the clip example.mp4 of auto-editor is not here")
    clip = tmp_path / "example.mp4"
    git = ["git", "-c", "safe.directory=*", "-C", str(repository), "show", "HEAD:example.mp4"]
    clip.write_bytes(subprocess.run(git, check=True, capture_output=True).stdout)
    found = texts(clip)
    assert found.timecode is not None and found.timecode.text == "01:00:00:00"
    assert found.timecode.start == 0
    assert not found.texts
