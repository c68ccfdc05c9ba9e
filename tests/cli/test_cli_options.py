"""How the text of an option becomes a value, or a clear refusal."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
import typer

from cuemark.cli import options
from cuemark.cli.guard import MEANINGS, exit_code_for
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, DaemonError, ExitCode, InputError, MediaError, OptionError
from cuemark.core.limits import MemoryLimit

if TYPE_CHECKING:
    from tests.cli.conftest import Asking


@pytest.mark.parametrize(
    ("written", "value"), [("auto", None), ("AUTO", None), ("7", 7), ("9" * 30, 10**30 - 1), ("0", 0), ("-2", -2)]
)
def test_moments(asked: Asking, written: str, value: int | None) -> None:
    assert asked("--moments", written).moments == value


@pytest.mark.parametrize("written", ["", "seven", "2.5"])
def test_moments_that_are_no_number(asked: Asking, written: str) -> None:
    with pytest.raises(typer.BadParameter, match="auto"):
        asked("--moments", written)


def test_every_option_of_the_table_can_be_said(asked: Asking) -> None:
    words = ("--moments", "7", "--preset", "fast", "--clip", "light", "--lm", "my/folder", "--sample-fps", "5/2")
    vlm = ("--captioner", "vlm", "--vlm", "http://127.0.0.1:11434", "--vlm-model", "qwen3-vl", "--vlm-host", "nas")
    more = ("--seed", "3", "--vram", "50%", "--gentle", "--set", "search.beams=7", "--set", "search.prompts=A = b,C")
    assert asked(*words, *vlm, *more, "--min-confidence", "0.6") == AnalysisOptions(
        moments=7,
        preset="fast",
        models={"clip": "light", "lm": "my/folder"},
        min_confidence=Fraction(3, 5),
        captioner="vlm",
        vlm="http://127.0.0.1:11434",
        vlm_model="qwen3-vl",
        vlm_host="nas",
        sample_rate=Fraction(5, 2),
        seed=3,
        vram=MemoryLimit(share=Fraction(1, 2)),
        gentle=True,
        settings={"search.beams": "7", "search.prompts": "A = b,C"},
    )
    assert asked() == asked("--preset", "", "--clip", "") == AnalysisOptions()


@pytest.mark.parametrize("written", ["0", "-1", "1/0", "fast", "auto"])
def test_a_sampling_rate_that_is_none_is_refused_at_once(asked: Asking, written: str) -> None:
    with pytest.raises(typer.BadParameter, match="no rate above zero"):
        asked("--sample-fps", written)


@pytest.mark.parametrize(("written", "value"), [("0", Fraction(0)), ("3/5", Fraction(3, 5)), ("1.5", Fraction(3, 2))])
def test_a_least_confidence_may_be_nothing(asked: Asking, written: str, value: Fraction) -> None:
    assert asked("--min-confidence", written).min_confidence == value


@pytest.mark.parametrize("written", ["", "sure", "80%"])
def test_a_least_confidence_that_is_no_number(asked: Asking, written: str) -> None:
    with pytest.raises(typer.BadParameter, match="a number"):
        asked("--min-confidence", written)


@pytest.mark.parametrize("said", ["search.beams", "=7", "", " = "])
def test_a_setting_needs_a_name_and_a_value(asked: Asking, said: str) -> None:
    with pytest.raises(typer.BadParameter, match="name=value"):
        asked("--set", said)


def test_rates_are_exact() -> None:
    assert options.positive_rate("30000/1001", "--fps") == Fraction(30000, 1001)
    assert options.positive_rate("2.5", "--fps") == Fraction(5, 2)
    for wrong in ("0", "-1", "1/0", "fast", "nan", "inf"):
        with pytest.raises(typer.BadParameter):
            options.positive_rate(wrong, "--fps")


def test_times_of_an_edit() -> None:
    rate = Fraction(30000, 1001)
    assert options.time("75.2", rate) == Fraction(752, 10)
    assert options.time("1:15.2", rate) == Fraction(752, 10)
    assert options.time("1:01:15.25", rate) == 3675 + Fraction(1, 4)
    assert options.time("30f", rate) == Fraction(1001, 1000)
    for wrong in ("", "soon", "1:2:3:4", "-3", "1e3"):
        with pytest.raises(OptionError, match="is not a time"):
            options.time(wrong, rate)


def test_sizes_of_the_cache() -> None:
    assert options.byte_size("1.5GB", "--max-size") == 1_500_000_000
    assert options.byte_size("500 mb", "--max-size") == 500_000_000
    assert options.byte_size("0", "--max-size") == 0
    with pytest.raises(typer.BadParameter):
        options.byte_size("many", "--max-size")


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitCode)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MediaError("media_not_found", ""), 1),
        (OptionError("option_moments", ""), 2),
        (DaemonError("daemon_start_failed", ""), 3),
        (InputError("file_exists", ""), 4),
        (CuemarkError("anything", ""), 1),
    ],
)
def test_exit_codes(error: CuemarkError, code: int) -> None:
    assert exit_code_for(error) == code
