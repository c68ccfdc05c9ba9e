"""WatchesService: watch folders, list and stop watches, follow one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from cuemark.core.watches import WatchRequest
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import watches_pb2 as pb
from cuemark.rpc.v1 import watches_pb2_grpc


class WatchesService(watches_pb2_grpc.WatchesServiceServicer):
    """See watches.proto."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._watches = core.watches

    async def WatchFolder(self, request: pb.WatchFolderRequest, context: Any) -> pb.WatchFolderResponse:
        self._core.refuse_when_stopping()
        folder = await self._watches.add(from_message(WatchRequest, request.request))
        return pb.WatchFolderResponse(folder=to_message(pb.WatchedFolder, folder))

    async def ListWatches(self, request: pb.ListWatchesRequest, context: Any) -> pb.ListWatchesResponse:
        return pb.ListWatchesResponse(folders=[to_message(pb.WatchedFolder, each) for each in self._watches.list()])

    async def StopWatch(self, request: pb.StopWatchRequest, context: Any) -> pb.StopWatchResponse:
        folder = await self._watches.remove(Path(os.fsdecode(request.path)))
        return pb.StopWatchResponse(folder=to_message(pb.WatchedFolder, folder))

    async def FollowWatch(self, request: pb.FollowWatchRequest, context: Any) -> AsyncIterator[pb.FollowWatchResponse]:
        async with aclosing(self._watches.follow(Path(os.fsdecode(request.path)))) as events:
            async for event in events:
                yield to_message(pb.FollowWatchResponse, event)
