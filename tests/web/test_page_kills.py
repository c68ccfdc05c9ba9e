"""Two hundred edits in the browser while daemon and page are killed: what was acknowledged is kept, each once."""

from __future__ import annotations

import json
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cuemark.core import serialise
from cuemark.core.analysis import Analysis, LoggedEdit
from cuemark.library.edit_log import EditLog
from tests.web.conftest import Console, Home

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

EDITS, KILLS = 200, 12

MAKE = """async ({ kind, number }) => {
  const view = window.cuemark.view, moments = view.analysis.moments;
  const one = moments[number % moments.length];
  const seconds = (text) => { const [n, d] = text.split("/"); return Number(n) / Number(d); };
  const [first, last] = [one.start, one.end].map((time) => view.frames.frameAt(seconds(time)));
  const at = view.frames.exact(Math.round((first + last) / 2));
  if (kind === "caption") await view.edit({ kind: "moment", id: one.id, text: `caption ${number}` });
  if (kind === "split" && last - first > 4) await view.edit({ kind: "split", id: one.id, at });
  if (kind === "merge" && one !== moments[moments.length - 1]) await view.edit({ kind: "merge", id: one.id });
  if (kind === "undo" && view.analysis.steps.back) await view.step("undo");
  if (kind === "redo" && view.analysis.steps.forward) await view.step("redo");
}"""
SHOWN = "window.cuemark.view.analysis.moments.map((one) => [one.id, one.start, one.end, one.caption])"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_edits_under_kills_are_each_kept_once(home: Home, tab: Page, console: Console) -> None:
    rng, acknowledged = random.Random(5), list[str]()
    kills = set(rng.sample(range(5, EDITS - 5), KILLS))

    def finished(request: Request) -> None:
        answer = request.response()
        if request.method == "POST" and answer is not None and answer.ok:
            acknowledged.append(json.loads(request.post_data or "")["request"])

    tab.on("requestfinished", finished)
    tab.set_default_timeout(120_000)
    for number in range(EDITS):
        if number in kills:
            _kill(home, rng.choice(["daemon", "page"]))
        kind = rng.choice(["caption"] * 4 + ["split", "split", "merge", "undo", "undo", "redo"])
        tab.evaluate(MAKE, {"kind": kind, "number": number})
    expect(tab.locator("#lost")).to_be_hidden(timeout=60_000)
    kept = _kept(home)
    assert _words(kept) == tab.evaluate(SHOWN)
    home.end()
    with closing(sqlite3.connect(home.settings.library_file)) as library:
        rows = library.execute("SELECT request_id, number, change FROM edits ORDER BY number").fetchall()
        (body,) = library.execute("SELECT body FROM analyses").fetchone()
    assert [row[0] for row in rows] == acknowledged, "what was acknowledged, in its order, each once"
    base = serialise.loads(Analysis, body)
    replayed = EditLog(base, {number: serialise.loads(LoggedEdit, change) for _, number, change in rows}).edited
    assert sorted(_words(replayed)) == sorted(_words(kept))
    console.over()  # of requests that met a page that was gone


def _words(analysis: Analysis) -> list[list[Any]]:
    return [[m.id, serialise.encode(m.start), serialise.encode(m.end), m.caption] for m in analysis.moments]


def _kill(home: Home, what: str) -> None:
    if what == "daemon":
        return home.kill_daemon()
    home.kill_page()
    home.link()


def _kept(home: Home) -> Analysis:
    def ask() -> Analysis:
        with home.client() as client:
            return client.get_analysis(home.analyses[0])

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(ask).result()
