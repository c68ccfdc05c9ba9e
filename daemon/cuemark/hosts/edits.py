"""What the user did to our markers in the editor, found by comparing with what we sent, field by field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cuemark.core.markers import HostMarker, MarkerEdit, TimelineMarker
from cuemark.hosts.pairing import Pair, Slot
from cuemark.markers.sent import WORDS, changed_fields, with_fields


@dataclass(frozen=True)
class Target:
    """A wanted marker on its way: what the host shows, what it is to show, and which fields of that are the user's.

    `base` is what `existing` would be without the user; None where nothing is there, or nobody knows.
    """

    wanted: TimelineMarker
    existing: HostMarker | None
    base: HostMarker | None
    final: HostMarker
    users: tuple[str, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether the user chose its frame."""
        return "frame" in self.users


def judge(pairs: Iterable[Pair], length: int, keep: bool) -> tuple[list[Target], list[Pair], list[MarkerEdit]]:
    """What each wanted marker is to be, those the user deleted and does not want again, and all edits.

    Without a record of what was sent, whatever differs from the wanted marker counts as the user's.
    """
    targets: list[Target] = []
    deleted: list[Pair] = []
    edits: list[MarkerEdit] = []
    for pair in pairs:
        record = pair.slot.record if pair.slot else None
        if pair.slot and record and pair.slot.existing is None and record.settled:
            edits.append(MarkerEdit(record.shown, ("deleted",), keep))
            if keep:
                deleted.append(pair)
                continue
            pair = Pair(pair.wanted, None)
        targets.append(_target(pair, length, keep, edits))
    return targets, deleted, edits


def _target(pair: Pair, length: int, keep: bool, edits: list[MarkerEdit]) -> Target:
    slot, wish = pair.slot, pair.wanted.on_host()
    if slot is None:
        return Target(pair.wanted, None, None, wish)
    # A marker that was on its way when something died counts as it was sent, with the user's changes in it.
    state = slot.existing or (slot.record.shown if slot.record else wish)
    base = slot.record.base(state) if slot.record else wish
    users = tuple(f for f in changed_fields(state, base) if f != "frame" or 0 <= state.frame < length)
    if users:
        edits.append(MarkerEdit(state, tuple(WORDS[name] for name in users), keep))
    kept = users if keep else ()
    return Target(pair.wanted, slot.existing, base, with_fields(wish, kept, state), kept)


def edited(slot: Slot) -> tuple[str, ...]:
    """The fields of a marker, still there, that the user changed; none where we have no record of it."""
    if slot.existing is None or slot.record is None:
        return ()
    return changed_fields(slot.existing, slot.record.base(slot.existing))


def gone(slot: Slot) -> bool:
    """Whether the user deleted the marker."""
    return slot.existing is None and slot.record is not None and slot.record.settled
