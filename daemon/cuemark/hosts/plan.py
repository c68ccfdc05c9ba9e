"""What to remove from a timeline and what to add, so that it shows the wanted markers and nobody loses one.

Only markers that carry the id of an analysis the plan is about are touched; every other one is an obstacle.  Nothing
is edited in place, because Resolve cannot: a changed marker is removed and added again, all removals first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.markers import CustomId, DroppedMarker, HostMarker, MarkerEdit, TimelineMarker
from cuemark.hosts.arrange import Arranged, arrange
from cuemark.hosts.edits import Target, edited, gone, judge
from cuemark.hosts.free_frames import FreeFrames, reach
from cuemark.hosts.pairing import Pair, Slot, pair, slots_of
from cuemark.markers.sent import WORDS, SentMarker


@dataclass(frozen=True)
class Plan:
    """`remove`, then `add`; `keep` are ours that stay as they are.  Frames count from the timeline's start.

    `markers` are the wanted ones as they will be, `dropped` those that get none, `edits` what the user had done to
    ours.  Write `before` into the timeline's record ahead of the first step and `after` when the last is done.
    """

    remove: tuple[HostMarker, ...] = ()
    add: tuple[HostMarker, ...] = ()
    keep: tuple[HostMarker, ...] = ()
    markers: tuple[TimelineMarker, ...] = ()
    dropped: tuple[DroppedMarker, ...] = ()
    edits: tuple[MarkerEdit, ...] = ()
    before: tuple[SentMarker, ...] = ()
    after: tuple[SentMarker, ...] = ()

    def after_refusal(self, refused: Collection[str]) -> tuple[SentMarker, ...]:
        """The record to write instead of `after` where the editor refused some ids: those stay unsettled, so that
        the next plan tries them again and does not take them for deleted."""
        tried = tuple(record for record in self.before if record.custom_data in refused)
        return (*(record for record in self.after if record.custom_data not in refused), *tried)


def plan_markers(
    existing: Sequence[HostMarker],
    wanted: Iterable[TimelineMarker],
    *,
    rate: Fraction,
    length: int,
    sent: Sequence[SentMarker] = (),
    analyses: Collection[str] = (),
    keep_edits: bool = True,
) -> Plan:
    """From the markers on a timeline of `length` frames to the wanted ones.

    `analyses` are the ids whose markers this is about beside those of `wanted`: older analyses of the same media, whose
    markers are replaced.  `sent` is the record of this timeline.  With `keep_edits`, what the user renamed, moved,
    recoloured or deleted stays so.  An occupied frame moves a marker to the nearest free one within half a second
    and within its clip; where there is none our nearest marker tells it too, and without one it is dropped.
    """
    wishes = list(wanted)
    inside = [marker for marker in wishes if 0 <= marker.frame < length]
    scope = {custom.analysis for m in wishes if (custom := CustomId.parse(m.custom_data))} | set(analyses)
    ours, others = _split(existing, scope)
    records = {record.custom_data: record for record in sent if record.analysis in scope}
    pairs, leftover = pair(inside, slots_of(ours, records))
    stale = _Stale.of(leftover, keep_edits)
    pairs, claimed = _claim(pairs, stale.wishes, reach(rate))
    targets, deleted, edits = judge(pairs, length, keep_edits)
    frames = FreeFrames([marker.frame for marker in (*others, *stale.kept_markers)], length)
    arranged, told, without = arrange(targets, frames, length, rate)
    steps = _steps(arranged, [*told, *without], stale)
    absent = [SentMarker.of(p.wanted) for p in claimed]
    absent += [p.slot.record for p in deleted if p.slot and p.slot.record]
    absent += [record for record in sent if record.analysis not in scope]
    return Plan(
        remove=_in_order(steps.remove),
        add=_in_order(steps.add),
        keep=_in_order(steps.keep),
        markers=tuple(sorted((item.marker() for item in arranged), key=lambda marker: marker.frame)),
        dropped=(
            *(DroppedMarker(m, "it lies outside the timeline") for m in wishes if m not in inside),
            *(DroppedMarker(p.wanted, "you deleted it") for p in deleted),
            *(DroppedMarker(p.wanted, "you changed or deleted the marker that was there before") for p in claimed),
            *(DroppedMarker(t.wanted, "there is no free frame within half a second") for t in without),
        ),
        edits=(*edits, *stale.edits),
        before=(*steps.before, *absent),
        after=(*steps.after, *absent),
    )


def plan_removal(
    existing: Iterable[HostMarker], *, sent: Iterable[SentMarker] = (), analyses: Collection[str] | None = None
) -> Plan:
    """Every marker of ours off the timeline, or those of some analyses, edited ones included; no other is touched."""

    def meant(custom: CustomId | None) -> bool:
        return custom is not None and (analyses is None or custom.analysis in analyses)

    remove = [marker for marker in existing if meant(CustomId.parse(marker.custom_data))]
    # From the first step on nothing is ours to keep, so the record forgets at once: what a crash leaves is removed
    # or found again by its id.
    left = tuple(record for record in sent if not meant(CustomId.parse(record.custom_data)))
    return Plan(remove=_in_order(remove), before=left, after=left)


def _in_order(markers: Iterable[HostMarker]) -> tuple[HostMarker, ...]:
    return tuple(sorted(markers, key=lambda marker: (marker.frame, marker.custom_data)))


def _split(existing: Iterable[HostMarker], scope: set[str]) -> tuple[dict[str, HostMarker], list[HostMarker]]:
    """Ours by id, and everybody else's: a second marker with the same id is a copy that the user made."""
    ours: dict[str, HostMarker] = {}
    others: list[HostMarker] = []
    for marker in _in_order(existing):
        custom = CustomId.parse(marker.custom_data)
        if custom and custom.analysis in scope and marker.custom_data not in ours:
            ours[marker.custom_data] = marker
        else:
            others.append(marker)
    return ours, others


@dataclass(frozen=True)
class _Stale:
    """Markers of ours that nothing is wanted for any more: those that go, those the user's work saves, those gone."""

    go: list[Slot]
    kept: list[Slot]
    wishes: list[Slot]
    edits: list[MarkerEdit]

    @classmethod
    def of(cls, leftover: list[Slot], keep_edits: bool) -> _Stale:
        kept = [slot for slot in leftover if keep_edits and edited(slot)]
        edits = [
            MarkerEdit(slot.existing, tuple(WORDS[name] for name in edited(slot)), keep_edits)
            for slot in leftover
            if slot.existing and edited(slot)
        ]
        wishes = [slot for slot in leftover if keep_edits and (edited(slot) or gone(slot))]
        return cls([slot for slot in leftover if slot not in kept], kept, wishes, edits)

    @property
    def kept_markers(self) -> list[HostMarker]:
        return [slot.existing for slot in self.kept if slot.existing]


def _claim(pairs: list[Pair], wishes: list[Slot], most: int) -> tuple[list[Pair], list[Pair]]:
    """New markers whose place the user has already decided about: an older analysis had one of its kind there."""
    claimed: list[Pair] = []
    for slot in wishes:
        record = slot.record
        if record is None:
            continue
        near = [
            (abs(p.wanted.frame - record.ours.frame), index)
            for index, p in enumerate(pairs)
            if p.slot is None and p.wanted.kind == record.kind and _analysis(p.wanted) != slot.custom.analysis
        ]
        if near and min(near)[0] <= most:
            claimed.append(pairs.pop(min(near)[1]))
    return pairs, claimed


def _analysis(marker: TimelineMarker) -> str:
    custom = CustomId.parse(marker.custom_data)
    return custom.analysis if custom else ""


@dataclass(frozen=True)
class _Steps:
    remove: list[HostMarker]
    add: list[HostMarker]
    keep: list[HostMarker]
    before: list[SentMarker]
    after: list[SentMarker]


def _steps(arranged: list[Arranged], without: list[Target], stale: _Stale) -> _Steps:
    steps = _Steps([], [], stale.kept_markers, [], [])
    for item in arranged:
        existing = item.target.existing
        steps.after.append(item.record)
        if existing == item.final:
            steps.keep.append(item.final)
            steps.before.append(item.record)
            continue
        steps.remove.extend([existing] if existing else [])
        steps.add.append(item.final)
        steps.before.append(item.record.unsettled(item.target.base if existing else None))
    for slot in stale.kept:
        steps.before.extend([slot.record] if slot.record else [])
        steps.after.extend([slot.record] if slot.record else [])
    for marker, record in [
        *((t.existing, SentMarker(t.base or t.existing, t.existing, t.wanted.kind)) for t in without if t.existing),
        *((s.existing, s.record) for s in stale.go if s.existing),
    ]:
        steps.remove.append(marker)
        steps.before.extend([record.unsettled(record.previous)] if record else [])
    return steps
