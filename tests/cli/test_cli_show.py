"""What a person reads of an analysis: names, confidence, tags."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.cli import output
from cuemark.cli.library.show import full_analysis_object, print_moments
from cuemark.core.analysis import Moment, Tag
from tests.daemon.fake_worker import made_up_analysis

PLAIN = made_up_analysis(Path("/footage/a.mp4"))
TAGGED = replace(
    PLAIN,
    moments=(
        Moment("m2", Fraction(12), Fraction(30), "", 0.314, tags=(Tag("fog", 0.314), Tag("polar bear", 0.1))),
        Moment("m1", Fraction(0), Fraction(10), "a dog on grass", 0.826, tags=(Tag("dog", 0.81), Tag("grass", 0.4))),
        Moment("m3", Fraction(29), Fraction(30), "a \x1b[31mboat", 1.0),
    ),
)


def test_moments_with_tags_have_them_in_a_line_below_and_say_how_sure_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_moments(TAGGED)
    assert capsys.readouterr().out == (
        "#  start         end            frames  moment                           confidence\n"
        "1  00:00:00.000  00:00:10.000    0-300  a dog on grass                         0.83\n"
        "                                        tags: dog 0.81, grass 0.40\n"
        "2  00:00:12.000  00:00:30.000  360-899  Moment 2                               0.31\n"
        "                                        tags: fog 0.31, polar bear 0.10\n"
        "3  00:00:29.000  00:00:30.000  869-899  a [31mboat                             1.00\n"
    )


def test_moments_without_tags_look_as_they_did(capsys: pytest.CaptureFixture[str]) -> None:
    print_moments(PLAIN, ids=True)
    assert capsys.readouterr().out == (
        "id  start         end            frames  moment       score\n"
        "m1  00:00:00.333  00:00:10.000   10-300  a red cat    0.500\n"
        "m2  00:00:12.000  00:00:30.000  360-899  a blue bird  0.250\n"
    )


def test_on_a_terminal_tags_are_dim(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    print_moments(TAGGED)
    shown = capsys.readouterr().out
    assert "\x1b[2mtags: dog 0.81, grass 0.40" in shown
    assert "\x1b[31m" not in shown


def test_the_full_object_has_tags_and_names(capsys: pytest.CaptureFixture[str]) -> None:
    shown = full_analysis_object(TAGGED)["moments"]
    assert [(each["id"], each["caption"], each["name"]) for each in shown] == [
        ("m1", "a dog on grass", "a dog on grass"),
        ("m2", "", "Moment 2"),
        ("m3", "a \x1b[31mboat", "a [31mboat"),
    ]
    assert shown[1]["tags"] == [{"word": "fog", "score": 0.314}, {"word": "polar bear", "score": 0.1}]
