"""HTTP with a server of vision-language models: this machine only, no proxies, time limits, cancel, tries again.

What this does not cover: that the program behind a loopback port is what its user thinks it is.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from cuemark.captions.vlm.model import Check, VlmFailure
from cuemark.core.text import one_line
from cuemark.core.vision_language import KEY_VARIABLE, VlmServer

if TYPE_CHECKING:
    import httpx

_LOOK_S = 0.1
"""How often a cancel is looked for while a server keeps us waiting."""
_CONNECT_S = 10.0
_LONGEST_PAUSE_S = 10.0
_MOST_BYTES = 4_000_000
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
#: Too many requests, and what a server says while it starts, is busy, or its model has crashed.
_PASSING = (429, 500, 502, 503, 504)
_HIDDEN = "***"


@dataclass(frozen=True)
class Reply:
    """A status, and the JSON that came with it (None where it is none)."""

    status: int
    value: Any
    text: str

    @property
    def ok(self) -> bool:
        """Whether it is an answer, and not a refusal."""
        return 200 <= self.status < 300

    @property
    def problem(self) -> str:
        """The server's own words for its refusal, in one line; those of OpenAI's form and of Ollama's."""
        error = self.value.get("error") if isinstance(self.value, dict) else None
        said = error.get("message") if isinstance(error, dict) else error
        return one_line(str(said or self.text))[:200] or "no reason given"


class _TryAgain(Exception):
    """What may go better the next time; `pause` is what the server asks for."""

    def __init__(self, outcome: Reply | VlmFailure, pause: float = 0.0) -> None:
        super().__init__()
        self.outcome, self.pause = outcome, pause


class ServerConnection:
    """One server.  Each call is made anew, so that nothing is left open between moments.

    `key` goes into the Authorization header and nowhere else: it is taken out of whatever the server says.
    """

    def __init__(self, server: VlmServer, key: str = "", retries: int = 2, pause: float = 0.5) -> None:
        """`retries` after errors, with pauses of `pause` seconds, twice as long each time.

        VlmFailure `vlm_host_not_allowed` for a host that the user has not allowed.
        """
        if not server.may_be_asked():
            problem = f"{server.host} is another machine, and pictures of your footage would be sent to it."
            step = f"Add --vlm-host {server.host} (or set CUEMARK_VLM_HOST) where that is what you want."
            raise VlmFailure("vlm_host_not_allowed", problem, step)
        self._server, self._key = server, key
        self._retries, self._pause = retries, pause

    def get(self, path: str, seconds: float, check: Check) -> Reply:
        """The reply to a GET; fails as `post` does."""
        return self._call("GET", path, None, seconds, check)

    def post(self, path: str, body: Any, seconds: float, check: Check) -> Reply:
        """The reply to a POST of JSON, whatever its status.

        VlmFailure `vlm_unreachable`, `vlm_timeout`, `vlm_server_error`, `vlm_redirected`, `vlm_key_refused`.
        """
        return self._call("POST", path, json.dumps(body).encode(), seconds, check)

    def _call(self, method: str, path: str, body: bytes | None, seconds: float, check: Check) -> Reply:
        for attempt in range(self._retries + 1):
            try:
                return self._followed(method, path, body, seconds, check)
            except _TryAgain as error:
                if attempt == self._retries:
                    if isinstance(error.outcome, Reply):
                        return error.outcome
                    raise error.outcome from None
                _sleep(min(_LONGEST_PAUSE_S, max(error.pause, self._pause * 2**attempt)), check)
        raise AssertionError("the last try returns or raises")

    def _followed(self, method: str, path: str, body: bytes | None, seconds: float, check: Check) -> Reply:
        """The reply, past redirects within the server; to others no picture and no key is sent."""
        url = self._server.url + path
        for _ in range(_MOST_REDIRECTS):
            status, headers, content = asyncio.run(self._watched(method, url, body, seconds, check))
            if status not in _REDIRECTS:
                return self._reply(status, headers, content)
            target = urljoin(url, headers.get("location", ""))
            if urlsplit(target)[:2] != urlsplit(self._server.url)[:2]:
                elsewhere = one_line(urlsplit(target).hostname or "nowhere")[:100]
                problem = f"{self._server.url} sends us on to {elsewhere}, which is another server."
                raise VlmFailure("vlm_redirected", problem, "Name the server itself with --vlm.")
            url = target
        raise VlmFailure("vlm_redirected", f"{self._server.url} sends us round in a circle.", "Look at its settings.")

    def _reply(self, status: int, headers: httpx.Headers, content: bytes) -> Reply:
        reply = self._without_key(status, content.decode("utf-8", "replace"))
        if status in (401, 403):
            problem = f"{self._server.url} wants a key, or another one ({status})."
            step = f"Set {KEY_VARIABLE} and start the daemon again: cuemark daemon stop."
            raise VlmFailure("vlm_key_refused", problem, step)
        if status in _PASSING:
            raise _TryAgain(reply, _asked_pause(headers))
        if reply.ok and reply.value is None:
            problem = f"{self._server.url} answers with no JSON, or breaks off in it."
            raise _TryAgain(VlmFailure("vlm_server_error", problem, "Look at the server's log."))
        return reply

    def _without_key(self, status: int, text: str) -> Reply:
        """What the server says, with the key taken out, however its JSON spells it."""
        try:
            value = json.loads(text)
        except ValueError:
            return Reply(status, None, self._hidden(text))
        plain = json.dumps(value, ensure_ascii=False)
        if self._key:
            plain = plain.replace(json.dumps(self._key, ensure_ascii=False)[1:-1], _HIDDEN)
        return Reply(status, json.loads(plain), plain)

    def _hidden(self, text: str) -> str:
        return text.replace(self._key, _HIDDEN) if self._key else text

    async def _watched(
        self, method: str, url: str, body: bytes | None, seconds: float, check: Check
    ) -> tuple[int, httpx.Headers, bytes]:
        """The request, given up where its time is over or the job is cancelled, wherever the server hangs."""
        task = asyncio.ensure_future(self._sent(method, url, body, seconds))
        deadline = time.monotonic() + seconds
        try:
            while not (await asyncio.wait({task}, timeout=_LOOK_S))[0]:
                check()
                if time.monotonic() >= deadline:
                    raise self._too_slow(seconds)
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=1.0)
            if task.done() and not task.cancelled():
                task.exception()  # looked at, or asyncio complains of it later

    async def _sent(
        self, method: str, url: str, body: bytes | None, seconds: float
    ) -> tuple[int, httpx.Headers, bytes]:
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write a line for every moment
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        limits = httpx.Timeout(seconds, connect=min(_CONNECT_S, seconds))
        try:
            async with (
                httpx.AsyncClient(timeout=limits, trust_env=False, follow_redirects=False) as client,
                client.stream(method, url, content=body, headers=headers) as response,
            ):
                return response.status_code, response.headers, await self._read(response)
        except httpx.ConnectTimeout:
            raise self._unreachable("it does not accept connections") from None
        except httpx.TimeoutException:
            raise self._too_slow(seconds) from None
        except httpx.TransportError as error:
            raise self._unreachable(one_line(str(error)) or type(error).__name__) from None

    async def _read(self, response: httpx.Response) -> bytes:
        content = b""
        async for part in response.aiter_bytes():
            content += part
            if len(content) > _MOST_BYTES:
                problem = f"{self._server.url} answers with more than {_MOST_BYTES // 1_000_000} MB."
                raise VlmFailure("vlm_server_error", problem, "Look at the server's log.")
        return content

    def _unreachable(self, why: str) -> _TryAgain:
        problem = f"{self._server.url} cannot be reached, or hung up ({self._hidden(why)[:150]})."
        return _TryAgain(VlmFailure("vlm_unreachable", problem, "Is the server running? Is the port right?"))

    def _too_slow(self, seconds: float) -> VlmFailure:
        problem = f"{self._server.url} did not answer within {seconds:g} s."
        return VlmFailure("vlm_timeout", problem, "Give it longer with --set vlm.timeout=300, or use a smaller model.")


def _asked_pause(headers: httpx.Headers) -> float:
    """Seconds the server wants to be left alone; 0 where it does not say."""
    said = headers.get("retry-after", "")
    return float(said) if said.isdigit() else 0.0


def _sleep(seconds: float, check: Check) -> None:
    """JobCancelled on a cancel."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        check()
        time.sleep(min(_LOOK_S, left))
