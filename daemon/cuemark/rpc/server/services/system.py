"""SystemService: version, status, cache, shutdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cuemark import __version__
from cuemark.core.status import CacheInfo, DaemonVersion, PruneResult
from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.rpc.contract.protocol import PROTOCOL
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import system_pb2 as pb
from cuemark.rpc.v1 import system_pb2_grpc


class SystemService(system_pb2_grpc.SystemServiceServicer):
    """See system.proto."""

    def __init__(self, core: Core, endpoint: Callable[[], str]) -> None:
        """`endpoint` tells where the daemon listens, which is known only once it does."""
        self._core = core
        self._endpoint = endpoint

    async def GetVersion(self, request: pb.GetVersionRequest, context: Any) -> pb.GetVersionResponse:
        core = self._core
        version = DaemonVersion(__version__, PROTOCOL, core.instance_id, core.notices)
        return to_message(pb.GetVersionResponse, version)

    async def GetStatus(self, request: pb.GetStatusRequest, context: Any) -> pb.GetStatusResponse:
        return to_message(pb.GetStatusResponse, self._core.status(PROTOCOL, self._endpoint()))

    async def GetCache(self, request: pb.GetCacheRequest, context: Any) -> pb.GetCacheResponse:
        cache = self._core.settings.cache
        size = await ask("cache_size", cache=cache)
        return to_message(pb.GetCacheResponse, CacheInfo(cache, size["bytes"], size["entries"]))

    async def PruneCache(self, request: pb.PruneCacheRequest, context: Any) -> pb.PruneCacheResponse:
        limit = request.max_bytes if request.HasField("max_bytes") else None
        report = await ask("cache_prune", cache=self._core.settings.cache, max_bytes=limit)
        return to_message(pb.PruneCacheResponse, PruneResult(report["bytes"], report["entries"]))

    async def Shutdown(self, request: pb.ShutdownRequest, context: Any) -> pb.ShutdownResponse:
        self._core.stop_asked.set()
        return pb.ShutdownResponse()
