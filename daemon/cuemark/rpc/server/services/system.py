"""SystemService: version, status, cache, shutdown."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from cuemark import __version__
from cuemark.core.jobs import JobState
from cuemark.core.status import DeviceInfo
from cuemark.core.text import printable
from cuemark.daemon.core import Core
from cuemark.daemon.job_kinds import ANALYSES
from cuemark.daemon.oneshot import ask
from cuemark.rpc.contract import convert
from cuemark.rpc.contract.protocol import PROTOCOL
from cuemark.rpc.v1 import system_pb2, system_pb2_grpc


class SystemService(system_pb2_grpc.SystemServiceServicer):
    """See system.proto."""

    def __init__(self, core: Core, endpoint: Callable[[], str]) -> None:
        """`endpoint` tells where the daemon listens, which is known only once it does."""
        self._core = core
        self._endpoint = endpoint

    async def GetVersion(self, request: system_pb2.GetVersionRequest, context: Any) -> system_pb2.GetVersionResponse:
        return system_pb2.GetVersionResponse(version=__version__, protocol=PROTOCOL, instance_id=self._core.instance_id)

    async def GetStatus(self, request: system_pb2.GetStatusRequest, context: Any) -> system_pb2.GetStatusResponse:
        core = self._core
        jobs, worker = core.library.jobs, core.dispatchers[ANALYSES].slot
        return system_pb2.GetStatusResponse(
            version=__version__,
            protocol=PROTOCOL,
            instance_id=core.instance_id,
            pid=core.pid,
            started_at=convert.stamp_to(core.started_at),
            endpoint=self._endpoint(),
            data_path=convert.path_to(core.settings.data),
            log_path=convert.path_to(core.settings.log_file),
            disk_free=shutil.disk_usage(core.settings.data).free,
            devices=[_device(device) for device in worker.models.devices],
            loaded_models=[printable(name) for name in worker.models.names],
            jobs_queued=jobs.count(JobState.QUEUED),
            jobs_running=jobs.count(JobState.RUNNING),
            worker_pid=worker.pid,
            worker_limits=worker.limits_attained,
        )

    async def GetCache(self, request: system_pb2.GetCacheRequest, context: Any) -> system_pb2.GetCacheResponse:
        cache = self._core.settings.cache
        size = await ask("cache_size", cache=cache)
        return system_pb2.GetCacheResponse(path=convert.path_to(cache), bytes=size["bytes"], tracks=size["entries"])

    async def PruneCache(self, request: system_pb2.PruneCacheRequest, context: Any) -> system_pb2.PruneCacheResponse:
        limit = request.max_bytes if request.HasField("max_bytes") else None
        report = await ask("cache_prune", cache=self._core.settings.cache, max_bytes=limit)
        return system_pb2.PruneCacheResponse(bytes_freed=report["bytes"], files_removed=report["entries"])

    async def Shutdown(self, request: system_pb2.ShutdownRequest, context: Any) -> system_pb2.ShutdownResponse:
        self._core.stop_asked.set()
        return system_pb2.ShutdownResponse()


def _device(device: DeviceInfo) -> system_pb2.Device:
    return system_pb2.Device(role=device.role, asked=device.asked, used=device.used, reason=printable(device.reason))
