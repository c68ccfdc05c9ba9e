"""Carrying a plan out on a timeline: ahead of each step it is written down, after it the timeline is read again.

Killed anywhere, the next delivery finds out from the timeline and the record what is left to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from cuemark.core.markers import CustomId, DroppedMarker, HostMarker, MarkerEdit, TimelineMarker
from cuemark.core.timeline import Delivery, HostTimeline, Removal
from cuemark.hosts.bridge import Bridge, Changes
from cuemark.hosts.plan import Plan, plan_markers, plan_removal
from cuemark.library.sent_store import SentStore
from cuemark.markers.sent import SentMarker

ROUNDS = 4
"""Times a timeline is read and planned for: once to change it, once to see that it is so, more where its user works
on it meanwhile."""


async def deliver(
    bridge: Bridge,
    timeline: HostTimeline,
    wanted: Sequence[TimelineMarker],
    store: SentStore,
    *,
    analyses: Collection[str] = (),
    keep_edits: bool = True,
) -> Delivery:
    """Brings the markers of some analyses on a timeline to what is wanted; see `plan_markers`.

    Raises HostError, StoreError `sent_record_not_written`.
    """
    told = timeline.description
    journal, steps = _Journal(store, timeline), _Steps(bridge, timeline)
    edits: dict[tuple[str, tuple[str, ...]], MarkerEdit] = {}
    for _ in range(ROUNDS):
        plan = plan_markers(
            await bridge.markers(timeline),
            wanted,
            rate=told.rate,
            length=told.duration,
            sent=await journal.load(),
            analyses=analyses,
            keep_edits=keep_edits,
        )
        edits |= {(edit.marker.custom_data, edit.changes): edit for edit in plan.edits}
        if not plan.remove and not plan.add:
            break
        await journal.save(plan.before)
        await steps.carry_out(plan)
    await journal.save(plan.after_refusal(steps.refused))
    return _delivery(timeline, plan, steps, tuple(edits.values()))


async def withdraw(bridge: Bridge, timeline: HostTimeline, store: SentStore, analysis: str = "") -> Removal:
    """Takes our markers off a timeline, all or those of the analysis whose id begins so; nobody else's."""
    journal, steps = _Journal(store, timeline), _Steps(bridge, timeline)
    gone: dict[tuple[int, str], HostMarker] = {}
    for _ in range(ROUNDS):
        existing = await bridge.markers(timeline)
        sent = await journal.load()
        known = [custom for marker in existing if (custom := CustomId.parse(marker.custom_data))]
        meant = {custom.analysis for custom in known} | {record.analysis for record in sent}
        plan = plan_removal(existing, sent=sent, analyses={each for each in meant if each.startswith(analysis)})
        await journal.save(plan.before)
        if not plan.remove:
            break
        await steps.carry_out(plan)
        gone |= {(m.frame, m.custom_data): m for m in plan.remove if m.custom_data in steps.removed}
    return Removal(timeline, tuple(gone.values()), len(existing))


class _Journal:
    """The record of one timeline."""

    def __init__(self, store: SentStore, timeline: HostTimeline) -> None:
        self._store = store
        self._key = (timeline.description.host, timeline.project_id, timeline.timeline_id)
        self._known: tuple[SentMarker, ...] = ()

    async def load(self) -> tuple[SentMarker, ...]:
        self._known = await asyncio.to_thread(self._store.load, *self._key)
        return self._known

    async def save(self, records: tuple[SentMarker, ...]) -> None:
        if records != self._known:
            await asyncio.to_thread(self._store.save, *self._key, records)


class _Steps:
    """What was done to one timeline so far: ids of markers."""

    def __init__(self, bridge: Bridge, timeline: HostTimeline) -> None:
        self._bridge, self._timeline = bridge, timeline
        self.added: set[str] = set()
        self.removed: set[str] = set()
        self.refused: set[str] = set()

    async def carry_out(self, plan: Plan) -> None:
        """Removals first: their frames are needed."""
        removed = await self._bridge.remove(self._timeline, plan.remove) if plan.remove else Changes()
        added = await self._bridge.add(self._timeline, plan.add) if plan.add else Changes()
        self.removed |= set(removed.done)
        self.added |= set(added.done)
        self.refused = {each.custom_data for each in added.refused if each.why != "exists"}


def _delivery(timeline: HostTimeline, plan: Plan, steps: _Steps, edits: tuple[MarkerEdit, ...]) -> Delivery:
    refused = steps.refused & {marker.custom_data for marker in plan.add}
    there = {marker.custom_data for marker in plan.markers} - refused
    return Delivery(
        timeline=timeline,
        markers=tuple(marker for marker in plan.markers if marker.custom_data in there),
        dropped=(
            *plan.dropped,
            *(DroppedMarker(m, "the editor refused it") for m in plan.markers if m.custom_data in refused),
        ),
        edits=edits,
        added=len(there & steps.added - steps.removed),
        changed=len(there & steps.added & steps.removed),
        removed=len(steps.removed - there),
        unchanged=len(there - steps.added),
    )
