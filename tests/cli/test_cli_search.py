"""`cuemark search` as a user meets it: real processes, the drawn world and its models."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate.sample_dataset import load_sample
from cuemark.lab.evaluate.truth import Dataset, TrueEvent
from tests.cli.conftest import Shell, VideoMaker, stopped

SUBTITLES = """1
00:00:01,000 --> 00:00:04,000
Well, the harvest was late this year.

2
00:00:05,000 --> 00:00:08,000
Nobody repaired the old windmill.
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load_sample("sample", "test", ("cuts",), 2, tmp_path_factory.mktemp("drawn"), SilentProgress())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, drawn: Dataset) -> Iterator[Shell]:
    """`cuemark` with two drawn films in its library, one of which has words beside it."""
    root = tmp_path_factory.mktemp("search")
    (root / "here").mkdir()
    shell = Shell(root / "home", root / "here")
    first = drawn.videos[0].path
    first.with_suffix(".srt").write_text(SUBTITLES)
    ran = shell("index", first.parent, "--speech", "off")
    assert ran.code == 0, ran.err
    yield shell
    stopped(shell)


def found(shell: Shell, *words: str | Path) -> dict[str, Any]:
    ran = shell("search", *words, "--json")
    assert ran.code == 0, ran.err
    value: dict[str, Any] = ran.json
    return value


def longest(drawn: Dataset, place: int) -> str:
    """The words of the longest event of a film."""
    return max(drawn.videos[place].events, key=lambda one: one.end - one.start).captions[0]


def overlap(hit: dict[str, Any], event: TrueEvent) -> float:
    both = min(hit["end_s"], float(event.end)) - max(hit["start_s"], float(event.start))
    return float(both) / float(max(hit["end_s"], float(event.end)) - min(hit["start_s"], float(event.start)))


@pytest.mark.slow
def test_what_is_drawn_is_found_by_its_words_in_its_segment(library: Shell, drawn: Dataset) -> None:
    asked = [(video, event) for video in drawn.videos for event in video.events]
    right = 0
    for video, event in asked:
        result = found(library, event.captions[0], "--seen", "--top", "5")
        assert result["media"] == 2 and result["vectors"] > 0
        hits = [hit for hit in result["hits"] if hit["path"] == str(video.path)]
        assert all(set(why["ground"] for why in hit["why"]) == {"seen"} for hit in hits)
        right += any(overlap(hit, event) >= 0.5 for hit in hits)
    assert right >= 0.8 * len(asked)


@pytest.mark.slow
def test_a_frame_finds_its_own_segment(library: Shell, drawn: Dataset) -> None:
    video = drawn.videos[0]
    event = max(video.events, key=lambda one: one.end - one.start)
    middle = float((event.start + event.end) / 2)
    best = found(library, "--like", f"{video.path}@{middle:.2f}")["hits"][0]
    assert best["path"] == str(video.path) and overlap(best, event) >= 0.5 and best["score"] > 0.9
    ran = library("search", "--like", video.path)
    assert ran.code == 1 and "--like FILE@TIME" in ran.err and "[example_time]" in ran.err
    ran = library("search", "--like", f"{video.path}@9:59:00")
    assert ran.code == 1 and "It ends at" in ran.err


@pytest.mark.slow
def test_what_is_said_beside_a_film_is_found_to_its_second(library: Shell, drawn: Dataset) -> None:
    hit = found(library, "windmills", "--said")["hits"][0]
    assert (hit["path"], hit["start_s"], hit["end_s"]) == (str(drawn.videos[0].path), 5.0, 8.0)
    assert hit["why"][0] == {"ground": "said", "score": hit["score"], "words": "Nobody repaired the old windmill."}
    shown = library("search", "old windmill", "--said").out
    assert "00:00:05.000 - 00:00:08.000" in shown and "said" in shown and '"Nobody repaired' in shown
    assert found(library, "windmill", "--read")["hits"] == []
    assert "nothing found in 2 files" in library("search", "--said", "submarine").out


@pytest.mark.slow
def test_filters_let_pass_what_they_say(library: Shell, drawn: Dataset, tmp_path: Path) -> None:
    one, other = (video.path for video in drawn.videos)
    hits = found(library, longest(drawn, 1), "--in", str(other))
    assert hits["media"] == 1 and {hit["path"] for hit in hits["hits"]} == {str(other)}
    assert found(library, "a cat", "--in", str(one.parent))["media"] == 2
    assert found(library, "a cat", "--longer", "1s", "--from", "2020-01-01")["media"] == 2
    for filtered in (("--shorter", "1s"), ("--to", "1990-01-01"), ("--camera", "Arri")):
        ran = library("search", "a cat", *filtered)
        assert ran.code == 1 and "None of the 2 files in the library passes the filter." in ran.err
    new = tmp_path / "new one.mp4"
    new.write_bytes(b"not indexed")
    ran = library("search", "a cat", "--in", new)
    assert ran.code == 1 and "is not in the library" in ran.err and f"cuemark index '{new}'" in ran.err
    ran = library("search", "a cat", "--in", tmp_path / "nowhere", "--in", one)
    assert ran.code == 0 and "There is no" in ran.err


@pytest.mark.slow
def test_another_encoder_is_told_and_a_file_that_is_away_is_offline(library: Shell, drawn: Dataset) -> None:
    ran = library("search", "a cat", "--clip", "pocket", "--seen")
    assert ran.code == 0 and "2 of 2 files have no vectors of pocket" in ran.err and "nothing found" in ran.out
    path = drawn.videos[1].path
    away = path.with_name("away.mp4")
    os.rename(path, away)
    try:
        hits = found(library, longest(drawn, 1), "--in", str(path))["hits"]
        assert hits and all(hit["offline"] for hit in hits)
        assert "(offline)" in library("search", longest(drawn, 1), "--in", path).out
    finally:
        os.rename(away, path)


@pytest.mark.slow
def test_a_search_is_answered_while_an_analysis_runs(
    library: Shell, drawn: Dataset, make_video: VideoMaker, tmp_path: Path
) -> None:
    """The analysis is so long that nothing behind it would be answered in time."""
    film = make_video(tmp_path / "long.mp4", seconds=400, rate=10)
    found(library, "a cat")  # the text model is at hand now
    running = library.start("analyze", film, "--preset", "thorough", "--speech", "off")
    try:
        deadline = time.monotonic() + 60
        while not any(job["state"] == "running" for job in library("jobs", "list", "--json").json):
            assert time.monotonic() < deadline
        ran = library("search", longest(drawn, 0), "--json")
        assert ran.code == 0 and ran.json["hits"] and "loading" not in ran.err
        assert any(job["state"] == "running" for job in library("jobs", "list", "--json").json)
    finally:
        for job in library("jobs", "list", "--json").json:
            if job["state"] in ("running", "queued"):
                library("jobs", "cancel", job["id"])
        running.communicate(timeout=60)


def test_what_cannot_be_searched_is_said_in_plain_words(cuemark: Shell) -> None:
    empty = cuemark("search", "a cat")
    assert empty.code == 1 and "The library is empty" in empty.err and "cuemark index PATH" in empty.err
    assert cuemark("search", "a cat", "--json").json["warnings"][0]["code"] == "library_empty"
    for words, why in (((), "Nothing is searched for"), (("x" * 10_000,), "10,000 characters is too long"),
                       (("?!?",), "holds no word"), (("a", "--from", "yesterday"), "no day such as"),
                       (("a", "--longer", "soon"), "no length such as"), (("--like", "a.mp4@noon"), "no time"),
                       (("a", "--top", "0"), "--top"), (("",), "It is empty")):  # fmt: skip
        ran = cuemark("search", *words)
        assert ran.code == 2 and why in ran.err, (words, ran.err)
    assert json.loads(cuemark("search", "x" * 10_000, "--json").out)["error"]["code"] == "search_query"


@pytest.mark.parametrize(("typed", "seconds"), [("90", 90), ("1.5m", 90), ("2h", 7200), ("1:30", 90), ("45 s", 45)])
def test_lengths_are_read_as_people_write_them(typed: str, seconds: int) -> None:
    from cuemark.cli.search.typed import length_of

    assert length_of(typed, "--longer") == Fraction(seconds)
