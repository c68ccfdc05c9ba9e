"""Hypothesis strategies for every type of ours that travels, made from type hints as the mapper is."""

from __future__ import annotations

import dataclasses
import functools
import os
import types
import typing
from collections.abc import Callable
from datetime import date, datetime, timezone
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from hypothesis import strategies as st

from cuemark.core.analysis_options import PRESETS, AnalysisOptions
from cuemark.core.errors import CuemarkError, HostError
from cuemark.core.jobs import Job, JobEvent, JobProgress
from cuemark.core.limits import MemoryLimit
from cuemark.core.markers import COLOURS, MarkerColours

NAMES = st.binary(min_size=1, max_size=6).filter(lambda data: b"\0" not in data).map(os.fsdecode)
SIZES = st.integers(1, 2**50)


@functools.cache
def values_of(kind: Any, full: bool = False) -> st.SearchStrategy[Any]:
    """Values of a type.  `full` ones have something in every field, other than what an unset field would give."""
    if kind in _SPECIAL:
        return _SPECIAL[kind](full)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return st.builds(kind, **fields_of(kind, full))
    if typing.get_origin(kind) is not None:
        return _generic(kind, full)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return _plain(kind, full)


def fields_of(kind: Any, full: bool) -> dict[str, st.SearchStrategy[Any]]:
    """The strategies of a dataclass's fields by name."""
    hints = typing.get_type_hints(kind)
    return {field.name: values_of(hints[field.name], full) for field in dataclasses.fields(kind)}


def _plain(kind: Any, full: bool) -> st.SearchStrategy[Any]:
    if kind is bool:
        return st.just(True) if full else st.booleans()
    numbers = st.integers(1 if full else -(2**31), 2**31 - 1)
    return {
        str: st.text(st.characters(codec="utf-8"), min_size=int(full), max_size=6),
        int: numbers,
        # What a mask's curve is made of travels in single precision.
        float: st.floats(0.5 if full else -1e6, 1e6, width=32),
        Fraction: st.builds(Fraction, numbers, st.integers(1, 2**31 - 1)),
        bytes: st.binary(min_size=int(full), max_size=6),
        Path: NAMES.map(Path),
        datetime: st.datetimes(timezones=st.just(timezone.utc)),
        date: st.dates(),
    }[kind]


def _generic(kind: Any, full: bool) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        some = st.one_of(*(values_of(each, full) for each in arguments if each is not types.NoneType))
        return some if full or types.NoneType not in arguments else st.none() | some
    if origin is dict:
        key, value = (values_of(each, full) for each in arguments)
        return st.dictionaries(key, value, min_size=int(full), max_size=2)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*(values_of(each, full) for each in arguments))
    return st.lists(values_of(arguments[0], full), min_size=int(full), max_size=2).map(origin)


def _options(full: bool) -> st.SearchStrategy[AnalysisOptions]:
    limits = st.builds(MemoryLimit, SIZES) | st.builds(
        lambda n: MemoryLimit(share=Fraction(n, 100)), st.integers(1, 99)
    )
    some = {
        "moments": st.integers(1, 500), "preset": st.sampled_from(PRESETS), "seed": st.integers(0, 2**63 - 1),
        "min_confidence": st.fractions(0, 1, max_denominator=1000),
        "sample_rate": st.fractions(min_value=1, max_value=9, max_denominator=1001), "vram": limits,
        "gentle": st.booleans(),
    }  # fmt: skip
    least = int(full)
    return st.builds(
        AnalysisOptions,
        models=st.dictionaries(st.sampled_from(["clip", "lm"]), NAMES, min_size=least),
        settings=st.dictionaries(values_of(str, full), values_of(str, full), min_size=least, max_size=2),
        **{name: values if full else st.none() | values for name, values in some.items()},
    )


def _events(full: bool) -> st.SearchStrategy[JobEvent]:
    told = {"job": values_of(Job, full), "progress": values_of(JobProgress, full), "note": values_of(str, True)}
    base = {name: values for name, values in fields_of(JobEvent, full).items() if name not in told}
    kinds = [st.builds(JobEvent, **base, **{name: values}) for name, values in told.items()]
    return st.one_of(kinds) if full else st.one_of(st.builds(JobEvent, **base), *kinds)


def _colours(full: bool) -> st.SearchStrategy[MarkerColours]:
    return st.permutations(COLOURS).map(lambda colours: MarkerColours(*colours[:3]))


def _problems(full: bool) -> st.SearchStrategy[CuemarkError]:
    return st.builds(_Problem, values_of(str, True), values_of(str, True), values_of(str, True))


class _Problem(HostError):
    """An error that is equal to any other with the same parts: two sides of a wire never share one."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostError) and self._parts(self) == self._parts(other)

    @staticmethod
    def _parts(error: HostError) -> tuple[str, str, str]:
        return error.code, error.message, error.next_step


_SPECIAL: dict[Any, Callable[[bool], st.SearchStrategy[Any]]] = {
    AnalysisOptions: _options, JobEvent: _events, MarkerColours: _colours, CuemarkError: _problems
}  # fmt: skip
