"""Bad footage and bad days: a file that is gone, one that no browser plays, a full disk, many files, many moments."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import expect

from cuemark.core import settings as configuration
from cuemark.core.proxies import proxy_file
from cuemark.core.transcript import Transcript, Utterance
from cuemark.web.running import read_page
from tests.web.conftest import Console, Home
from tests.web.stocked import analysis_of, draw, entry_of, info_of, stock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow


def test_footage_that_is_gone_is_marked_and_its_results_stay(
    home: Home, tab: Page, tmp_path: Path, console: Console
) -> None:
    moved = draw(tmp_path / "away.webm", 4)
    media = info_of(moved)
    home.end()
    stock(home.settings, media, (analysis_of(media, 2),))
    moved.unlink()
    tab.goto(home.link(f"/media/{media.fingerprint}"))
    expect(tab.locator(".badge.offline")).to_be_visible()
    expect(tab.locator(".items.moments button")).to_have_count(2)
    expect(tab.locator(".proxy")).to_contain_text("not there")
    tab.goto(f"{home.base}/#/library")
    card = tab.get_by_role("link", name="away.webm")
    expect(card).to_contain_text("offline")
    assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    console.over()  # the browser reports what it could not load


def test_what_no_browser_plays_is_shown_by_a_proxy_frame_for_frame(
    home: Home, tab: Page, tmp_path: Path, console: Console
) -> None:
    unplayable = draw(tmp_path / "take.mov", 8, "prores_ks")
    media = info_of(unplayable)
    home.end()
    stock(home.settings, media, (analysis_of(media, 2),))
    tab.goto(home.link(f"/media/{media.fingerprint}"))
    expect(tab.locator(".proxy")).to_contain_text("You see a proxy", timeout=60_000)
    assert proxy_file(home.settings, media.fingerprint).stat().st_size > 1000
    tab.locator(".items.moments button").nth(1).click()  # begins with frame 100, where the colour changes
    assert tab.get_by_label("Playhead").inner_text().split("·")[1].strip() == "100"
    assert _colour(tab)[1] > 120
    tab.keyboard.press("ArrowLeft")
    assert _colour(tab)[0] > 120
    console.over()


def _colour(tab: Page) -> list[int]:
    from tests.web.test_looking import colour

    return colour(tab)


def test_a_media_that_the_library_does_not_have_is_told_in_words(home: Home, tab: Page, console: Console) -> None:
    tab.goto(f"{home.base}/#/media/{'0' * 32}")
    expect(tab.locator(".empty h1")).to_be_visible()
    expect(tab.locator(".empty")).to_contain_text("cuemark")
    console.over()


def test_an_edit_on_a_full_disk_is_told_and_the_page_shows_what_is_kept(
    home: Home, tab: Page, console: Console
) -> None:
    with ThreadPoolExecutor(1) as aside:
        aside.submit(_fill, home).result()
    tab.locator(".items.moments button").first.click()
    tab.keyboard.press("t")
    tab.keyboard.type("does not fit")
    tab.keyboard.press("Enter")
    expect(tab.locator(".toast.bad")).to_be_visible(timeout=20_000)
    expect(tab.locator(".items.moments button").first).to_contain_text("moment number 1")
    expect(tab.get_by_label("Caption")).to_have_value("moment number 1")
    console.over()


def _fill(home: Home) -> None:
    """From now on nothing can be written to the library: SQLite meets a limit, as it meets the end of a disk."""
    import sqlite3

    home.kill_daemon()
    with sqlite3.connect(home.settings.library_file) as library:
        library.execute(
            "CREATE TRIGGER full BEFORE INSERT ON edits BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )


def test_the_page_ends_when_its_last_tab_has_gone(
    home: Home, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEMARK_PAGE_IDLE_S", "2")
    tab = browser.new_context().new_page()
    tab.goto(home.link(f"/media/{home.fingerprint}"))
    tab.locator(".items.moments button").first.wait_for()
    found = read_page(home.settings)
    assert found is not None
    process = psutil.Process(found.pid)
    with pytest.raises(psutil.TimeoutExpired):
        process.wait(6)
    tab.close()
    process.wait(60)
    assert read_page(home.settings) is None


def test_names_and_words_that_are_markup_are_shown_as_words(
    home: Home, tab: Page, tmp_path: Path, console: Console
) -> None:
    odd = '<img src=x onerror="document.title=1">'
    media = info_of(draw(tmp_path / f"{odd.replace('/', '')}.webm", 4))
    home.end()
    entry = entry_of(media)
    said = Transcript((Utterance(Fraction(1), Fraction(2), odd, odd),), "en")
    stock(home.settings, media, (analysis_of(media, 2, (odd, odd)),), replace(entry, transcript=said))
    tab.goto(home.link(f"/media/{media.fingerprint}"))
    expect(tab.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    expect(tab.get_by_label("What is said and written")).to_contain_text("<img src=x")
    expect(tab.locator(".items.moments button").first).to_contain_text("<img src=x")
    tab.goto(f"{home.base}/#/library")
    expect(tab.locator("a.card").filter(has_text="<img src=x")).to_have_count(1)
    assert tab.title() == "Cuemark"
    assert [each for each in console.errors if "INCOMPLETE" not in each and "REFUSED" not in each] == []
    console.over()  # of the page that was ended for this


def test_five_hundred_moments_and_two_thousand_files_stay_fluid(home: Home, tab: Page, console: Console) -> None:
    home.end()
    media = info_of(draw(Path(os.fspath(home.settings.data)) / "long.webm", 60))
    (many,) = stock(home.settings, media, (analysis_of(media, 500),))
    _many_files(home, media.path, 2000)
    tab.goto(home.link(f"/analysis/{many}"))
    expect(tab.locator(".items.moments button")).to_have_count(500)
    took = tab.evaluate(PRESS)
    print(f"per key press to painted strip at 500 moments: {took:.0f} ms")
    tab.goto(f"{home.base}/#/library")
    expect(tab.get_by_role("status").filter(has_text="2002 files")).to_be_visible(timeout=30_000)
    assert tab.locator("a.card").count() < 400  # the rest comes as one scrolls
    tab.get_by_label("Filter by name").fill("copy-1999")
    expect(tab.locator("a.card")).to_have_count(1)
    console.over()


PRESS = """async () => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const times = [];
  for (let n = 0; n < 20; n += 1) {
    const begun = performance.now();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    await painted();
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[10];
}"""


def _many_files(home: Home, path: Path, count: int) -> None:
    from cuemark.core.footage import Indexed
    from cuemark.library.store import Library
    from tests.web.stocked import entry_of

    media = info_of(path)
    library = Library(configuration.load().library_file)
    try:
        for number in range(count):
            fingerprint = f"{number:032x}"
            one = replace(media, fingerprint=fingerprint, path=path.with_name(f"copy-{number}.webm"))
            library.index.put(replace(entry_of(one), tracks=()))
            library.footage.take_up(Indexed(one))
    finally:
        library.close()
