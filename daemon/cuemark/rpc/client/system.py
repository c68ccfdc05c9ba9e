"""SystemService from the client's side: which daemon answers, how it is, and its cache."""

from __future__ import annotations

from cuemark.core.status import CacheInfo, DaemonStatus, DaemonVersion, PruneResult
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.contract.tables import from_message
from cuemark.rpc.v1 import system_pb2


class SystemClient(Service):
    """The daemon itself."""

    async def version(self) -> DaemonVersion:
        """Which daemon answers."""
        answer = await self._connection.call(system_pb2.GetVersionRequest(), system_pb2.GetVersionResponse)
        return from_message(DaemonVersion, answer)

    async def status(self) -> DaemonStatus:
        """The daemon as it is now: versions, folders, devices in use and why, queue."""
        request = system_pb2.GetStatusRequest()
        return from_message(DaemonStatus, await self._connection.call(request, system_pb2.GetStatusResponse))

    async def cache_info(self) -> CacheInfo:
        """Where the feature cache lies and how big it is."""
        request = system_pb2.GetCacheRequest()
        answer = await self._connection.call(request, system_pb2.GetCacheResponse, DISK_CALL_S)
        return from_message(CacheInfo, answer)

    async def prune_cache(self, max_bytes: int | None = None) -> PruneResult:
        """Sweeps what no index row names; with `max_bytes` also the least recently used, down to that size."""
        request = system_pb2.PruneCacheRequest(max_bytes=max_bytes)
        answer = await self._connection.call(request, system_pb2.PruneCacheResponse, DISK_CALL_S)
        return from_message(PruneResult, answer)
