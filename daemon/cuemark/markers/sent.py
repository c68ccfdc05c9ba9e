"""What we last put on a timeline, so that what the user changed since can be told from what we would change now.

An editor has no memory of it: a marker that is gone was deleted by the user, or never arrived because something died
in the middle.  So the record is written twice: before a step (`settled` false: the host may show either state) and
after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cuemark.core.markers import CustomId, HostMarker, MarkerKind, TimelineMarker

WORDS = {
    "frame": "moved",
    "duration": "length changed",
    "color": "recoloured",
    "name": "renamed",
    "note": "note changed",
}
"""What a user can change of a marker: its field, and what that is called."""


@dataclass(frozen=True)
class Earlier:
    """A marker as it was before it was last changed: `ours` and `shown` as in `SentMarker`."""

    ours: HostMarker
    shown: HostMarker


@dataclass(frozen=True)
class SentMarker:
    """`ours` is the marker as we alone would have it, `shown` as it was sent: with the user's changes kept in it.

    Until `settled`, the host may still show `previous` (our marker of the step before), or nothing.  `deleted`: its
    user does not want it, which was noticed before.  `earlier` is what a project that was not saved may come back with.
    """

    ours: HostMarker
    shown: HostMarker
    kind: MarkerKind
    settled: bool = True
    previous: HostMarker | None = None
    deleted: bool = False
    earlier: Earlier | None = None

    @classmethod
    def of(cls, marker: TimelineMarker) -> SentMarker:
        """The record of a marker that nobody has touched."""
        return cls(marker.on_host(), marker.on_host(), marker.kind)

    @property
    def custom_data(self) -> str:
        """The id of the marker."""
        return self.ours.custom_data

    @property
    def analysis(self) -> str:
        """The analysis it came from, "" for an id that is not ours."""
        custom = CustomId.parse(self.custom_data)
        return custom.analysis if custom else ""

    def base(self, existing: HostMarker) -> HostMarker:
        """What `existing` would be if the user had not touched it."""
        if self.settled or existing == self.shown or self.previous is None:
            return self.ours
        return self.previous

    def unsettled(self, previous: HostMarker | None) -> SentMarker:
        """The same before its step has happened."""
        return replace(self, settled=False, previous=previous)

    def refused(self) -> SentMarker:
        """The same where the user has decided against it."""
        return replace(self, deleted=True)

    def as_earlier(self) -> SentMarker:
        """What the record was before its last change, where there is such a state."""
        if self.earlier is None:
            return self
        return replace(self, ours=self.earlier.ours, shown=self.earlier.shown, earlier=None)

    def moved(self, by: int) -> SentMarker:
        """The same so many frames later."""
        ours, shown = (replace(marker, frame=marker.frame + by) for marker in (self.ours, self.shown))
        return replace(self, ours=ours, shown=shown, earlier=None)


def changed_fields(existing: HostMarker, base: HostMarker) -> tuple[str, ...]:
    """The fields in which a marker is not what it was."""
    return tuple(name for name in WORDS if getattr(existing, name) != getattr(base, name))


def with_fields(marker: HostMarker, names: tuple[str, ...], source: HostMarker) -> HostMarker:
    """`marker` with some of its fields taken from another."""
    return replace(marker, **{name: getattr(source, name) for name in names})
