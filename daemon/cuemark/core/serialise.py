"""Our types as JSON, exactly: for the library's columns and the pipes between our processes.  Never pickle.

Fractions become "n/d", paths the text Python decodes them to (lone surrogates for bytes that are not UTF-8, which
JSON's ASCII escapes carry unharmed), times ISO 8601, tuples lists, dataclasses objects.  `decode` follows the type
hints, ignores fields it does not know and takes defaults for those that are missing.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from cuemark.core import analysis_options, jobs
from cuemark.core.analysis_options import AnalysisOptions

T = TypeVar("T")

SPEC_KINDS: dict[str, type[jobs.AnalyzeSpec] | type[jobs.PullSpec]] = {
    "analyze": jobs.AnalyzeSpec,
    "pull_model": jobs.PullSpec,
}


OLDER_FORMS: dict[type, Callable[[Any], Any]] = {AnalysisOptions: analysis_options.from_older}
"""What makes of the form an older version wrote (into a library) the one of today."""


def encode(value: Any) -> Any:
    """What `json` can write, from a value of our types."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: encode(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def decode(kind: type[T], data: Any) -> T:
    """A value of type `kind` from what `encode` gave; raises ValueError, TypeError or KeyError where it is not one."""
    return typing.cast("T", _decode(kind, data))


def dumps(value: Any) -> str:
    """One line of ASCII JSON."""
    return json.dumps(encode(value), separators=(",", ":"))


def loads(kind: type[T], text: str) -> T:
    """The value `dumps` wrote."""
    return decode(kind, json.loads(text))


def spec_kind(spec: jobs.JobSpec) -> str:
    """The name of what a job does."""
    return next(name for name, kind in SPEC_KINDS.items() if isinstance(spec, kind))


def decode_spec(kind: str, data: Any) -> jobs.JobSpec:
    """A job's request from its kind and its encoded form; raises KeyError for an unknown kind."""
    return decode(SPEC_KINDS[kind], data)


def decode_job(data: dict[str, Any], spec: jobs.JobSpec) -> jobs.Job:
    """A job from its encoded form less its request, which only `decode_spec` can tell apart."""
    hints = _hints(jobs.Job)
    return jobs.Job(spec=spec, **{name: _decode(hints[name], value) for name, value in data.items() if name in hints})


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, data: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin is not None:
        return _decode_generic(origin, typing.get_args(kind), data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        data = OLDER_FORMS[kind](data) if kind in OLDER_FORMS else data
        hints = _hints(kind)
        names = [item.name for item in dataclasses.fields(kind) if item.name in data]
        return kind(**{name: _decode(hints[name], data[name]) for name in names})
    if kind is datetime:
        return datetime.fromisoformat(data)
    if isinstance(kind, type) and issubclass(kind, (Fraction, Path, Enum, float)):
        return kind(data)
    return data


def _decode_generic(origin: Any, arguments: tuple[Any, ...], data: Any) -> Any:
    if origin in (typing.Union, types.UnionType):
        if data is None:
            return None
        (only,) = (argument for argument in arguments if argument is not type(None))
        return _decode(only, data)
    if origin is tuple and arguments[-1] is Ellipsis:
        return tuple(_decode(arguments[0], item) for item in data)
    if origin is tuple:
        return tuple(_decode(argument, item) for argument, item in zip(arguments, data, strict=True))
    if origin is dict:
        return {key: _decode(arguments[1], item) for key, item in data.items()}
    if origin is list:
        return [_decode(arguments[0], item) for item in data]
    raise TypeError(f"no decoding for {origin}")
