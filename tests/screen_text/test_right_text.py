"""The right text, of the right kind, at the right time: slides, a screen recording, slates, cards, lower thirds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import ImageDraw

from cuemark.core.screen_text import ScreenText, Slate, TextKind
from cuemark.evidence.screen_text.looks import CLOSE, Look
from cuemark.evidence.screen_text.reading import Reading, ReadLine
from cuemark.evidence.screen_text.spans import SampleAxis, tracks_of
from cuemark.models.ocr.ocr import Line
from tests.screen_text.drawn_films import Film, Scene, Words, texts

RATE = Fraction(10)
CELL = 0.41
"""Seconds a sample stands for, at the default rate; borders lie on the edges of such cells."""

Writer = Callable[[Film], Path]


def only(found: list[ScreenText], text: str) -> ScreenText:
    """The one text with these words in it."""
    matching = [one for one in found if text in one.text]
    assert len(matching) == 1, [one.text for one in found]
    return matching[0]


def stands(text: ScreenText, start: float, end: float, within: float = CELL) -> bool:
    """Whether a text is there from when to when."""
    return abs(float(text.start) - start) <= within and abs(float(text.end) - end) <= within


def slide(number: int, start: float, heading: str) -> Scene:
    """A heading and three lines."""
    lines = [Words(f"{word} thing that is said of it", (120, 220 + 100 * n), 34, "#222222") for n, word in NUMBERED]
    return Scene(start, start + 5, [Words(heading, (80, 60), 62, "black"), *lines], "#f4f4f0")


NUMBERED = tuple(enumerate(("One", "Another", "The last")))


@pytest.mark.parametrize("policy", [None, pytest.param("on", marks=pytest.mark.slow)])
def test_headings_of_slides_are_titles_for_as_long_as_the_slide(written: Writer, policy: str | None) -> None:
    headings = ["Why editors need markers", "Chapter 1", "Chapter 2"]
    film = Film([slide(n, 5 * n, heading) for n, heading in enumerate(headings)], 15, rate=RATE)
    found = list(texts(written(film), policy).texts)
    for number, heading in enumerate(headings):
        text = only(found, heading)
        assert text.kind is TextKind.TITLE
        assert stands(text, 5 * number, 5 * number + 5), (heading, text)
        assert text.place.top < 0.15 and text.place.left < 0.1
    assert all(one.kind is TextKind.OTHER for one in found if "thing that is said" in one.text)


def test_a_slide_that_differs_by_a_digit_begins_where_it_does(written: Writer) -> None:
    below = {8: ("The old hive", "A swarm in May"), 9: ("Smoke and gloves", "The queen")}
    words = [
        [
            Words(f"Topic number {n} of the talk", (80, 60), 56, "black"),
            *(Words(line, (120, 220 + 100 * m), 34, "#222222") for m, line in enumerate(lines)),
        ]
        for n, lines in below.items()
    ]
    film = Film([Scene(12 * n, 12 * n + 12, one, "#f4f4f0") for n, one in enumerate(words)], 24, rate=RATE)
    found = list(texts(written(film)).texts)
    assert stands(only(found, "number 8"), 0, 12) and stands(only(found, "number 9"), 12, 24)


def test_a_screen_recording_has_the_title_of_its_window(written: Writer) -> None:
    def window(title: str, lines: list[str]) -> Callable[[ImageDraw.ImageDraw, float], None]:
        def draw(drawing: ImageDraw.ImageDraw, _: float) -> None:
            drawing.rectangle((0, 0, 1280, 44), fill="#303030")
            for words in [
                Words(title, (500, 10), 22, "#eeeeee"),
                *(Words(line, (40, 90 + 40 * n), 24, "#202020") for n, line in enumerate(lines)),
            ]:
                words.draw(drawing)

        return draw

    code = ["def main():", "path = open_project('reel.txt')", "for clip in path.clips:", "print(clip.name)"]
    prose = ["Read me first", "Install the package, then", "run the script that comes with it", "and look around."]
    scenes = [
        Scene(0, 6, [], "#fafafa", window("main.py - Code Editor", code)),
        Scene(6, 12, [], "#fafafa", window("README.md - Code Editor", prose)),
    ]
    found = list(texts(written(Film(scenes, 12, rate=RATE))).texts)
    first, second = only(found, "main.py - Code"), only(found, "README.md")
    assert first.kind is second.kind is TextKind.WINDOW
    assert stands(first, 0, 6) and stands(second, 6, 12)
    body = only(found, "open_project")
    assert "print(clip.name)" in body.text and body.kind is TextKind.OTHER


@pytest.mark.parametrize("beside", [True, False])
def test_a_slate_has_scene_take_roll_camera_and_date(written: Writer, beside: bool) -> None:
    in_lines = [
        Words("PRODUCTION  The Long Voyage", (200, 120), 44),
        Words("ROLL A012", (200, 220), 50),
        Words("SCENE 24B", (520, 220), 50),
        Words("TAKE 3", (880, 220), 50),
        Words("CAMERA B", (200, 410), 40),
        Words("DATE 2026-03-14", (700, 410), 40),
    ]
    below = [Words(name, (200 + 320 * n, 120), 30) for n, name in enumerate(("SCENE", "TAKE", "ROLL"))]
    below += [Words(value, (200 + 320 * n, 170), 80) for n, value in enumerate(("24B", "3", "A012"))]
    below += [Words("Cam: B", (200, 410), 36), Words("Date: 2026-03-14", (700, 410), 36)]
    scenes = [Scene(0, 4), Scene(4, 7, in_lines if beside else below, "#181818"), Scene(7, 14)]
    found = texts(written(Film(scenes, 14, rate=RATE))).texts
    slate = next(one for one in found if one.kind is TextKind.SLATE)
    assert slate.slate == Slate("24B", "3", "A012", "B", "2026-03-14", "The Long Voyage" if beside else "")
    assert stands(slate, 4, 7)
    assert all(one.kind is TextKind.SLATE for one in found if one.start < 7 and one.end > 4)


@pytest.mark.slow
def test_cards_and_lower_thirds_over_moving_pictures(written: Writer) -> None:
    name = [
        Words("Ana Gomez", (100, 540), 48, plate="#202060"),
        Words("Marine biologist", (100, 615), 32, plate="#202060"),
    ]
    card = [Words("The Long Voyage", (640, 360), 90, middle=True)]
    scenes = [Scene(0, 4, card, "black"), Scene(4, 24), Scene(9, 14, name), Scene(18, 21, [card[0]])]
    found = list(texts(written(Film(scenes, 24, rate=RATE))).texts)
    titles = [one for one in found if one.text == "The Long Voyage"]
    assert [one.kind for one in titles] == [TextKind.TITLE] * 2
    assert stands(titles[0], 0, 4) and stands(titles[1], 18, 21, 1.7)
    for text in ("Ana Gomez", "Marine biologist"):
        lower = only(found, text)
        assert lower.kind is TextKind.LOWER_THIRD
        # Over moving pictures, looks lie 0.8 to 4 s apart; where a plate comes and goes shows in between.
        assert stands(lower, 9, 14, 1.3)
        assert lower.place.top > 0.6


@pytest.mark.slow
def test_where_nothing_is_written_nothing_is_read(written: Writer) -> None:
    found = texts(written(Film([Scene(0, 12)], 12, rate=RATE)), "on")
    assert found.texts == () and found.timecode is None and found.warnings == ()
    assert not found


def test_where_nobody_took_thumbnails_a_line_comes_and_goes_midway_between_two_looks() -> None:
    line = ReadLine(Line(((0.1, 0.1), (0.5, 0.1), (0.5, 0.2), (0.1, 0.2))), "The harbour at dawn", 0.99)
    readings = [Reading(Look(place, CLOSE), lines, 24.0) for place, lines in ((0, ()), (10, (line,)), (20, ()))]
    (track,) = tracks_of(readings, SampleAxis([Fraction(n) for n in range(21)], None, Fraction(21)))
    assert (track.start, track.end) == (Fraction(9, 2), Fraction(29, 2))
