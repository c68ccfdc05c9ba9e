"""ModelsService: list, remove.  The store is files only, so its calls run in a thread."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.jobs import EncodeTextsSpec, TextVectors
from cuemark.core.status import ModelInfo
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import models_pb2 as pb
from cuemark.rpc.v1 import models_pb2_grpc

if TYPE_CHECKING:
    from cuemark.models.store.store import ModelStatus, ModelStore


class ModelsService(models_pb2_grpc.ModelsServiceServicer):
    """See models.proto."""

    def __init__(self, core: Core) -> None:
        self._root = core.settings.models
        self._queries = core.queries

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        found = await asyncio.to_thread(lambda: _store(self._root).list())
        return pb.ListModelsResponse(models=[to_message(pb.Model, _told(status)) for status in found])

    async def RemoveModel(self, request: pb.RemoveModelRequest, context: Any) -> pb.RemoveModelResponse:
        freed = await asyncio.to_thread(lambda: _store(self._root).remove(request.name))
        return pb.RemoveModelResponse(bytes_freed=freed)

    async def EncodeTexts(self, request: pb.EncodeTextsRequest, context: Any) -> pb.EncodeTextsResponse:
        clip = os.fsdecode(request.clip) or None
        found: TextVectors = await self._queries.ask(EncodeTextsSpec(tuple(request.texts), clip))
        return to_message(pb.EncodeTextsResponse, found)


def _store(root: Path) -> ModelStore:
    # Imported here: its HTTP client takes a while, and starting must not.
    from cuemark.models.store.store import ModelStore

    return ModelStore(root)


def _told(status: ModelStatus) -> ModelInfo:
    entry = status.entry
    return ModelInfo(
        name=entry.name,
        description=f"{entry.title}. Understands {entry.understands}",
        architectures={role: model.architecture for role, model in entry.models.items()},
        licence=entry.licence,
        size=status.bytes_on_disk if entry.bundled else entry.download_size,
        size_on_disk=status.bytes_on_disk,
        ready=status.ready,
        built_in=entry.bundled,
    )
