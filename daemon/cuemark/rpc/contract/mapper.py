"""The mapper between messages of the contract and our dataclasses, driven by names and type hints.

A field of a dataclass travels in the field of its message with the same name.  What becomes of it follows from both
types: a Fraction is a Time or a Rate (the nearest one where its terms outgrow 64 bits), a datetime a Timestamp, a date
its ISO text, a Path the bytes the operating system spells it with, an enumeration's member the value of the same name,
text is made printable (names need not be UTF-8, protobuf strings must be).  Collections are repeated fields; one inside
another, or one that may be None, is a message around its repeated field; a pair is a message with as many fields, a
union of dataclasses a oneof with a field for each `kind`.  None is a field that is not set; a field that is not set and
may not be None takes the default.

A row of the table names a dataclass and its message.  Both must have the same fields, or the first use is a TypeError:
nothing gets lost because somebody forgot it.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, cast, overload

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from cuemark.core.serialise import kinds_of
from cuemark.rpc.contract.forms import (
    Form,
    MessageError,
    enum_form,
    enum_of,
    fields_of,
    map_form,
    message_of,
    repeated_form,
    scalar_form,
)

T = TypeVar("T")
M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Row:
    """One of our types (a dataclass or a union of them) and its message.

    `form` takes the place of the rules where a type cannot follow them.  `unset` makes the error for a message of a
    union in which nothing is set.
    """

    kind: Any
    message: type[Message]
    form: Form | None = None
    unset: Callable[[], Exception] = lambda: MessageError("nothing is set in a oneof")

    @property
    def descriptor(self) -> Descriptor:
        """What the message has."""
        return cast("Descriptor", self.message.DESCRIPTOR)


@dataclass(frozen=True)
class _Slot:
    """One field of a dataclass in its message."""

    name: str
    form: Form
    has_presence: bool
    may_be_none: bool
    has_default: bool


class Mapper:
    """Maps what its table holds."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)
        self._by_kind = {row.kind: row for row in self.rows}
        self._forms: dict[Any, Form] = {}

    def to_message(self, message: type[M], value: Any) -> M:
        """The message of a value; of what a value of another type would be, TypeError."""
        row = next((row for row in self.rows if row.message is message and isinstance(value, row.kind)), None)
        if row is None:
            raise TypeError(f"{type(value).__name__} does not travel as {message.DESCRIPTOR.name}")
        found: M = self.form_of(row).to(value)
        return found

    @overload
    def from_message(self, kind: type[T], message: Message) -> T: ...
    @overload
    def from_message(self, kind: types.UnionType, message: Message) -> Any: ...
    def from_message(self, kind: Any, message: Message) -> Any:
        """The value a message carries; MessageError for one that makes no sense, and what the value's type raises."""
        row = self._by_kind.get(kind)
        if row is None or not isinstance(message, row.message):
            raise TypeError(f"{type(message).__name__} carries no {kind}")
        return self.form_of(row).back(message)

    def form_of(self, row: Row) -> Form:
        """How the row's type travels; TypeError where type and message do not have the same fields."""
        if row.kind not in self._forms:
            is_union = typing.get_origin(row.kind) in (typing.Union, types.UnionType)
            self._forms[row.kind] = row.form or (self._union(row) if is_union else self._dataclass(row))
        return self._forms[row.kind]

    def _dataclass(self, row: Row) -> Form:
        slots = self._slots(row)

        def to(value: Any) -> Message:
            found = {slot.name: getattr(value, slot.name) for slot in slots}
            return row.message(**{s.name: s.form.to(found[s.name]) for s in slots if found[s.name] is not None})

        def back(message: Message) -> Any:
            there = [slot for slot in slots if not _left_to_default(slot, message)]
            return row.kind(**{slot.name: _read(slot, message) for slot in there})

        return Form(to, back)

    def _slots(self, row: Row) -> list[_Slot]:
        hints, there = typing.get_type_hints(row.kind), fields_of(row.descriptor)
        ours = {field.name: field for field in dataclasses.fields(row.kind)}
        if odd := ours.keys() ^ there.keys():
            name = row.descriptor.name
            raise TypeError(f"only one of {row.kind.__name__} and the message {name} has: {', '.join(sorted(odd))}")
        return [self._slot(field, hints[name], there[name]) for name, field in ours.items()]

    def _slot(self, field: dataclasses.Field[Any], hint: Any, there: FieldDescriptor) -> _Slot:
        hint, may_be_none = _without_none(hint)
        if may_be_none and not there.has_presence:
            raise TypeError(f"{there.full_name} cannot be left unset, and {field.name} may be None")
        missing = dataclasses.MISSING
        has_default = field.default is not missing or field.default_factory is not missing
        return _Slot(field.name, self._form(hint, there), there.has_presence, may_be_none, has_default)

    def _union(self, row: Row) -> Form:
        kinds = kinds_of(row.kind)
        (oneof,) = row.descriptor.oneofs
        fields = fields_of(row.descriptor)
        if odd := kinds.keys() ^ fields.keys():
            raise TypeError(f"only one of {row.kind} and {oneof.full_name} has: {', '.join(sorted(odd))}")
        forms = {name: self._form(kinds[name], field) for name, field in fields.items()}

        def back(message: Message) -> Any:
            name = message.WhichOneof(oneof.name)
            if name is None:
                raise row.unset()
            return forms[name].back(getattr(message, name))

        return Form(lambda value: row.message(**{value.kind: forms[value.kind].to(value)}), back)

    def _form(self, hint: Any, there: FieldDescriptor) -> Form:
        """How a field's value travels, by its type here and there."""
        collection = typing.get_origin(hint)
        arguments = typing.get_args(hint)
        if collection is dict:
            entry = fields_of(message_of(there))
            return map_form(self._single(arguments[0], entry["key"]), self._single(arguments[1], entry["value"]))
        if there.is_repeated and _is_collection(hint):
            return repeated_form(collection, self._single(arguments[0], there))
        if there.is_repeated:
            raise TypeError(f"{there.full_name} is repeated, and {hint} is one value")
        return self._single(hint, there)

    def _wrapped(self, hint: Any, message: Descriptor) -> Form:
        (only,) = fields_of(message).values()
        inner, make = self._form(hint, only), GetMessageClass(message)
        return Form(
            lambda value: make(**{only.name: inner.to(value)}), lambda found: inner.back(getattr(found, only.name))
        )

    def _single(self, hint: Any, there: FieldDescriptor) -> Form:
        if hint in self._by_kind:
            row = self._by_kind[hint]
            if message_of(there) is not row.descriptor:
                raise TypeError(f"{there.full_name} carries no {row.descriptor.name}")
            # Looked up when it is used: types may contain each other.
            return Form(lambda value: self.form_of(row).to(value), lambda found: self.form_of(row).back(found))
        if _is_collection(hint):
            return self._wrapped(hint, message_of(there))
        if typing.get_origin(hint) is tuple:
            return self._pair(typing.get_args(hint), message_of(there))
        if isinstance(hint, type) and issubclass(hint, Enum):
            return enum_form(hint, enum_of(there))
        return scalar_form(hint, there)

    def _pair(self, hints: tuple[Any, ...], message: Descriptor) -> Form:
        names, fields = zip(*fields_of(message).items(), strict=True)
        forms = [self._single(hint, field) for hint, field in zip(hints, fields, strict=True)]
        make = GetMessageClass(message)
        return Form(
            lambda value: make(**{n: f.to(item) for n, f, item in zip(names, forms, value, strict=True)}),
            lambda found: tuple(form.back(getattr(found, name)) for name, form in zip(names, forms, strict=True)),
        )


def _is_collection(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    return origin in (list, frozenset) or (origin is tuple and typing.get_args(hint)[-1] is Ellipsis)


def _left_to_default(slot: _Slot, message: Message) -> bool:
    return slot.has_presence and slot.has_default and not message.HasField(slot.name)


def _read(slot: _Slot, message: Message) -> Any:
    if slot.has_presence and not message.HasField(slot.name):
        if slot.may_be_none:
            return None
        raise MessageError(f"a {message.DESCRIPTOR.name} without {slot.name}")
    return slot.form.back(getattr(message, slot.name))


def _without_none(hint: Any) -> tuple[Any, bool]:
    """The hint less None, and whether it had it."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    members = [member for member in typing.get_args(hint) if member is not types.NoneType]
    if len(members) == len(typing.get_args(hint)):
        return hint, False
    return functools.reduce(operator.or_, members), True
