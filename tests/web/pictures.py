"""The README's pictures, taken of a running page: `python -m tests.web.pictures FOLDER`.

CUEMARK_HOME (or the usual home) must hold what `cuemark demo` leaves: the drawn video, and the real film.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

from cuemark.core import settings
from cuemark.web.starting import link
from tests.web.conftest import BROWSERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE: ViewportSize = {"width": 1280, "height": 800}
DOCK: ViewportSize = {"width": 420, "height": 860}


def main(folder: Path) -> None:
    """Writes the library, two media, the narrow dock and a search as WebP."""
    folder.mkdir(parents=True, exist_ok=True)
    found = next(path for name in BROWSERS if (path := shutil.which(name)))
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        _library(browser, folder)
        browser.close()


def _library(browser: Browser, folder: Path) -> None:
    page = browser.new_context(viewport=WIDE).new_page()
    page.goto(link(settings.load()))
    page.locator("a.card img").first.wait_for()
    _settle(page)
    _keep(page, folder, "library")
    for name, number in (("media", 0), ("film", 1)):
        page.goto(page.url.partition("#")[0] + "#/library")
        page.locator("a.card").nth(number).click()
        page.locator(".items.moments button").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        _settle(page)
        _keep(page, folder, name)
    page.set_viewport_size(DOCK)
    _settle(page)
    _keep(page, folder, "dock")
    page.set_viewport_size(WIDE)
    page.get_by_label("Light or dark").click()
    page.goto(page.url.partition("#")[0] + "#/search?q=a%20red%20robot&by=seen")
    page.locator("a.hit").first.wait_for(timeout=120_000)
    _settle(page)
    _keep(page, folder, "search")


def _keep(page: Page, folder: Path, name: str) -> None:
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(folder / f"{name}.webp", quality=82)


def _settle(page: Page) -> None:
    """Until pictures are there and the strip is painted."""
    page.wait_for_timeout(1500)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
