"""From outside: find the page that runs, or start one, and ask it for a link."""

from __future__ import annotations

import subprocess
import time
from urllib.parse import quote

import httpx

from cuemark import __version__
from cuemark.core.apart import last_line, start_apart
from cuemark.core.errors import DaemonError
from cuemark.core.own_process import python_command
from cuemark.core.settings import Settings
from cuemark.core.system_errors import system_reason
from cuemark.web.guard import HEADER, HEADER_VALUE
from cuemark.web.running import read_page

START_S = 30.0
_POLL_S = 0.1
_ANSWER_S = 5.0


def link(settings: Settings, place: str = "") -> str:
    """A link that signs a browser in, once, and shows `place` ("/media/..."); starts the page where none runs.

    Raises DaemonError `page_start_failed`.
    """
    found = _asked(settings)
    if found is None:
        found = _awaited(settings, _started(settings))
    return f"{found}&to={quote(place, safe='')}" if place else found


def _asked(settings: Settings) -> str | None:
    """A link from the page that runs; None where none of this version answers."""
    page = read_page(settings)
    if page is None or page.version != __version__:
        return None
    base = f"http://127.0.0.1:{page.port}"
    headers = {"Authorization": f"Bearer {page.control}", HEADER: HEADER_VALUE}
    try:
        with httpx.Client(trust_env=False, timeout=_ANSWER_S) as client:  # a proxy has no business with loopback
            answer = client.post(f"{base}/control/link", headers=headers)
            return f"{base}{answer.json()['path']}" if answer.is_success else None
    except (httpx.HTTPError, ValueError, KeyError):
        return None


def _started(settings: Settings) -> subprocess.Popen[bytes]:
    try:
        return start_apart(python_command("cuemark.web.server"), settings.log / "page.log")
    except OSError as error:
        raise _failed(settings, system_reason(error)) from error


def _awaited(settings: Settings, child: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = _asked(settings)
        if found is not None:
            return found
        if child.poll() is not None:
            raise _failed(settings, last_line(settings.log / "page.log") or f"it ended with status {child.returncode}")
        time.sleep(_POLL_S)
    raise _failed(settings, f"it did not answer within {START_S:g} s")


def _failed(settings: Settings, why: str) -> DaemonError:
    message = f"The page could not start: {why.rstrip('.')}."
    return DaemonError("page_start_failed", message, f"Read {settings.log / 'page.log'}, then try again.")
