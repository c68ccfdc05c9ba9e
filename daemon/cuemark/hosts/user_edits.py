"""Which marker on a timeline stands for which desired one, and what its user did to ours: a three-way merge.

The record of what was sent is the base: where the timeline differs from it, field by field, the user changed it; where
the desired marker differs from it, we did.  The user's changes win, or are undone where that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from cuemark.core.markers import CustomId, HostMarker, MarkerEdit, TimelineMarker
from cuemark.markers.sent import WORDS, Earlier, SentMarker, changed_fields, with_fields


@dataclass(frozen=True)
class Known:
    """A marker of ours by its id: the `actual` one on the timeline, the record of the one we sent, or both."""

    custom: CustomId
    actual: HostMarker | None
    sent: SentMarker | None

    @property
    def segment(self) -> tuple[str, str]:
        """The analysis, and its moment or chapter."""
        return self.custom.analysis, self.custom.segment_id

    @property
    def frame(self) -> int:
        """Where it is, or was."""
        state = self.actual or (self.sent.shown if self.sent else None)
        return state.frame if state else 0

    @property
    def edited(self) -> tuple[str, ...]:
        """The fields that the user changed of a marker that is still there; none where we have no record of it."""
        if self.actual is None or self.sent is None:
            return ()
        return changed_fields(self.actual, self.sent.base(self.actual))

    @property
    def is_deleted(self) -> bool:
        """Whether the user took it off; one that was on its way when something died may never have arrived."""
        return self.actual is None and self.sent is not None and self.sent.settled


@dataclass(frozen=True)
class Match:
    """A desired marker, under the id it is to have, and the known one that already stands for it."""

    desired: TimelineMarker
    known: Known | None


@dataclass(frozen=True)
class Goal:
    """What a desired marker becomes: `final`, in which the fields `users` are as the user left them.

    `base` is what `actual` would be without the user; None where nothing is there, or nobody knows.  `earlier` is what
    it was before its last change, if it has had one.
    """

    desired: TimelineMarker
    actual: HostMarker | None
    base: HostMarker | None
    final: HostMarker
    users: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    earlier: Earlier | None = None

    @property
    def record(self) -> SentMarker:
        """What to remember: the user's fields as we had them, so that they are recognised again next time."""
        ours = with_fields(self.final, self.users, self.base) if self.base else self.final
        earlier = self.earlier
        if self.actual and self.base and self.actual != self.final:
            earlier = Earlier(self.base, self.actual)
        return SentMarker(ours, self.final, self.desired.kind, earlier=earlier)

    def marker(self) -> TimelineMarker:
        """The desired marker as it will be."""
        final = self.final
        return replace(
            self.desired,
            frame=final.frame,
            duration=final.duration,
            color=final.color,
            name=final.name,
            note=final.note,
            merged=self.merged,
        )


def known_markers(actual: Mapping[str, HostMarker], sent: Mapping[str, SentMarker]) -> list[Known]:
    """Every id of ours on the timeline or in its record, in order of frame."""
    found = []
    for text in {**actual, **sent}:
        custom = CustomId.parse(text)
        if custom:
            found.append(Known(custom, actual.get(text), sent.get(text)))
    return sorted(found, key=lambda known: (known.frame, known.custom.use))


def match(
    desired: Iterable[TimelineMarker], known: Iterable[Known], taken: Iterable[str] = ()
) -> tuple[list[Match], list[Known]]:
    """Each desired marker with the known one of its segment, if any, and those that nothing is desired for any more.

    `taken` are ids that no further marker may have.

    Uses of one segment are told apart by their frame first, then by their number, then by their order: another use
    in front changes all numbers, and the markers behind it are to stay as they are.
    """
    free: dict[tuple[str, str], list[Known]] = {}
    for each in known:
        free.setdefault((each.custom.analysis, each.custom.segment_id), []).append(each)
    ids = {str(each.custom) for group in free.values() for each in group} | set(taken)
    waiting = list(desired)
    matches: list[Match] = []
    rules: tuple[Callable[[TimelineMarker, Known], bool], ...] = (
        lambda marker, known: marker.frame == known.frame,
        lambda marker, known: marker.custom_data == str(known.custom),
        lambda marker, known: True,
    )
    for rule in rules:
        waiting = _match_by(rule, waiting, free, matches)
    matches += [Match(replace(marker, custom_data=_unused(marker.custom_data, ids)), None) for marker in waiting]
    ordered = sorted(matches, key=lambda match: (match.desired.frame, match.desired.custom_data))
    return ordered, [each for group in free.values() for each in group]


def _match_by(
    rule: Callable[[TimelineMarker, Known], bool],
    waiting: list[TimelineMarker],
    free: dict[tuple[str, str], list[Known]],
    matches: list[Match],
) -> list[TimelineMarker]:
    """Matches what the rule allows, first come first served; gives back what is left."""
    left = []
    for marker in waiting:
        custom = CustomId.parse(marker.custom_data)
        group = free.get((custom.analysis, custom.segment_id), []) if custom else []
        known = next((known for known in group if rule(marker, known)), None)
        if known is None:
            left.append(marker)
        else:
            group.remove(known)
            matches.append(Match(replace(marker, custom_data=str(known.custom)), known))
    return left


def _unused(wish: str, ids: set[str]) -> str:
    """The wished id, or that of the first use no marker has; it is taken from now on."""
    custom, use = CustomId.parse(wish), 1
    text = wish
    while custom and text in ids:
        text = str(replace(custom, use=use))
        use += 1
    ids.add(text)
    return text


def merge_edits(matches: Iterable[Match], length: int, keep: bool) -> tuple[list[Goal], list[Match], list[MarkerEdit]]:
    """What each desired marker becomes, those the user deleted and does not want again, and all edits.

    Without a record of what was sent, whatever differs from the desired marker counts as the user's.
    """
    goals: list[Goal] = []
    deleted: list[Match] = []
    edits: list[MarkerEdit] = []
    for each in matches:
        if each.known and each.known.sent and each.known.is_deleted:
            edits.append(MarkerEdit(each.known.sent.shown, ("deleted",), keep))
            if keep:
                deleted.append(each)
                continue
            each = Match(each.desired, None)
        goals.append(_goal(each, length, keep, edits))
    return goals, deleted, edits


def _goal(found: Match, length: int, keep: bool, edits: list[MarkerEdit]) -> Goal:
    known, wish = found.known, found.desired.on_host()
    if known is None:
        return Goal(found.desired, None, None, wish, (), found.desired.merged)
    # A marker that was on its way when something died counts as it was sent, with the user's changes in it.
    state = known.actual or (known.sent.shown if known.sent else wish)
    base = known.sent.base(state) if known.sent else wish
    users = tuple(name for name in changed_fields(state, base) if name != "frame" or _is_moved(state, wish, length))
    if users:
        edits.append(MarkerEdit(state, tuple(WORDS[name] for name in users), keep))
    kept = users if keep else ()
    final, earlier = with_fields(wish, kept, state), known.sent.earlier if known.sent else None
    return Goal(found.desired, known.actual, base, final, kept, found.desired.merged, earlier)


def _is_moved(state: HostMarker, wish: HostMarker, length: int) -> bool:
    """Whether its user moved a marker: not where it lies as we want it now, because it moved along with its clip."""
    return 0 <= state.frame < length and state.frame != wish.frame
