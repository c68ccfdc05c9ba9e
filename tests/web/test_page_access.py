"""The page for everyone: no serious finding of axe-core, everything by keyboard, sizes down to a narrow dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Home

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SIZES = ((1280, 860), (1000, 700), (420, 800))
SEEN = {
    "library": "a.card",
    "media": ".items.moments button",
    "search": "a.hit",
    "jobs": ".empty",
    "models": ".model",
}
"""The views, and what is there when each is."""
SMALL = """() => [...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && parseFloat(getComputedStyle(one).fontSize) < 13)
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((one) => one.outerHTML.slice(0, 80))"""
MOVES = "[...document.querySelectorAll('button')].map((one) => getComputedStyle(one).transitionDuration)"


def show(home: Home, tab: Page, view: str) -> None:
    places = {"media": f"media/{home.fingerprint}", "search": "search?q=sentence&by=said"}
    tab.goto(f"{home.base}/#/{places.get(view, view)}")
    waits = {
        "library": "a.card",
        "media": ".items.moments button",
        "search": "a.hit",
        "jobs": ".empty",
        "models": ".model",
    }
    tab.locator(waits[view]).first.wait_for()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(theme: str, home: Home, tab: Page) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    for view in SEEN:
        show(home, tab, view)
        tab.reload()
        show(home, tab, view)
        if view == "media":
            tab.locator(".items.moments button").first.click()
        found = axe.run(tab).response["violations"]
        serious = [
            (view, each["id"], [node["html"][:120] for node in each["nodes"]])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_cut_off_and_no_type_is_small(width: int, height: int, home: Home, tab: Page) -> None:
    tab.set_viewport_size({"width": width, "height": height})
    for view in SEEN:
        show(home, tab, view)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
        assert tab.evaluate(SMALL) == [], view


def focusable(tab: Page) -> set[str]:
    found: list[str] = tab.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
            .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)
            .map((one) => (one.dataset.walked = one.dataset.walked || Math.random().toString(36)))"""
    )
    return set(found)


def test_a_keyboard_reaches_everything(home: Home, tab: Page) -> None:
    for view in SEEN:
        show(home, tab, view)
        wanted, met = focusable(tab), set[str]()
        tab.evaluate("document.activeElement?.blur()")
        for _ in range(3 * len(wanted) + 10):
            tab.keyboard.press("Tab")
            met.add(tab.evaluate("document.activeElement?.dataset.walked ?? ''"))
        assert wanted <= met, view
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none" or view == "library"


def test_a_keyboard_alone_goes_from_the_library_to_an_exported_file(home: Home, tab: Page) -> None:
    show(home, tab, "library")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="numbers.webm")).to_be_visible()
    expect(tab.locator(".items.moments button").first).to_be_visible()
    tab.keyboard.press("ArrowDown")
    expect(tab.locator(".items.moments button").first).to_be_focused()
    tab.keyboard.press("ArrowDown")
    expect(tab.locator(".items.moments button").nth(1)).to_have_attribute("aria-pressed", "true")
    tab.keyboard.press("e")
    expect(tab.get_by_role("dialog", name="Export")).to_be_visible()
    with tab.expect_download() as saved:
        tab.get_by_role("button", name="Save file").press("Enter")
    assert saved.value.suggested_filename.startswith("numbers")


def test_the_help_shows_each_views_keys(home: Home, tab: Page) -> None:
    tab.keyboard.press("?")
    shown = tab.get_by_role("dialog", name="Keys")
    expect(shown).to_contain_text("Split it at the playhead")
    tab.keyboard.press("Escape")
    show(home, tab, "library")
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog", name="Keys")).not_to_contain_text("Split it at the playhead")


def test_reduced_motion_is_kept(home: Home, tab: Page) -> None:
    tab.emulate_media(reduced_motion="reduce")
    assert set(tab.evaluate(MOVES)) == {"0s"}
