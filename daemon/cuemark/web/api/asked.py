"""What a request asks: its JSON body and its parameters, checked before anything is done with them."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, TypeVar

from starlette.requests import Request

from cuemark.core.errors import OptionError
from cuemark.core.serialise import UNREADABLE, decode
from cuemark.core.typed_times import seconds
from cuemark.rpc.client.aio import AsyncCuemarkClient

T = TypeVar("T")


def client_of(request: Request) -> AsyncCuemarkClient:
    """The page's connection to the daemon."""
    found: AsyncCuemarkClient = request.app.state.daemon
    return found


async def body_of(request: Request) -> dict[str, Any]:
    """The request's JSON object; OptionError `web_request_wrong`."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise wrong("the body is no JSON") from error
    if not isinstance(body, dict):
        raise wrong("the body is no JSON object")
    return body


def value_of(kind: type[T], data: Any) -> T:
    """A value of ours out of JSON; OptionError `web_request_wrong`."""
    try:
        return decode(kind, data)
    except UNREADABLE as error:
        raise wrong(f"it holds no {kind.__name__}") from error


def text_of(values: Any, name: str, default: str = "") -> str:
    """A text among the values; OptionError `web_request_wrong` for anything else."""
    value = values.get(name, default)
    if not isinstance(value, str):
        raise wrong(f"{name!r} is no text")
    return value


def flag_of(values: Any, name: str, default: bool = False) -> bool:
    """A yes or no among the values."""
    value = values.get(name, default)
    if not isinstance(value, bool):
        raise wrong(f"{name!r} is neither true nor false")
    return value


def time_of(text: str) -> Fraction:
    """Seconds as the page sends them: "n/d", or as people type them (12.5, 1:02.5); OptionError `time_invalid`."""
    numerator, slash, denominator = text.partition("/")
    if slash and numerator.isdigit() and denominator.isdigit() and len(text) < 40 and int(denominator):
        return Fraction(int(numerator), int(denominator))
    return seconds(text)


def wrong(what: str) -> OptionError:
    """The error for a request that the page would not send."""
    return OptionError("web_request_wrong", f"The request makes no sense: {what}.", "Load the page again.")
