"""How single values travel, by their type here and the type of their field there."""

from __future__ import annotations

import os
import re
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timezone
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from cuemark.core.errors import OptionError
from cuemark.core.text import printable
from cuemark.rpc.v1 import time_pb2

_LARGEST = 2**63 - 1
_NEAREST = 10**9


class MessageError(ValueError):
    """A message that makes no sense: whoever wrote it is older, newer, or no client or daemon of ours."""


@dataclass(frozen=True)
class Form:
    """How a value travels: `to` gives what a message's constructor takes, `back` reads what the message gives."""

    to: Callable[[Any], Any]
    back: Callable[[Any], Any]


def map_form(key: Form, value: Form) -> Form:
    """A dict as a map field."""
    return Form(
        lambda items: {key.to(name): value.to(item) for name, item in items.items()},
        lambda found: {key.back(name): value.back(found[name]) for name in found},
    )


def repeated_form(collection: Any, item: Form) -> Form:
    """A tuple, list or frozenset as a repeated field; sets travel sorted, so that equal values are equal bytes."""

    def to(values: Iterable[Any]) -> list[Any]:
        return [item.to(each) for each in (sorted(values) if collection is frozenset else values)]

    return Form(to, lambda found: collection(item.back(each) for each in found))


def scalar_form(hint: Any, there: FieldDescriptor) -> Form:
    """A number, a text, a path or a time, in a field of just its type; TypeError for any other."""
    hint, choices = (str, typing.get_args(hint)) if typing.get_origin(hint) is Literal else (hint, ())
    if hint is Fraction and message_of(there).full_name in _RATIOS:
        return _RATIOS[message_of(there).full_name]
    if hint is datetime and message_of(there) is Timestamp.DESCRIPTOR:
        return Form(_stamp, lambda found: found.ToDatetime(tzinfo=timezone.utc))
    if there.type not in _TYPES.get(hint, ()):
        raise TypeError(f"{there.full_name} cannot carry a {hint}")
    if hint is Path:
        return Form(os.fsencode, lambda found: Path(os.fsdecode(found)))
    if hint is date:
        return Form(date.isoformat, _day)
    if hint is str:
        return Form(printable, _one_of(choices))
    return Form(lambda value: value, lambda found: found)


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def back(text: str) -> str:
        if choices and text not in choices:
            raise MessageError(f"{text!r} is none of {', '.join(choices)}")
        return text

    return back


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise MessageError(f"{text!r} is no day such as 2026-11-27") from error


def enum_form(kind: type[Enum], there: EnumDescriptor) -> Form:
    """Members by name: JobState.QUEUED is JOB_STATE_QUEUED.  OptionError `job_state` for a value not known here."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", there.name)
    numbers = {member: there.values_by_name[f"{name}_{member.name}".upper()].number for member in kind}
    members = {number: member for member, number in numbers.items()}

    def back(number: int) -> Enum:
        if number not in members:
            words = name.lower().replace("_", " ")
            step = f"Use one of the {there.name} values of the contract."
            raise OptionError(name.lower(), f"{number} is not a {words}.", step)
        return members[number]

    return Form(numbers.__getitem__, back)


def _stamp(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def _exact(value: Fraction) -> Fraction:
    """The same value, or where its terms outgrow 64 bits the nearest with a denominator of at most 10^9."""
    fits = abs(value.numerator) <= _LARGEST and value.denominator <= _LARGEST
    return value if fits else value.limit_denominator(_NEAREST)


def ratio_form(message: type[Message]) -> Form:
    """A fraction as a Time or a Rate, messages of two numbers; MessageError where the lower one is not positive."""
    above, below = fields_of(cast("Descriptor", message.DESCRIPTOR))

    def to(value: Fraction) -> Message:
        value = _exact(Fraction(value))
        return message(**{above: value.numerator, below: value.denominator})

    def back(found: Message) -> Fraction:
        if getattr(found, below) <= 0:
            raise MessageError(f"a {message.DESCRIPTOR.name} without a {below}")
        return Fraction(getattr(found, above), getattr(found, below))

    return Form(to, back)


def fields_of(message: Descriptor) -> dict[str, FieldDescriptor]:
    """The fields of a message by name, in their order."""
    return {field.name: field for field in message.fields}


def message_of(there: FieldDescriptor) -> Descriptor:
    """The message in a field; TypeError for a field that holds none."""
    if there.message_type is None:
        raise TypeError(f"{there.full_name} holds no message")
    return there.message_type


def enum_of(there: FieldDescriptor) -> EnumDescriptor:
    """The enumeration in a field; TypeError for a field that holds none."""
    if there.enum_type is None:
        raise TypeError(f"{there.full_name} holds no enumeration")
    return there.enum_type


_TYPES: dict[Any, frozenset[int]] = {
    bool: frozenset({FieldDescriptor.TYPE_BOOL}),
    int: frozenset({FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64}),
    float: frozenset({FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}),
    str: frozenset({FieldDescriptor.TYPE_STRING}),
    date: frozenset({FieldDescriptor.TYPE_STRING}),
    bytes: frozenset({FieldDescriptor.TYPE_BYTES}),
    Path: frozenset({FieldDescriptor.TYPE_BYTES}),
}
_RATIOS = {each.DESCRIPTOR.full_name: ratio_form(each) for each in (time_pb2.Time, time_pb2.Rate)}
