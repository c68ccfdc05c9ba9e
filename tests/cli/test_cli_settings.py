"""`--set` and `--settings`: everything about the search can be set, is checked first, and stands in the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cuemark.captions.vlm.options import VlmOptions
from cuemark.chapters.options import ChapterOptions
from cuemark.core.analysis_options import DEFAULT_PRESET, PRESETS
from cuemark.core.options import walk
from cuemark.models.speech.options import SpeechOptions
from cuemark.moments.options import from_preset, reads

if TYPE_CHECKING:
    from tests.cli.conftest import Shell, VideoMaker

QUICK = ("--preset", "fast", "--moments", "auto")


def test_every_setting_is_listed_with_type_range_default_and_help(busy: Shell) -> None:
    listed = {each.pop("name"): each for each in busy("analyze", "--settings", "--json").json}
    searched = {option.name for option in walk(from_preset()) if reads(DEFAULT_PRESET, option.name)}
    beside = {f"chapters.{option.name}" for option in walk(ChapterOptions())}
    beside |= {f"speech.{option.name}" for option in walk(SpeechOptions())}
    assert set(listed) == searched | beside | {f"vlm.{option.name}" for option in walk(VlmOptions())}
    assert listed["search.beams"] == {
        "type": "whole number",
        "range": "1 to 64",
        "default": "5",
        "help": "Sentences the beam search keeps alive for each moment.",
    }
    assert all(each["help"].endswith(".") and each["type"] and each["default"] for each in listed.values())


@pytest.mark.parametrize("words", [("--preset", "fast", "--settings"), ("--settings", "--preset", "fast")])
def test_the_defaults_listed_are_those_of_the_preset(busy: Shell, words: tuple[str, ...]) -> None:
    shown = busy("analyze", *words)
    assert shown.code == 0
    assert next(line.split()[:3] for line in shown.out.splitlines() if line.startswith("search.beams")) == [
        "search.beams", "whole", "number",
    ]  # fmt: skip
    listed = {each["name"]: each["default"] for each in busy("resolve", "analyze", *words, "--json").json}
    assert listed["search.beams"] == "3" and listed["rounds"] == "1"
    refused = busy("analyze", "--settings", "--preset", "quick", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (2, "option_preset")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_default_is_a_value_that_can_be_set(preset: str) -> None:
    options = from_preset(preset)
    for option in walk(options):
        assert option.tunable.range.holds(option.value), option.name


def test_a_setting_reaches_the_search_and_stands_in_the_record(
    busy: Shell, tmp_path: Path, make_video: VideoMaker
) -> None:
    video = make_video(tmp_path / "two-scenes.mp4", seconds=4)
    words = ("--set", "proposals.most_segments=1", "--set", "masks.steps = 0", "--set", "chapters.max_title=9")
    ran = busy("analyze", video, *QUICK, *words, "--json")
    assert ran.code == 0, ran.err
    assert len(ran.json["moments"]) == 1, "one segment is proposed, so one is found"
    assert all(len(chapter["title"]) <= 9 for chapter in ran.json["chapters"])
    record = busy("analyses", "show", video, "--json").json["options"]
    assert (record["proposals.most_segments"], record["masks.steps"], record["preset"]) == ("1", "0", "fast")
    job = busy("jobs", "list", "--json").json[0]
    assert job["state"] == "succeeded"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("search.beams=700", "search.beams cannot be '700': it is a whole number, 1 to 64."),
        ("search.beams=many", "search.beams cannot be 'many': it is a whole number, 1 to 64."),
        ("search.beems=7", "There is no setting 'search.beems'."),
        ("moments=7", "There is no setting 'moments'."),
        ("prefix.steps=3", "The preset fast has no use for prefix.steps."),
    ],
)
@pytest.mark.parametrize("files", [1, 2])
def test_what_cannot_be_set_is_refused_before_anything_is_queued(
    busy: Shell, tmp_path: Path, make_video: VideoMaker, setting: str, said: str, files: int
) -> None:
    videos = [make_video(tmp_path / f"{number}.mp4") for number in range(files)]
    before = busy("jobs", "list", "--all", "--json").json
    ran = busy("analyze", *videos, "--preset", "fast", "--set", setting, "--json")
    found = ran.json if files > 1 else [ran.json]
    assert ran.code == 2, ran.err
    assert [item["error"]["code"] for item in found] == ["option_setting"] * files
    assert {item["error"]["message"] for item in found} == {said}
    assert all("--settings" in item["error"]["next_step"] for item in found)
    assert busy("jobs", "list", "--all", "--json").json == before
