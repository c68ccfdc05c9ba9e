"""Options as data: ranges, assignment by name, and what a refusal says."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from cuemark.core.errors import OptionError
from cuemark.core.limits import MemoryLimit
from cuemark.core.options import Range, assign, check, tunable, walk
from cuemark.core.typed_text import text_of, value_of


@dataclass(frozen=True)
class Inner:
    beams: int = tunable(5, low=1, high=64, help="Sentences kept alive.")
    weight: float = tunable(0.5, above=0, below=2, help="A weight.")
    sharpness: tuple[float, float] = tunable((1.0, 2.0), above=0, ascending=True, help="First and last.")
    prompts: tuple[str, ...] = tunable(("Video of",), help="Beginnings.")
    ranking: str = tunable("agreement", choices=("agreement", "fluency"), help="By what.")
    whole: bool = tunable(True, help="All of it.")


@dataclass(frozen=True)
class Outer:
    name: str = "not to be set"
    rounds: int = tunable(2, low=1, help="Rounds.")
    rate: Fraction | None = tunable(None, above=0, high=240, help="Rate.", code="option_rate")
    limit: MemoryLimit | None = tunable(None, help="Memory.", code="option_vram")
    inner: Inner = field(default_factory=Inner)


NAMES = [
    "rounds",
    "rate",
    "limit",
    "inner.beams",
    "inner.weight",
    "inner.sharpness",
    "inner.prompts",
    "inner.ranking",
    "inner.whole",
]


def test_the_walk_names_every_tunable_and_nothing_else() -> None:
    found = {option.name: option for option in walk(Outer())}
    assert list(found) == NAMES
    assert found["inner.beams"].kind is int
    assert (found["inner.beams"].value, found["inner.beams"].tunable.help) == (5, "Sentences kept alive.")
    assert next(option.name for option in walk(Inner(), "search")) == "search.beams"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rounds", "7", 7),
        ("rate", "30000/1001", Fraction(30000, 1001)),
        ("rate", "2.5", Fraction(5, 2)),
        ("rate", "auto", None),
        ("limit", "2G", MemoryLimit(size=2 * 10**9)),
        ("inner.beams", " 64 ", 64),
        ("inner.weight", "1e-3", 0.001),
        ("inner.sharpness", "20, 160", (20.0, 160.0)),
        ("inner.prompts", "Video of,Photo of", ("Video of", "Photo of")),
        ("inner.ranking", "fluency", "fluency"),
        ("inner.whole", "no", False),
    ],
)
def test_a_value_is_set_by_name_and_reads_back_from_its_text(name: str, text: str, value: object) -> None:
    changed = assign(Outer(), name, text)
    found = {option.name: option.value for option in walk(changed)}
    assert found[name] == value
    assert type(found[name]) is type(value)
    before = {option.name: option.value for option in walk(Outer())}
    assert {other: kept for other, kept in found.items() if other != name} == {
        other: kept for other, kept in before.items() if other != name
    }
    assert assign(Outer(), name, text_of(value)) == changed


@pytest.mark.parametrize(
    ("name", "text", "expects"),
    [
        ("rounds", "0", "a whole number, 1 or more"),
        ("rounds", "auto", "a whole number, 1 or more"),
        ("inner.beams", "65", "a whole number, 1 to 64"),
        ("inner.beams", "2.5", "a whole number, 1 to 64"),
        ("inner.weight", "0", "a number, above 0 and below 2"),
        ("inner.weight", "nan", "a number, above 0 and below 2"),
        ("inner.sharpness", "2,1", "2 numbers with commas between, above 0, ascending"),
        ("inner.sharpness", "2", "2 numbers with commas between, above 0, ascending"),
        ("inner.sharpness", "0,1", "2 numbers with commas between, above 0, ascending"),
        ("inner.ranking", "best", "agreement or fluency"),
        ("inner.whole", "maybe", "true or false"),
    ],
)
def test_a_refusal_names_option_value_and_range(name: str, text: str, expects: str) -> None:
    with pytest.raises(OptionError) as caught:
        assign(Outer(), name, text)
    assert caught.value.code == "option_setting"
    assert caught.value.message == f"{name} cannot be {text!r}: it is {expects}."
    assert "--settings" in caught.value.next_step


@pytest.mark.parametrize("text", ["0", "-1", "241", "1/0", "fast", "nan", "inf"])
def test_an_option_may_have_a_code_of_its_own(text: str) -> None:
    with pytest.raises(
        OptionError, match=r"rate cannot be .*: it is a number, above 0 and at most 240, or auto"
    ) as caught:
        assign(Outer(), "rate", text)
    assert caught.value.code == "option_rate"


@pytest.mark.parametrize("name", ["inner.beems", "beams", "inner", "name", "", "inner.beams.more"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match="There is no setting") as caught:
        assign(Outer(), name, "1")
    assert caught.value.code == "option_setting"


def test_a_misspelt_name_is_told_the_right_one() -> None:
    with pytest.raises(OptionError, match=r"Did you mean inner\.beams"):
        assign(Outer(), "inner.beems", "1")


def test_values_set_in_code_are_checked_too() -> None:
    assert check(Outer()) == Outer()
    with pytest.raises(OptionError, match=r"inner\.beams cannot be '0': it is a whole number, 1 to 64"):
        check(Outer(inner=Inner(beams=0)))
    with pytest.raises(OptionError, match=r"search\.weight cannot be 'nan'"):
        check(Inner(weight=float("nan")), "search")
    with pytest.raises(OptionError, match=r"inner\.prompts"):
        check(Outer(inner=Inner(prompts=())))


def test_ranges_in_words() -> None:
    assert str(Range()) == ""
    assert str(Range(low=0)) == "0 or more"
    assert str(Range(low=0, below=1)) == "0 or more and below 1"
    assert str(Range(above=0, high=Fraction(240))) == "above 0 and at most 240"
    assert str(Range(choices=("a", "b", "c"))) == "a, b or c"


def test_floats_keep_every_digit() -> None:
    assert value_of(float, text_of(0.1 + 0.2)) == 0.1 + 0.2
