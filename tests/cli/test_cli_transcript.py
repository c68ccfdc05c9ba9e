"""`cuemark transcript` as a stranger meets it: real processes, a real daemon, real files."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.evidence.speech.given import read_transcript
from tests.cli.conftest import Shell
from tests.media.subtitled import Subtitles, film

SRT = (
    "1\n00:00:00,500 --> 00:00:01,500\nIt was the best of times. It was\n\n"
    "2\n00:00:01,500 --> 00:00:02,500\nthe worst of times.\n\n3\n00:00:03,000 --> 00:00:03,500\nمرحبا بالعالم.\n"
)
SAID = ["It was the best of times.", "It was the worst of times.", "مرحبا بالعالم."]


@pytest.fixture
def footage(cuemark: Shell) -> Path:
    """Four seconds with a transcript beside them, in the folder the user is in."""
    (cuemark.cwd / "clip.en.srt").write_text(SRT, encoding="utf-8")
    return film(cuemark.cwd / "clip.mp4")


def test_it_is_printed_written_in_every_format_and_never_over_a_file(cuemark: Shell, footage: Path) -> None:
    shown = cuemark("transcript", "clip.mp4")
    assert shown.code == 0, shown.err
    assert shown.out.splitlines() == [
        "clip.mp4  00:00:04.000, 3 utterances, English, from clip.en.srt",
        "00:00:00.500  It was the best of times.",
        "00:00:01.313  It was the worst of times.",
        "00:00:03.000  مرحبا بالعالم.",
    ]
    for form in ("srt", "vtt", "json"):
        ran = cuemark("transcript", "clip.mp4", "-o", f"out.{form}")
        assert ran.code == 0, ran.err
        assert ran.out.startswith(f"Wrote out.{form} (")
        found = read_transcript(cuemark.cwd / f"out.{form}", Fraction(4))
        assert [one.text for one in found.utterances] == SAID
    assert cuemark("transcript", "clip.mp4", "-f", "txt").code == 0
    assert (cuemark.cwd / "clip.txt").read_text("utf-8") == f"{' '.join(SAID)}\n"
    again = cuemark("transcript", "clip.mp4", "-f", "txt")
    assert again.code == 4 and "[file_exists]" in again.err
    assert cuemark("transcript", "clip.mp4", "-f", "srt", "-o", "-").out.startswith("1\n00:00:00,500 --> ")
    told = cuemark("transcript", "clip.mp4", "--json").json
    assert [one["text"] for one in told["utterances"]] == SAID and told["language"] == "en"


def test_what_cannot_be_done_says_what_to_do(cuemark: Shell, footage: Path) -> None:
    none = cuemark("transcript", "clip.mp4", "--transcript", "none", "--speech", "off")
    assert none.code == 1 and "[transcript_none]" in none.err and "--transcript" in none.err
    for arguments, code, word in [
        (("nothing.mp4",), 1, "[media_not_found]"),
        (("clip.mp4", "--transcript", "no.srt"), 1, "[transcript_not_found]"),
        (("clip.mp4", "--transcript", "clip.mp4"), 1, "[transcript_binary]"),
        (("clip.mp4", "-o", "out.doc"), 2, "srt, vtt, json or txt"),
        (("clip.mp4", "-f", "doc"), 2, "srt, vtt, json or txt"),
        (("clip.mp4", "-o", "no/out.srt"), 1, "[file_not_written]"),
    ]:
        ran = cuemark("transcript", *arguments)
        assert (ran.code, word in ran.err) == (code, True), (arguments, ran.err)
        assert "Traceback" not in ran.err


@pytest.mark.slow
def test_a_job_of_three_hours_of_words_reaches_the_client(cuemark: Shell) -> None:
    film(cuemark.cwd / "long.mp4", seconds=3 * 3600, rate=1)
    words: list[dict[str, Any]] = [
        {"word": f" word{n}", "start": n / 10, "end": n / 10 + 0.1, "probability": 0.5} for n in range(100_000)
    ]
    segments = [
        {
            "start": part[0]["start"],
            "end": part[-1]["end"],
            "text": "".join(w["word"] for w in part) + ".",
            "words": part,
        }
        for part in (words[first : first + 10] for first in range(0, len(words), 10))
    ]
    (cuemark.cwd / "long.json").write_text(json.dumps({"language": "en", "segments": segments}))
    began = time.monotonic()
    ran = cuemark("transcript", "long.mp4", "-o", "out.json", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["utterances"] == 10_000
    kept = json.loads((cuemark.cwd / "out.json").read_text("utf-8"))
    assert sum(len(one["words"]) for one in kept["utterances"]) == 100_000
    assert time.monotonic() - began < 120


def test_one_transcript_is_not_taken_for_several_files(cuemark: Shell, footage: Path) -> None:
    film(cuemark.cwd / "other.mp4")
    ran = cuemark("analyze", "clip.mp4", "other.mp4", "--transcript", "clip.en.srt")
    assert ran.code == 2 and "[transcript_for_many]" in ran.err


def test_subtitles_inside_are_found_and_said(cuemark: Shell) -> None:
    film(cuemark.cwd / "a.mkv", streams=[Subtitles("subrip", [(500, 1500, "Hello there.")], "ger")])
    ran = cuemark("transcript", "a.mkv")
    assert "1 utterance, German, from its subtitles" in ran.out
    assert ran.out.endswith("00:00:00.500  Hello there.\n")


def test_a_file_without_sound_is_not_answered_with_a_speech_model(cuemark: Shell, footage: Path) -> None:
    ran = cuemark("transcript", "clip.mp4", "--transcript", "none")
    assert ran.code == 1 and "it has no sound" in ran.err and "models pull" not in ran.err


def test_a_language_may_be_named_in_words(cuemark: Shell, footage: Path) -> None:
    assert cuemark("transcript", "clip.mp4", "--language", "English", "--json").json["language"] == "en"
