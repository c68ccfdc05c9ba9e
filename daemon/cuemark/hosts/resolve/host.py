"""Resolve as a host: by which of the two transports it is talked to, and why.

Studio's own API needs no click and is taken where it answers; everywhere else it is the script in the menu.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cuemark.core.analysis import Analysis
from cuemark.core.errors import CuemarkError, HostError
from cuemark.core.markers import MarkerOptions
from cuemark.core.timeline import HostState, MarksFile
from cuemark.hosts.resolve.bridge import ResolveBridge
from cuemark.hosts.resolve.script_transport import ScriptTransport
from cuemark.hosts.resolve.scripts import marks_file
from cuemark.hosts.resolve.studio_transport import StudioTransport
from cuemark.hosts.resolve.timeline import edition_of

CHOICE_S = 30.0
"""How long a transport is kept before it is chosen anew; a failure on it ends it at once."""
STUDIO_PATIENCE_S = 10.0
EVERY_EDITION = "it serves every edition"
STUDIO_NOT_HERE = "the Python module of Resolve Studio is not installed here"


@dataclass(frozen=True)
class Choice:
    """A transport ("studio" or "script"), why it is that one, and who answered by it, where asked already."""

    name: str
    reason: str
    bridge: ResolveBridge
    hello: dict[str, Any]


class ResolveHost:
    """The running Resolve of this user.  Lives on the daemon's event loop."""

    name = "resolve"

    def __init__(self, script: ScriptTransport, studio: StudioTransport) -> None:
        self._script = script
        self._studio = studio
        self._turn = asyncio.Lock()
        self._chosen: Choice | None = None
        self._chosen_until = float("-inf")

    async def state(self) -> HostState:
        """Who answers, and by which transport."""
        async with self._turn:
            choice = await self._choose()
            try:
                return await self._state_on(choice)
            except CuemarkError as problem:
                self._chosen = None
                return HostState(self.name, transport=choice.name, reason=choice.reason, problem=problem)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[ResolveBridge]:
        """The bridge by the transport that is chosen now."""
        async with self._turn:
            choice = await self._known_choice()
            try:
                yield choice.bridge
            except HostError:
                self._chosen = None
                raise

    def marks_file(
        self, analysis: Analysis, rate: Fraction | None, options: MarkerOptions, *, remove: bool = False
    ) -> MarksFile:
        """One Lua file for Workspace > Scripts that needs nothing else of Cuemark."""
        return marks_file(analysis, rate, options, remove=remove)

    async def stop_script(self) -> bool:
        """Ends the script in the menu, also where Studio's own API is the transport."""
        async with self._turn:
            self._chosen = None
            return await self._script.stop()

    async def _known_choice(self) -> Choice:
        if self._chosen is None or time.monotonic() > self._chosen_until:
            self._chosen = await self._choose()
            self._chosen_until = time.monotonic() + CHOICE_S
        return self._chosen

    async def _choose(self) -> Choice:
        if not self._studio.is_installed():
            return Choice("script", EVERY_EDITION, ResolveBridge(self._script), {})
        try:
            hello = await self._studio.call("hello", timeout=STUDIO_PATIENCE_S)
        except HostError as error:
            return Choice("script", _refused(error), ResolveBridge(self._script), {})
        return Choice("studio", "Studio lets other programs in", ResolveBridge(self._studio), hello)

    async def _state_on(self, choice: Choice) -> HostState:
        if choice.name == "studio":
            product, version, script_version = str(choice.hello["product"]), str(choice.hello["resolve"]), ""
        else:
            session = await self._script.session()
            product, version, script_version = session.product, session.resolve_version, session.script_version
        edition = edition_of({"product": product}) if product else ""
        return HostState(self.name, product, version, edition, choice.name, _reason(choice, edition), script_version)


def _reason(choice: Choice, edition: str) -> str:
    """Why it is this transport, now that the edition is known: on Free there is no other, whatever is installed."""
    if choice.name == "script" and edition == "free":
        return "it is the only way into the Free edition"
    return STUDIO_NOT_HERE if choice.reason == EVERY_EDITION and edition == "studio" else choice.reason


def _refused(error: HostError) -> str:
    reasons = {
        "resolve_not_running": "Resolve is not running",
        "resolve_studio_refused": "Resolve lets no other program in (Studio's alone, and off unless set)",
        "resolve_studio_missing": EVERY_EDITION,
        "resolve_studio_import": "the Python module of Resolve Studio crashed",
        "resolve_no_answer": "Resolve Studio's Python module did not answer in time",
    }
    return reasons.get(error.code, error.message)
