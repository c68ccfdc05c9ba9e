"""The seam between the daemon and an editor: what every bridge can do, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from cuemark.core.errors import CuemarkError
from cuemark.hosts.timeline import TimelineDescription
from cuemark.markers.marker import HostMarker


@dataclass(frozen=True)
class TimelineAddress:
    """Which timeline is meant: by the editor's ids, else by its name, else (all empty) the open one."""

    name: str = ""
    project_id: str = ""
    timeline_id: str = ""


OPEN = TimelineAddress()


@dataclass(frozen=True)
class HostTimeline:
    """A timeline as its editor described it, and what a bridge needs to find it again, whatever is open by then.

    `selected` holds (track, index) of the selected clips; None where this version of the editor cannot tell.
    """

    description: TimelineDescription
    project_id: str
    timeline_id: str
    is_open: bool
    selected: frozenset[tuple[int, int]] | None

    @property
    def address(self) -> TimelineAddress:
        """The way back to it."""
        return TimelineAddress("", self.project_id, self.timeline_id)


@dataclass(frozen=True)
class Refusal:
    """A marker that was not added or removed, and why.

    `exists`: this very one is there already; `occupied`: another is on its frame; `absent`: it is not there any more;
    `refused`: the editor said no.
    """

    frame: int
    custom_data: str
    why: str


@dataclass(frozen=True)
class Changes:
    """What a request did: ids (custom data) of the markers added or removed, and those that were not."""

    done: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()

    def __add__(self, other: Changes) -> Changes:
        return Changes(self.done + other.done, self.refused + other.refused)


class Bridge(Protocol):
    """The verbs of one editor.  Each raises HostError; carried out again, none does harm."""

    async def describe(self, address: TimelineAddress = OPEN) -> HostTimeline:
        """A timeline with the clips of its video tracks."""

    async def markers(self, timeline: HostTimeline) -> list[HostMarker]:
        """All markers, everybody's, in order of frame."""

    async def add(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        """Adds markers that are not there yet; on occupied frames it does nothing and says so."""

    async def remove(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        """Takes off the markers that still lie on that frame with that id, and no others."""

    async def go_to(self, timeline: HostTimeline, frame: int) -> None:
        """Moves the playhead to a frame counted from the timeline's start."""


@dataclass(frozen=True)
class HostState:
    """An editor as it is now: who answers, on which way and why on that one; or the `problem` with it."""

    name: str
    product: str = ""
    version: str = ""
    edition: str = ""
    way: str = ""
    reason: str = ""
    script_version: str = ""
    problem: CuemarkError | None = None


class Host(Protocol):
    """An editor and the ways to it."""

    name: str

    async def state(self) -> HostState:
        """Asked just now; never raises HostError."""

    def session(self) -> AbstractAsyncContextManager[Bridge]:
        """The bridge for a few verbs that belong together; sessions wait for each other.  Raises HostError."""

    async def stop_script(self) -> bool:
        """Asks our scripts that run inside the editor to end; whether one did.  Raises HostError, StoreError."""
