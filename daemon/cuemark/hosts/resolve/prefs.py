"""Reading what the script in Resolve left in `Fusion.prefs`: the only place where its sandbox can write.

The file is Lua table text that Resolve owns.  Keys stand in no order, other strings may hold anything, and a reader may
meet it half written.  Our values are plain hex behind plain fields, so that nothing of ours is ever escaped.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TABLE = b"Cuemark"
"""Our table in the file (the script sets `Global.Cuemark.<key>`)."""

_COARSEST_CLOCK_S = 2.0  # of the file systems: a younger file may have been written twice in one tick

# A string, a mark, or anything else (names, numbers) up to the next blank or mark.
_TOKEN = re.compile(
    rb'"(?P<string>(?:[^"\\]|\\.)*)"|(?P<name>[A-Za-z_]\w*)|(?P<mark>[{}\[\]=,;])|[^\s{}\[\]=,;"]+', re.S
)


def our_values(text: bytes) -> dict[str, str] | None:
    """The strings of our table; None where the file is not whole."""
    if TABLE not in text:
        return {}
    found: dict[str, str] = {}
    tables: list[bytes] = []
    key = last = b""
    end = 0
    for token in _TOKEN.finditer(text):
        if text[end : token.start()].strip():
            return None  # an opened string that never ends
        end = token.end()
        mark = token["mark"]
        if mark == b"=":
            key = last
        elif mark == b"{":
            tables.append(key)
            key = b""
        elif mark == b"}":
            if not tables:
                return None
            tables.pop()
            key = b""
        elif mark is None:
            last = token["string"] if token["string"] is not None else token[0]
            if key and token["string"] is not None and tables and tables[-1] == TABLE:
                found[key.decode("ascii", "replace")] = last.decode("ascii", "replace")
        elif mark in b",;":
            key = b""
    whole = not tables and not text[end:].strip()
    return found if whole else None


@dataclass(frozen=True)
class Answer:
    """One part (counted from 1) of what a script answered to a request."""

    session: str
    request: str
    part: int
    parts: int
    text: bytes

    @classmethod
    def parse(cls, value: str) -> Answer | None:
        """Reads `<session>:<request>:<part>:<parts>:<hex>`; None where it is anything else."""
        fields = value.split(":")
        try:
            session, request, part, parts, text = fields
            return cls(session, request, int(part), int(parts), bytes.fromhex(text))
        except ValueError:
            return None


class PrefsFile:
    """One `Fusion.prefs`, taken apart again only when it says something else than before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark: tuple[int, int, int] | None = None
        self._text = b""
        self._values: dict[str, str] = {}

    def values(self) -> dict[str, str]:
        """Our values; those of the last whole file while it is missing, locked or half written."""
        try:
            status = self.path.stat()
            mark = (status.st_ino, status.st_mtime_ns, status.st_size)
            if mark == self._mark and abs(time.time() - status.st_mtime) > _COARSEST_CLOCK_S:
                return self._values
            text = self.path.read_bytes()
        except OSError:
            return self._values
        if text != self._text:
            values = our_values(text)
            if values is None:
                return self._values
            self._text, self._values = text, values
        self._mark = mark
        return self._values


class Prefs:
    """The preferences of all profiles: which of them a Resolve uses, only its answer tells."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = [PrefsFile(path) for path in files]

    def __bool__(self) -> bool:
        return any(file.path.exists() for file in self._files)

    def answer_to(self, request: str) -> Answer | None:
        """The answer to a request of that id, if it is there; answers to others are stale."""
        for file in self._files:
            answer = Answer.parse(file.values().get("Answer", ""))
            if answer is not None and answer.request == request:
                return answer
        return None

    def sessions(self) -> set[str]:
        """The sessions that scripts wrote when they started; they need not run any more."""
        return {session for file in self._files if (session := file.values().get("Session"))}
