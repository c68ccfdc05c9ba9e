"""The server's interceptors: every call carries the token, and whatever a handler raises becomes a status.

Without the token of the endpoint file nothing is answered.  Behind it nothing that a call does ends the daemon.
"""

from __future__ import annotations

import asyncio
import hmac
import inspect
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc

from cuemark.core.errors import CuemarkError, DaemonError
from cuemark.core.system_errors import system_error
from cuemark.rpc.contract.protocol import TOKEN_METADATA, status_of

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]

log = logging.getLogger("cuemark.rpc")


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


NEVER_WAIT = ("Get", "List", "Watch", "Describe", "Check", "Cancel", "Shutdown")
"""How the names of methods begin that answer at once, whether the library can be written or not."""


class GuardInterceptor(grpc.aio.ServerInterceptor):
    """Maps errors to statuses, and tells `active` of every call that begins (+1) and ends (-1).

    A call that may write waits for `writable` first, so that another program's lock holds up nobody else.
    """

    def __init__(self, active: Callable[[int], None], writable: Callable[[], Awaitable[None]]) -> None:
        self._active, self._writable = active, writable

    async def intercept_service(self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """See grpc.aio.ServerInterceptor."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        method = handler_call_details.method
        if handler.unary_unary is not None:
            guarded = self._unary(handler.unary_unary, method)
            make = grpc.unary_unary_rpc_method_handler
        elif inspect.isasyncgenfunction(handler.unary_stream):
            guarded = self._stream(handler.unary_stream, method)
            make = grpc.unary_stream_rpc_method_handler
        else:
            # The health service writes to the context instead of yielding.
            guarded = self._unary(handler.unary_stream, method)
            make = grpc.unary_stream_rpc_method_handler
        return make(guarded, handler.request_deserializer, handler.response_serializer)

    def _unary(self, behaviour: Any, method: str) -> Any:
        async def call(request: Any, context: Any) -> Any:
            async with self._edge(context, method):
                if not method.rpartition("/")[2].startswith(NEVER_WAIT):
                    await self._writable()
                return await behaviour(request, context)

        return call

    def _stream(self, behaviour: Any, method: str) -> Any:
        async def call(request: Any, context: Any) -> Any:
            async with self._edge(context, method):
                async for response in behaviour(request, context):
                    yield response

        return call

    @asynccontextmanager
    async def _edge(self, context: Any, method: str) -> AsyncIterator[None]:
        """Around one call: counts it, and sends what it raises as a status."""
        self._active(1)
        try:
            yield
        except Exception as error:
            await _abort(error, context, method)
        except asyncio.CancelledError:
            await _cancelled(context)
            raise
        finally:
            self._active(-1)


async def _abort(error: Exception, context: Any, method: str) -> NoReturn:
    if isinstance(error, (grpc.aio.AbortError, grpc.aio.UsageError, grpc.aio.InternalError)):
        raise error
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        # A message that cannot be (a time without a timescale): the caller's fault.
        refused = CuemarkError("bad_request", f"The request cannot be understood: {error}.", "Update the caller.")
        log.info("%s: %s", method, refused.message)
        await context.abort_with_status(status_of(refused))
    error = system_error(error) or error
    if isinstance(error, CuemarkError):
        log.info("%s: %s: %s", method, error.code, error.message)
        await context.abort_with_status(status_of(error))
    number = secrets.token_hex(4)
    log.exception("%s: internal error %s", method, number)
    step = f"This is a fault of ours; please report it with what the daemon's log says of {number}."
    fault = CuemarkError("internal_error", f"Something went wrong in the daemon ({number}).", step)
    await context.abort_with_status(status_of(fault))
    raise AssertionError("abort returns never")


async def _cancelled(context: Any) -> None:
    """A cancellation born inside a handler is not sent by grpc, and the client would hang; one from the client is."""
    if not context.cancelled() and not context.done():
        await context.abort(grpc.StatusCode.CANCELLED, "The call was cancelled inside the daemon.")
