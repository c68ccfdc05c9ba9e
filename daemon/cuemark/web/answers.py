"""Answers of the page: values as JSON, and errors as JSON with the reason code, the words and the next step."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from cuemark.core.errors import CuemarkError, NotFoundError, outcome_of
from cuemark.core.export_formats import ExportedFile
from cuemark.core.text import printable

_STATUS = {"NOT_FOUND": 404, "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 409, "UNAVAILABLE": 503}
_SIGNED_OUT = 401
REFUSED: dict[str, tuple[int, str, str]] = {
    "web_wrong_host": (421, "This address is not Cuemark's.", "Use the link that `cuemark open` prints."),
    "web_wrong_origin": (403, "Another page asked for this.", "Use the page itself."),
    "web_too_long": (413, "The request is too long.", "Send less at once."),
    "web_too_slow": (408, "The request did not come to its end.", "Try again."),
    "web_no_header": (403, "The request does not come from the page.", "Use the page itself."),
    "web_signed_out": (_SIGNED_OUT, "This browser is not signed in.", "Run `cuemark open` again for a new link."),
    "web_link_used": (_SIGNED_OUT, "This link was used before.", "Run `cuemark open` again for a new one."),
    "internal_error": (500, "Something went wrong in the page.", "This is a fault of ours; see page.log."),
    "web_request_wrong": (400, "The request makes no sense.", "Load the page again."),
}


def answer(value: Any, status: int = 200) -> Response:
    """A value of plain dicts, lists, texts and numbers as JSON; what is no number in JSON is null."""
    text = json.dumps(plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type="application/json")


def attachment(file: ExportedFile) -> Response:
    """A file to save, under its own name."""
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"}
    return Response(file.data, media_type="application/octet-stream", headers=headers)


def refusal(code: str) -> Response:
    """The answer to a request that is refused before anybody looks at what it asks."""
    status, message, step = REFUSED[code]
    return answer({"error": {"code": code, "message": message, "next_step": step}}, status)


def error_answer(error: CuemarkError) -> Response:
    """What went wrong, as the daemon or the page says it."""
    status = 404 if isinstance(error, NotFoundError) else _STATUS.get(outcome_of(error).status, 500)
    told = {"code": error.code, "message": printable(error.message), "next_step": printable(error.next_step)}
    return answer({"error": told}, status)


async def cuemark_error(request: Request, error: Exception) -> Response:
    """Starlette's handler of our errors."""
    assert isinstance(error, CuemarkError)
    return error_answer(error)


def plain(value: Any) -> Any:
    """The value as JSON can hold it: numbers that are none are null, texts are valid Unicode."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return printable(value) if isinstance(value, str) else value
