"""Zeros behind footage, and large files: read in bounded time, with signs of life, until somebody cancels."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.media.probe import probe
from cuemark.media.timing import measure

Film = Callable[..., Path]
MEGABYTE = 1 << 20
CODECS = {".webm": "libvpx", ".avi": "mpeg4", ".mpg": "mpeg2video", ".mxf": "mpeg2video", ".wmv": "mpeg4"}


def film_of(film: Film, name: str) -> Path:
    return film(name, 200, codec=CODECS.get(Path(name).suffix, "libx264"))


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("suffix", ["mkv", "webm", "avi", "flv", "mpg", "mxf", "nut", "ts", "mp4", "wmv"])
def test_zeros_behind_the_footage_change_nothing(film: Film, suffix: str, sparse: bool) -> None:
    path = film_of(film, f"film.{suffix}")
    before = probe(path)
    with path.open("r+b") as file:
        if sparse:
            file.truncate(path.stat().st_size + 2000 * MEGABYTE)
        else:
            file.seek(0, 2)
            file.write(bytes(20 * MEGABYTE))
    begun = time.monotonic()
    after = probe(path)
    assert time.monotonic() - begun < 5
    assert (after.duration, after.rate, after.warnings) == (before.duration, before.rate, before.warnings)


class Listener(SilentProgress):
    """Counts signs of life, and cancels after so many."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.signs, self.cancel_after = 0, cancel_after
        self.stages: list[tuple[str, int, int]] = []

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self.stages.append((stage, done, total))
        self.check()

    def check(self) -> None:
        self.signs += 1
        if self.cancel_after is not None and self.signs >= self.cancel_after:
            raise JobCancelled


def large_stream(film: Film, megabytes: int) -> Path:
    """A broadcast that consists of stuffing for the most part."""
    path = film("large.ts", 100)
    stuffing = (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 5000
    with path.open("ab") as file:
        for _ in range(megabytes * MEGABYTE // len(stuffing)):
            file.write(stuffing)
    return path


def test_a_large_stream_tells_how_far_it_is_read(film: Film) -> None:
    listener = Listener()
    path = large_stream(film, 80)
    probe(path, listener)
    done = [done for stage, done, _ in listener.stages if stage == "packets"]
    assert done == sorted(done)
    assert done[-1] > path.stat().st_size * 0.9


def test_a_file_of_which_all_was_read_is_not_read_again(film: Film) -> None:
    path, heard = large_stream(film, 120), [0]
    size = path.stat().st_size
    timing = measure(path, 0, size, heard.append)
    assert timing.rate == 25 and timing.frame_count == 100
    assert size < heard[-1] < 1.5 * size


@pytest.mark.parametrize("after", [2, 20, 200])
def test_reading_stops_when_the_job_is_cancelled(film: Film, after: int) -> None:
    path = large_stream(film, 80)
    with pytest.raises(JobCancelled):
        probe(path, Listener(after))


def test_a_hole_in_the_middle_is_searched_with_signs_of_life(film: Film) -> None:
    path = film("hole.mkv", 200)
    data = path.read_bytes()
    with path.open("wb") as file:
        file.write(data[: len(data) // 2])
        file.seek(100 * MEGABYTE, 1)
        file.write(data[len(data) // 2 :])
    listener = Listener()
    probe(path, listener)
    assert listener.signs > 100
