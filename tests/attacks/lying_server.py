"""A model server that lies: one mode for each way in which the answer to a pull can be another than the file."""

from __future__ import annotations

import contextlib
import gzip
import json
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = b"<!DOCTYPE html>\n<html><head><title>Free Wi-Fi</title></head><body>Log in, please.</body></html>\n"
Header = tuple[str, str]


def weights(numbers: bytes, shape: list[int] | None = None, **header: Any) -> bytes:
    """A safetensors file of one tensor with these bytes; `header` adds to its table, or replaces it."""
    entry = {"dtype": "U8", "shape": shape or [len(numbers)], "data_offsets": [0, len(numbers)]}
    table = json.dumps({"a": entry, **header}).encode()
    return len(table).to_bytes(8, "little") + table + numbers


class Request(BaseHTTPRequestHandler):
    """One request, answered in the mode of its server."""

    protocol_version = "HTTP/1.1"
    server: LyingServer

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        with contextlib.suppress(OSError):  # the client went away
            MODES[self.server.mode](self, self.server.files.get(self.path, b""))

    def answer(self, status: int, body: bytes, *headers: Header) -> None:
        """A whole answer of the status, with its length."""
        self.begin(status, *headers, ("Content-Length", str(len(body))))
        self.wfile.write(body)

    def begin(self, status: int, *headers: Header) -> None:
        """The head of an answer; the connection ends behind it."""
        self.send_response(status)
        for name, value in (*headers, ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True

    def endless(self, *headers: Header, block: bytes = b" " * 65536) -> None:
        """A body that never ends."""
        self.begin(200, *headers)
        while not self.server.stopping.is_set():
            self.wfile.write(block)


def _honest(request: Request, body: bytes) -> None:
    """As a plain file server answers, byte ranges included."""
    if not body:
        return request.answer(404, b"")
    asked = request.headers.get("Range", "")
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
    etag = ("ETag", f'"{hash(body)}"')
    if request.headers.get("If-Range", etag[1]) != etag[1]:
        start = 0
    if start >= len(body):
        return request.answer(416, b"", ("Content-Range", f"bytes */{len(body)}"))
    span = ("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    return request.answer(206 if start else 200, body[start:], etag, *([span] if start else []))


def _only(path: str, lie: Callable[[Request, bytes], None]) -> Callable[[Request, bytes], None]:
    """Honest, but for files that end so."""
    return lambda request, body: (lie if request.path.endswith(path) else _honest)(request, body)


def _says(status: int, body: bytes = b"", *headers: Header) -> Callable[[Request, bytes], None]:
    return lambda request, _: request.answer(status, body, *headers)


def _sends_on(target: str) -> Callable[[Request, bytes], None]:
    return _says(302, b"", ("Location", target))


def _login_page(request: Request, _: bytes) -> None:
    if request.path == "/login":
        request.answer(200, PAGE, ("Content-Type", "text/html; charset=utf-8"))
    else:
        request.answer(302, b"", ("Location", "/login"))


def _further_and_further(request: Request, _: bytes) -> None:
    request.answer(302, b"", ("Location", request.path + "x"))


def _raw(data: bytes) -> Callable[[Request, bytes], None]:
    def write(request: Request, _: bytes) -> None:
        request.wfile.write(data)
        request.close_connection = True

    return write


def _cut(request: Request, body: bytes) -> None:
    """Says the right length and ends before it, with another version each time."""
    request.begin(200, ("Content-Length", str(len(body))), ("ETag", f'"{len(request.server.asked)}"'))
    request.wfile.write(body[: len(body) // 2])


def _changed(change: Callable[[bytes], bytes], *headers: Header) -> Callable[[Request, bytes], None]:
    return lambda request, body: request.answer(200, change(body), *headers)


_WEIGHTS = ".safetensors"
_WEB = ("Content-Type", "text/html")
_ANNOUNCED = ("Content-Length", str(10**15))
MODES: dict[str, Callable[[Request, bytes], None]] = {
    "honest": _honest,
    "portal": _says(200, PAGE, _WEB),
    "portal_without_type": _says(200, PAGE),
    "portal_behind_a_byte_order_mark": _says(200, b"\xef\xbb\xbf\n" + PAGE, ("Content-Type", "application/json")),
    "portal_redirects": _login_page,
    "portal_in_json": _says(200, b'{"captive": true, "login": "http://wifi.example"}'),
    "portal_says_511": _says(511, PAGE, _WEB),
    "portal_for_weights_only": _only(_WEIGHTS, _says(200, PAGE, _WEB)),
    "portal_pads_its_page": _only(_WEIGHTS, _changed(lambda body: PAGE.ljust(len(body)))),
    "redirects_to_itself": lambda request, _: request.answer(302, b"", ("Location", request.path)),
    "redirects_for_ever": _further_and_further,
    "redirects_to_a_file": _sends_on("file:///etc/passwd"),
    "redirects_to_ftp": _sends_on("ftp://127.0.0.1/weights"),
    "redirects_to_no_address": _sends_on("http://[::1"),
    "redirects_to_a_wrong_name": _sends_on("http://a..b.example\u00ff/".encode().decode("latin-1")),
    "redirects_to_nothing": _says(302, b""),
    "endless": lambda request, _: request.endless(),
    "endless_json": lambda request, _: request.endless(block=b"[" * 65536),
    "endless_announced": lambda request, _: request.endless(_ANNOUNCED),
    "endless_weights": _only(_WEIGHTS, lambda request, _: request.endless(block=weights(b"\0" * 65536))),
    "too_long": _changed(lambda body: body + b" " * (17 << 20)),
    "empty": _says(200, b""),
    "no_content": lambda request, _: request.begin(204),
    "not_modified": lambda request, _: request.begin(304),
    "no_json": _only(".json", _says(200, b"hello, here is your file")),
    "json_of_another_kind": _only(".json", _says(200, b"[1, 2]")),
    "deep_json": _only(".json", _says(200, b'{"model_cfg": ' + b"[" * 200_000 + b"]" * 200_000 + b"}")),
    "no_weights": _only(_WEIGHTS, _changed(lambda body: bytes(len(body)))),
    "a_pickle": _only(_WEIGHTS, _changed(lambda body: pickle.dumps(bytes(body)))),
    "weights_cut": _only(_WEIGHTS, _changed(lambda body: body[:-1000])),
    "weights_too_small": _only(_WEIGHTS, _changed(lambda body: weights(b"\0" * 16))),
    "weights_with_a_huge_table": _only(_WEIGHTS, _changed(lambda body: b"\xff" * 7 + b"\x7f" + body)),
    "weights_over_one_another": _only(
        _WEIGHTS,
        _changed(lambda body: weights(bytes(len(body)), b={"dtype": "U8", "shape": [9], "data_offsets": [0, 9]})),
    ),
    "another_hash_announced": _only(
        _WEIGHTS, lambda request, body: request.answer(200, body, ("X-Linked-Etag", '"' + "0" * 64 + '"'))
    ),
    "length_that_is_none": _only(
        _WEIGHTS, _raw(b"HTTP/1.1 200 OK\r\nContent-Length: a lot\r\nConnection: close\r\n\r\n{}")
    ),
    "other_part_than_asked_for": _says(206, b"abc", ("Content-Range", "bytes 7-9/10")),
    "a_range_of_many_digits": _says(206, b"abc", ("Content-Range", f"bytes {'9' * 9000}-/{'9' * 9000}")),
    "nothing_behind_the_end": _says(416, b"", ("Content-Range", f"bytes */{'9' * 9000}")),
    "compressed": _only(_WEIGHTS, _changed(lambda body: gzip.compress(body, 1), ("Content-Encoding", "gzip"))),
    "cut_and_changed": _only(_WEIGHTS, _cut),
    "no_http": _raw(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "headers_without_end": _raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 400_000),
    "hangs_up": _raw(b""),
    "wants_a_password": _says(401, b"", ("WWW-Authenticate", 'Basic realm="models"')),
    "odd_validator": _only(_WEIGHTS, _changed(lambda body: body[:99], ("ETag", '"\u00ff\u00fe"'))),
    "always_busy": _says(503, PAGE, _WEB),
}
"""What each mode answers a request with, given the true file."""


class LyingServer(ThreadingHTTPServer):
    """Serves `files` (by path) in a `mode`; `asked` are the paths requested, with what authorised them."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.files = files
        self.mode = "honest"
        self.asked: list[tuple[str, str]] = []
        self.stopping = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away in the middle of lies; that is none of ours to report."""


@contextlib.contextmanager
def lying_server(files: dict[str, bytes]) -> Iterator[LyingServer]:
    """A running one."""
    server = LyingServer(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
