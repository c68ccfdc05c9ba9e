"""`cuemark select` as it is typed: a list, a timeline, a movie, clips; and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Shell = Callable[..., Any]


@pytest.fixture(scope="module")
def film(busy: Any, make_video: Callable[..., Path]) -> Iterator[Path]:
    """A file that has been analysed, with two moments that its user marked."""
    path = make_video(busy.cwd / "picked film.mp4", seconds=8, rate=25)
    ran = busy("analyze", path.name, "--preset", "fast", "--speech", "off", timeout=300)
    assert ran.code == 0, ran.err
    for span, words in (("0-4", "a first thing"), ("4-8", "a second one")):
        ran = busy("analyses", "edit", path.name, "--add", span, "--caption", words)
        assert ran.code == 0, ran.err
    yield path


def picks(ran: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran.out)["picks"]
    return found


def test_the_picks_are_listed_with_why(busy: Any, film: Path) -> None:
    ran = busy("select", film.name, "--length", "4s", "--per-moment", "2s")
    assert ran.code == 0, ran.err
    assert "of 1 file" in ran.out and "why" in ran.out
    told = busy("select", film.name, "--length", "4s", "--per-moment", "2s", "--json")
    found = json.loads(told.out)
    assert 0 < found["seconds"] <= 4
    for pick in picks(told):
        assert pick["end_frame"] - pick["start_frame"] == round((pick["end_s"] - pick["start_s"]) * 25)
        assert pick["fps"] == "25/1" and pick["caption"]


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("x.otio", b'{\n  "OTIO_SCHEMA"'),
        ("x.fcpxml", b"<?xml"),
        ("x.xml", b"<?xml"),
        ("x.edl", b"TITLE"),
        ("x.mlt", b"<?xml"),
    ],
)
def test_the_name_of_the_file_tells_the_timeline(name: str, begins: bytes, busy: Any, film: Path) -> None:
    target = busy.cwd / name
    ran = busy("select", film.name, "--length", "4s", "--per-moment", "2s", "-o", name)
    assert ran.code == 0, ran.err
    assert target.read_bytes().startswith(begins)
    again = busy("select", film.name, "--length", "4s", "--per-moment", "2s", "-o", name)
    assert again.code == 4 and "--force" in again.err
    assert busy("select", film.name, "--length", "4s", "--per-moment", "2s", "-o", name, "--force").code == 0


def test_a_movie_and_clips(busy: Any, film: Path) -> None:
    ran = busy("select", film.name, "--length", "4s", "--per-moment", "2s", "-o", "out.mp4", "--json", timeout=300)
    assert ran.code == 0, ran.err
    written = json.loads(ran.out)["output"]
    frames = sum(pick["end_frame"] - pick["start_frame"] for pick in picks(ran))
    assert written["seconds"] == frames / 25 and written["bytes"] == (busy.cwd / "out.mp4").stat().st_size
    assert (busy.cwd / "out.mp4").stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert busy("select", film.name, "-o", "out.mp4").code == 4
    ran = busy("select", film.name, "--per-moment", "1s", "-f", "clips", "-o", "set", timeout=300)
    assert ran.code == 0, ran.err
    lines = (busy.cwd / "set" / "captions.jsonl").read_text().splitlines()
    assert len(lines) == len(list((busy.cwd / "set").glob("*.mp4"))) >= 2
    ran = busy("select", film.name, "--per-moment", "1s", "-f", "webdataset", "-o", "tars", timeout=300)
    assert ran.code == 0 and (busy.cwd / "tars" / "shard-000000.tar").exists()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_file_that_is_away_gives_a_timeline_and_no_movie(busy: Any, film: Path) -> None:
    found = json.loads(busy("analyses", "list", "--json").out)
    (identity,) = {each["id"] for each in found if Path(each["path"]).name == film.name}
    away = film.with_suffix(".away")
    shutil.move(film, away)
    try:
        ran = busy("select", identity, "--length", "4s", "--per-moment", "2s", "-o", "away.otio")
        assert ran.code == 0 and "selection_offline" in ran.err
        assert film.name in (busy.cwd / "away.otio").read_text()
        ran = busy("select", identity, "--length", "4s", "--per-moment", "2s", "-o", "away.mp4")
        assert ran.code == 1 and film.name in ran.err and "media_not_found" in ran.err
        assert not (busy.cwd / "away.mp4").exists()
    finally:
        shutil.move(away, film)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--length", "2s", "--per-moment", "4s"), 2, "--per-moment 2s"),
        (("--length", "soon"), 2, "soon"),
        (("-f", "betamax"), 2, "webdataset"),
        (("-o", "x.avi"), 2, "--format"),
        (("--per-moment", "0"), 2, "per-moment"),
        (("-f", "mp4", "-o", "-"), 2, "file"),
        (("-f", "mp4", "--size", "3x4"), 2, "1920x1080"),
        (("-f", "edl", "-o", "nowhere/x.edl"), 1, "nowhere"),
        (("--search", "a dog"), 2, "not from both"),
    ],
)
def test_what_cannot_be_is_said(words: tuple[str, ...], code: int, told: str, busy: Any, film: Path) -> None:
    ran = busy("select", film.name, *words)
    assert (ran.code, told in ran.err) == (code, True), ran.err
    assert "Traceback" not in ran.err


def test_nothing_named_and_nothing_known(busy: Any, film: Path) -> None:
    assert busy("select").code == 2
    ran = busy("select", "nothing-here.mp4")
    assert ran.code == 1 and "nothing-here.mp4" in ran.err
    ran = busy("select", "abcdef0123")
    assert ran.code == 1 and "analysis_not_found" in ran.err
