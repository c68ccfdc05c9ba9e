"""The page on what Cuemark itself finds: the sample clip, and a real film, analysed from the page."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cuemark.core import settings as configuration
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.jobs import JobState
from cuemark.lab.pocket.film import FILM
from cuemark.lab.sample.video import render_demo
from tests.web.conftest import Console, Home

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture
def found(cuemark_home: Path, tmp_path: Path) -> Iterator[Home]:
    """A home in which the sample clip was analysed, and the real film only indexed."""
    made, clip = Home(configuration.load()), render_demo(tmp_path).path

    def work() -> None:
        with made.client() as client:
            sample = AnalysisOptions(preset="fast", models={"clip": "sample", "lm": "sample"})
            pocket = AnalysisOptions(models={"clip": "pocket"})
            jobs = [client.submit_analyze(clip, sample), client.submit_index(FILM, pocket)]
            ended = [client.wait_job(job.id) for job in jobs]
            assert [job.state for job in ended] == [JobState.SUCCEEDED] * 2, [job.error for job in ended]

    with ThreadPoolExecutor(1) as aside:
        aside.submit(work).result()
    yield made
    made.end()


@pytest.mark.timeout(900)
def test_from_the_sample_clip_to_a_real_film_that_is_analysed_searched_and_corrected(
    found: Home, browser: Browser, console: Console
) -> None:
    tab = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    tab.on("console", console.heard)
    tab.goto(found.link())
    expect(tab.locator("a.card")).to_have_count(2)
    for card in tab.locator("a.card").all():
        assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    tab.get_by_role("link", name="cuemark-demo.mp4").click()
    tab.locator(".items.moments button").first.wait_for()
    tab.keyboard.press("ArrowDown")
    expect(tab.get_by_label("Caption")).not_to_have_value("")
    assert tab.locator(".items.chapters button").count() >= 2

    tab.goto(f"{found.base}/#/library")
    tab.get_by_role("link", name=FILM.name).click()
    expect(tab.get_by_text("Not analysed yet")).to_be_visible()
    tab.keyboard.press("a")
    tab.get_by_label("Model").select_option("pocket")
    tab.get_by_role("dialog").get_by_role("button", name="Analyse").click()
    expect(tab.locator(".items.moments button").first).to_be_visible(timeout=300_000)
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("t")
    tab.keyboard.type("Seen by a person")
    tab.keyboard.press("Enter")
    expect(tab.locator(".items.moments button").first).to_contain_text("Seen by a person")

    tab.goto(f"{found.base}/#/jobs")
    expect(tab.locator(".job.succeeded")).to_have_count(3)
    tab.get_by_label("Search all footage").fill("a water bottle")
    tab.keyboard.press("Enter")
    hit = tab.locator("a.hit").first
    expect(hit).to_contain_text(FILM.name, timeout=120_000)
    hit.click()
    tab.locator(".items.moments button").first.wait_for()
