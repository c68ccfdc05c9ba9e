"""The seam between the daemon and an editor: what every bridge can do, and the editors this daemon has bridges to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from cuemark.core.analysis import Analysis
from cuemark.core.errors import NotFoundError
from cuemark.core.markers import HostMarker, MarkerOptions
from cuemark.core.timeline import OPEN, HostState, HostTimeline, MarksFile, TimelineAddress, TimelineSubtitle

if TYPE_CHECKING:
    from cuemark.core.settings import Settings


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

    async def subtitles(self, timeline: HostTimeline) -> list[TimelineSubtitle]:
        """The texts of one subtitle track, the one that is shown, in order of frame; none where it has no subtitles."""

    async def add(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        """Adds markers that are not there yet; on occupied frames it does nothing and says so."""

    async def remove(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        """Takes off the markers that still lie on that frame with that id, and no others."""

    async def go_to(self, timeline: HostTimeline, frame: int) -> None:
        """Moves the playhead to a frame counted from the timeline's start."""


class Host(Protocol):
    """An editor and the ways to it."""

    name: str

    async def state(self) -> HostState:
        """Asked just now; never raises HostError."""

    def session(self) -> AbstractAsyncContextManager[Bridge]:
        """The bridge for a few verbs that belong together; sessions wait for each other.  Raises HostError."""

    def marks_file(
        self, analysis: Analysis, rate: Fraction | None, options: MarkerOptions, *, remove: bool = False
    ) -> MarksFile:
        """A file with which the editor puts the markers of an analysis on a timeline of `rate`, or takes them off.

        For a timeline that shows the whole media from its first frame on; a `rate` of None is the media's.
        """

    async def stop_script(self) -> bool:
        """Asks our scripts that run inside the editor to end; whether one did.  Raises HostError, StoreError."""


Hosts = dict[str, Host]


def hosts_of(settings: Settings) -> Hosts:
    """One bridge an editor; nothing is asked yet.  To be made on the daemon's event loop."""
    from cuemark.hosts.resolve.host import ResolveHost
    from cuemark.hosts.resolve.script_transport import ScriptTransport
    from cuemark.hosts.resolve.studio_transport import StudioTransport

    return {"resolve": ResolveHost(ScriptTransport.from_settings(settings), StudioTransport())}


def host_named(hosts: Hosts, name: str) -> Host:
    """Raises NotFoundError `host_unknown`."""
    if name not in hosts:
        raise NotFoundError("host_unknown", f"There is no editor {name!r}.", f"Use one of: {', '.join(sorted(hosts))}.")
    return hosts[name]
