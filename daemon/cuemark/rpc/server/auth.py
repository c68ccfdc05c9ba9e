"""The token on every call: without the one from the endpoint file, nothing is answered."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import grpc

from cuemark.core.errors import DaemonError
from cuemark.rpc.contract.protocol import TOKEN_METADATA
from cuemark.rpc.contract.status import status_of

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]


class TokenInterceptor(grpc.aio.ServerInterceptor):
    """Refuses calls whose metadata does not carry the token, whatever their arity."""

    def __init__(self, token: str) -> None:
        self._token = token.encode("ascii")

    async def intercept_service(self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """See grpc.aio.ServerInterceptor."""
        handler = await continuation(handler_call_details)
        if handler is None or self._is_known(handler_call_details):
            return handler
        # The refusal has the arity of what was called: a unary one on a stream would break the stream's client.
        return _refusal_like(handler)

    def _is_known(self, details: grpc.HandlerCallDetails) -> bool:
        given = [value for key, value in details.invocation_metadata or () if key == TOKEN_METADATA]
        if len(given) != 1:
            return False
        value = given[0]
        # Bytes, because compare_digest raises on text that is not ASCII.
        return hmac.compare_digest(value if isinstance(value, bytes) else value.encode("utf-8", "replace"), self._token)


def _refusal_like(handler: Any) -> Any:
    arity = {
        (False, False): (grpc.unary_unary_rpc_method_handler, _refuse),
        (False, True): (grpc.unary_stream_rpc_method_handler, _refuse_stream),
        (True, False): (grpc.stream_unary_rpc_method_handler, _refuse),
        (True, True): (grpc.stream_stream_rpc_method_handler, _refuse_stream),
    }
    make, behaviour = arity[(bool(handler.request_streaming), bool(handler.response_streaming))]
    return make(behaviour, handler.request_deserializer, handler.response_serializer)


async def _refuse(_request: Any, context: Any) -> NoReturn:
    step = "Run the command as the user who started the daemon; if that is you: cuemark daemon stop, then try again."
    error = DaemonError("daemon_bad_token", "The daemon does not accept this token.", step)
    await context.abort_with_status(status_of(error))
    raise AssertionError("abort returns never")


async def _refuse_stream(request: Any, context: Any) -> Any:
    await _refuse(request, context)
    yield None
