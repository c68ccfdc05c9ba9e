"""The serialiser: every kind of value that our dataclasses hold comes back exactly, from older and newer forms too."""

from __future__ import annotations

import json
import os
import typing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.jobs import AnalyzeSpec, Job, JobSpec, JobState, PullSpec


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Circle:
    kind: ClassVar[str] = "circle"

    radius: Fraction


@dataclass(frozen=True)
class Line:
    kind: ClassVar[str] = "line"

    ends: tuple[tuple[int, int], ...] = ()


Shape = Circle | Line


@dataclass(frozen=True)
class Everything:
    path: Path
    time: Fraction
    at: datetime
    colour: Colour
    shape: Shape
    score: float
    edition: Literal["free", "studio"] | None = None
    maybe: Fraction | None = None
    pair: tuple[str, Fraction] = ("", Fraction(0))
    paths: tuple[Path, ...] = ()
    shapes: tuple[Shape, ...] = ()
    by_name: dict[str, Circle] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    flag: bool = False


text = st.text(st.characters())
paths = (
    st.binary(min_size=1, max_size=9).filter(lambda data: b"\0" not in data).map(lambda data: Path(os.fsdecode(data)))
)
zones = st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours)))
circles = st.builds(Circle, st.fractions())
shapes = circles | st.builds(Line, st.lists(st.tuples(st.integers(), st.integers()), max_size=3).map(tuple))
everything = st.builds(
    Everything, paths, st.fractions(), st.datetimes(timezones=zones), st.sampled_from(Colour), shapes,
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([None, "free", "studio"]),
    st.none() | st.fractions(), st.tuples(text, st.fractions()), st.lists(paths, max_size=2).map(tuple),
    st.lists(shapes, max_size=2).map(tuple), st.dictionaries(text, circles, max_size=2), st.lists(text, max_size=2),
    st.booleans(),
)  # fmt: skip


@given(everything)
def test_every_kind_of_value_comes_back_exactly(value: Everything) -> None:
    line = serialise.dumps(value)
    assert line.isascii() and "\n" not in line
    assert serialise.loads(Everything, line) == value


def test_fields_of_a_newer_version_are_ignored_and_those_an_older_one_lacks_take_their_defaults() -> None:
    written = {"kind": "pull_model", "name": "light", "mirror": "http://…"}
    assert serialise.decode(JobSpec, written) == PullSpec("light")
    assert serialise.decode(AnalyzeSpec, {"path": "/a"}) == AnalyzeSpec(Path("/a"))


def test_a_member_of_a_union_is_known_by_its_kind_wherever_it_stands() -> None:
    spec = AnalyzeSpec(Path("/a"))
    job = Job("1", "r", spec, JobState.QUEUED, 0, datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert serialise.encode(job)["spec"]["kind"] == serialise.encode(spec)["kind"] == "analyze"
    assert serialise.loads(Job, serialise.dumps(job)) == job
    assert serialise.kinds_of(JobSpec) == {spec.kind: spec for spec in typing.get_args(JobSpec)}


@pytest.mark.parametrize(
    ("kind", "written"),
    [(JobSpec, '{"kind":"fly"}'), (JobSpec, '{"name":"light"}'), (PullSpec, "{}"), (Fraction, '"x/y"'),
     (JobState, '"asleep"'), (PullSpec, "[]"), (PullSpec, "{")],
)  # fmt: skip
def test_what_is_no_such_value_is_refused(kind: type, written: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        serialise.loads(kind, written)


def test_a_union_whose_members_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(ValueError, match="has no kind"):
        serialise.kinds_of(Circle | Job)


def test_values_without_a_dataclass_around_them_are_written_too() -> None:
    told = {"path": Path("/a"), "rates": (Fraction(1, 3),), "state": JobState.RUNNING, "none": None}
    assert json.loads(serialise.dumps(told)) == {"path": "/a", "rates": ["1/3"], "state": "running", "none": None}
