"""What editors tell crosses the wire unchanged."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import HostError, Notice
from cuemark.core.markers import DroppedMarker, HostMarker, MarkerColours, MarkerEdit, MarkerOptions, TimelineMarker
from cuemark.core.timeline import (
    Delivery,
    Footage,
    HostState,
    HostTimeline,
    LeftOut,
    MarksFile,
    Removal,
    TimelineView,
    WentTo,
)
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import hosts_pb2
from tests.hosts.example import CLIP, TIMELINE

BARE = replace(
    CLIP, path=None, clip_rate=None, source_start=None, source_end=None, speed=None, problem="title", index=2
)
ODD = replace(CLIP, path=CLIP.path and CLIP.path.with_name(os.fsdecode(b"\xff\xfe ol\xc3\xa9.mov")), index=3)
REVERSED = replace(CLIP, speed=Fraction(-5, 4), clip_rate=Fraction(24000, 1001), enabled=False, index=4)
OPENED = HostTimeline(
    replace(TIMELINE, clips=(CLIP, BARE, ODD, REVERSED), playhead=None, rate=Fraction(30000, 1001), drop_frame=True),
    "p 1", "t 1", False, frozenset({(1, 3)}),
)  # fmt: skip
MARKER = HostMarker(3, 4, "Sky", "ein Stück ✂", "zwei\nZeilen", "cuemark:a:m1")
WANTED = TimelineMarker(3, 4, "Sky", "n", "", "cuemark:a:m1", "m1", "chapter", merged=("m2", "m3"))


def test_timelines() -> None:
    for timeline in (OPENED, replace(OPENED, selected=None), replace(OPENED, selected=frozenset(), is_open=True)):
        assert from_message(HostTimeline, to_message(hosts_pb2.Timeline, timeline)) == timeline


def test_states() -> None:
    state = HostState("resolve", "DaVinci Resolve", "21.1", "free", "script", "because", "0.1")
    assert from_message(HostState, to_message(hosts_pb2.Host, state)) == state
    troubled = replace(state, problem=HostError("code", "What.", "Do."))
    problem = from_message(HostState, to_message(hosts_pb2.Host, troubled)).problem
    assert type(problem) is HostError and (problem.code, str(problem)) == ("code", "What. Do.")


def test_deliveries_and_removals() -> None:
    delivery = Delivery(
        OPENED, (replace(WANTED, low=2, high=9), WANTED), (DroppedMarker(WANTED, "no room"),),
        (MarkerEdit(MARKER, ("renamed", "moved"), True),),
        1, 2, 3, 4, (LeftOut("title", "generator or title"),),
    )  # fmt: skip
    assert from_message(Delivery, to_message(hosts_pb2.SendMarkersResponse, delivery)) == delivery
    removal = Removal(OPENED, (MARKER,), 20)
    assert from_message(Removal, to_message(hosts_pb2.RemoveMarkersResponse, removal)) == removal


def test_options() -> None:
    for options in (MarkerOptions(), MarkerOptions(MarkerColours.named("mint", "Rose"), False, True, True)):
        assert from_message(MarkerOptions, to_message(hosts_pb2.MarkerOptions, options)) == options


def test_views_playheads_and_files() -> None:
    footage = (Footage(ODD.path or Path(), "f1", ("a2", "a1")),)
    for view in (TimelineView(OPENED, (MARKER,), 2, footage), TimelineView(OPENED, (), 0)):
        assert from_message(TimelineView, to_message(hosts_pb2.DescribeTimelineResponse, view)) == view
    for went in (WentTo(7, "01:00:00:07"), WentTo(3, "01:00:00:03", MARKER)):
        assert from_message(WentTo, to_message(hosts_pb2.GoToResponse, went)) == went
    made = MarksFile("x.marks.lua", b"\xff\x00", 3, Fraction(30000, 1001), (Notice("export_rate_assumed", "So."),))
    assert from_message(MarksFile, to_message(hosts_pb2.MakeMarksFileResponse, made)) == made
