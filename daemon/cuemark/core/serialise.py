"""The serialiser: our values as JSON, exactly, for the pipes between our processes and the library's rows.

One cattrs converter, driven by type hints.  Fractions become "n/d", paths the text Python decodes them to (lone
surrogates for bytes that are not UTF-8, which JSON's ASCII escapes carry unharmed), times ISO 8601, enumerations their
values, tuples lists, dataclasses objects.  A member of a union of dataclasses carries its class's `kind`, by which
`decode` finds it again.  Fields that are not known are ignored and missing ones take their defaults, so that a newer
process understands what an older one wrote.  Never pickle.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, overload

from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn

from cuemark.core.errors import CuemarkError

T = TypeVar("T")

KIND = "kind"
"""The class variable, and the key, that tells the members of a union apart."""

UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, CuemarkError)
"""What reading a value back may raise where the bytes are not what we wrote: a divisor of 0, a year of 12 digits, a
list in place of an object, nesting without end, an option that cannot be."""


def encode(value: Any) -> Any:
    """What `json` can write, from a value of our types."""
    return _converter().unstructure(value)


@overload
def decode(kind: type[T], data: Any) -> T: ...
@overload
def decode(kind: types.UnionType, data: Any) -> Any: ...
def decode(kind: Any, data: Any) -> Any:
    """A value of type `kind` from what `encode` gave; raises one of `UNREADABLE` where it is not one."""
    return _converter().structure(data, kind)


def dumps(value: Any) -> str:
    """One line of ASCII JSON."""
    return json.dumps(encode(value), separators=(",", ":"))


@overload
def loads(kind: type[T], text: str) -> T: ...
@overload
def loads(kind: types.UnionType, text: str) -> Any: ...
def loads(kind: Any, text: str) -> Any:
    """The value `dumps` wrote."""
    return decode(kind, json.loads(text))


def kinds_of(union: Any) -> dict[str, type]:
    """The members of a union of dataclasses by their `kind`; ValueError where one has none."""
    members = {_kind(member): member for member in typing.get_args(union)}
    if None in members:
        raise ValueError(f"{members[None]} has no {KIND}")
    return {str(kind): member for kind, member in members.items()}


@functools.cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    converter.register_unstructure_hook(Fraction, lambda value: f"{value.numerator}/{value.denominator}")
    converter.register_structure_hook(Fraction, lambda data, _: Fraction(data))
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda data, _: Path(data))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda data, _: datetime.fromisoformat(data))
    converter.register_unstructure_hook_factory(lambda kind: _kind(kind) is not None, _with_kind)
    converter.register_structure_hook_factory(_is_union_of_kinds, _by_kind)
    return converter


def _kind(kind: Any) -> str | None:
    """The `kind` of a member of a union; None for anything else, and for dataclasses with a field of that name."""
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return None
    fields = {field.name for field in dataclasses.fields(kind)}
    return getattr(kind, KIND, None) if KIND not in fields else None


def _with_kind(kind: type, converter: Converter) -> Callable[[Any], dict[str, Any]]:
    fields: Callable[[Any], dict[str, Any]] = make_dict_unstructure_fn(kind, converter)
    return lambda value: {KIND: _kind(kind), **fields(value)}


def _is_union_of_kinds(kind: Any) -> bool:
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return is_union and all(_kind(member) is not None for member in typing.get_args(kind))


def _by_kind(union: Any, converter: Converter) -> Callable[[Mapping[str, Any], Any], Any]:
    members = kinds_of(union)
    return lambda data, _: converter.structure(data, members[data[KIND]])
