"""Readings are kept beside the vectors: taken up after a kill, read later where only vectors are there, and no more."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.errors import JobCancelled, ModelError
from cuemark.core.screen_text import ScreenTexts
from cuemark.evidence.frames import extract
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.screen_text import read as reading
from tests.screen_text.drawn_films import Film, Scene, Words, read


class Listener:
    """Counts, and raises what it is given once so many frames were read."""

    def __init__(self, stop_after: int = 1 << 30) -> None:
        self.counts: Counter[str] = Counter()
        self.stages: set[str] = set()
        self._stop_after = stop_after
        self.stopped = 0.0

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        """Progress."""
        self.stages.add(stage)

    def count(self, name: str, amount: int = 1) -> None:
        """Progress."""
        self.counts[name] += amount

    def note(self, message: str) -> None:
        """Progress."""

    def check(self) -> None:
        """Progress."""
        if self.counts["frames_read"] >= self._stop_after:
            self.stopped = self.stopped or time.monotonic()
            raise JobCancelled


@pytest.fixture
def film(written: Callable[[Film], Path]) -> Path:
    """40 s of small pictures, among them four with a card."""
    cards = [
        Scene(n * 10, n * 10 + 4, [Words(f"Part {n + 1}", (320, 180), 60, middle=True)], "black") for n in range(4)
    ]
    scenes = [one for n, card in enumerate(cards) for one in (card, Scene(n * 10 + 4, n * 10 + 10))]
    return written(Film(scenes, 40, (640, 360), Fraction(10)))


def test_what_was_read_is_there_the_next_time(film: Path, tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")
    first, again = Listener(), Listener()
    found = read(film, cache=cache, progress=first).texts
    assert read(film, cache=cache, progress=again).texts == found
    assert found is not None
    assert first.counts["frames_read"] > 10 and again.counts["frames_read"] == 0
    assert first.stages == {"features"}  # no frame was decoded for its text alone
    assert [one.text for one in found.texts if one.text.startswith("Part")] == [f"Part {n}" for n in range(1, 5)]


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_where_it_was(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "CHUNK", 16)
    whole = read(film, "on", FeatureCache(tmp_path / "other")).texts
    cache = FeatureCache(tmp_path / "cache")
    stopped, goes_on = Listener(stop_after=80), Listener()
    with pytest.raises(JobCancelled):
        read(film, "on", cache, stopped)
    assert time.monotonic() - stopped.stopped < 2
    assert read(film, "on", cache, goes_on).texts == whole
    assert 0 < goes_on.counts["frames_read"] <= 100 - 16


@pytest.mark.slow
def test_vectors_without_texts_are_read_later_to_the_same_texts(film: Path, tmp_path: Path) -> None:
    together = read(film, cache=FeatureCache(tmp_path / "other")).texts
    cache = FeatureCache(tmp_path / "cache")
    assert read(film, "off", cache).texts is None
    later = Listener()
    assert read(film, cache=cache, progress=later).texts == together
    assert later.counts["frames_encoded"] == 0 and "screen text" in later.stages


@pytest.mark.slow
def test_a_damaged_entry_is_read_again(film: Path, tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")
    found = read(film, cache=cache).texts
    for path in (tmp_path / "cache").rglob("*-whole.npz"):
        path.write_bytes(path.read_bytes()[:-200] + bytes(200))
    assert read(film, cache=cache).texts == found


def test_a_reader_that_cannot_be_opened_costs_the_texts_and_nothing_else(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(limits: object) -> None:
        raise ModelError("ocr_unavailable", "Text in the pictures cannot be read.", "Run the installer again.")

    monkeypatch.setattr(reading, "open_reader", broken)
    found = read(film)
    assert len(found.features.track) == 100
    assert isinstance(found.texts, ScreenTexts) and found.texts.texts == ()
    assert [notice.code for notice in found.texts.warnings] == ["ocr_unavailable"]
