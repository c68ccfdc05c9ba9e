"""The door for Python from outside: what Studio's fusionscript is to the real one, over a socket of this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lupa.luajit21 as lupa

Obey = Callable[[Callable[[], Any]], Any]
"""Runs something in the thread of Lua and returns what it returned."""


class Outside:
    """Objects that were handed out, by number, and calls on them.

    Tables of Lua become lists where they are lists, else pairs with keys as Python gets them: numbers as floats.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._objects: list[Any] = []

    def handle(self, request: dict[str, Any]) -> Any:
        """One request: {} for the app, {object} for its names, {object, method, arguments} for a call."""
        if "object" not in request:
            return self._plain(self._session.scriptapp())
        target = self._objects[request["object"]]
        if "method" not in request:
            return sorted(self._session.names(target).values())
        return self._plain(self._session.invoke(target, request["method"], *request["arguments"]))

    def _plain(self, value: Any) -> Any:
        kind = lupa.lua_type(value)
        if kind == "userdata":
            self._objects.append(value)
            return {"object": len(self._objects) - 1}
        if kind != "table":
            return value
        entries = {key: item for key, item in value.items() if key != "__flags"}
        if entries and list(entries) == list(range(1, len(entries) + 1)) and lupa.lua_type(value[1]) == "userdata":
            return {"list": [self._plain(item) for item in entries.values()]}
        return {"pairs": [[float(k) if isinstance(k, int) else k, self._plain(item)] for k, item in entries.items()]}


def serve(outside: Outside, obey: Obey, port_file: Path) -> None:
    """Listens from now on; `port_file` tells the module where."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                request = json.loads(line)
                answer = obey(lambda request=request: outside.handle(request))  # type: ignore[misc]
                self.wfile.write((json.dumps(answer) + "\n").encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    port_file.write_text(str(server.server_address[1]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
