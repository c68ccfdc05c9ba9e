"""What the page shows: the library, one media with everything that was found, and the exact frame."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cuemark.core.footage import Indexed
from cuemark.evidence.index.store import IndexStore
from tests.web.conftest import Home
from tests.web.stocked import draw, entry_of, info_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow


def test_the_library_shows_footage_and_what_was_found(home: Home, tab: Page) -> None:
    tab.goto(f"{home.base}/#/library")
    card = tab.get_by_role("link", name="numbers.webm")
    assert "4 moments, 2 chapters" in card.inner_text()
    picture = card.locator("img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    tab.get_by_label("Filter by name").fill("nothing like it")
    assert tab.get_by_role("status").filter(has_text="0 of 1").is_visible()
    tab.get_by_label("Filter by name").fill("NUMB")
    card.click()
    tab.get_by_role("heading", level=1, name="numbers.webm").wait_for()


def test_one_media_shows_moments_chapters_words_and_why(tab: Page) -> None:
    assert tab.locator(".items.moments button").count() == 4 and tab.locator(".items.chapters button").count() == 2
    tab.locator(".items.moments button").nth(1).click()
    chosen = tab.get_by_label("Chosen moment or chapter")
    assert tab.get_by_label("Caption").input_value() == "moment number 2"
    assert "70 % sure" in chosen.inner_text() and "colour" in chosen.inner_text()
    chosen.get_by_text("Other captions (2)").click()
    assert chosen.get_by_role("button", name="another caption 2").is_visible()
    assert "This is sentence number 1." in tab.get_by_label("What is said and written").inner_text()
    assert "The second part" in tab.get_by_label("What is said and written").inner_text()


def shown_frame(tab: Page) -> int:
    """The number of the frame, as the page says it."""
    return int(tab.get_by_label("Playhead").inner_text().split("·")[1])


def colour(tab: Page) -> list[int]:
    """The colour of the picture in its corner, as the browser decodes it."""
    found: list[int] = tab.evaluate("""async () => {
        const video = document.querySelector("video");
        while (video.seeking || video.readyState < 2) await new Promise((next) => setTimeout(next, 20));
        const canvas = new OffscreenCanvas(320, 180), context = canvas.getContext("2d");
        context.drawImage(video, 0, 0, 320, 180);
        return [...context.getImageData(4, 4, 1, 1).data].slice(0, 3);
    }""")
    return found


def test_stepping_shows_the_very_next_picture(tab: Page) -> None:
    tab.locator(".items.moments button").nth(1).click()
    assert shown_frame(tab) == 125
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    assert shown_frame(tab) == 128
    # The picture changes colour with frame 200: the frame before it and itself tell a step of one from one of two.
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("Home")
    for _ in range(8):
        tab.keyboard.press("Shift+ArrowRight")
    assert shown_frame(tab) == 200
    assert colour(tab)[2] > 120  # the third scene is blue
    tab.keyboard.press("ArrowLeft")
    assert shown_frame(tab) == 199
    assert colour(tab)[1] > 120  # the second green


def test_the_line_that_is_said_now_is_marked(tab: Page) -> None:
    tab.get_by_role("button", name="sentence number 3").click()
    marked = tab.locator(".lines .on")
    marked.wait_for()
    assert "sentence number 3" in marked.first.inner_text()


def test_footage_that_is_indexed_meanwhile_appears_by_itself(home: Home, tab: Page, tmp_path: Path) -> None:
    tab.goto(f"{home.base}/#/library")
    expect(tab.locator("a.card")).to_have_count(1)

    def take_up() -> None:
        with home.client() as client:
            media = info_of(draw(tmp_path / "new.webm", 2))
            IndexStore(home.settings.index).put(entry_of(media))
            client.import_entries([Indexed(media)])

    with ThreadPoolExecutor(1) as aside:
        aside.submit(take_up).result()
    expect(tab.get_by_role("link", name="new.webm")).to_be_visible()
