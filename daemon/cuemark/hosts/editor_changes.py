"""What became of our markers without anybody touching them, told from what a user does to markers by hand.

A project closed without saving comes back without the markers of the last send, or with those of the one before; an
editor moves markers along with an edit (Resolve: "Ripple Timeline Markers").  Both happen to many markers at once and
in the same way.  The record of what was sent is brought to what the editor made of it, so that the three-way merge
behind it (`user_edits.py`) finds only what its user did.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cuemark.core.markers import HostMarker
from cuemark.markers.sent import SentMarker

SEVERAL = 2
"""So few markers at once are the least that counts as the editor's doing: a single one is its user's."""


@dataclass(frozen=True)
class LeftByEditor:
    """The record by id as the editor left it, and the ids of markers that were lost or came back as they had been."""

    records: dict[str, SentMarker]
    restored: frozenset[str]


def left_by_editor(actual: Mapping[str, HostMarker], sent: Mapping[str, SentMarker]) -> LeftByEditor:
    """`actual` are our markers on the timeline by id, `sent` is the record of them."""
    unsaved = _unsaved(actual, sent)
    known = {custom: unsaved.get(custom, record) for custom, record in sent.items()}
    return LeftByEditor(_rippled(actual, known), frozenset(unsaved))


def _unsaved(actual: Mapping[str, HostMarker], sent: Mapping[str, SentMarker]) -> dict[str, SentMarker]:
    """The records of what is to be sent again: of runs most of whose last changes are gone at once."""
    by_run: dict[str, list[SentMarker]] = defaultdict(list)
    for record in sent.values():
        if record.settled and not record.deleted:
            by_run[record.analysis].append(record)
    found: dict[str, SentMarker] = {}
    for records in by_run.values():
        gone = [record for record in records if record.custom_data not in actual]
        if _most(gone, records):
            found |= {record.custom_data: record.unsettled(None) for record in gone}
        changed = [record for record in records if record.earlier is not None]
        back = [record for record in changed if _is_back(actual.get(record.custom_data), record)]
        if _most(back, changed):
            found |= {record.custom_data: record.as_earlier() for record in back}
    return found


def _is_back(there: HostMarker | None, record: SentMarker) -> bool:
    """Whether a marker is as it was before its last change; one that is gone, or was changed to and fro, is not."""
    earlier = record.earlier
    return earlier is not None and there == earlier.shown != record.shown


def _most(some: list[SentMarker], of: list[SentMarker]) -> bool:
    return len(some) >= SEVERAL and 2 * len(some) > len(of)


def _rippled(actual: Mapping[str, HostMarker], sent: Mapping[str, SentMarker]) -> dict[str, SentMarker]:
    """The record with its frames where the editor has moved them, those of deleted markers too."""
    ordered = sorted(sent.values(), key=lambda record: (record.shown.frame, record.custom_data))
    there = {record.custom_data: actual.get(record.custom_data) for record in ordered if record.settled}
    moved = {custom: marker.frame - sent[custom].shown.frame for custom, marker in there.items() if marker is not None}
    amounts = _moved_together([moved[record.custom_data] for record in ordered if record.custom_data in moved])
    found = dict(sent)
    last = 0
    for record in ordered:
        custom = record.custom_data
        if custom in moved:
            last = moved[custom] if moved[custom] in amounts else 0
        by = last if custom in moved or custom in there else 0
        if by:
            found[custom] = record.moved(by)
    return found


def _moved_together(amounts: Iterable[int]) -> set[int]:
    """The frames by which several markers have moved, each behind the other and none between them left where it was."""
    stretches: list[list[int]] = [[]]
    for amount in amounts:  # in order of frame
        if amount:
            stretches[-1].append(amount)
        else:
            stretches.append([])
    return {amount for each in stretches for amount, count in Counter(each).items() if count >= SEVERAL}
