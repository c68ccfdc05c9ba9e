"""Signing in: a link that works once gives the browser a cookie; whoever may read our runtime folder gets links.

The cookie is HttpOnly and SameSite=Strict.  A link is answered with a page that goes on by itself, not with a redirect:
a browser that came from elsewhere would not send such a cookie along with a redirect.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cuemark.web.answers import answer, refusal
from cuemark.web.guard import Origin

_PLACE = re.compile(r"/[a-z]+(?:/[0-9a-f]{1,80})?(?:\?[a-z]=[0-9/.]{1,40})?")
LINK_S = 600.0
_MOST_LINKS = 100
_GO_ON = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Cuemark</title><link rel="icon" href="data:,">'
    '<meta http-equiv="refresh" content="0;url={path}"><a href="{path}">Go on</a></html>'
)


class OnceLinks:
    """Links that work once, and only for a while."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._until: dict[str, float] = {}

    def make(self) -> str:
        """The secret of a new link."""
        self._until = {once: until for once, until in self._until.items() if until > self._now()}
        while len(self._until) >= _MOST_LINKS:  # the oldest
            del self._until[next(iter(self._until))]
        once = secrets.token_urlsafe(32)
        self._until[once] = self._now() + LINK_S
        return once

    def use(self, once: str) -> bool:
        """Whether the secret is one of a link that was not used; it is now."""
        return self._until.pop(once, 0.0) > self._now()


class Login:
    """The two addresses that answer without a cookie."""

    def __init__(self, origin: Origin, cookie: str, control: str) -> None:
        self._origin, self._cookie, self._control = origin, cookie, control
        self._links = OnceLinks()

    async def enter(self, request: Request) -> Response:
        """GET /login?once=...&to=/...: the cookie, and on to the page."""
        if not self._links.use(request.query_params.get("once", "")):
            return refusal("web_link_used")
        place = request.query_params.get("to", "")
        # Only a place of the page itself, spelled as its own links are.
        target = f"/#{place}" if _PLACE.fullmatch(place) else "/"
        response = HTMLResponse(_GO_ON.format(path=target))
        response.set_cookie(self._origin.cookie, self._cookie, path="/", httponly=True, samesite="strict")
        return response

    async def link(self, request: Request) -> Response:
        """POST /control/link: a link for who shows the secret of our runtime folder."""
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(sent.encode("utf-8", "replace"), self._control.encode()):
            return refusal("web_signed_out")
        return answer({"path": f"/login?once={self._links.make()}"})
