"""Options as data: a dataclass field carries its range and its help, and everything else is made from that.

    @dataclass(frozen=True)
    class SearchOptions:
        beams: int = tunable(5, low=1, high=64, help="Sentences the beam search keeps alive.")

`check` refuses values out of range, `assign` sets one by dotted name and text ("search.beams", "7"), `walk` lists them
all.  Nested dataclasses give the dots.  A field that is not declared by `tunable` cannot be set by its user.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from cuemark.core.errors import OptionError
from cuemark.core.typed_text import AUTO, hints, shown, text_of, type_words, unwrapped, value_of

T = TypeVar("T")
Number = int | float | Fraction

LIST_THEM = "`cuemark analyze --settings` lists all settings with their ranges."
_METADATA = "tunable"


@dataclass(frozen=True)
class Range:
    """What a value may be: bounds (`low`, `high` belong to it; `above`, `below` do not) or choices.

    Of a tuple they hold for each item; `ascending` asks that no item is less than the one before it.
    """

    low: Number | None = None
    high: Number | None = None
    above: Number | None = None
    below: Number | None = None
    choices: tuple[str, ...] = ()
    ascending: bool = False

    def holds(self, value: Any) -> bool:
        """Whether `value` lies in the range; None (leave it to the program) always does."""
        if isinstance(value, tuple):
            in_order = not self.ascending or all(a <= b for a, b in itertools.pairwise(value))
            return len(value) > 0 and in_order and all(map(self.holds, value))
        if value is None:
            return True
        if self.choices and value not in self.choices:
            return False
        return (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        """`1 to 64`, `above 0 and at most 240`, `agreement or fluency`; "" where nothing is bounded."""
        if self.choices:
            *others, last = self.choices
            return f"{', '.join(others)} or {last}" if others else last
        if self.low is not None and self.high is not None:
            words = [f"{_number(self.low)} to {_number(self.high)}"]
        else:
            words = [f"{_number(self.low)} or more"] if self.low is not None else []
            words += [f"above {_number(self.above)}"] if self.above is not None else []
            words += [f"at most {_number(self.high)}"] if self.high is not None else []
        words += [f"below {_number(self.below)}"] if self.below is not None else []
        return " and ".join(words) + (", ascending" if self.ascending else "")


@dataclass(frozen=True)
class Tunable:
    """What a field's metadata says of it.

    `code`, `problem` and `advice` are the error for a value it cannot have; `problem` may name {name}, {value} (as the
    user wrote it), {range} and {expects} (type and range).  `use` is what the program around it wants to say besides.
    """

    help: str
    range: Range = Range()
    code: str = "option_setting"
    problem: str = "{name} cannot be {value!r}: it is {expects}."
    advice: str = LIST_THEM
    use: object = None


@dataclass(frozen=True)
class Setting:
    """A tunable in words, as a list of settings shows it."""

    name: str
    type: str
    range: str
    default: str
    help: str


@dataclass(frozen=True)
class Option:
    """One line of `walk`: dotted name, type, the value it has now (of fresh options: its default), and its metadata."""

    name: str
    kind: Any
    value: Any
    tunable: Tunable

    @property
    def expects(self) -> str:
        """What it takes, in words: `a whole number, 1 to 64`."""
        return expected(self.kind, self.tunable.range)

    def refusal(self, value: str) -> OptionError:
        """The error for a value it cannot have."""
        said = self.tunable
        problem = said.problem.format(name=self.name, value=value, range=said.range, expects=self.expects)
        return OptionError(said.code, problem, said.advice)


def tunable(
    default: T,
    *,
    help: str,
    low: Number | None = None,
    high: Number | None = None,
    above: Number | None = None,
    below: Number | None = None,
    choices: tuple[str, ...] = (),
    ascending: bool = False,
    code: str = Tunable.code,
    problem: str = Tunable.problem,
    advice: str = Tunable.advice,
    use: object = None,
) -> T:
    """A dataclass field that its user may set; for the keywords see `Range` and `Tunable`."""
    said = Tunable(help, Range(low, high, above, below, choices, ascending), code, problem, advice, use)
    # A field, and to the type checker what it will hold.
    made: T = dataclasses.field(default=default, metadata={_METADATA: said})
    return made


def walk(options: Any, prefix: str = "") -> Iterator[Option]:
    """Every tunable of a dataclass and of the dataclasses in it, in order of declaration; `prefix` starts the names."""
    kind: type = type(options)
    kinds = hints(kind)
    for field in dataclasses.fields(options):
        name, value = f"{prefix}.{field.name}" if prefix else field.name, getattr(options, field.name)
        if _METADATA in field.metadata:
            yield Option(name, kinds[field.name], value, field.metadata[_METADATA])
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from walk(value, name)


def described(options: Any) -> list[Setting]:
    """Every tunable of a dataclass in words; their values are the defaults."""
    return [
        Setting(
            option.name,
            type_words(option.kind).removeprefix("a "),
            str(option.tunable.range),
            str(option.value) if isinstance(option.value, Fraction) else text_of(option.value),
            option.tunable.help,
        )
        for option in walk(options)
    ]


def check(options: T, name: str = "") -> T:
    """`options` unchanged if every tunable is in its range; else OptionError.  `name` starts the names in errors."""
    for option in walk(options, name):
        if not option.tunable.range.holds(option.value):
            raise option.refusal(shown(option.value))
    return options


def assign(options: T, name: str, text: str) -> T:
    """`options` with the tunable of this dotted name set to what `text` says; the others stay.

    OptionError `option_setting` for a name there is not; the option's own code for what it cannot be.
    """
    known = {option.name: option for option in walk(options)}
    if name not in known:
        raise unknown(name, known)
    return _replaced(options, name.split("."), parsed(known[name], text))


def parsed(option: Option, text: str) -> Any:
    """The value that `text` says, in the option's range; OptionError with the option's code."""
    try:
        value = value_of(option.kind, text)
    except ValueError:
        raise option.refusal(text) from None
    if not option.tunable.range.holds(value):
        raise option.refusal(text)
    return value


def unknown(name: str, known: typing.Iterable[str]) -> OptionError:
    """The error for a name that no option has, with the ones it may have been meant for."""
    import difflib

    close = difflib.get_close_matches(name, list(known), n=3)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    return OptionError(Tunable.code, f"There is no setting {name!r}.", hint + LIST_THEM)


def expected(kind: Any, limits: Range) -> str:
    """What a type and a range take, in words: `a whole number, 1 to 64, or auto`."""
    words = [str(limits)] if limits.choices else [type_words(kind), str(limits)]
    words += [f"or {AUTO}"] if unwrapped(kind)[1] else []
    return ", ".join(filter(None, words))


def _replaced(options: T, path: list[str], value: Any) -> T:
    name, *rest = path
    if rest:
        value = _replaced(getattr(options, name), rest, value)
    changed: T = dataclasses.replace(options, **{name: value})  # type: ignore[type-var]
    return changed


def _number(value: Number) -> str:
    return f"{float(value):g}" if isinstance(value, Fraction) else str(value)
