"""A server of a vision-language model that really looks at what it is sent, and does what servers do."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import cuemark.models
from cuemark.core.analysis import Moment, Tag
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.lab.sample.script import Script, write_script
from cuemark.lab.sample.video import DrawnFrames
from cuemark.media.geometry import Picture

if TYPE_CHECKING:
    from cuemark.models.clip.text_encoder import TextEncoder

SAMPLE = Path(next(iter(cuemark.models.__path__))) / "weights" / "sample"

Look = Callable[[str, list[Picture]], str]
"""What a model says: the question, and its pictures."""


class VlmServer:
    """llama.cpp's and Ollama's way to be asked, on one port.

    `look` answers; `requests` are the paths and bodies that came, `headers` those of each.  `before` may do something
    else with a request, and says by True that it has.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.before: Callable[[VlmServer, BaseHTTPRequestHandler, dict[str, Any]], bool] = lambda *_: False
        self.models: list[dict[str, Any]] = [{"id": "looker"}]
        self.forms = ("/v1/chat/completions", "/api/chat")
        self.field = "content"
        self.deaf = False
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.closed = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if outer.deaf:
                    outer.hang(self)
                say(self, 200, {"data": outer.models})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append((self.path, body))
                outer.headers.append(dict(self.headers))
                if outer.before(outer, self, body):
                    return
                if self.path not in outer.forms:
                    return say(self, 404, {"error": {"message": "no such path"}})
                message = {"role": "assistant", "content": "", outer.field: outer.look(*asked(self.path, body))}
                openai = {"choices": [{"message": message}]}
                say(self, 200, openai if self.path.startswith("/v1") else {"message": message, "done": True})

            def log_message(self, *_: Any) -> None: ...

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def hang(self, handler: BaseHTTPRequestHandler) -> bool:
        """Says nothing for a minute, or until the test is over."""
        self.closed.wait(60)
        handler.close_connection = True
        return True

    def stop(self) -> None:
        self.closed.set()
        self._http.shutdown()
        self._http.server_close()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: clients that hang up are what is tested."""


def say(handler: BaseHTTPRequestHandler, status: int, value: Any, **headers: str) -> None:
    """One JSON answer."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    for name, text in headers.items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(content)


def asked(path: str, body: dict[str, Any]) -> tuple[str, list[Picture]]:
    """The question and its pictures, as they come in either form."""
    (message,) = body["messages"]
    if path == "/api/chat":
        text, encoded = message["content"], message["images"]
    elif isinstance(message["content"], str):
        text, encoded = message["content"], []
    else:
        text = "".join(part["text"] for part in message["content"] if part["type"] == "text")
        urls = [part["image_url"]["url"] for part in message["content"] if part["type"] == "image_url"]
        assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
        encoded = [url.partition(",")[2] for url in urls]
    return text, [decoded(picture) for picture in encoded]


def decoded(picture: str) -> Picture:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture, validate=True))).convert("RGB"))


def colour_of(picture: Picture) -> str:
    """The colour of a picture's corner, in a word."""
    red, green, blue = (int(value) > 70 for value in picture[4, 4])
    return {(0, 1, 0): "green", (1, 0, 1): "purple", (1, 0, 0): "red", (0, 0, 1): "blue"}.get(
        (int(red), int(green), int(blue)), "grey"
    )


def is_probe(text: str) -> bool:
    return "which colour is the ground" in text


def sees_cards(pictures: Sequence[Picture]) -> str:
    """What a model says of the drawn pictures that is not good at reading."""
    told = [{"word": "?", "colour": colour_of(picture)} for picture in pictures]
    return json.dumps(told[0] if len(told) == 1 else {"first": told[0], "second": told[1]})


def looker(describe: Callable[[list[Picture]], str]) -> Look:
    """A model that knows the drawn pictures, and of all others says what `describe` does."""
    return lambda text, pictures: sees_cards(pictures) if is_probe(text) else describe(pictures)


@pytest.fixture
def serve() -> Iterator[Callable[[Look], VlmServer]]:
    """Starts servers; they are stopped at the end."""
    servers: list[VlmServer] = []

    def start(look: Look) -> VlmServer:
        servers.append(VlmServer(look))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class Listening:
    """A Progress that remembers, and cancels some seconds after `cancel_in` is set."""

    def __init__(self, cancel_in: float | None = None) -> None:
        self.seen: list[tuple[str, int, int]] = []
        self._end = None if cancel_in is None else time.monotonic() + cancel_in

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self.seen.append((stage, done, total))
        self.check()

    def count(self, name: str, amount: int = 1) -> None: ...

    def note(self, message: str) -> None: ...

    def check(self) -> None:
        from cuemark.core.errors import JobCancelled

        if self._end is not None and time.monotonic() >= self._end:
            raise JobCancelled


@dataclass(frozen=True)
class Film:
    """A drawn film, what is known of it, and one moment for each of its events, captioned as our own search would."""

    script: Script
    evidence: EvidenceBundle
    text: TextEncoder
    moments: tuple[Moment, ...]

    def describe(self, pictures: list[Picture]) -> str:
        """What a model says that knows the film: the event whose frame the pictures are most like."""
        near = [int(np.argmin([_distance(picture, known) for known in self._known])) for picture in pictures]
        event = self.script.events[max(near, key=near.count)]
        slots = event.slots
        tags = [slots.subject, f"{slots.attribute} {slots.subject}", "submarine"]
        return json.dumps({"caption": event.captions[0], "title": f"{slots.attribute} {slots.subject}", "tags": tags})

    @cached_property
    def _known(self) -> list[Picture]:
        middles = [(event.start + event.end) / 2 for event in self.script.events]
        return [frame.rgb for frame in DrawnFrames(self.script).at(middles)]


def _distance(one: Picture, other: Picture) -> float:
    from PIL import Image

    small = [np.asarray(Image.fromarray(each).resize((32, 24)), np.float32) for each in (one, other)]
    return float(np.abs(small[0] - small[1]).mean())


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Four events, drawn, and read by the sample CLIP."""
    from cuemark.evidence.frames.extract import extract
    from cuemark.models.clip.clip import load_clip

    script = write_script("cuts", "dev", 3, seconds=24, events=4)
    source = DrawnFrames(script)
    clip = load_clip(SAMPLE / "clip", tmp_path_factory.mktemp("towers"))
    track = extract(source, clip.image, Fraction(2), None, Listening()).track
    moments = tuple(
        Moment(f"m{number}", event.start, event.end, event.captions[1].capitalize(), 0.8, tags=(Tag("thing", 0.3),))
        for number, event in enumerate(script.events)
    )
    return Film(script, EvidenceBundle(track, source), clip.text, moments)
