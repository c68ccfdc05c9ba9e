"""A real page over a real daemon, seen by a real browser (Debian's Chromium, or the one CUEMARK_CHROMIUM names)."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from cuemark.core import settings as configuration
from cuemark.core.settings import Settings
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from cuemark.rpc.contract.endpoint import read_endpoint
from cuemark.web import starting
from cuemark.web.running import read_page
from tests.web.stocked import analysis_of, draw, info_of, stock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Home:
    """A home with a daemon and a page; what runs is ended at the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.analyses: list[str] = []
        self.fingerprint = ""

    def client(self) -> CuemarkClient:
        """A client of the home's daemon."""
        return CuemarkClient.connect(self.settings)

    def link(self, place: str = "") -> str:
        """A link that signs in once."""
        return starting.link(self.settings, place)

    @property
    def base(self) -> str:
        """The page's address."""
        page = read_page(self.settings)
        assert page is not None
        return f"http://127.0.0.1:{page.port}"

    def kill_page(self) -> None:
        """kill -9 of the page's process."""
        page = read_page(self.settings)
        if page is not None:
            kill(page.pid)

    def kill_daemon(self) -> None:
        """kill -9 of the daemon."""
        endpoint = read_endpoint(self.settings.endpoint_file)
        if endpoint is not None:
            kill(endpoint.pid)

    def end(self) -> None:
        """Ends the page and the daemon."""
        self.kill_page()
        # Playwright's own event loop runs in this thread.
        with ThreadPoolExecutor(1) as aside:
            aside.submit(stop_daemon, self.settings).result()


def kill(pid: int) -> None:
    """kill -9, and wait until the process is gone."""
    try:
        process = psutil.Process(pid)
        os.kill(pid, signal.SIGKILL)
        process.wait(10)
    except (psutil.Error, ProcessLookupError):
        return


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds whose pictures bear their numbers."""
    return draw(tmp_path_factory.mktemp("footage") / "numbers.webm")


@pytest.fixture
def home(cuemark_home: Path, footage: Path) -> Iterator[Home]:
    """A library with one drawn media and an analysis of four moments and two chapters."""
    made = Home(configuration.load())
    media = info_of(footage)
    made.analyses = stock(made.settings, media, (analysis_of(media),))
    made.fingerprint = media.fingerprint
    yield made
    made.end()


def chromium() -> str:
    """The browser; the test is skipped where there is none."""
    named = os.environ.get("CUEMARK_CHROMIUM")
    found = named or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is here: install Debian's package chromium, or name one with CUEMARK_CHROMIUM")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running browser, gone at the end of the file: its event loop runs in this thread as long as it does."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium()
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield launched
        launched.close()


class Console:
    """What the page's console said of errors; a test that means to provoke some clears it."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._is_over = False

    def over(self) -> None:
        """What comes from now on, and came, is what the browser itself reports of what the test took away."""
        self.errors.clear()
        self._is_over = True

    def heard(self, message: ConsoleMessage) -> None:
        """One line of it."""
        if message.type in ("error", "warning") and not self._is_over:
            self.errors.append(message.text)


@pytest.fixture
def console() -> Iterator[Console]:
    """The console of the test's tab, in which there is no error at the end."""
    made = Console()
    yield made
    assert made.errors == []


@pytest.fixture
def tab(browser: Browser, home: Home, console: Console) -> Iterator[Page]:
    """A tab of a browser of its own that is signed in and shows the test's media."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", console.heard)
    page.on("pageerror", lambda error: console.errors.append(str(error)))
    page.goto(home.link(f"/media/{home.fingerprint}"))
    page.locator(".items.moments button").first.wait_for()
    yield page
    context.close()
