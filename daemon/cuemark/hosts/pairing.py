"""Which marker on a timeline stands for which wanted one: by its moment, also where clips were moved or added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from cuemark.core.markers import CustomId, HostMarker, TimelineMarker
from cuemark.markers.sent import SentMarker


@dataclass(frozen=True)
class Slot:
    """A marker of ours that is there (`existing`), or that we sent and that is not (only `record`)."""

    custom: CustomId
    existing: HostMarker | None
    record: SentMarker | None

    @property
    def frame(self) -> int:
        """Where it is, or was."""
        known = self.existing or (self.record.shown if self.record else None)
        return known.frame if known else 0


@dataclass(frozen=True)
class Pair:
    """A wanted marker, under the id it is to have, and the one that already stands for it."""

    wanted: TimelineMarker
    slot: Slot | None


def slots_of(ours: Mapping[str, HostMarker], records: Mapping[str, SentMarker]) -> list[Slot]:
    """Every id we know of on the timeline, in order of frame."""
    slots = []
    for text in {**ours, **records}:
        custom = CustomId.parse(text)
        if custom:
            slots.append(Slot(custom, ours.get(text), records.get(text)))
    return sorted(slots, key=lambda slot: (slot.frame, slot.custom.use))


def pair(wanted: Iterable[TimelineMarker], slots: Iterable[Slot]) -> tuple[list[Pair], list[Slot]]:
    """Each wanted marker with its slot, if any, and the slots nothing is wanted for any more.

    Uses of one moment are told apart by their frame first, then by their number, then by their order: another use
    in front changes all numbers, and the markers behind it are to stay as they are.
    """
    free: dict[tuple[str, str], list[Slot]] = {}
    for slot in slots:
        free.setdefault((slot.custom.analysis, slot.custom.segment_id), []).append(slot)
    names = {str(slot.custom) for group in free.values() for slot in group}
    waiting = list(wanted)
    pairs: list[Pair] = []
    rules: tuple[Callable[[TimelineMarker, Slot], bool], ...] = (
        lambda marker, slot: marker.frame == slot.frame,
        lambda marker, slot: marker.custom_data == str(slot.custom),
        lambda marker, slot: True,
    )
    for rule in rules:
        waiting = _match(waiting, free, rule, pairs)
    for marker in waiting:
        pairs.append(Pair(replace(marker, custom_data=_unused(marker.custom_data, names)), None))
    return sorted(pairs, key=lambda p: (p.wanted.frame, p.wanted.custom_data)), [s for g in free.values() for s in g]


def _match(
    waiting: list[TimelineMarker],
    free: dict[tuple[str, str], list[Slot]],
    rule: Callable[[TimelineMarker, Slot], bool],
    pairs: list[Pair],
) -> list[TimelineMarker]:
    """Pairs what the rule allows, first come first served; gives back what is left."""
    left = []
    for marker in waiting:
        custom = CustomId.parse(marker.custom_data)
        group = free.get((custom.analysis, custom.segment_id), []) if custom else []
        slot = next((slot for slot in group if rule(marker, slot)), None)
        if slot is None:
            left.append(marker)
        else:
            group.remove(slot)
            pairs.append(Pair(replace(marker, custom_data=str(slot.custom)), slot))
    return left


def _unused(wish: str, names: set[str]) -> str:
    """The wished id, or that of the first use no marker has; it is taken from now on."""
    custom, use = CustomId.parse(wish), 1
    text = wish
    while custom and text in names:
        text = str(replace(custom, use=use))
        use += 1
    names.add(text)
    return text
