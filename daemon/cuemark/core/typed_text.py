"""Values of plain types as text, and back, by their type: what a user types, what travels, what a record keeps.

Whole and other numbers, exact fractions (30000/1001, 2.5), true and false, texts, tuples of them with commas between,
and `auto` for None.  A type with a text form of its own (MemoryLimit) has a `parse` that reads what its `str` writes.
"""

from __future__ import annotations

import functools
import math
import types
import typing
from fractions import Fraction
from typing import Any

AUTO = "auto"
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_KINDS: dict[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    Fraction: ("a number", "numbers"),
    str: ("a text", "texts"),
}


def value_of(kind: Any, text: str) -> Any:
    """The value of type `kind` that `text` says; raises ValueError, or what the type's own `parse` raises."""
    inner, optional = unwrapped(kind)
    text = text.strip()
    if optional and text.lower() == AUTO:
        return None
    if typing.get_origin(inner) is tuple:
        return _tuple_of(typing.get_args(inner), text.split(","))
    if inner is bool:
        return _truth(text)
    if inner is float:
        return _finite(float(text))
    if inner is Fraction:
        return _fraction(text)
    if inner in (int, str):
        return inner(text)
    return inner.parse(text)


def text_of(value: Any) -> str:
    """The text `value_of` reads as `value`."""
    if value is None:
        return AUTO
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, tuple):
        return ",".join(map(text_of, value))
    return str(value)


def shown(value: Any) -> str:
    """A value in an error's text: as `text_of`, and fractions as decimals."""
    return f"{float(value):g}" if isinstance(value, Fraction) else text_of(value)


def type_words(kind: Any) -> str:
    """A type in words: `a whole number`, `2 numbers with commas between`."""
    inner, _ = unwrapped(kind)
    if typing.get_origin(inner) is not tuple:
        return _KINDS[inner][0] if inner in _KINDS else f"a {inner.__name__}"
    items = typing.get_args(inner)
    count = "" if items[-1] is Ellipsis else f"{len(items)} "
    return f"{count}{_KINDS[items[0]][1]} with commas between"


def unwrapped(kind: Any) -> tuple[Any, bool]:
    """The type inside `X | None`, and whether None is allowed."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (inner,) = (each for each in typing.get_args(kind) if each is not type(None))
        return inner, True
    return kind, False


@functools.cache
def hints(kind: type) -> dict[str, Any]:
    """The types of a dataclass' fields by name, strings resolved."""
    return typing.get_type_hints(kind)


def _tuple_of(items: tuple[Any, ...], texts: list[str]) -> tuple[Any, ...]:
    kinds = [items[0]] * len(texts) if items[-1] is Ellipsis else list(items)
    if len(kinds) != len(texts):
        raise ValueError
    return tuple(value_of(kind, text) for kind, text in zip(kinds, texts, strict=True))


def _truth(text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise ValueError
    return text.lower() in _TRUE


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError
    return value


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ValueError from None
