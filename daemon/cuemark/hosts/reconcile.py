"""The difference between the markers that are desired on a timeline and the actual ones, so that nobody loses one.

Only markers that carry the id of an analysis it is about are touched; every other one is an obstacle.  Nothing is
edited in place, because Resolve cannot: a changed marker is removed and added again, all removals first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from cuemark.core.markers import CustomId, DroppedMarker, HostMarker, MarkerEdit, TimelineMarker
from cuemark.core.timeline import FrameSpan
from cuemark.hosts.editor_changes import left_by_editor
from cuemark.hosts.user_edits import Goal, Known, Match, known_markers, match, merge_edits
from cuemark.markers.build import merge
from cuemark.markers.sent import WORDS, SentMarker

_WAY_BACK = "(--discard-edits brings it back)"


@dataclass(frozen=True)
class Difference:
    """`remove`, then `add`; `keep` are ours that stay as they are.  Frames count from the timeline's start.

    `markers` are the desired ones as they will be, `dropped` those that get none, `edits` what the user had done to
    ours, `restored` the ids of those that an unsaved project had lost.  Write `before` into the timeline's record
    ahead of the first step and `after` when the last is done.
    """

    remove: tuple[HostMarker, ...] = ()
    add: tuple[HostMarker, ...] = ()
    keep: tuple[HostMarker, ...] = ()
    markers: tuple[TimelineMarker, ...] = ()
    dropped: tuple[DroppedMarker, ...] = ()
    edits: tuple[MarkerEdit, ...] = ()
    before: tuple[SentMarker, ...] = ()
    after: tuple[SentMarker, ...] = ()
    restored: frozenset[str] = frozenset()

    def after_refusal(self, refused: Collection[str]) -> tuple[SentMarker, ...]:
        """The record to write instead of `after` where the editor refused some ids: those stay unsettled, so that
        the next reconciliation tries them again and does not take them for deleted."""
        tried = tuple(record for record in self.before if record.custom_data in refused)
        return (*(record for record in self.after if record.custom_data not in refused), *tried)


def reconcile(
    actual: Sequence[HostMarker],
    desired: Iterable[TimelineMarker],
    *,
    rate: Fraction,
    length: int,
    sent: Sequence[SentMarker] = (),
    analyses: Collection[str] = (),
    keep_edits: bool = True,
    span: FrameSpan | None = None,
    taken_out: Collection[tuple[str, str]] = (),
) -> Difference:
    """From the actual markers of a timeline of `length` frames to the desired ones.

    `analyses` are the ids whose markers this is about beside those of `desired`: older analyses of the same media,
    whose markers are replaced.  `sent` is the record of this timeline.  With `keep_edits`, what the user renamed,
    moved, recoloured or deleted stays so.  An occupied frame moves a marker to the nearest free one within half a
    second and within its clip; where there is none our nearest marker tells it too, and without one it is dropped.
    Markers outside of the `span`, where there is one, stay as they are.
    `taken_out` are moments and chapters (analysis, id) that the user deleted from an analysis: their markers go,
    whatever was done to them.
    """
    wishes = list(desired)
    inside = [marker for marker in wishes if 0 <= marker.frame < length]
    scope = {custom.analysis for m in wishes if (custom := CustomId.parse(m.custom_data))} | set(analyses)
    ours, others = _split(actual, scope, span)
    records = {record.custom_data: record for record in sent if record.analysis in scope}
    elsewhere = {} if span is None else _elsewhere(records, {**ours, **{m.custom_data: m for m in others}}, span)
    left = left_by_editor(ours, {custom: each for custom, each in records.items() if custom not in elsewhere})
    taken = {marker.custom_data for marker in others} | elsewhere.keys()
    matches, stale = match(inside, known_markers(ours, left.records), taken)
    theirs = [known for known in stale if keep_edits and known.segment not in taken_out]
    kept = [known for known in theirs if known.edited]
    decided = [known for known in theirs if known.edited or known.is_deleted]
    matches, claimed = _claim(matches, decided, reach(rate))
    goals, deleted, edits = merge_edits(matches, length, keep_edits)
    held = [*others, *(known.actual for known in kept if known.actual)]
    placed, merged, unplaced = place_on_frames(goals, FreeFrames((m.frame for m in held), length, span), rate)
    steps = _Steps()
    for goal in placed:
        steps.reach(goal)
    for known in kept:
        steps.leave(known)
    for goal in (*merged, *unplaced):
        steps.give_up(goal)
    for known in stale:
        if known not in kept:
            steps.take_off(known)
    absent = [SentMarker.of(each.desired).refused() for each in claimed]
    absent += [each.known.sent.refused() for each in deleted if each.known and each.known.sent]
    absent += [record for record in sent if record.analysis not in scope or record.custom_data in elsewhere]
    return Difference(
        remove=_in_order(steps.remove),
        add=_in_order(steps.add),
        keep=_in_order(steps.keep),
        markers=tuple(sorted((goal.marker() for goal in placed), key=lambda marker: marker.frame)),
        dropped=(
            *(DroppedMarker(m, "it lies outside the timeline") for m in wishes if m not in inside),
            *(DroppedMarker(each.desired, f"you deleted it {_WAY_BACK}") for each in deleted),
            *(
                DroppedMarker(m.desired, f"you changed or deleted the marker that was there before {_WAY_BACK}")
                for m in claimed
            ),
            *(DroppedMarker(goal.desired, "there is no free frame within half a second") for goal in unplaced),
        ),
        edits=(*edits, *_edits_of(stale, kept)),
        before=(*steps.before, *absent),
        after=(*steps.after, *absent),
        restored=left.restored,
    )


def removal(
    actual: Iterable[HostMarker],
    *,
    sent: Iterable[SentMarker] = (),
    analyses: Collection[str] | None = None,
    span: FrameSpan | None = None,
) -> Difference:
    """Every marker of ours off the timeline, or those of some analyses, edited ones included; no other is touched.

    Of those, where there is a `span`, the ones that begin in it.
    """

    def meant(custom: CustomId | None) -> bool:
        return custom is not None and (analyses is None or custom.analysis in analyses)

    ours = [marker for marker in actual if meant(CustomId.parse(marker.custom_data))]
    remove = ours if span is None else [marker for marker in ours if marker.frame in span]
    # From the first step on nothing is ours to keep, so the record forgets at once: what a crash leaves is removed
    # or found again by its id.
    records = {record.custom_data: record for record in sent}
    there = {marker.custom_data: marker for marker in ours}
    stays = {} if span is None else _elsewhere(records, there, span)
    left = tuple(r for r in records.values() if r.custom_data in stays or not meant(CustomId.parse(r.custom_data)))
    return Difference(remove=_in_order(remove), before=left, after=left)


def _in_order(markers: Iterable[HostMarker]) -> tuple[HostMarker, ...]:
    return tuple(sorted(markers, key=lambda marker: (marker.frame, marker.custom_data)))


def _elsewhere(records: dict[str, SentMarker], actual: dict[str, HostMarker], span: FrameSpan) -> dict[str, SentMarker]:
    """The records of markers that lie, or lay, outside of a span."""
    return {id_: each for id_, each in records.items() if actual.get(id_, each.shown).frame not in span}


def _split(
    actual: Iterable[HostMarker], scope: set[str], span: FrameSpan | None
) -> tuple[dict[str, HostMarker], list[HostMarker]]:
    """Ours by id, and everybody else's: a second marker with the same id is a copy that the user made, and what lies
    outside of the span is none of our business."""
    ours: dict[str, HostMarker] = {}
    others: list[HostMarker] = []
    for marker in _in_order(actual):
        custom = CustomId.parse(marker.custom_data)
        is_meant = custom is not None and custom.analysis in scope and (span is None or marker.frame in span)
        if is_meant and marker.custom_data not in ours:
            ours[marker.custom_data] = marker
        else:
            others.append(marker)
    return ours, others


def _claim(matches: list[Match], decided: list[Known], most: int) -> tuple[list[Match], list[Match]]:
    """The matches without, and those with, a place the user has decided about: an older analysis had one there."""
    left, claimed = list(matches), []
    for known in decided:
        record = known.sent
        if record is None:
            continue
        near = [
            (abs(each.desired.frame - record.ours.frame), index)
            for index, each in enumerate(left)
            if each.known is None and each.desired.kind == record.kind and _analysis(each) != known.custom.analysis
        ]
        if near and min(near)[0] <= most:
            claimed.append(left.pop(min(near)[1]))
    return left, claimed


def _analysis(each: Match) -> str:
    custom = CustomId.parse(each.desired.custom_data)
    return custom.analysis if custom else ""


def _edits_of(stale: Iterable[Known], kept: Collection[Known]) -> list[MarkerEdit]:
    edited = [(known, known.actual) for known in stale if known.edited]
    return [
        MarkerEdit(marker, tuple(WORDS[name] for name in known.edited), known in kept)
        for known, marker in edited
        if marker
    ]


class _Steps:
    """What is to be done to the timeline, and its record before and after."""

    def __init__(self) -> None:
        self.remove: list[HostMarker] = []
        self.add: list[HostMarker] = []
        self.keep: list[HostMarker] = []
        self.before: list[SentMarker] = []
        self.after: list[SentMarker] = []

    def reach(self, goal: Goal) -> None:
        """Make a marker what it is to be."""
        self.after.append(goal.record)
        if goal.actual == goal.final:
            self.keep.append(goal.final)
            self.before.append(goal.record)
            return
        self.remove.extend([goal.actual] if goal.actual else [])
        self.add.append(goal.final)
        self.before.append(goal.record.unsettled(goal.base if goal.actual else None))

    def leave(self, known: Known) -> None:
        """Leave a marker that nothing is desired for any more, but that the user worked on."""
        self.keep.extend([known.actual] if known.actual else [])
        self.before.extend([known.sent] if known.sent else [])
        self.after.extend([known.sent] if known.sent else [])

    def give_up(self, goal: Goal) -> None:
        """Take off a marker that has no place any more."""
        if goal.actual:
            self.remove.append(goal.actual)
            self.before.append(SentMarker(goal.base or goal.actual, goal.actual, goal.desired.kind).unsettled(None))

    def take_off(self, known: Known) -> None:
        """Take off a marker that nothing is desired for any more."""
        if known.actual:
            self.remove.append(known.actual)
            self.before.extend([known.sent.unsettled(known.sent.previous)] if known.sent else [])


def reach(rate: Fraction) -> int:
    """How far a marker may move from an occupied frame: half a second, in whole frames."""
    return int(rate / 2)


class FreeFrames:
    """The frames [0, length) of a timeline, or those of a span, that still take a marker: each holds one."""

    def __init__(self, taken: Iterable[int], length: int, span: FrameSpan | None = None) -> None:
        self._taken = set(taken)
        self._span = span or FrameSpan(0, length)
        self.length = length

    def free(self, frame: int) -> bool:
        """Whether the timeline has this frame and nothing lies on it."""
        return 0 <= frame < self.length and frame in self._span and frame not in self._taken

    def take(self, frame: int) -> None:
        """From now on something lies on `frame`."""
        self._taken.add(frame)

    def nearest(self, frame: int, most: int | None, low: int = 0, high: int | None = None) -> int | None:
        """The free frame nearest to `frame` in [low, high), at most `most` away; of two, the later: it is inside."""
        end = self.length if high is None else min(high, self.length)
        span = max(frame - low, end - frame) if most is None else most
        for distance in range(span + 1):
            for candidate in (frame + distance, frame - distance):
                if low <= candidate < end and self.free(candidate):
                    return candidate
        return None


def place_on_frames(
    goals: Iterable[Goal], frames: FreeFrames, rate: Fraction
) -> tuple[list[Goal], list[Goal], list[Goal]]:
    """Goals on frames of their own, those that were merged into one of these, and those nothing is left for.

    First come the frames the user chose, then what the user changed otherwise, then exact frames, then neighbours.
    """
    placed: list[Goal] = []
    waiting: list[Goal] = []
    for goal in sorted(goals, key=lambda g: ("frame" not in g.users, not g.users, g.final.frame, g.final.custom_data)):
        if frames.free(goal.final.frame):
            placed.append(_at(goal, goal.final.frame, frames))
        else:
            waiting.append(goal)
    merged: list[Goal] = []
    left: list[Goal] = []
    for goal in waiting:
        frame = _near(goal, frames, rate)
        if frame is not None:
            placed.append(_at(goal, frame, frames))
        else:
            (merged if _merged_into_a_neighbour(goal, placed, reach(rate)) else left).append(goal)
    return placed, merged, left


def _near(goal: Goal, frames: FreeFrames, rate: Fraction) -> int | None:
    frame = frames.nearest(goal.final.frame, reach(rate), goal.desired.low, goal.desired.high)
    if frame is None and goal.users:  # what the user wrote is not given up for want of a frame
        frame = frames.nearest((goal.actual or goal.final).frame, None)
    return frame


def _at(goal: Goal, frame: int, frames: FreeFrames) -> Goal:
    frames.take(frame)
    final, high = replace(goal.final, frame=frame), goal.desired.high
    is_users = "duration" in goal.users
    # The user may have drawn it past the timeline's end, or cut the timeline off: left alone it stays so, but an
    # editor is never sent a marker that does not fit.
    if not (is_users and final == goal.actual):
        whole = is_users or high is None or not goal.desired.low <= frame < high
        end = frames.length if whole else min(high or frames.length, frames.length)
        final = replace(final, duration=max(1, min(final.duration, end - frame)))
    return replace(goal, final=final)


def _merged_into_a_neighbour(goal: Goal, placed: list[Goal], most: int) -> bool:
    """Whether our nearest marker, untouched by the user, has taken over what `goal` says."""
    near = [
        (abs(other.final.frame - goal.final.frame), index)
        for index, other in enumerate(placed)
        if not other.users and abs(other.final.frame - goal.final.frame) <= most
    ]
    if not near:
        return False
    index = min(near)[1]
    both = merge([placed[index].marker(), goal.desired])
    placed[index] = replace(placed[index], final=both.on_host(), merged=both.merged)
    return True
