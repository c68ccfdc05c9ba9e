"""Carrying a difference out on a timeline: each step is written down ahead, and the timeline read again after it.

Killed anywhere, the next delivery finds out from the timeline and the record what is left to do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from cuemark.core.analysis import Notice
from cuemark.core.markers import CustomId, DroppedMarker, HostMarker, MarkerEdit, TimelineMarker
from cuemark.core.timeline import Delivery, FrameSpan, HostTimeline, Removal
from cuemark.hosts.bridge import Bridge, Changes
from cuemark.hosts.reconcile import Difference, reconcile, removal
from cuemark.library.sent_markers import SentMarkers
from cuemark.markers.sent import SentMarker

ROUNDS = 4
"""Times a timeline is read and reconciled: once to change it, once to see that it is so, more where its user works
on it meanwhile."""


async def deliver(
    bridge: Bridge,
    timeline: HostTimeline,
    desired: Sequence[TimelineMarker],
    store: SentMarkers,
    *,
    analyses: Collection[str] = (),
    keep_edits: bool = True,
    span: FrameSpan | None = None,
    taken_out: Collection[tuple[str, str]] = (),
) -> Delivery:
    """Brings the markers of some analyses on a timeline to the desired ones; see `reconcile`.

    Raises HostError, StoreError `sent_record_not_written`.
    """
    description = timeline.description
    journal, steps = _Journal(store, timeline), _Steps(bridge, timeline)
    edits: dict[tuple[str, tuple[str, ...]], MarkerEdit] = {}
    restored: set[str] = set()
    for _ in range(ROUNDS):
        found = reconcile(
            await bridge.markers(timeline),
            desired,
            rate=description.rate,
            length=description.duration,
            sent=journal.load(),
            analyses=analyses,
            keep_edits=keep_edits,
            span=span,
            taken_out=taken_out,
        )
        restored |= found.restored
        edits |= {(edit.marker.custom_data, edit.changes): edit for edit in found.edits}
        if not found.remove and not found.add:
            break
        journal.save(found.before)
        await steps.carry_out(found)
    journal.save(found.after_refusal(steps.refused))
    done = _delivery(timeline, found, steps, tuple(edits.values()))
    return replace(done, warnings=_restored({marker.custom_data for marker in done.markers} & restored))


def _restored(ids: Collection[str]) -> tuple[Notice, ...]:
    """What is said of markers that an editor had lost, or brought back as they were before."""
    if not ids:
        return ()
    message = (
        f"{len(ids)} of Cuemark's markers were gone, or as they had been before the last send, all at once, as after a "
        "project that was closed without saving: they are back. `cuemark resolve undo` takes markers off for good."
    )
    return (Notice("markers_restored", message),)


async def withdraw(
    bridge: Bridge, timeline: HostTimeline, store: SentMarkers, analysis: str = "", span: FrameSpan | None = None
) -> Removal:
    """Takes our markers off a timeline, all or those of the analysis whose id begins so, or those that begin in a span;
    nobody else's."""
    journal, steps = _Journal(store, timeline), _Steps(bridge, timeline)
    gone: dict[tuple[int, str], HostMarker] = {}
    for _ in range(ROUNDS):
        actual = await bridge.markers(timeline)
        sent = journal.load()
        known = [custom for marker in actual if (custom := CustomId.parse(marker.custom_data))]
        meant = {custom.analysis for custom in known} | {record.analysis for record in sent}
        found = removal(actual, sent=sent, analyses={each for each in meant if each.startswith(analysis)}, span=span)
        journal.save(found.before)
        if not found.remove:
            break
        await steps.carry_out(found)
        gone |= {(m.frame, m.custom_data): m for m in found.remove if m.custom_data in steps.removed}
    return Removal(timeline, tuple(gone.values()), len(actual))


class _Journal:
    """The record of one timeline."""

    def __init__(self, store: SentMarkers, timeline: HostTimeline) -> None:
        self._store = store
        self._key = (timeline.description.host, timeline.project_id, timeline.timeline_id)
        self._known: tuple[SentMarker, ...] = ()

    def load(self) -> tuple[SentMarker, ...]:
        self._known = self._store.load(*self._key)
        return self._known

    def save(self, records: tuple[SentMarker, ...]) -> None:
        if records != self._known:
            self._store.save(*self._key, records)


class _Steps:
    """What was done to one timeline so far: ids of markers."""

    def __init__(self, bridge: Bridge, timeline: HostTimeline) -> None:
        self._bridge, self._timeline = bridge, timeline
        self.added: set[str] = set()
        self.removed: set[str] = set()
        self.refused: set[str] = set()

    async def carry_out(self, found: Difference) -> None:
        """Removals first: their frames are needed."""
        removed = await self._bridge.remove(self._timeline, found.remove) if found.remove else Changes()
        added = await self._bridge.add(self._timeline, found.add) if found.add else Changes()
        self.removed |= set(removed.done)
        self.added |= set(added.done)
        self.refused = {each.custom_data for each in added.refused if each.why != "exists"}


def _delivery(timeline: HostTimeline, found: Difference, steps: _Steps, edits: tuple[MarkerEdit, ...]) -> Delivery:
    refused = steps.refused & {marker.custom_data for marker in found.add}
    there = {marker.custom_data for marker in found.markers} - refused
    return Delivery(
        timeline=timeline,
        markers=tuple(marker for marker in found.markers if marker.custom_data in there),
        dropped=(
            *found.dropped,
            *(DroppedMarker(m, "the editor refused it") for m in found.markers if m.custom_data in refused),
        ),
        edits=edits,
        added=len(there & steps.added - steps.removed),
        changed=len(there & steps.added & steps.removed),
        removed=len(steps.removed - there),
        unchanged=len(there - steps.added),
    )
