"""Messages of the contract to our own types: the daemon's status and the model list."""

from __future__ import annotations

from cuemark.core.status import DaemonStatus, DeviceInfo, ModelInfo
from cuemark.rpc.contract.convert import path_from, stamp_from
from cuemark.rpc.v1 import models_pb2, system_pb2


def status_from(message: system_pb2.GetStatusResponse) -> DaemonStatus:
    return DaemonStatus(
        version=message.version,
        protocol=message.protocol,
        instance_id=message.instance_id,
        pid=message.pid,
        started_at=stamp_from(message.started_at),
        endpoint=message.endpoint,
        data_path=path_from(message.data_path),
        log_path=path_from(message.log_path),
        disk_free=message.disk_free,
        devices=tuple(DeviceInfo(item.role, item.asked, item.used, item.reason) for item in message.devices),
        loaded_models=tuple(message.loaded_models),
        jobs_queued=message.jobs_queued,
        jobs_running=message.jobs_running,
        worker_pid=message.worker_pid if message.HasField("worker_pid") else None,
        worker_limits=message.worker_limits,
    )


def model_from(message: models_pb2.Model) -> ModelInfo:
    return ModelInfo(
        name=message.name,
        description=message.description,
        architectures=dict(message.architectures),
        licence=message.licence,
        size=message.size,
        size_on_disk=message.size_on_disk,
        ready=message.ready,
        built_in=message.built_in,
    )
