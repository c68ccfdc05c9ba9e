"""JSON files with annotations, read so that every wrong thing in them is named: the file, the place in it, what it is.

Numbers with a decimal point become exact fractions ("0.1" is 1/10), a key given twice is an error, and NaN is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from cuemark.core.errors import InputError
from cuemark.core.text import shown

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)")
_TIME = re.compile(r"\d{1,9}(?:\.\d{1,20})?|\d{1,30}/[1-9]\d{0,29}")
_LARGEST_EXPONENT = 30
#: Nothing is longer than this many seconds (over 30 years); a greater number is a mistake.
_LONGEST_S = 10**9


@dataclass(frozen=True)
class Entry:
    """A value somewhere in a file.  Every method raises InputError `dataset_invalid` that says where it is wrong."""

    file: Path
    place: str
    value: object

    def fail(self, problem: str, next_step: str = "") -> NoReturn:
        """Raise the error: the place is named, then `problem`, e.g. "is no number"."""
        where = f"{self.place} " if self.place else "the file "
        raise InputError("dataset_invalid", f"{shown(self.file)}: {where}{problem}.", next_step or "Correct the file.")

    def fields(self) -> dict[str, Entry]:
        """The values of an object, by key, in the order of the file."""
        if not isinstance(self.value, dict):
            self.fail(f"is {_kind(self.value)}, but must be an object in braces")
        return {key: Entry(self.file, _join(self.place, key), value) for key, value in self.value.items()}

    def known_fields(self, required: frozenset[str], optional: frozenset[str] = frozenset()) -> dict[str, Entry]:
        """As `fields`, for an object whose keys are fixed."""
        found = self.fields()
        for key in found.keys() - required - optional:
            self.fail(f'has a field "{key}" that nothing is known of', f"Known are: {_listed(required | optional)}.")
        for key in sorted(required - found.keys()):
            self.fail(f'lacks the field "{key}"')
        return found

    def some_fields(self, *names: str) -> dict[str, Entry]:
        """As `fields`, for an object that must have `names` and may have more."""
        found = self.fields()
        for name in names:
            if name not in found:
                self.fail(f'lacks the field "{name}"')
        return found

    def entries(self) -> list[Entry]:
        """The values of a list."""
        if not isinstance(self.value, list):
            self.fail(f"is {_kind(self.value)}, but must be a list in brackets")
        return [Entry(self.file, f"{self.place}[{number}]", value) for number, value in enumerate(self.value)]

    def text(self) -> str:
        """A text that says something, with single spaces between its words."""
        if not isinstance(self.value, str):
            self.fail(f"is {_kind(self.value)}, but must be a text in quotes")
        words = " ".join(self.value.split())
        if not words:
            self.fail("is an empty text")
        return words

    def label(self) -> str:
        """A text that may be empty."""
        return "" if isinstance(self.value, str) and not self.value.strip() else self.text()

    def number(self) -> Fraction:
        """A number, or a text such as "1.5" or "45/30"."""
        value = self.value.strip() if isinstance(self.value, str) else self.value
        if isinstance(value, str) and _TIME.fullmatch(value):
            value = Fraction(value)
        if isinstance(value, int | Fraction) and not isinstance(value, bool):
            if not -_LONGEST_S <= value <= _LONGEST_S:
                self.fail("is a number of seconds that no video can have")
            return Fraction(value)
        self.fail(f"is {_kind(self.value)}, but must be seconds", 'Write seconds as 1.5, "1.5" or "45/30".')

    def seconds(self) -> Fraction:
        """A time, from 0 on, written as `number` says."""
        value = self.number()
        if value < 0:
            self.fail(f"is {float(value):g} s, which lies before the start of the video")
        return value

    def clock(self) -> Fraction:
        """A time as `seconds`, or as text of the form [h:]mm:ss."""
        match = _CLOCK.fullmatch(self.value.strip()) if isinstance(self.value, str) else None
        if match is None:
            return self.seconds()
        return 3600 * int(match[1] or 0) + 60 * int(match[2]) + Fraction(match[3])


def read_file(path: Path) -> Entry:
    """The whole content of a JSON file.

    InputError: `dataset_not_found`, `dataset_unreadable`, `dataset_invalid` (with line and column).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("dataset_not_found", f"There is no file {shown(path)}.", "Check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError("dataset_unreadable", f"{shown(path)} cannot be read: {reason}.", "Check the file.") from error
    whole = Entry(path, "", None)
    try:
        value = json.loads(text, parse_float=_exact, parse_constant=_no_number, object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError as error:
        whole.fail(f"is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}")
    except (ValueError, RecursionError) as error:
        whole.fail(f"is not valid JSON: {error}")
    return Entry(path, "", value)


def _exact(text: str) -> Fraction:
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > 2 * _LARGEST_EXPONENT or abs(int(exponent or 0)) > _LARGEST_EXPONENT:
        raise ValueError(f"the number {text[:40]} is out of reach")
    return Fraction(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _no_key_twice(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'the key "{twice}" occurs twice in one object')
    return found


def _join(place: str, key: str) -> str:
    name = key if key.isidentifier() else f'"{key}"'
    return f"{place}.{name}" if place else name


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
