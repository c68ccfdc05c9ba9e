"""SystemService: version, status, cache, shutdown."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from cuemark import __version__
from cuemark.core.jobs import JobState
from cuemark.core.status import CacheInfo, DaemonStatus, DaemonVersion, PruneResult
from cuemark.daemon.core import Core
from cuemark.daemon.job_kinds import ANALYSES
from cuemark.daemon.oneshot import ask
from cuemark.rpc.contract.protocol import PROTOCOL
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import system_pb2, system_pb2_grpc


class SystemService(system_pb2_grpc.SystemServiceServicer):
    """See system.proto."""

    def __init__(self, core: Core, endpoint: Callable[[], str]) -> None:
        """`endpoint` tells where the daemon listens, which is known only once it does."""
        self._core = core
        self._endpoint = endpoint

    async def GetVersion(self, request: system_pb2.GetVersionRequest, context: Any) -> system_pb2.GetVersionResponse:
        told = DaemonVersion(__version__, PROTOCOL, self._core.instance_id)
        return to_message(system_pb2.GetVersionResponse, told)

    async def GetStatus(self, request: system_pb2.GetStatusRequest, context: Any) -> system_pb2.GetStatusResponse:
        core = self._core
        jobs, worker = core.library.jobs, core.dispatchers[ANALYSES].slot
        told = DaemonStatus(
            version=__version__,
            protocol=PROTOCOL,
            instance_id=core.instance_id,
            pid=core.pid,
            started_at=core.started_at,
            endpoint=self._endpoint(),
            data_path=core.settings.data,
            log_path=core.settings.log_file,
            disk_free=shutil.disk_usage(core.settings.data).free,
            devices=tuple(worker.models.devices),
            loaded_models=tuple(worker.models.names),
            jobs_queued=jobs.count(JobState.QUEUED),
            jobs_running=jobs.count(JobState.RUNNING),
            worker_pid=worker.pid,
            worker_limits=worker.limits_attained,
        )
        return to_message(system_pb2.GetStatusResponse, told)

    async def GetCache(self, request: system_pb2.GetCacheRequest, context: Any) -> system_pb2.GetCacheResponse:
        cache = self._core.settings.cache
        size = await ask("cache_size", cache=cache)
        told = CacheInfo(cache, size["bytes"], size["entries"])
        return to_message(system_pb2.GetCacheResponse, told)

    async def PruneCache(self, request: system_pb2.PruneCacheRequest, context: Any) -> system_pb2.PruneCacheResponse:
        limit = request.max_bytes if request.HasField("max_bytes") else None
        report = await ask("cache_prune", cache=self._core.settings.cache, max_bytes=limit)
        return to_message(system_pb2.PruneCacheResponse, PruneResult(report["bytes"], report["entries"]))

    async def Shutdown(self, request: system_pb2.ShutdownRequest, context: Any) -> system_pb2.ShutdownResponse:
        self._core.stop_asked.set()
        return system_pb2.ShutdownResponse()
