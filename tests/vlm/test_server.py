"""Asking a server: forms, refusals, tries again, time limits, cancel, redirects, other hosts, keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import numpy as np
import pytest

from cuemark.captions.vlm.connection import ServerConnection
from cuemark.captions.vlm.model import Question, VlmFailure
from cuemark.captions.vlm.probe import CARDS, see_pictures
from cuemark.captions.vlm.server import VlmOnServer
from cuemark.core.errors import JobCancelled
from cuemark.core.vision_language import VlmServer as Address
from cuemark.core.vision_language import vlm_source
from tests.vlm.conftest import Listening, Look, VlmServer, asked, colour_of, is_probe, looker, say, sees_cards

Serve = Callable[[Look], VlmServer]
RED = np.full((32, 48, 3), (200, 0, 0), np.uint8)
KEY = "s3cret/key"


def model_on(url: str, model: str = "looker", hosts: str = "", key: str = "", retries: int = 2) -> VlmOnServer:
    address = vlm_source(url, model, hosts)
    assert isinstance(address, Address)
    return VlmOnServer(address, ServerConnection(address, key, retries, pause=0.01))


def ask(model: VlmOnServer, seconds: float = 20.0, progress: Listening | None = None) -> tuple[str, ...]:
    return model.answer(
        Question("What is it?", [RED], {"type": "object"}, 50, seconds), (progress or Listening()).check
    )


def colours(text: str, pictures: list[Any]) -> str:
    return " ".join(map(colour_of, pictures))


def deny(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
    say(handler, 401, {"error": "no"})
    return True


def spell_out(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    say(handler, 200, f'{{"choices": [{{"message": {{"content": "key: {spelled}"}}}}]}}'.encode())
    return True


def slowly(text: str, pictures: list[Any]) -> str:
    time.sleep(1)
    return colours(text, pictures)


def code_of(asking: Callable[[], Any]) -> str:
    with pytest.raises(VlmFailure) as caught:
        asking()
    assert caught.value.message.endswith(".") or caught.value.message
    return caught.value.code


def test_pictures_get_through_in_openai_form(serve: Serve) -> None:
    server = serve(colours)
    assert ask(model_on(server.url)) == ("red",)
    ((path, body),) = server.requests
    assert path == "/v1/chat/completions" and body["model"] == "looker"
    assert body["reasoning_effort"] == "none" and body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "Authorization" not in server.headers[0]


def test_the_native_form_is_used_where_a_server_refuses_image_urls(serve: Serve) -> None:
    server = serve(colours)

    def refuse(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        if handler.path.startswith("/v1"):
            say(handler, 400, {"error": {"message": "image_url is not supported"}})
            return True
        return False

    server.before = refuse
    model = model_on(server.url)
    assert ask(model) == ask(model) == ("red",)
    paths = [path for path, _ in server.requests]
    assert paths.count("/api/chat") == 2 and paths[-1] == "/api/chat", "the form that worked is kept"
    assert "Ollama's own form" in model.use().reason and model.use().device == server.url


def test_a_server_that_knows_no_schema_is_asked_without(serve: Serve) -> None:
    server = serve(colours)

    def refuse(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        if "response_format" in body:
            say(handler, 422, {"error": "unknown field response_format"})
            return True
        return False

    server.before = refuse
    model = model_on(server.url)
    assert ask(model) == ("red",) and "without a JSON schema" in model.use().reason


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "thinking"])
def test_an_answer_that_stands_in_the_thoughts_is_read(serve: Serve, field: str) -> None:
    server = serve(colours)
    server.field = field
    assert ask(model_on(server.url)) == ("red",)


def test_an_error_is_tried_again_and_hanging_up_too(serve: Serve) -> None:
    server, times = serve(colours), []

    def stumble(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        times.append(time.monotonic())
        if len(times) == 1:
            say(handler, 500, {"error": "loading model"})
        elif len(times) == 2:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"choices": [')
            handler.close_connection = True
        return len(times) <= 2

    server.before = stumble
    assert ask(model_on(server.url)) == ("red",)
    assert len(times) == 3


def test_a_server_that_dies_every_time_is_unreachable(serve: Serve) -> None:
    server = serve(colours)

    def die(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        handler.close_connection = True
        return True

    server.before = die
    assert code_of(lambda: ask(model_on(server.url))) == "vlm_unreachable"
    assert code_of(lambda: ask(model_on("http://127.0.0.1:9"))) == "vlm_unreachable"


def test_a_model_that_is_not_there_is_told_in_the_servers_words(serve: Serve) -> None:
    server = serve(colours)

    def unknown(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        say(handler, 404, {"error": f"model '{body['model']}' not found, try pulling it first"})
        return True

    server.before = unknown
    with pytest.raises(VlmFailure, match="model 'qwen9' not found, try pulling it first") as caught:
        ask(model_on(server.url, "qwen9"))
    assert caught.value.code == "vlm_refused" and caught.value.next_step


def test_a_slow_answer_is_waited_for_and_a_hanging_one_is_not(serve: Serve) -> None:
    server = serve(slowly)
    assert ask(model_on(server.url), seconds=30) == ("red",)
    server.before = lambda own, handler, _: own.hang(handler)
    begun = time.monotonic()
    assert code_of(lambda: ask(model_on(server.url), seconds=0.5)) == "vlm_timeout"
    assert time.monotonic() - begun < 5


def test_a_server_that_does_not_even_list_its_models_is_not_waited_for_long(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cuemark.captions.vlm.server._LIST_S", 0.5)
    server = serve(colours)
    server.deaf = True
    begun = time.monotonic()
    assert code_of(lambda: ask(model_on(server.url), seconds=60)) == "vlm_timeout"
    assert time.monotonic() - begun < 10 and not server.requests


def test_an_answer_that_drips_is_given_up_too(serve: Serve) -> None:
    server = serve(colours)

    def drip(own: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not own.closed.wait(0.1):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return True
        return True

    server.before = drip
    assert code_of(lambda: ask(model_on(server.url), seconds=1)) == "vlm_timeout"


def test_a_cancel_is_heeded_while_a_server_hangs(serve: Serve) -> None:
    server = serve(colours)
    server.before = lambda own, handler, _: own.hang(handler)
    progress, begun = Listening(cancel_in=0.3), time.monotonic()
    with pytest.raises(JobCancelled):
        ask(model_on(server.url), seconds=60, progress=progress)
    assert time.monotonic() - begun < 2


def test_an_endless_answer_is_not_read(serve: Serve) -> None:
    server = serve(lambda *_: "x" * 5_000_000)
    assert code_of(lambda: ask(model_on(server.url))) == "vlm_server_error"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_server_is_refused(serve: Serve, status: int) -> None:
    server, other = serve(colours), serve(colours)

    def send_on(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        say(handler, status, {}, Location=f"{other.url}/v1/chat/completions")
        return True

    server.before = send_on
    assert code_of(lambda: ask(model_on(server.url, hosts="127.0.0.1", key=KEY))) == "vlm_redirected"
    assert not other.requests


def test_a_redirect_within_the_server_is_followed(serve: Serve) -> None:
    server = serve(colours)
    server.forms = ("/v1/chat/completions/", "/api/chat")

    def send_on(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        if not handler.path.endswith("/"):
            say(handler, 308, {}, Location=f"{handler.path}/")
            return True
        return False

    server.before = send_on
    assert ask(model_on(server.url)) == ("red",)


@pytest.mark.parametrize("host", ["10.1.2.3", "vlm.example", "0.0.0.0"])
def test_another_host_is_never_spoken_to_unless_allowed_by_name(host: str) -> None:
    with pytest.raises(VlmFailure, match=f"--vlm-host {host}") as caught:
        model_on(f"http://{host}:11434", hosts="other.example")
    assert caught.value.code == "vlm_host_not_allowed"
    model_on(f"http://{host}:11434", hosts=f"other.example,{host}")


def test_proxies_are_ignored(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server, proxy = serve(colours), serve(colours)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert ask(model_on(server.url)) == ("red",)
    assert not proxy.requests


def test_a_key_is_sent_and_said_nowhere(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    server = serve(colours)
    assert ask(model_on(server.url, key=KEY)) == ("red",)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"

    def echo(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        say(handler, 400, {"error": f"I do not like {handler.headers['Authorization']}"})
        return True

    server.before = echo
    with pytest.raises(VlmFailure) as caught:
        ask(model_on(server.url, key=KEY))
    assert "I do not like" in str(caught.value)
    server.before = deny
    with pytest.raises(VlmFailure, match="CUEMARK_VLM_KEY") as denied:
        ask(model_on(server.url, key=KEY))
    server.before, server.look = lambda *_: False, lambda *_: f"your key is {KEY}"
    told = ask(model_on(server.url, key=KEY))
    server.before = spell_out
    told += ask(model_on(server.url, key=KEY))
    assert len(told) == 2
    assert all("s3cret" not in text for text in (str(caught.value), str(denied.value), *told, caplog.text))


def test_without_a_name_the_servers_first_model_with_eyes_is_asked(serve: Serve) -> None:
    server = serve(colours)
    seeing = {"id": "seer", "architecture": {"input_modalities": ["text", "image"]}}
    server.models = [{"id": "reader", "architecture": {"input_modalities": ["text"]}}, seeing]
    model = model_on(server.url, "")
    assert ask(model) == ("red",)
    assert server.requests[0][1]["model"] == model.use().name == "seer"


def test_a_model_that_looks_at_several_pictures_is_known(serve: Serve) -> None:
    model = model_on(serve(looker(lambda _: "")).url)
    assert see_pictures(model, 20, 50, Listening().check) == 2


def test_a_model_that_reads_words_is_known_whatever_else_it_says(serve: Serve) -> None:
    words = {colour_of(card.drawn()): card.word for card in CARDS}
    said = serve(lambda _, pictures: "It says: " + " then ".join(words[colour_of(one)].title() for one in pictures))
    assert see_pictures(model_on(said.url), 20, 50, Listening().check) == 2


def test_a_model_that_takes_one_picture_is_shown_one(serve: Serve) -> None:
    server = serve(lambda text, pictures: sees_cards(pictures[:1]))
    assert see_pictures(model_on(server.url), 20, 50, Listening().check) == 1


def test_a_model_that_refuses_two_pictures_is_shown_one(serve: Serve) -> None:
    server = serve(lambda _, pictures: sees_cards(pictures))

    def only_one(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        if len(asked(handler.path, body)[1]) > 1:
            say(handler, 400, {"error": {"message": "only one image is supported"}})
            return True
        return False

    server.before = only_one
    assert see_pictures(model_on(server.url), 20, 50, Listening().check) == 1


@pytest.mark.parametrize(
    "says",
    [
        lambda *_: json.dumps({"word": "HELLO", "colour": "blue"}),
        lambda *_: "I see a beautiful picture with red, green, blue, yellow, orange and purple colours.",
        lambda *_: "I cannot see pictures.",
        lambda text, _: text,
        lambda *_: json.dumps({"word": "?", "colour": "green"}),
    ],
)
def test_a_model_that_does_not_look_is_refused(serve: Serve, says: Look) -> None:
    server = serve(says)
    assert code_of(lambda: see_pictures(model_on(server.url), 20, 50, Listening().check)) == "vlm_ignores_pictures"


def test_a_form_in_which_pictures_are_lost_gives_way_to_the_other(serve: Serve) -> None:
    server = serve(lambda *_: "")
    server.look = lambda text, pictures: (
        sees_cards(pictures) if is_probe(text) and server.requests[-1][0] == "/api/chat" else "Lovely."
    )
    model = model_on(server.url)
    assert see_pictures(model, 20, 50, Listening().check) == 2
    assert "Ollama's own form" in model.use().reason
