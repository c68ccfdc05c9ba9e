"""ModelsService from the client's side: the registry, and removing what was pulled."""

from __future__ import annotations

from cuemark.core.status import ModelInfo
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.contract import convert_system
from cuemark.rpc.v1 import models_pb2


class ModelsClient(Service):
    """The models of the registry.  One is pulled by a job: `submit_pull`."""

    async def list_models(self) -> list[ModelInfo]:
        """The registry, with what of it is on this machine."""
        request = models_pb2.ListModelsRequest()
        answer = await self._connection.call(request, models_pb2.ListModelsResponse, DISK_CALL_S)
        return [convert_system.model_from(message) for message in answer.models]

    async def remove_model(self, name: str) -> int:
        """Removes a pulled model; returns the bytes freed.  Raises ModelError."""
        request = models_pb2.RemoveModelRequest(name=name)
        answer = await self._connection.call(request, models_pb2.RemoveModelResponse, DISK_CALL_S)
        return answer.bytes_freed
