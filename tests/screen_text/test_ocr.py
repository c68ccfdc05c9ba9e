"""The reader itself: what it reads, what it leaves, and that it keeps quiet and stays at home."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from cuemark.models.ocr.ocr import LEAST_CONFIDENCE, Line, Reader, open_reader
from tests.screen_text.drawn_films import Words


def page(*words: Words, size: tuple[int, int] = (1280, 720), ground: str = "#202428") -> Image.Image:
    """A picture with words."""
    picture = Image.new("RGB", size, ground)
    for one in words:
        one.draw(ImageDraw.Draw(picture))
    return picture


@pytest.fixture(scope="module")
def reader() -> Reader:
    """The reader, loaded once."""
    return open_reader()


def said(reader: Reader, picture: Image.Image) -> list[str]:
    """The lines read in a picture."""
    return [text for _, text, _ in told(reader, picture)]


def told(reader: Reader, picture: Image.Image) -> list[tuple[Line, str, float]]:
    """The lines read in a picture, each with its confidence, without those that are too unsure to be kept."""
    rgb = np.asarray(picture)
    lines = reader.detect(rgb, 960)
    read = zip(lines, reader.recognise(rgb, lines), strict=True)
    return [(line, text.strip(), sure) for line, (text, sure) in read if text.strip() and sure >= LEAST_CONFIDENCE]


def test_lines_are_read_where_they_stand(reader: Reader) -> None:
    picture = page(Words("The harbour at dawn", (100, 80), 48), Words("What it costs, in all: 3.5 %", (100, 300), 36))
    (line, first, sure), (_, second, as_sure) = told(reader, picture)
    assert first == "The harbour at dawn" and second == "What it costs, in all: 3.5 %"
    assert line.place.left == pytest.approx(100 / 1280, abs=0.02)
    assert line.place.top == pytest.approx(85 / 720, abs=0.04)
    assert min(sure, as_sure) > 0.9


def test_it_says_nothing_and_fetches_nothing(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        fresh = Reader()
        said(fresh, page())
        said(fresh, page(Words("A word", (100, 100))))
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("RapidOCR")] == []


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (31, 15), (16, 16), (3000, 15), (7680, 4320)])
def test_pictures_of_any_size_without_text_have_none(reader: Reader, size: tuple[int, int]) -> None:
    assert said(reader, page(size=size, ground="black")) == []


def test_mirrored_text_is_not_taken_for_words(reader: Reader) -> None:
    plain = page(Words("The captain of the ship", (100, 300), 60))
    assert said(reader, plain) == ["The captain of the ship"]
    assert "captain" not in " ".join(said(reader, ImageOps.mirror(plain)))


@pytest.mark.parametrize("angle", [90, -90])
def test_text_that_runs_up_or_down_is_laid_down_and_read(reader: Reader, angle: int) -> None:
    turned = page(Words("Running along the side", (60, 100), 48)).rotate(angle, expand=True)
    assert said(reader, turned) == ["Running along the side"]


def test_a_page_of_small_print_is_read_in_full(reader: Reader) -> None:
    lines = [Words(f"line {n} of a dense page with a good many words on it", (30, 10 + 22 * n), 18) for n in range(32)]
    read = said(reader, page(*lines))
    assert len(read) == 32
    assert sum(f"line {n} of a dense page" in " ".join(read) for n in range(32)) >= 30


def test_a_cancel_is_heard_between_lines(reader: Reader) -> None:
    lines = [Words(f"line {n} of a page", (30, 10 + 40 * n), 30) for n in range(16)]
    picture = np.asarray(page(*lines))
    found = reader.detect(picture, 960)
    calls = []
    reader.recognise(picture, found, lambda: calls.append(1))
    assert len(calls) >= len(found) // 6
