"""The mailbox: the one file through which the daemon asks, and the script in Resolve reads with `loadfile`.

A request is `return {...}` made of numbers, booleans, tables and hex text only, so that nothing a user wrote can be run
as Lua.  It appears by rename, whole or not at all, and is taken away when it was answered or given up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cuemark.core.errors import StoreError
from cuemark.core.files import PRIVATE_FILE, atomic_write, patiently

FILE_NAME = "next.lua"
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXACT = 2**53


@dataclass(frozen=True)
class Request:
    """One question.  `session` is the script it is for, "" every one that runs but those in `excepted`."""

    id: str
    session: str
    verb: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    excepted: tuple[str, ...] = ()

    def lua(self) -> str:
        """The file's text.  Ids and sessions are hex already and compared as they are."""
        excepted = "".join(f'"{session}",' for session in self.excepted)
        return (
            f'return {{id="{self.id}",session="{self.session}",except={{{excepted}}},'
            f"verb={lua_value(self.verb)},args={lua_value(self.arguments)}}}\n"
        )


def lua_value(value: Any) -> str:
    """A value as Lua source; text as hex of its UTF-8, keys as they are.  Values that are None are left out.

    Raises TypeError for floats (frames are whole) and ValueError for keys that are no Lua names and for integers
    that a Lua number does not hold exactly.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= _EXACT:
            raise ValueError(f"{value} is too large for a Lua number")
        return str(value)
    if isinstance(value, str):
        return f'"{value.encode("utf-8", "surrogateescape").hex()}"'
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_key(key)}={lua_value(item)}" for key, item in value.items() if item is not None) + "}"
    if isinstance(value, (list, tuple)):
        return "{" + ",".join(lua_value(item) for item in value) + "}"
    raise TypeError(f"a request cannot hold {value!r}")


def _key(key: object) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a name in Lua")
    # Brackets, so that words like `end` and `goto` may be keys.
    return f'["{key}"]'


class Mailbox:
    """The folder of the mailbox, which only its owner may enter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / FILE_NAME
        self._posted = ""

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other process has the mailbox; it is ours inside.  Raises StoreError `resolve_mailbox`."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / "mailbox.lock")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield True
        finally:
            lock.release()

    def post(self, request: Request) -> None:
        """Puts a request there in place of any other.  Raises StoreError `resolve_mailbox`."""
        try:
            atomic_write(self._file, request.lua(), mode=PRIVATE_FILE)
        except OSError as error:
            raise self._unwritable(error) from error
        self._posted = request.id

    def _unwritable(self, error: OSError) -> StoreError:
        message = f"The folder {self.folder}, through which Resolve is asked, cannot be written: {error.strerror}."
        return StoreError("resolve_mailbox", message, "Make it writable and free some disk.")

    def withdraw(self, request: Request) -> None:
        """Takes a request away, answered or not; one that a later request replaced stays replaced."""
        if self._posted != request.id:
            return
        self._posted = ""
        try:
            patiently(lambda: self._file.unlink(missing_ok=True))
        except OSError:
            # The script never carries out the same id twice, and the next request replaces the file.
            return
