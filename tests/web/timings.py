"""How long the page takes, in a real browser: `python -m tests.web.timings`.  Figures in MEASURED are from here.

Everything is drawn into a home of its own, which is removed at the end.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core import settings as configuration
from tests.web.conftest import BROWSERS, Home
from tests.web.stocked import analysis_of, draw, info_of, stock
from tests.web.test_page_trouble import PRESS

if TYPE_CHECKING:
    from playwright.sync_api import Page

TIMES = 5
READY = """async (video) => {
  while (video.readyState < 2) await new Promise((next) => setTimeout(next, 5));
}"""


def main() -> None:
    """Prints one line a figure: the median of five, and the spread."""
    from playwright.sync_api import sync_playwright

    folder = Path(tempfile.mkdtemp(prefix="cuemark-timings-"))
    os.environ["CUEMARK_HOME"] = str(folder / "home")
    home = Home(configuration.load())
    film = info_of(draw(folder / "film.mp4", 10, "libx264", (1920, 1080)))
    (analysis,) = stock(home.settings, film, (analysis_of(film, 125),))
    found = next(path for name in BROWSERS if (path := shutil.which(name)))
    try:
        home.link()  # the daemon and the page are warm from here on
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
            _say("open to first picture of the library", lambda: _first_picture(page, home))
            place = f"/media/{film.fingerprint}"
            _say("open to first frame of a 1080p H.264 file", lambda: _first_frame(page, home.link(place)))
            page.goto(home.link(f"/analysis/{analysis}"))
            page.locator(".items.moments button").first.wait_for()
            _say("key press to painted strip, 125 moments", lambda: float(page.evaluate(PRESS)) / 1000)
            browser.close()
    finally:
        home.end()
        shutil.rmtree(folder, ignore_errors=True)


def _say(what: str, measure: Callable[[], float]) -> None:
    times = [1000 * measure() for _ in range(TIMES)]
    print(f"{what}: {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})")


def _first_picture(page: Page, home: Home) -> float:
    link = home.link()
    begun = time.monotonic()
    page.goto(link)
    page.locator("a.card img").first.evaluate("image => image.decode()")
    return time.monotonic() - begun


def _first_frame(page: Page, link: str) -> float:
    begun = time.monotonic()
    page.goto(link)
    page.locator("video").evaluate(READY)
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
