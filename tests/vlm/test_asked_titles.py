"""Titles by a model on a server: numbered paragraphs go out, titles come back, and what cannot be believed is ours."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from cuemark.analysis.looker import Looker
from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.titling import title_writer
from cuemark.captions.vlm.options import VlmOptions
from cuemark.chapters.asked_titles import AskedTitles, titles_in
from cuemark.chapters.spoken_titles import TitleWriter
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import JobCancelled
from cuemark.core.settings import load
from tests.titles.talks import ENGLISH, GERMAN, spoken
from tests.vlm.conftest import Listening, Look, VlmServer
from tests.vlm.test_server import model_on

Serve = Callable[[Look], VlmServer]
OURS = ["Compost heap", "Tomato plants", "Slugs", "Rain barrel"]
THEIRS = ["A compost heap needs air", "Warm soil for tomato plants", "Slugs at night", "Cover the rain barrel"]


def rows(titles: list[Any]) -> str:
    return json.dumps({"titles": [{"paragraph": n, "title": title} for n, title in enumerate(titles, 1)]})


def written(server: VlmServer, seconds: float = 20.0, progress: Listening | None = None) -> tuple[list[str], list[str]]:
    """The titles of the English talk, and what was told of them."""
    writer = TitleWriter("en", author=AskedTitles(model_on(server.url), seconds, progress or Listening()))
    return writer.titles(ENGLISH.parts), [notice.message for notice in writer.notices]


def test_paragraphs_are_numbered_and_no_time_is_told(serve: Serve) -> None:
    server = serve(lambda *_: rows(THEIRS))
    assert written(server) == (THEIRS, [])
    ((_, body),) = server.requests
    asked = body["messages"][0]["content"]
    assert [line[:2] for line in asked.splitlines() if re.match(r"\d\. ", line)] == ["1.", "2.", "3.", "4."]
    assert "Copper tape" not in asked and "copper tape stops slugs" in asked
    assert not re.search(r"\d:\d\d|\b60\b.*second", asked)
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["titles"]


def test_a_long_talk_is_asked_for_in_several_questions(serve: Serve) -> None:
    parts = [spoken(n, f"The word of this chapter is topic{'abcdefghijklmnopqrstu'[n]}.") for n in range(20)]

    def answer(text: str, _: Any) -> str:
        return rows([f"On {word}" for word in re.findall(r"is (topic\w)", text)])

    server = serve(answer)
    titles = TitleWriter("en", author=AskedTitles(model_on(server.url), 20.0, Listening())).titles(parts)
    assert len(server.requests) == 3 and titles[0] == "On topica" and titles[19] == "On topict"


@pytest.mark.parametrize(
    ("answer", "their", "told"),
    [
        (f"Sure! Here you are:\n```json\n{rows(THEIRS)}\n```", 4, ""),
        (json.dumps(THEIRS), 4, ""),
        (json.dumps({str(n): title for n, title in enumerate(THEIRS, 1)}), 4, ""),
        (rows([f'{n}. "{title}."' for n, title in enumerate(THEIRS, 1)]), 4, ""),
        ("I cannot do that.", 0, "4 could not be read"),
        ("", 0, "4 did not come"),
        (rows(THEIRS[:2]), 2, "2 could not be read"),
        (json.dumps(THEIRS[:3]), 0, "4 could not be read"),
        (rows([*THEIRS[:3], "Bitcoin and the rain barrel"]), 3, '1 had words that are not in the chapter ("Bitcoin")'),
        (rows([*THEIRS[:3], THEIRS[0]]), 3, "1 had words that are not in the chapter"),
        (rows(["Compost", "Compost heap", "Slugs", "Rain"]), 3, "1 had words that are not in the chapter"),
        (
            rows([*THEIRS[:3], "The rain barrel stands under the gutter of the shed and holds"]),
            3,
            "too long or broken off",
        ),
        (rows([*THEIRS[:3], "Cover the"]), 3, "1 were too long or broken off"),
        (rows(["Introduction", *THEIRS[1:]]), 3, "1 were too long or broken off"),
        (rows([None, 7, ["Slugs"], *THEIRS[3:]]), 1, "3 could not be read"),
        (rows(THEIRS).replace('"paragraph": 4', '"paragraph": 44'), 3, "1 could not be read"),
        (rows(THEIRS).replace('"paragraph": 4', '"paragraph": -1'), 3, "1 could not be read"),
        (rows(THEIRS).replace('"paragraph": 4', '"paragraph": true'), 3, "1 could not be read"),
        ("[" * 50_000 + rows(THEIRS), 0, "4 could not be read"),
        (rows(["x" * 100_000, *THEIRS[1:]]), 3, "1 were too long"),
    ],
)
def test_what_cannot_be_believed_is_ours_and_it_is_told(serve: Serve, answer: str, their: int, told: str) -> None:
    titles, notices = written(serve(lambda *_: answer))
    assert sum(title in THEIRS or title in ("Compost", "Slugs", "Rain") for title in titles) >= their
    assert len(set(titles)) == 4 and all(len(title) <= 60 for title in titles)
    if told:
        (notice,) = notices
        assert told in notice and notice.startswith(f"{4 - their} of 4 chapters have Cuemark's own titles")
    else:
        assert titles == THEIRS and not notices


def test_a_huge_answer_is_not_read_to_its_end(serve: Serve) -> None:
    titles, (notice,) = written(serve(lambda *_: "x" * 6_000_000))
    assert titles == OURS and "more than 4 MB" in notice


@pytest.mark.parametrize("field", ["thinking", "reasoning_content"])
def test_titles_that_stand_in_the_thoughts_are_read(serve: Serve, field: str) -> None:
    server = serve(lambda *_: f"I have to write titles. {rows(THEIRS)}")
    server.field = field
    assert written(server)[0] == THEIRS


def test_a_server_that_says_nothing_is_asked_twice_and_no_more(serve: Serve) -> None:
    server = serve(lambda *_: "")
    server.before = lambda outer, handler, _: outer.hang(handler)
    parts = [spoken(n, *ENGLISH.chapters[n % 4]) for n in range(40)]
    begun = time.monotonic()
    writer = TitleWriter("en", author=AskedTitles(model_on(server.url), 0.3, Listening()))
    titles = writer.titles(parts)
    assert time.monotonic() - begun < 8 and len({title.casefold() for title in titles}) == 40
    (notice,) = writer.notices
    assert "40 of 40" in notice.message and "24 were not asked for" in notice.message and "0.3 s" in notice.message


def test_a_cancel_is_heeded_while_the_server_hangs(serve: Serve) -> None:
    server = serve(lambda *_: "")
    server.before = lambda outer, handler, _: outer.hang(handler)
    listening = Listening(cancel_in=0.5)
    begun = time.monotonic()
    with pytest.raises(JobCancelled):
        written(server, 60.0, listening)
    assert time.monotonic() - begun < 2.0


def test_other_languages_are_held_to_their_own_words(serve: Serve) -> None:
    server = serve(lambda *_: rows(["Ein Sauerteig braucht Geduld", "Der richtig heiße Ofen", "Brotkasten aus Holz"]))
    writer = TitleWriter("de", author=AskedTitles(model_on(server.url), 20.0, Listening()))
    titles = writer.titles(GERMAN.parts)
    assert titles[0] == "Ein Sauerteig braucht Geduld" and titles[2] == "Brotkasten aus Holz"
    assert titles[1] == "Backofen", "an oven of another name was not said"


def test_the_options_choose_who_writes(serve: Serve) -> None:
    server = serve(lambda *_: rows(THEIRS))
    asked = AnalysisOptions(titles_by="vlm", vlm=server.url)
    looker = Looker.of(asked, ModelCache(load({})))
    assert not looker.captions, "nobody asked it for captions"
    assert title_writer(asked, "en", looker, VlmOptions(), None, Listening()).titles(ENGLISH.parts) == THEIRS
    ours = AnalysisOptions(titles_by="words", title_style="keywords")
    titles = title_writer(ours, "en", Looker.of(ours, ModelCache(load({}))), VlmOptions(), None, Listening()).titles(
        ENGLISH.parts
    )
    assert titles[0].startswith("Compost heap, ")


def test_a_server_that_may_not_be_asked_costs_no_titles() -> None:
    asked = AnalysisOptions(titles_by="vlm", vlm="http://192.0.2.7:11434")
    writer = title_writer(asked, "en", Looker.of(asked, ModelCache(load({}))), VlmOptions(), None, Listening())
    assert writer.titles(ENGLISH.parts) == OURS
    (notice,) = writer.notices
    assert notice.code == "vlm_host_not_allowed" and notice.message.endswith("All chapters have Cuemark's own titles.")


def test_of_two_titles_for_one_paragraph_the_first_counts() -> None:
    answer = json.dumps([{"paragraph": 1, "title": "one"}, {"paragraph": 1, "title": "two"}])
    assert titles_in(answer, 2) == {0: "One"}
