"""What editors tell crosses the wire unchanged."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Notice
from cuemark.core.errors import HostError
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
from cuemark.rpc.contract import convert_hosts as convert
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
        assert convert.timeline_from(convert.timeline_to(timeline)) == timeline


def test_states() -> None:
    state = HostState("resolve", "DaVinci Resolve", "21.1", "free", "script", "because", "0.1")
    assert convert.state_from(convert.state_to(state)) == state
    problem = convert.state_from(convert.state_to(replace(state, problem=HostError("code", "What.", "Do.")))).problem
    assert problem is not None and (problem.code, str(problem)) == ("code", "What. Do.")


def test_deliveries_and_removals() -> None:
    delivery = Delivery(
        OPENED, (WANTED,), (DroppedMarker(WANTED, "no room"),), (MarkerEdit(MARKER, ("renamed", "moved"), True),),
        1, 2, 3, 4, (LeftOut("title", "generator or title"),),
    )  # fmt: skip
    dropped = (DroppedMarker(replace(WANTED, merged=()), "no room"),)
    assert convert.delivery_from(convert.delivery_to(delivery)) == replace(delivery, dropped=dropped)
    removal = Removal(OPENED, (MARKER,), 20)
    assert convert.removal_from(convert.removal_to(removal)) == removal


def test_options() -> None:
    for options in (MarkerOptions(), MarkerOptions(MarkerColours.named("mint", "Rose"), False, True, True)):
        assert convert.options_from(convert.options_to(options)) == options


def test_views_playheads_and_files() -> None:
    footage = (Footage(ODD.path or Path(), "f1", ("a2", "a1")),)
    for view in (TimelineView(OPENED, (MARKER,), 2, footage), TimelineView(OPENED, (), 0)):
        assert convert.view_from(convert.view_to(view)) == view
    for went in (WentTo(7, "01:00:00:07"), WentTo(3, "01:00:00:03", MARKER)):
        assert convert.went_from(convert.went_to(went)) == went
    made = MarksFile("x.marks.lua", b"\xff\x00", 3, Fraction(30000, 1001), (Notice("export_rate_assumed", "So."),))
    assert convert.marks_file_from(convert.marks_file_to(made)) == made
