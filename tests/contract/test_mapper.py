"""Everything that travels comes back as it was, and no field of the contract is without a use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.analysis import Chapter, ChapterEdit, Moment, MomentEdit
from cuemark.core.errors import Notice, OptionError
from cuemark.core.jobs import Job, JobEvent, JobSpec, JobState, PullSpec
from cuemark.core.markers import MarkerOptions
from cuemark.rpc.contract.mapper import Mapper, Row
from cuemark.rpc.contract.tables import JOB_STATES, ROWS, from_message, to_message
from cuemark.rpc.v1 import analyses_pb2, error_pb2, hosts_pb2, jobs_pb2, media_pb2, time_pb2
from tests.contract.values import values_of

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: getattr(row.kind, "__name__", str(row.kind)))
bounded = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@each_row
@bounded
@given(data=st.data())
def test_a_value_comes_back_as_it_was(row: Row, data: st.DataObject) -> None:
    value = data.draw(values_of(row.kind))
    sent = to_message(row.message, value)
    assert value == from_message(row.kind, row.message.FromString(sent.SerializeToString()))


@each_row
@bounded
@given(data=st.data())
def test_a_full_value_fills_every_field_of_its_message(row: Row, data: st.DataObject) -> None:
    assert _unfilled(to_message(row.message, data.draw(values_of(row.kind, full=True)))) == []


def _unfilled(message: Message) -> list[str]:
    """The fields with nothing in them, at any depth; in a oneof only one can have something."""
    filled = {field.name for field, _ in message.ListFields()}
    for oneof in message.DESCRIPTOR.oneofs:
        if message.WhichOneof(oneof.name):
            filled |= {field.name for field in oneof.fields}
    missing = [field.full_name for field in message.DESCRIPTOR.fields if field.name not in filled]
    for field, value in message.ListFields():
        # A path's bytes, a fraction's zero: what single values hold is theirs.
        if field.message_type is not None and field.message_type.file.package == "cuemark.rpc.v1":
            for each in _messages(field, value):
                missing += _unfilled(each) if each.DESCRIPTOR.file.name != "cuemark/rpc/v1/time.proto" else []
    return missing


def _messages(field: Any, value: Any) -> list[Message]:
    if field.message_type.GetOptions().map_entry:
        return [value[key] for key in value if isinstance(value[key], Message)]
    return list(value) if field.is_repeated else [value]


def test_text_and_paths_that_are_not_utf8_travel() -> None:
    odd = os.fsdecode(b"\xff.mp4")
    job = Job("1", "r", PullSpec(odd), JobState.QUEUED, 0, datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert from_message(Job, to_message(jobs_pb2.Job, job)).spec == PullSpec("\\udcff.mp4")
    footage = hosts_pb2.Footage(path=b"/\xff.mp4")
    assert footage.path == os.fsencode(Path("/", odd))


def test_what_is_left_unset_takes_the_default() -> None:
    assert from_message(MarkerOptions, hosts_pb2.MarkerOptions()) == MarkerOptions()
    assert from_message(MomentEdit, analyses_pb2.MomentEdit(moment_id="m1")) == MomentEdit("m1")
    event = from_message(JobEvent, jobs_pb2.WatchJobResponse(sequence=7, at={"seconds": 1}))
    assert event.heartbeat and event.sequence == 7


def test_nothing_asked_for_and_unknown_states_are_refused() -> None:
    with pytest.raises(OptionError) as nothing:
        from_message(JobSpec, jobs_pb2.JobSpec())
    assert nothing.value.code == "job_spec"
    with pytest.raises(OptionError) as unknown:
        JOB_STATES.back(77)
    assert unknown.value.code == "job_state" and "77" in unknown.value.message


@pytest.mark.parametrize(
    "message",
    [
        analyses_pb2.Chapter(end={"ticks": 1, "timescale": 1}),
        analyses_pb2.Chapter(start={"ticks": 1}, end={"ticks": 1, "timescale": 1}),
        analyses_pb2.Chapter(start={"ticks": 1, "timescale": -1}, end={"ticks": 1, "timescale": 1}),
    ],
)
def test_times_that_are_none_are_refused(message: Message) -> None:
    with pytest.raises(ValueError):
        from_message(Chapter, message)


def test_values_and_messages_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(TypeError, match="does not travel as Moment"):
        to_message(analyses_pb2.Moment, Notice("a", "b"))
    with pytest.raises(TypeError, match="carries no"):
        from_message(Moment, error_pb2.Notice())


@dataclass(frozen=True)
class Longer:
    code: str
    message: str
    since: str = ""


@dataclass(frozen=True)
class Unset:
    code: str | None
    message: str


@dataclass(frozen=True)
class Other:
    code: int
    message: str


@dataclass(frozen=True)
class Segment:
    ticks: int
    timescale: Fraction


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (Row(Longer, error_pb2.Notice), "has: since"),
        (Row(Notice, error_pb2.Error), "has: kind, next_step"),
        (Row(Unset, error_pb2.Notice), "cannot be left unset"),
        (Row(Other, error_pb2.Notice), "cannot carry"),
        (Row(Segment, time_pb2.Time), "holds no message"),
        (Row(ChapterEdit, media_pb2.KeyframeGap), "has: "),
    ],
)
def test_a_row_whose_sides_differ_is_refused(row: Row, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        Mapper([row]).form_of(row)
