"""From the page onto the timeline that is open in a (simulated) Resolve, and off it again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.web import starting
from cuemark.web.running import read_page
from tests.resolve.conftest import editor
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world
from tests.resolve.test_resolve_truth import EVENTS, FRAMES
from tests.resolve.truth_worker import write_truth
from tests.web.conftest import chromium, kill

if TYPE_CHECKING:
    from tests.resolve.editor import Editor

__all__ = ["editor"]


@pytest.mark.slow
@pytest.mark.parametrize("flavour", ["free-21.1", "studio-21.1"])
def test_markers_go_to_the_open_timeline_and_come_off_again(editor: Editor, flavour: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path, rate = editor.footage / "B001.mov", Fraction(25)
    write_truth(path, rate, FRAMES, EVENTS)
    theirs = {7: marker("theirs", "Red")}
    clip = Item("clip", 0, FRAMES, Media(path, rate, FRAMES))
    timeline = TimelineWorld("cut", rate, [[clip]], markers=theirs)
    resolve = editor.open(flavour, world(timeline))
    done = editor.cuemark("analyze", str(path), "--json")
    assert done.code == 0, done.err
    before = resolve.markers("cut")
    executable = chromium()
    with ThreadPoolExecutor(1) as aside:  # Playwright's own event loop, apart from that of what ends the daemon
        sent, taken = aside.submit(_send_and_take_back, playwright, executable, editor, resolve).result()
    assert len(sent) > len(before) and before.items() <= sent.items()
    assert taken == before


def _send_and_take_back(playwright: Any, executable: str, editor: Editor, resolve: Any) -> tuple[Any, Any]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(starting.link(editor.settings))
        page.locator("a.card").first.click()
        page.locator(".items.moments button").first.wait_for()
        page.keyboard.press("s")
        page.get_by_role("button", name="Send markers").click()
        page.locator(".toast", has_text="added").wait_for(timeout=60_000)
        sent = resolve.markers("cut")
        page.get_by_role("button", name="Take ours off").click()
        page.locator(".toast", has_text="taken off").wait_for(timeout=60_000)
        taken = resolve.markers("cut")
        browser.close()
    found = read_page(editor.settings)
    if found is not None:
        kill(found.pid)
    return sent, taken


def test_an_editor_that_does_not_answer_is_said_in_words(editor: Editor, tmp_path: Path) -> None:
    import httpx

    editor.start()
    link = starting.link(editor.settings)
    with httpx.Client(trust_env=False, timeout=60) as client:
        client.get(link)
        told = client.get(link.partition("/login")[0] + "/api/editors").json()["editors"]
    assert told and all(each["problem"]["message"] and each["problem"]["next_step"] for each in told)
    found = read_page(editor.settings)
    assert found is not None
    kill(found.pid)
