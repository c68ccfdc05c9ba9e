"""The line to the script that runs in Resolve: one request at a time, each with a timeout, each cancellable.

What the script answers is trusted only when it names the request: the preferences keep answers of earlier days.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.errors import HostError
from cuemark.hosts.resolve.failures import failure, refusal
from cuemark.hosts.resolve.mailbox import Mailbox, Request
from cuemark.hosts.resolve.places import prefs_files, running_resolves
from cuemark.hosts.resolve.prefs import Answer, Prefs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cuemark.core.settings import Settings

PROTOCOL = 1
"""Raised with every change that a script of before would not understand; the script has the same number."""

CALL_TIMEOUT_S = 60.0
ROLL_CALL_S = 3.0  # a script that waits answers in 0.1 s; one whose Resolve redraws, later
UNLIKELY_S = 0.7  # where nothing says that there is one to answer
FRESH_S = 5.0  # how long after an answer its script is taken to be there still
_POLL_S = 0.01
_PROCESSES_EVERY_S = 1.0


@dataclass(frozen=True)
class Session:
    """One running copy of the script, and the Resolves that ran when it answered."""

    id: str
    script_version: str
    product: str
    resolve_version: str
    pids: frozenset[int]


class ScriptTransport:
    """Asks the script in Resolve.  One object a daemon; calls wait for each other."""

    def __init__(
        self,
        mailbox: Mailbox,
        prefs: Callable[[], Iterable[Path]] = prefs_files,
        processes: Callable[[], frozenset[int]] = running_resolves,
    ) -> None:
        self._mailbox = mailbox
        self._prefs = Prefs(prefs())
        self._find_prefs = prefs
        self._processes = processes
        self._turn = asyncio.Lock()
        self._session: Session | None = None
        self._answered_at = float("-inf")

    @classmethod
    def from_settings(cls, settings: Settings) -> ScriptTransport:
        """The link of the daemon with these settings; nothing is asked yet."""
        return cls(Mailbox(mailbox_folder(settings)))

    async def session(self) -> Session:
        """The script that runs in Resolve, asked just now.

        Raises StoreError `resolve_mailbox`, and HostError `resolve_not_running`, `resolve_no_script`,
        `resolve_prefs_missing`, `resolve_two_running`, `resolve_script_version`, `resolve_lost`, `resolve_busy`.
        """
        async with self._alone():
            self._session = None
            return await self._present()

    async def call(self, verb: str, /, *, timeout: float = CALL_TIMEOUT_S, **arguments: Any) -> dict[str, Any]:
        """What the script answers to a verb (see Cuemark.lua).  Raises HostError, see `failures.FAILURES`.

        A request that was given up, by timeout or by cancelling, is taken out of the mailbox; if the script had it
        already, it is carried out, and its answer is ignored.
        """
        async with self._alone():
            session = await self._present()
            answer = await self._all_parts(session, verb, arguments, timeout)
        if not answer.get("ok"):
            raise refusal(answer)
        result: dict[str, Any] = answer.get("result") or {}
        return result

    async def stop(self) -> bool:
        """Asks each script that runs, of whatever version of ours, to end; whether one did.

        Where nothing says that one runs, the wait is `UNLIKELY_S`.  Raises StoreError `resolve_mailbox` and HostError
        `resolve_busy`.
        """
        async with self._alone():
            self._session = None
            pids, patience = await self._look_around()
            ended: list[str] = []
            for _ in range(max(1, len(pids))):
                answer = await self._ask(Request(uuid.uuid4().hex, "", "stop", excepted=tuple(ended)), patience, pids)
                if answer is None or not decoded(answer.text).get("ok"):
                    break
                ended.append(answer.session)
            return bool(ended)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Requests of two calls, or of two processes, would replace each other."""
        async with self._turn:
            with self._mailbox.alone() as is_ours:
                if not is_ours:
                    raise failure("resolve_busy")
                yield

    async def _present(self) -> Session:
        """The session, found anew where it may be gone: nothing heard for a while, or a script started since."""
        known = self._session
        is_fresh = time.monotonic() - self._answered_at < FRESH_S
        if known is not None and is_fresh and known.id in self._prefs.sessions():
            return known
        self._session = None
        self._session = await self._roll_call()
        return self._session

    async def _look_around(self) -> tuple[frozenset[int], float]:
        """The Resolves that run, and how long to wait for a script in them; the preferences are found anew."""
        self._prefs = Prefs(self._find_prefs())
        pids = await asyncio.to_thread(self._processes)
        is_likely = bool(pids and self._prefs.sessions())
        return pids, ROLL_CALL_S if is_likely else UNLIKELY_S

    async def _roll_call(self) -> Session:
        pids, patience = await self._look_around()
        first = await self._ask(Request(uuid.uuid4().hex, "", "hello"), patience, pids)
        if first is None:
            raise self._nobody(await asyncio.to_thread(self._processes))
        if len(pids) > 1:
            # Two Resolves write the same preferences: one answer hides the other, so the rest is asked again.
            other = Request(uuid.uuid4().hex, "", "hello", excepted=(first.session,))
            if await self._ask(other, UNLIKELY_S) is not None:
                raise failure("resolve_two_running")
        return self._introduced(first, pids)

    def _nobody(self, pids: frozenset[int]) -> HostError:
        if not pids:
            return failure("resolve_not_running")
        return failure("resolve_no_script" if self._prefs else "resolve_prefs_missing")

    def _introduced(self, answer: Answer, pids: frozenset[int]) -> Session:
        greeting = decoded(answer.text)
        if not greeting.get("ok"):
            raise refusal(greeting)
        hello = greeting["result"]
        if hello.get("protocol") != PROTOCOL:
            raise failure("resolve_script_version", f"(It is {hello.get('version')}.)")
        product, version = str(hello.get("product") or ""), str(hello.get("resolve") or "")
        return Session(answer.session, str(hello["version"]), product, version, pids)

    async def _all_parts(
        self, session: Session, verb: str, arguments: dict[str, Any], timeout: float
    ) -> dict[str, Any]:
        """The answer, put together from its parts: one answer must not bloat the preferences."""
        deadline = time.monotonic() + timeout
        request = Request(uuid.uuid4().hex, session.id, verb, arguments)
        answer = await self._answered(session, request, timeout)
        text = [answer.text]
        for part in range(2, answer.parts + 1):
            further = Request(uuid.uuid4().hex, session.id, "part", {"of": request.id, "part": part})
            left = max(ROLL_CALL_S, deadline - time.monotonic())
            text.append((await self._answered(session, further, left)).text)
        return decoded(b"".join(text))

    async def _answered(self, session: Session, request: Request, timeout: float) -> Answer:
        answer = await self._ask(request, timeout, session.pids)
        if answer is not None:
            return answer
        self._session = None
        pids = await asyncio.to_thread(self._processes)
        raise failure("resolve_gone" if session.pids and not session.pids & pids else "resolve_no_answer")

    async def _ask(self, request: Request, timeout: float, pids: frozenset[int] = frozenset()) -> Answer | None:
        """The answer to one request; None after `timeout` seconds, or when all of `pids` are gone."""
        deadline = time.monotonic() + timeout
        look_after = time.monotonic() + _PROCESSES_EVERY_S
        self._mailbox.post(request)
        try:
            while time.monotonic() < deadline:
                answer = self._prefs.answer_to(request.id)
                if answer is not None:
                    self._answered_at = time.monotonic()
                    return answer
                if pids and time.monotonic() > look_after:
                    look_after = time.monotonic() + _PROCESSES_EVERY_S
                    if not pids & await asyncio.to_thread(self._processes):
                        return None
                await asyncio.sleep(_POLL_S)
            return None
        finally:
            self._mailbox.withdraw(request)


def mailbox_folder(settings: Settings) -> Path:
    """Where the script looks for requests; the set-up writes it into the script."""
    return settings.runtime / "resolve"


def decoded(text: bytes) -> dict[str, Any]:
    """An answer's JSON.  Bytes that are no UTF-8 (paths of a Windows code page) come through as surrogates.

    Raises HostError `resolve_bad_answer`.
    """
    try:
        answer = json.loads(text.decode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise failure("resolve_bad_answer") from error
    if not isinstance(answer, dict):
        raise failure("resolve_bad_answer")
    return answer
