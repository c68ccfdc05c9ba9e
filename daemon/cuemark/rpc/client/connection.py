"""One connection to the daemon, shared by the services of a client: calls, streams, pages.

Every error comes as one of cuemark.core.errors: what the daemon refused with, rebuilt with its reason code, or
DaemonError `daemon_lost`, `daemon_busy`, `daemon_stopping` where it went away or is too slow.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from cuemark.core.errors import CuemarkError
from cuemark.rpc.client.connect import Link, token_metadata
from cuemark.rpc.contract.endpoint import Endpoint
from cuemark.rpc.contract.protocol import refusal_of

CALL_S = 10.0
DISK_CALL_S = 120.0
"""Deadline of the calls that read footage, models or the cache from disk."""
SEARCH_S = 600.0
"""Deadline of a search: the first one may wait for a model to be loaded."""
HOST_CALL_S = 600.0
"""Deadline of the calls that wait for an editor, which may be busy with its own work."""
PAGE = 200

Dial = Callable[[], Awaitable[Link]]
Reply = TypeVar("Reply", bound=Message)
Item = TypeVar("Item")


class Connection:
    """A link to the daemon, and the way to the next one where it is lost.  Lives on one event loop."""

    def __init__(self, link: Link, dial: Dial | None = None) -> None:
        """`dial` finds (or starts) the daemon again; without it a lost one stays lost."""
        self._link = link
        self._dial = dial
        self._dialling = asyncio.Lock()
        self._lost: list[grpc.aio.Channel] = []

    @property
    def link(self) -> Link:
        """The link in use."""
        return self._link

    @property
    def endpoint(self) -> Endpoint:
        """The daemon at the other end."""
        return self._link.endpoint

    async def close(self) -> None:
        """Closes the connection; jobs go on."""
        for channel in (*self._lost, self._link.channel):
            await channel.close()

    async def call(self, request: Message, reply: type[Reply], timeout: float = CALL_S) -> Reply:
        """The reply to a request, which names its method: the contract has one request type for each.

        Where the daemon went away meanwhile, the call is made once more to the one that is there (or is started) now:
        every call of ours may be made twice.
        """
        link = self._link
        try:
            return await self._call_once(link, request, reply, timeout)
        except CuemarkError as error:
            await self.redial(link, error)
        return await self._call_once(self._link, request, reply, timeout)

    async def stream(
        self, request: Message, reply: type[Reply], timeout: float | None = None
    ) -> AsyncGenerator[Reply, None]:
        """The replies of a streaming method as they come; leaving early ends the call."""
        link = self._link
        method = link.channel.unary_stream(_path(request), type(request).SerializeToString, reply.FromString)
        call = method(request, timeout=timeout, metadata=token_metadata(link.endpoint))
        try:
            async for message in call:
                yield message
        except grpc.RpcError as failure:
            raise refusal_of(failure) from None
        finally:
            call.cancel()

    async def redial(self, lost: Link, error: CuemarkError) -> None:
        """Connects again where `error` says that the daemon at that link was lost, else raises the error.

        Calls that lost the same link together find one new link.
        """
        if error.code != "daemon_lost" or self._dial is None:
            raise error
        async with self._dialling:
            if self._link is lost:
                self._link = await self._dial()
                # Closed at the end: on it other calls may only be about to learn that the daemon has gone.
                self._lost.append(lost.channel)

    async def _call_once(self, link: Link, request: Message, reply: type[Reply], timeout: float) -> Reply:
        method = link.channel.unary_unary(_path(request), type(request).SerializeToString, reply.FromString)
        try:
            answer: Reply = await method(request, timeout=timeout, metadata=token_metadata(link.endpoint))
        except grpc.RpcError as failure:
            raise refusal_of(failure) from None
        return answer


class Service:
    """The calls of one service of the contract, over a connection that is shared with the others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


def path_bytes(path: Path | None) -> bytes:
    """A file of the caller's as requests name it: whole, since the daemon has another working folder; b"" for none."""
    return b"" if path is None else os.fsencode(os.path.abspath(path))


async def pages(page: Callable[[int, str], Awaitable[tuple[list[Item], str]]], limit: int) -> list[Item]:
    """The items of all pages, at most `limit`; `page(size, token)` gives one and the token of the next."""
    found: list[Item] = []
    token = ""
    while len(found) < limit:
        items, token = await page(min(limit - len(found), PAGE), token)
        found += items
        if not token:
            break
    return found[:limit]


def _path(request: Message) -> str:
    """The method a request is for, as gRPC spells it."""
    described: Any = request.DESCRIPTOR
    (service,) = described.file.services_by_name.values()
    method = next(method for method in service.methods if method.input_type is described)
    return f"/{service.full_name}/{method.name}"
