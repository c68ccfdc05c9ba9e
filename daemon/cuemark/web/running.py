"""The running page: the file by which `cuemark open` finds it, and what outlives it so that an open tab goes on.

Both lie in the runtime folder, mode 0600.  `page.json` says where the page listens and proves who may ask it for a
link; `page-session.json` keeps the port and the cookie, so that a page that was started again is the one a tab knows.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cuemark.core.files import PRIVATE_FILE, atomic_write, make_private_folder
from cuemark.core.json_files import read_json
from cuemark.core.settings import Settings

_MOST_BYTES = 4096
_FIRST_FREE_PORT = 1024
_LAST_PORT = 65535


@dataclass(frozen=True)
class RunningPage:
    """Where the page listens.  `control` is what `cuemark open` shows to be given a link; kept out of the repr."""

    port: int
    pid: int
    version: str
    control: str = field(repr=False)


@dataclass(frozen=True)
class PageSession:
    """What a tab knows of the page: its port, and the cookie of who signed in; kept out of the repr."""

    port: int
    cookie: str = field(repr=False)


def page_file(settings: Settings) -> Path:
    """Where the running page says how to reach it."""
    return settings.runtime / "page.json"


def read_page(settings: Settings) -> RunningPage | None:
    """The page the file names; None where there is no file or it makes no sense."""
    values = _read(page_file(settings))
    port, pid, version, control = (values.get(name) for name in ("port", "pid", "version", "control"))
    if type(port) is not int or type(pid) is not int or not (0 < port <= _LAST_PORT and pid > 0):
        return None
    if not (isinstance(version, str) and isinstance(control, str) and control.isascii()):
        return None
    return RunningPage(port, pid, version, control)


def write_page(settings: Settings, page: RunningPage) -> None:
    """Writes the file, whole or not at all."""
    make_private_folder(settings.runtime)
    atomic_write(page_file(settings), json.dumps(asdict(page)), mode=PRIVATE_FILE)


def remove_page(settings: Settings, pid: int) -> None:
    """Removes the file if it still names this process."""
    page = read_page(settings)
    if page is not None and page.pid == pid:
        page_file(settings).unlink(missing_ok=True)


def kept_session(settings: Settings) -> PageSession:
    """The session of the page of before; a new one (port 0: any) where there was none."""
    values = _read(_session_file(settings))
    port, cookie = values.get("port"), values.get("cookie")
    if type(port) is int and _FIRST_FREE_PORT <= port <= _LAST_PORT and isinstance(cookie, str) and _is_secret(cookie):
        return PageSession(port, cookie)
    return PageSession(0, secrets.token_urlsafe(32))


def keep_session(settings: Settings, session: PageSession) -> None:
    """Keeps the session for the next page."""
    make_private_folder(settings.runtime)
    atomic_write(_session_file(settings), json.dumps(asdict(session)), mode=PRIVATE_FILE)


def _session_file(settings: Settings) -> Path:
    return settings.runtime / "page-session.json"


def _is_secret(text: str) -> bool:
    return text.isascii() and len(text) == len(secrets.token_urlsafe(32))


def _read(file: Path) -> dict[str, Any]:
    try:
        values = read_json(file, _MOST_BYTES)
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
