"""What `cuemark resolve` shows of timelines and markers: as JSON objects, and to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cuemark.cli import output, text
from cuemark.core.analysis_json import notice_object
from cuemark.core.text import first_few

if TYPE_CHECKING:
    from cuemark.core.markers import HostMarker
    from cuemark.core.timeline import Delivery, HostState, HostTimeline, LeftOut, TimelineDescription, TimelineView

FEW = 3
"""So many places of one thing are named in a line."""


def state_object(state: HostState) -> dict[str, Any]:
    """Who answers."""
    return {
        "product": state.product,
        "version": state.version,
        "edition": state.edition,
        "way": state.transport,
        "reason": state.reason,
        "script_version": state.script_version,
    }


def timeline_object(timeline: HostTimeline) -> dict[str, Any]:
    """A timeline without its clips; `fps` is exact, `in_out` the frames [first, after] between in and out point."""
    told = timeline.description
    return {
        "project": told.project,
        "name": told.timeline,
        "fps": f"{told.rate.numerator}/{told.rate.denominator}",
        "drop_frame": told.drop_frame,
        "start_timecode": told.start_timecode,
        "frames": told.duration,
        "playhead": told.playhead,
        "clips": len(told.clips),
        "open": timeline.is_open,
        "in_out": None if told.in_out is None else [told.in_out.start, told.in_out.end],
    }


def marker_object(marker: HostMarker) -> dict[str, Any]:
    """A marker; `frame` counts from the timeline's first, `moment` is a moment's or chapter's id in its analysis."""
    from cuemark.core.markers import CustomId

    custom = CustomId.parse(marker.custom_data)
    return {
        "frame": marker.frame,
        "duration": marker.duration,
        "color": marker.color,
        "name": marker.name,
        "note": marker.note,
        "custom_data": marker.custom_data,
        "moment": custom.segment_id if custom else "",
        "analysis": custom.analysis if custom else "",
    }


def left_out_object(told: TimelineDescription, each: LeftOut) -> dict[str, Any]:
    """A clip that carries no marker, or not all of them, where it lies, and why."""
    return {
        "item": each.item,
        "reason": each.reason,
        "track": each.track,
        "track_name": each.track_name,
        "frame": each.frame,
        "timecode": told.timecode(each.frame),
    }


def delivery_object(delivery: Delivery, left_out: Iterable[LeftOut]) -> dict[str, Any]:
    """What `send` and `analyze` did to a timeline."""
    return {
        "timeline": timeline_object(delivery.timeline),
        "markers": [{**marker_object(m.on_host()), "kind": m.kind, "merged": list(m.merged)} for m in delivery.markers],
        "left_out": [left_out_object(delivery.timeline.description, each) for each in left_out],
        "dropped": [{**marker_object(each.marker.on_host()), "reason": each.reason} for each in delivery.dropped],
        "edits": [
            {**marker_object(edit.marker), "changes": list(edit.changes), "kept": edit.kept} for edit in delivery.edits
        ],
        "added": delivery.added,
        "changed": delivery.changed,
        "removed": delivery.removed,
        "unchanged": delivery.unchanged,
        "warnings": list(map(notice_object, delivery.warnings)),
    }


def print_state(state: HostState) -> None:
    """Who answers, and how."""
    facts = {"Resolve": f"{state.product} {state.version} ({state.edition})"} if state.product else {}
    ways = {"script": "the script in Workspace > Scripts", "studio": "Studio's Python API"}
    facts["Way"] = f"{ways.get(state.transport, state.transport)}: {state.reason}"
    if state.script_version:
        facts["Script"] = state.script_version
    output.facts(facts)


def print_timeline(view: TimelineView) -> None:
    """The timeline and our markers on it."""
    told = view.timeline.description
    facts = {
        "Project": told.project,
        "Timeline": f"{told.timeline} ({kind_of(told)}, {text.plural(len(told.clips), 'clip')})",
        "Markers": f"{len(view.markers)} of Cuemark's, {view.other_markers} others",
    }
    if view.finds:
        facts["Finds"] = f"{text.plural(len(view.finds), 'marker')} of a search (cuemark resolve find --clear)"
    if told.in_out is not None:
        facts["In to out"] = f"{told.timecode(told.in_out.start)} to {told.timecode(told.in_out.end - 1)}"
    output.facts(facts)
    if view.markers:
        output.say()
        print_markers(told, view.markers)


def kind_of(told: TimelineDescription) -> str:
    """`29.97 fps drop-frame from 01:00:00;00`."""
    drop = " drop-frame" if told.drop_frame else ""
    return f"{text.rate(told.rate)}{drop} from {told.start_timecode}"


def print_markers(told: TimelineDescription, markers: Sequence[HostMarker]) -> None:
    """One line a marker; its number is what `cuemark resolve goto` takes."""
    rows = [
        [str(number), told.timecode(m.frame), str(m.duration), m.color, m.name] for number, m in enumerate(markers, 1)
    ]
    output.table(["#", "timecode", "frames", "colour", "marker"], rows, right=["#", "frames"])


def print_delivery(delivery: Delivery, left_out: Iterable[LeftOut]) -> None:
    """What is on the timeline now, what it took, and what was not done and why."""
    told = delivery.timeline.description
    if delivery.markers:
        print_markers(told, [marker.on_host() for marker in delivery.markers])
        output.say()
    for notice in delivery.warnings:
        output.warn(notice.message, notice.code)
    print_left_out(told, left_out)
    for dropped in delivery.dropped:
        at = told.timecode(dropped.marker.frame) if 0 <= dropped.marker.frame < told.duration else "outside"
        output.warn(f"no marker for {dropped.marker.name!r} ({at}): {dropped.reason}")
    for edit in delivery.edits:
        fate = "kept so" if edit.kept else "undone"
        output.tell(
            f"Yours: {edit.marker.name!r} at {told.timecode(edit.marker.frame)}: {', '.join(edit.changes)}, {fate}"
        )
    if any(edit.kept for edit in delivery.edits):
        output.hint("What you changed stays; with --discard-edits it is as Cuemark has it.")
    output.say(
        f"{told.timeline}: {text.plural(len(delivery.markers), 'marker')} ({delivery.added} added, "
        f"{delivery.changed} changed, {delivery.unchanged} as they were), {delivery.removed} removed."
    )


def print_left_out(told: TimelineDescription, left_out: Iterable[LeftOut]) -> None:
    """One line a clip and reason, with the places of clips that are left out together."""
    places: dict[tuple[str, str], dict[str, list[str]]] = {}
    for each in left_out:
        of_item = places.setdefault((each.item, each.reason), {})
        of_item.setdefault(each.track_shown, []).append(told.timecode(each.frame))
    for (item, reason), by_track in places.items():
        where = "; ".join(f"{name} at {first_few(labels, FEW)}" for name, labels in by_track.items())
        output.warn(f"left out: {item} ({where}): {reason}")
