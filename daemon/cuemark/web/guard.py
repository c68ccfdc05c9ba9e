"""Guard: what every request to the page must pass before anything else sees it, and what every answer carries.

In this order: the Host header names us, with our port (a page of another name that was bound to 127.0.0.1 says its own:
DNS rebinding); the body is no longer than anything of ours; the cookie is ours; and what changes anything carries our
own header, which a page from elsewhere cannot send without being asked first (and we answer no such question).
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cuemark.web.answers import refusal

log = logging.getLogger("cuemark.web")

MOST_BODY = 1024 * 1024
"""Far more than any edit; a label set or a transcript goes through the command line."""
BODY_S = 20.0
"""So long each part of a body may take to come."""
HEADER = "x-cuemark"
HEADER_VALUE = "1"
SAFE_METHODS = frozenset({"GET", "HEAD"})
OPEN_PATHS = frozenset({"/login", "/control/link"})
"""What answers without a cookie: who asks there shows another secret."""
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True)
class Origin:
    """Where the page is served: always loopback, and one port."""

    port: int

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a Host header may say."""
        return tuple(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    @property
    def origins(self) -> tuple[str, ...]:
        """What an Origin header may say."""
        return tuple(f"http://{host}" for host in self.hosts)

    @property
    def cookie(self) -> str:
        """The name of the cookie: cookies do not tell ports apart, so that two servers would overwrite each other's."""
        return f"cuemark_{self.port}"


class Guard:
    """ASGI middleware; `secret` is the value of the cookie of who signed in."""

    def __init__(self, app: ASGIApp, origin: Origin, secret: str) -> None:
        self._app, self._origin, self._secret = app, origin, secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":  # no web sockets here
            return await send({"type": "websocket.close", "code": 1008})
        answered = _with_headers(send, _ALWAYS.items())
        code = self._problem(scope)
        if code is not None:
            return await refusal(code)(scope, receive, answered)
        try:
            await self._app(scope, _limited(receive), answered)
        except BodyRefused as error:  # nothing is answered before the whole body is there
            await refusal(error.code)(scope, receive, answered)
        except Exception:  # the edge of a request: what goes wrong in one is told, and ends no other
            log.exception("a request failed: %s %s", scope["method"], scope["path"])
            await refusal("internal_error")(scope, receive, answered)

    def _problem(self, scope: Scope) -> str | None:
        """The reason code of what is wrong with a request, None where nothing is."""
        headers = Headers(scope=scope)
        if headers.getlist("host") not in [[host] for host in self._origin.hosts]:
            return "web_wrong_host"
        origin = headers.get("origin")
        if origin is not None and origin not in self._origin.origins:
            return "web_wrong_origin"
        if not _short(headers.get("content-length", "0")):
            return "web_too_long"
        if scope["method"] not in SAFE_METHODS and headers.get(HEADER) != HEADER_VALUE:
            return "web_no_header"
        if scope["path"] not in OPEN_PATHS and not self._is_signed_in(headers):
            return "web_signed_out"
        return None

    def _is_signed_in(self, headers: Headers) -> bool:
        sent = cookie_parser(headers.get("cookie", "")).get(self._origin.cookie, "")
        return hmac.compare_digest(sent.encode("utf-8", "replace"), self._secret.encode())


def _short(length: str) -> bool:
    return length.isascii() and length.isdigit() and len(length) < len(str(MOST_BODY)) + 1 and int(length) <= MOST_BODY


def _limited(receive: Receive) -> Receive:
    """What comes without a length is counted as it comes."""
    total, done = 0, False

    async def counted() -> Message:
        nonlocal total, done
        try:
            message = await receive() if done else await asyncio.wait_for(receive(), BODY_S)
        except asyncio.TimeoutError:
            raise BodyRefused("web_too_slow") from None
        done = not message.get("more_body", False)
        total += len(message.get("body", b""))
        if total > MOST_BODY:
            raise BodyRefused("web_too_long")
        return message

    return counted


class BodyRefused(Exception):
    """A body that goes on beyond what anything of ours has, or does not come to its end; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _with_headers(send: Send, headers: Iterable[tuple[str, str]]) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            known = MutableHeaders(scope=message)
            for name, value in headers:
                known.setdefault(name, value)
            if not any(name == b"cache-control" for name, _ in message["headers"]):
                known["cache-control"] = "no-store"
        await send(message)

    return told
