"""ModelsService: list, remove.  The store is files only, so its calls run in a thread."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from cuemark.core.jobs import EncodeTextsSpec, TextVectors
from cuemark.core.settings import Settings
from cuemark.core.status import ModelInfo
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import models_pb2 as pb
from cuemark.rpc.v1 import models_pb2_grpc

if TYPE_CHECKING:
    from cuemark.models.store.store import ModelStore


class ModelsService(models_pb2_grpc.ModelsServiceServicer):
    """See models.proto."""

    def __init__(self, core: Core) -> None:
        self._settings = core.settings
        self._queries = core.queries

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        found = await asyncio.to_thread(self._told)
        return pb.ListModelsResponse(models=[to_message(pb.Model, info) for info in found])

    async def RemoveModel(self, request: pb.RemoveModelRequest, context: Any) -> pb.RemoveModelResponse:
        freed = await asyncio.to_thread(lambda: _store(self._settings).remove(request.name))
        return pb.RemoveModelResponse(bytes_freed=freed)

    async def EncodeTexts(self, request: pb.EncodeTextsRequest, context: Any) -> pb.EncodeTextsResponse:
        clip = os.fsdecode(request.clip) or None
        found: TextVectors = await self._queries.ask(EncodeTextsSpec(tuple(request.texts), clip))
        return to_message(pb.EncodeTextsResponse, found)

    def _told(self) -> list[ModelInfo]:
        from cuemark.models.store.choice import told

        return told(_store(self._settings), self._settings.default_model)


def _store(settings: Settings) -> ModelStore:
    # Imported here: its HTTP client takes a while, and starting must not.
    from cuemark.models.store.store import ModelStore

    return ModelStore(settings.models)
