"""What Studio's Python module does, against a simulated Resolve (SIMULATED_RESOLVE names the file with its port).

Every name is an attribute of its objects, lists that are empty are None, and keys that are numbers are floats.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from typing import Any

if os.environ.get("SIMULATED_CRASH") == "import":
    os.kill(os.getpid(), signal.SIGSEGV)
if os.environ.get("SIMULATED_CRASH") == "sleep":
    time.sleep(60)


class Resolve:
    """A connection; objects call through it."""

    def __init__(self, port: int) -> None:
        self._lines = socket.create_connection(("127.0.0.1", port)).makefile("rw", encoding="utf-8")

    def ask(self, **request: Any) -> Any:
        """One question."""
        self._lines.write(json.dumps(request) + "\n")
        self._lines.flush()
        return json.loads(self._lines.readline())

    def value(self, told: Any) -> Any:
        """As Python scripts get it."""
        if not isinstance(told, dict):
            return told
        if "object" in told:
            return Remote(self, told["object"])
        if "list" in told:
            return [self.value(item) for item in told["list"]]
        return {key: self.value(item) for key, item in told["pairs"]}


class Remote:
    """One of Resolve's objects."""

    def __init__(self, resolve: Resolve, number: int) -> None:
        self._resolve, self._number = resolve, number

    def __getattr__(self, name: str) -> Any:
        def method(*arguments: Any) -> Any:
            told = self._resolve.ask(object=self._number, method=name, arguments=arguments)
            return self._resolve.value(told)

        return method if name in dir(self) else None

    def __dir__(self) -> list[str]:
        names: list[str] = self._resolve.ask(object=self._number)
        return names


def scriptapp(name: str) -> Any:
    """Resolve, if one runs and lets us in."""
    try:
        with open(os.environ["SIMULATED_RESOLVE"], encoding="ascii") as file:
            resolve = Resolve(int(file.read()))
    except OSError:
        return None
    return resolve.value(resolve.ask())
