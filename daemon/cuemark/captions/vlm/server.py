"""A vision-language model behind a local server: the form of OpenAI, or Ollama's own.

Both servers people run (llama.cpp's `llama-server`, Ollama) take OpenAI's form, but not of every model: some refuse
`image_url` where Ollama's native form works, some refuse a JSON schema or a word about thinking.  What a server refuses
is left out, and the form that worked is kept.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from cuemark.captions.vlm.connection import Reply, ServerConnection
from cuemark.captions.vlm.model import Check, Question, VlmFailure
from cuemark.core.analysis import ModelUse
from cuemark.core.text import one_line
from cuemark.core.vision_language import VlmServer

#: A list takes no model and no time: who does not give it for so long will not answer a question either.
_LIST_S = 15.0
_UNNAMED = "default"
#: Where models that think aloud leave their thoughts, and some of them the whole answer.
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")


class RequestForm(Protocol):
    """One way to ask a server about pictures."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def path(self) -> str:
        """Where it is sent."""

    def body(self, model: str, question: Question, pictures: list[str], plain: bool) -> dict[str, Any]:
        """What is sent, with the pictures as base64 of JPEG; `plain` without what some servers refuse."""

    def message(self, value: Any) -> Any:
        """The message in what comes back; raises KeyError, IndexError or TypeError where there is none."""


class OpenAIForm:
    """POST /v1/chat/completions with data URLs."""

    name, path = "OpenAI's form", "/v1/chat/completions"

    def body(self, model: str, question: Question, pictures: list[str], plain: bool) -> dict[str, Any]:
        """See `RequestForm`."""
        parts: list[dict[str, Any]] = [
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{picture}"}} for picture in pictures
        ]
        parts.append({"type": "text", "text": question.text})
        asked = {
            "model": model,
            # Without pictures as a plain text: servers of language models know no parts.
            "messages": [{"role": "user", "content": parts if pictures else question.text}],
            "max_tokens": question.tokens,
            "temperature": 0,
            "stream": False,
        }
        if plain:
            return asked
        schema = {"name": "answer", "strict": True, "schema": question.schema}
        return {
            **asked,
            "response_format": {"type": "json_schema", "json_schema": schema},
            "reasoning_effort": "none",
            "chat_template_kwargs": {"enable_thinking": False},
        }

    def message(self, value: Any) -> Any:
        """See `RequestForm`."""
        return value["choices"][0]["message"]


class OllamaForm:
    """POST /api/chat, Ollama's own, with bare base64."""

    name, path = "Ollama's own form", "/api/chat"

    def body(self, model: str, question: Question, pictures: list[str], plain: bool) -> dict[str, Any]:
        """See `RequestForm`."""
        asked = {
            "model": model,
            "messages": [{"role": "user", "content": question.text, "images": pictures}],
            "stream": False,
            "options": {"temperature": 0, "num_predict": question.tokens},
        }
        return asked if plain else {**asked, "format": question.schema, "think": False}

    def message(self, value: Any) -> Any:
        """See `RequestForm`."""
        return value["message"]


@dataclass(frozen=True)
class _Way:
    """A form, and whether without what some servers refuse."""

    form: RequestForm
    plain: bool

    def __str__(self) -> str:
        return f"asked in {self.form.name}{', without a JSON schema' if self.plain else ''}"


_FORMS: tuple[RequestForm, ...] = (OpenAIForm(), OllamaForm())
WAYS = tuple(_Way(form, plain) for form in _FORMS for plain in (False, True))
"""In order of preference."""


class VlmOnServer:
    """A `VisionLanguageModel` on a server."""

    def __init__(self, server: VlmServer, connection: ServerConnection) -> None:
        self._server, self._connection = server, connection
        self._model = server.model
        self._ways = list(WAYS)
        self._greeted = False

    @property
    def name(self) -> str:
        """See `VisionLanguageModel`."""
        return f"{self._model or 'the model'} at {self._server.url}"

    def use(self) -> ModelUse:
        """See `VisionLanguageModel`."""
        return ModelUse(self._model, f"{self._server.url} {self._model}", self._server.url, str(self._ways[0]))

    def answer(self, question: Question, check: Check) -> tuple[str, ...]:
        """See `VisionLanguageModel`.  The way that worked is the first to be tried the next time."""
        if not self._greeted:
            its_own = self._its_own(check)
            self._model, self._greeted = self._model or its_own, True
        pictures = [_jpeg(picture) for picture in question.pictures]
        replies: list[Reply] = []
        for way in self._ways:
            body = way.form.body(self._model, question, pictures, way.plain)
            replies.append(self._connection.post(way.form.path, body, question.seconds, check))
            texts = tuple(_texts(way.form, replies[-1].value)) if replies[-1].ok else ()
            if texts:
                self._ways = [way, *(other for other in self._ways if other is not way)]
                return texts
        raise self._refused(replies)

    def another_way(self) -> bool:
        """See `VisionLanguageModel`: the form used last is not used again, if there is another one."""
        used = self._ways[0].form
        self._ways = [way for way in self._ways if way.form is not used] or self._ways
        return self._ways[0].form is not used

    def _refused(self, replies: list[Reply]) -> VlmFailure:
        """The first refusal says most: behind it come paths that the server may not have at all."""
        told = next((reply for reply in replies if not reply.ok), None)
        if told is None:
            return VlmFailure("vlm_no_answer", f"{self.name} answers with nothing at all.", "Look at the server's log.")
        problem = f"{self.name} refuses ({told.status}): {told.problem}"
        return VlmFailure(
            "vlm_refused", problem, "Use a model that takes pictures, and the name its server has for it."
        )

    def _its_own(self, check: Check) -> str:
        """The model for a user who names none: the first that says it takes pictures, else the first of the list."""
        reply = self._connection.get("/v1/models", _LIST_S, check)
        rows = reply.value.get("data") if reply.ok and isinstance(reply.value, dict) else None
        models = [row for row in rows or () if isinstance(row, dict) and isinstance(row.get("id"), str)]
        seeing = [row for row in models if "image" in _modalities(row)]
        return next((one_line(row["id"])[:200] for row in (*seeing, *models)), _UNNAMED)


def _modalities(row: dict[str, Any]) -> Any:
    """What kinds of input llama.cpp says a model takes; nothing where the server does not say."""
    architecture = row.get("architecture")
    return (architecture.get("input_modalities") if isinstance(architecture, dict) else None) or ()


def _texts(form: RequestForm, value: Any) -> Iterator[str]:
    """What a message says, its content before its thoughts; nothing where it is no message."""
    try:
        message = form.message(value)
        fields = [message.get("content"), *(message.get(name) for name in _THOUGHTS)]
    except (AttributeError, IndexError, KeyError, TypeError):
        return
    for field in fields:
        parts = field if isinstance(field, list) else [field]
        texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
        joined = "".join(text for text in texts if isinstance(text, str))
        if joined.strip():
            yield joined


def _jpeg(picture: Any) -> str:
    """Base64 of a picture, RGB uint8 [H, W, 3], as JPEG."""
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=90)
    return base64.b64encode(stream.getvalue()).decode("ascii")
