"""What a person corrects in the page, by keyboard and by mouse, and what the library has then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cuemark.core.analysis import Analysis, MomentEdit
from tests.web.conftest import Console, Home

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.slow


def moments(tab: Page) -> Locator:
    return tab.locator(".items.moments button")


def chapters(tab: Page) -> Locator:
    return tab.locator(".items.chapters button")


def kept(home: Home) -> Analysis:
    """The analysis as the library has it."""

    def ask() -> Analysis:
        with home.client() as client:
            return client.get_analysis(home.analyses[0])

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(ask).result()


def edited_elsewhere(home: Home, edit: MomentEdit) -> None:
    """An edit that another program makes."""

    def make() -> None:
        with home.client() as client:
            client.edit_analysis(home.analyses[0], edit)

    with ThreadPoolExecutor(1) as aside:
        aside.submit(make).result()


def choose(tab: Page, number: int) -> None:
    moments(tab).nth(number).click()
    expect(tab.get_by_label("Caption")).to_be_visible()


def test_a_caption_is_written_and_taken_back_by_keys_alone(home: Home, tab: Page) -> None:
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("t")
    tab.keyboard.type("קפיצה אל הים")
    tab.keyboard.press("Enter")
    expect(moments(tab).first).to_contain_text("קפיצה אל הים")
    assert kept(home).moments[0].caption == "קפיצה אל הים" and kept(home).moments[0].edited
    tab.keyboard.press("Control+z")
    expect(moments(tab).first).to_contain_text("moment number 1")
    tab.keyboard.press("Control+Shift+z")
    expect(moments(tab).first).to_contain_text("קפיצה אל הים")
    assert kept(home).moments[0].caption == "קפיצה אל הים"


def test_escape_leaves_a_caption_as_it_was(home: Home, tab: Page) -> None:
    choose(tab, 0)
    tab.keyboard.press("t")
    tab.keyboard.type("a mistake")
    tab.keyboard.press("Escape")
    expect(tab.get_by_label("Caption")).to_have_value("moment number 1")
    assert not kept(home).moments[0].edited


def test_in_and_out_points_fall_on_exact_frames(home: Home, tab: Page) -> None:
    choose(tab, 1)
    for _ in range(7):
        tab.keyboard.press("ArrowRight")
    tab.keyboard.press("i")
    expect(tab.get_by_role("button", name="Undo", exact=True)).to_be_enabled()
    for _ in range(3):
        tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("o")
    expect(moments(tab).nth(1)).to_have_attribute("aria-label", "moment 2, 0:05 to 0:08, moment number 2")
    moment = kept(home).moments[1]
    assert (moment.start, moment.end) == (Fraction(132, 25), Fraction(207, 25))


def test_a_dragged_border_snaps_to_the_cut_beside_it(home: Home, tab: Page) -> None:
    choose(tab, 1)  # [5, 8.76): a cut lies at 8
    box = moments(tab).nth(1).bounding_box()
    lane = tab.locator(".lane").bounding_box()
    assert box is not None and lane is not None
    right, middle = box["x"] + box["width"] - 2, box["y"] + box["height"] / 2
    tab.mouse.move(right, middle)
    tab.mouse.down()
    tab.mouse.move(lane["x"] + lane["width"] * 8.05 / 20, middle, steps=6)
    tab.mouse.up()
    expect(tab.get_by_role("button", name="Undo", exact=True)).to_be_enabled()
    assert kept(home).moments[1].end == 8


def test_a_chapters_border_moves_its_neighbour(home: Home, tab: Page) -> None:
    chapters(tab).nth(1).click()
    tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("i")
    expect(chapters(tab).first).to_have_attribute("aria-label", "chapter 1, 0:00 to 0:11, Part 1")
    assert [chapter.start for chapter in kept(home).chapters] == [0, 11]


def test_moments_are_split_merged_taken_out_and_added(home: Home, tab: Page) -> None:
    choose(tab, 0)
    tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("x")
    expect(moments(tab)).to_have_count(5)
    tab.keyboard.press("m")
    expect(moments(tab)).to_have_count(4)
    tab.keyboard.press("Delete")
    expect(moments(tab)).to_have_count(3)
    tab.get_by_role("button", name="Undo").last.click()  # in the note
    expect(moments(tab)).to_have_count(4)
    tab.keyboard.press("n")
    expect(moments(tab)).to_have_count(5)
    tab.keyboard.type("what nobody saw")
    tab.keyboard.press("Enter")
    expect(moments(tab).filter(has_text="what nobody saw")).to_have_count(1)
    assert "what nobody saw" in [moment.caption for moment in kept(home).moments]


def test_a_runner_up_takes_the_captions_place(home: Home, tab: Page) -> None:
    choose(tab, 2)
    tab.get_by_text("Other captions (2)").click()
    tab.get_by_role("button", name="another caption 3").click()
    expect(moments(tab).nth(2)).to_contain_text("another caption 3")
    assert kept(home).moments[2].caption == "another caption 3"


def test_two_tabs_and_another_program_see_each_others_edits(home: Home, tab: Page) -> None:
    second = tab.context.new_page()
    second.goto(tab.url)
    expect(moments(second).first).to_contain_text("moment number 1")
    choose(tab, 0)
    tab.keyboard.press("t")
    tab.keyboard.type("from the first tab")
    tab.keyboard.press("Enter")
    expect(moments(second).first).to_contain_text("from the first tab")
    edited_elsewhere(home, MomentEdit("m2", caption="from elsewhere"))
    expect(moments(tab).nth(1)).to_contain_text("from elsewhere")
    expect(moments(second).nth(1)).to_contain_text("from elsewhere")


def test_what_is_being_typed_stays_when_somebody_else_edits(home: Home, tab: Page) -> None:
    choose(tab, 0)
    tab.keyboard.press("t")
    tab.keyboard.type("half of a cap")
    edited_elsewhere(home, MomentEdit("m1", caption="theirs"))
    expect(moments(tab).first).to_contain_text("theirs")
    tab.keyboard.type("tion")
    tab.keyboard.press("Enter")
    expect(moments(tab).first).to_contain_text("half of a caption")


def test_words_that_are_markup_are_shown_as_words(home: Home, tab: Page) -> None:
    choose(tab, 0)
    tab.keyboard.press("t")
    tab.keyboard.type('<img src=x onerror="document.title=1">')
    tab.keyboard.press("Enter")
    expect(moments(tab).first).to_contain_text("<img src=x")
    assert tab.title() == "Cuemark"


def test_an_edit_while_the_daemon_is_gone_is_told_and_the_page_goes_on(home: Home, tab: Page) -> None:
    home.kill_daemon()
    choose(tab, 0)
    tab.keyboard.press("t")
    tab.keyboard.type("kept all the same")
    tab.keyboard.press("Enter")
    # The page's server starts the next daemon and makes the edit there.
    expect(moments(tab).first).to_contain_text("kept all the same", timeout=30_000)
    assert kept(home).moments[0].caption == "kept all the same"


def test_the_same_tab_goes_on_when_the_page_was_killed_and_opened_again(
    home: Home, tab: Page, console: Console
) -> None:
    choose(tab, 0)
    home.kill_page()
    expect(tab.locator("#lost")).to_be_visible()
    home.link()
    expect(tab.locator("#lost")).to_be_hidden(timeout=30_000)
    tab.keyboard.press("t")
    tab.keyboard.type("after the page came back")
    tab.keyboard.press("Enter")
    expect(moments(tab).first).to_contain_text("after the page came back")
    console.over()


def test_picked_moments_are_saved_as_a_timeline(home: Home, tab: Page) -> None:
    for number in (0, 2):
        choose(tab, number)
        tab.keyboard.press("p")
    expect(tab.get_by_role("button", name="String-out (2)")).to_be_visible()
    tab.keyboard.press("g")
    tab.get_by_label("As").select_option("edl")
    with tab.expect_download() as saved:
        tab.get_by_role("button", name="Save timeline").click()
    text = saved.value.path().read_text("utf-8")
    assert text.count("CLIP NAME: numbers.webm") == 2 and "moment number 2" not in text


def test_ten_tabs_that_nobody_sees_leave_the_browser_its_connections(home: Home, tab: Page) -> None:
    hidden = """Object.defineProperty(document, "hidden", { get: () => window.unseen ?? false });
        window.unsee = (value) => { window.unseen = value; document.dispatchEvent(new Event("visibilitychange")); };"""
    others = []
    for _ in range(10):
        other = tab.context.new_page()
        other.add_init_script(hidden)
        other.goto(tab.url)
        expect(moments(other).first).to_be_visible()
        other.evaluate("unsee(true)")
        others.append(other)
    edited_elsewhere(home, MomentEdit("m1", caption="meanwhile"))
    expect(moments(tab).first).to_contain_text("meanwhile")
    others[0].evaluate("unsee(false)")
    expect(moments(others[0]).first).to_contain_text("meanwhile")
