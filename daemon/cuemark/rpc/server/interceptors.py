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
from google.protobuf.message import DecodeError

from cuemark.core.errors import CuemarkError, DaemonError, InputError
from cuemark.core.system_errors import system_error
from cuemark.rpc.contract.forms import MessageError
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
    """A refusal with the answers' arity of what was called.

    It takes a stream of requests, of which it reads none: one that never comes would hold the call open, and with it a
    stranger's connection.
    """
    forms = handler.request_deserializer, handler.response_serializer
    if handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(_refuse_stream, *forms)
    return grpc.stream_unary_rpc_method_handler(_refuse, *forms)


async def _refuse(_requests: Any, context: Any) -> NoReturn:
    step = "Run the command as the user who started the daemon; if that is you: cuemark daemon stop, then try again."
    error = DaemonError("daemon_bad_token", "The daemon does not accept this token.", step)
    await context.abort_with_status(status_of(error))
    raise AssertionError("abort returns never")


async def _refuse_stream(requests: Any, context: Any) -> Any:
    await _refuse(requests, context)
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
            guarded = self._unary(handler.unary_unary, method, handler.request_deserializer)
            make = grpc.unary_unary_rpc_method_handler
        elif inspect.isasyncgenfunction(handler.unary_stream):
            guarded = self._stream(handler.unary_stream, method, handler.request_deserializer)
            make = grpc.unary_stream_rpc_method_handler
        else:
            # The health service writes to the context instead of yielding.
            guarded = self._unary(handler.unary_stream, method, handler.request_deserializer)
            make = grpc.unary_stream_rpc_method_handler
        # The bytes of the request are read inside of the guard: of bad ones gRPC says only that something went wrong.
        return make(guarded, None, handler.response_serializer)

    def _unary(self, behaviour: Any, method: str, read: Callable[[bytes], Any]) -> Any:
        async def call(data: bytes, context: Any) -> Any:
            async with self._edge(context, method):
                request = _read(read, data)
                if not method.rpartition("/")[2].startswith(NEVER_WAIT):
                    await self._writable()
                return await behaviour(request, context)

        return call

    def _stream(self, behaviour: Any, method: str, read: Callable[[bytes], Any]) -> Any:
        async def call(data: bytes, context: Any) -> Any:
            async with self._edge(context, method):
                async for response in behaviour(_read(read, data), context):
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


def _read(read: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return read(data)
    except DecodeError as error:
        raise MessageError("its bytes are no such message") from error


async def _abort(error: Exception, context: Any, method: str) -> NoReturn:
    if isinstance(error, (grpc.aio.AbortError, grpc.aio.UsageError, grpc.aio.InternalError)):
        raise error
    if isinstance(error, MessageError):
        # A time without a timescale: the caller's fault.  Any other ValueError is ours.
        message = f"The request cannot be understood: {error}."
        refused = InputError("bad_request", message, "Update the program that sent it.")
        log.info("%s: %s", method, refused.message)
        await context.abort_with_status(status_of(refused))
    error = system_error(error) or error
    if isinstance(error, CuemarkError):
        log.info("%s: %s: %s", method, error.code, error.message)
        await context.abort_with_status(status_of(error))
    if isinstance(error, NotImplementedError):  # what the health service has no answer to
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"There is no {method}.")
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
