"""`cuemark chapters`: titles for borders that are there, borders for titles that are there; with a real daemon."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cuemark.cli.analyze.chapters import marked_frames
from cuemark.core.markers import HostMarker
from cuemark.core.timeline import HostTimeline, TimelineClip, TimelineDescription, TimelineView

if TYPE_CHECKING:
    from tests.cli.conftest import Ran, Shell, VideoMaker

TALK = (
    "First we bake bread. The flour and the yeast go into a bowl. Knead the dough for ten minutes. Bake it in an oven.",
    "Now we look at the engine of a car. The piston moves in the cylinder. An engine needs oil. Change the engine oil.",
    "Finally the violin. A violin has four strings. The bow is made of horse hair. The orchestra has many violins.",
)
PRESET = ("--preset", "fast")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory, make_video: VideoMaker) -> Path:
    """Footage of 60 s with a transcript beside it: bread, an engine from 20 s on, a violin from 40 s on."""
    path = make_video(tmp_path_factory.mktemp("talk") / "talk.mp4", seconds=60, rate=5)
    sentences = [f"{sentence.strip('.')}." for part in TALK for sentence in part.split(". ")]
    cues = [f"{n + 1}\n00:00:{5 * n:02},000 --> 00:00:{5 * n + 4:02},500\n{s}\n" for n, s in enumerate(sentences)]
    path.with_suffix(".srt").write_text("\n".join(cues))
    return path


def starts(ran: Ran) -> list[float]:
    assert ran.code == 0, ran.err
    return [chapter["start_s"] for chapter in ran.json["chapters"]]


@pytest.mark.slow
def test_titles_for_borders_that_are_there(busy: Shell, talk: Path, tmp_path: Path) -> None:
    ran = busy("chapters", talk, "--at", "0:40,0:20,0,0:20", *PRESET, "--json")
    assert starts(ran) == [0, 20, 40]
    titles = [chapter["title"].casefold() for chapter in ran.json["chapters"]]
    assert "bread" in titles[0] and "engine" in titles[1] and "violin" in titles[2]
    assert "confidence" not in ran.json["chapters"][0]

    # What is exported holds these very borders, and is read as borders again.
    assert busy("export", talk, "-f", "youtube", "-o", tmp_path / "y.txt").code == 0
    described = (tmp_path / "y.txt").read_text()
    assert "0:20 " in described and "0:40 " in described
    assert starts(busy("chapters", talk, "--at", tmp_path / "y.txt", *PRESET, "--json")) == [0, 20, 40]

    late = busy("chapters", talk, "--at", "0,30,600", *PRESET)
    assert late.code == 0 and "0:10:00: outside of the footage" in late.err and "[borders_left_out]" in late.err


@pytest.mark.slow
def test_borders_for_titles_that_are_there(busy: Shell, talk: Path, tmp_path: Path) -> None:
    titles = tmp_path / "titles.txt"
    titles.write_text("00:00 Baking bread\nDeep sea diving\n33:33 Car engines\nThe violin\n")
    ran = busy("chapters", talk, "--titles", titles, *PRESET, "--json")
    assert starts(ran) == [0, 20, 40]
    assert [chapter["title"] for chapter in ran.json["chapters"]] == ["Baking bread", "Car engines", "The violin"]
    assert all(0 < chapter["confidence"] < 1 for chapter in ran.json["chapters"])
    (told,) = (notice for notice in ran.json["warnings"] if notice["code"] == "titles_left_out")
    assert "Deep sea diving" in told["message"] and "violin" not in told["message"]

    titles.write_text("The violin\nBaking bread\nCar engines\n")
    ran = busy("chapters", talk, "--titles", titles, "--any-order", *PRESET)
    assert ran.code == 0, ran.err
    lines = [line for line in ran.out.splitlines() if "sure)" in line]
    assert [line.split("  ")[-1].split(" (")[0] for line in lines] == ["Baking bread", "Car engines", "The violin"]

    titles.write_text("Die Geige\nBrot backen\n")
    ran = busy("chapters", talk, "--titles", titles, *PRESET, "--json")
    assert ran.code == 0 and {"titles_none_happen", "titles_left_out"} <= {one["code"] for one in ran.json["warnings"]}
    assert ran.json["chapters"], "there are chapters all the same"


@pytest.mark.slow
def test_what_cannot_be_used_is_named(busy: Shell, talk: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "many.txt").write_text("\n".join(f"Title {n}" for n in range(1001)))
    for words, code in (
        (("--at", "600,700"), "borders_beyond_end"),
        (("--at", tmp_path / "gone.edl"), "borders_not_found"),
        (("--at", tmp_path / "empty.txt"), "borders_none"),
        (("--at", "file"), "borders_none"),
        (("--titles", tmp_path / "empty.txt"), "titles_none"),
        (("--titles", tmp_path / "many.txt"), "titles_too_many"),
        (("--titles", talk), "titles_unreadable"),
    ):
        ran = busy("chapters", talk, *words, *PRESET)
        assert ran.code == 1 and f"[{code}]" in ran.err, (words, ran.err)


def test_words_that_say_nothing_or_two_things_start_no_daemon(cuemark: Shell) -> None:
    for words, code in (
        ((), "chapters_not_given"),
        (("--at", "0", "--titles", "t.txt"), "chapters_twice"),
        (("--at", "0", "--any-order"), "option_any_order"),
        (("--at", "0", "--timeline", "Cut 1"), "option_timeline"),
    ):
        ran = cuemark("chapters", "a.mp4", *words)
        assert ran.code == 2 and f"[{code}]" in ran.err
    assert not cuemark.home.exists()


def a_clip(start: int, duration: int, source: int, speed: Fraction, path: Path) -> TimelineClip:
    last = source + round(duration * abs(speed))
    return TimelineClip("c", 1, 1, start, duration, path, "Video", Fraction(25), "", source, last, speed)


def test_markers_of_a_timeline_are_carried_into_the_file() -> None:
    """Through every clip of the file, at its speed; what lies on other footage, or on none, is not meant."""
    mine, other = Path("/f/mine.mov"), Path("/f/other.mov")
    clips = (a_clip(0, 100, 500, Fraction(1), mine), a_clip(100, 100, 0, Fraction(1), other),
             a_clip(200, 100, 1000, Fraction(2), mine), a_clip(300, 50, 40, Fraction(-1), mine))  # fmt: skip
    told = TimelineDescription("resolve", "Resolve", "21", "free", "p", "t", Fraction(25), False, 90000, "01:00:00:00",
                               400, None, clips, "1")  # fmt: skip
    ours = (HostMarker(10, 1, "Sky", "m", "", "cuemark:a:m1"),)
    theirs = tuple(HostMarker(frame, 1, "Blue", "m", "", "") for frame in (0, 150, 210, 310, 399))
    view = TimelineView(HostTimeline(told, "p", "t", True, None), ours, len(theirs), (), theirs)
    assert sorted(marked_frames(view, mine)) == [80, 500, 510, 1020]


@pytest.mark.slow
def test_sound_alone_has_chapters_where_they_are_asked_for(busy: Shell, talk: Path, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "talk.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\x10\x00\xf0\xff" * 4000 * 60)
    (tmp_path / "talk.srt").write_bytes(talk.with_suffix(".srt").read_bytes())
    (tmp_path / "titles.txt").write_text("Baking bread\nCar engines\nDeep sea diving\n")
    ran = busy("chapters", tmp_path / "talk.wav", "--at", "0,20,40", "--json")
    assert starts(ran) == [0, 20, 40] and "engine" in ran.json["chapters"][1]["title"].casefold()
    ran = busy("chapters", tmp_path / "talk.wav", "--titles", tmp_path / "titles.txt", "--json")
    assert starts(ran) == [0, 20]
