"""ModelsService: list, remove, path.  The store is files only, so its calls run in a thread."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.core.jobs import EncodeTextsSpec, TextVectors
from cuemark.daemon.core import Core
from cuemark.rpc.contract import convert
from cuemark.rpc.v1 import models_pb2, models_pb2_grpc

if TYPE_CHECKING:
    from cuemark.models.store.store import ModelStatus, ModelStore


class ModelsService(models_pb2_grpc.ModelsServiceServicer):
    """See models.proto."""

    def __init__(self, core: Core) -> None:
        self._root = core.settings.models
        self._queries = core.queries

    async def ListModels(self, request: models_pb2.ListModelsRequest, context: Any) -> models_pb2.ListModelsResponse:
        found = await asyncio.to_thread(lambda: _store(self._root).list())
        return models_pb2.ListModelsResponse(models=map(_message, found))

    async def RemoveModel(self, request: models_pb2.RemoveModelRequest, context: Any) -> models_pb2.RemoveModelResponse:
        freed = await asyncio.to_thread(lambda: _store(self._root).remove(request.name))
        return models_pb2.RemoveModelResponse(bytes_freed=freed)

    async def EncodeTexts(self, request: models_pb2.EncodeTextsRequest, context: Any) -> models_pb2.EncodeTextsResponse:
        clip = str(convert.path_from(request.clip)) if request.clip else None
        found: TextVectors = await self._queries.ask(EncodeTextsSpec(tuple(request.texts), clip))
        return models_pb2.EncodeTextsResponse(
            model=convert.model_use_to(found.model),
            vectors=[models_pb2.TextVector(values=vector.values) for vector in found.vectors],
        )

    async def GetModelsPath(
        self, request: models_pb2.GetModelsPathRequest, context: Any
    ) -> models_pb2.GetModelsPathResponse:
        return models_pb2.GetModelsPathResponse(path=convert.path_to(self._root))


def _store(root: Path) -> ModelStore:
    # Imported here: its HTTP client takes a while, and starting must not.
    from cuemark.models.store.store import ModelStore

    return ModelStore(root)


def _message(status: ModelStatus) -> models_pb2.Model:
    entry = status.entry
    return models_pb2.Model(
        name=entry.name,
        description=f"{entry.title}. Understands {entry.understands}",
        architectures={role: model.architecture for role, model in entry.models.items()},
        licence=entry.licence,
        size=status.bytes_on_disk if entry.bundled else entry.download_size,
        size_on_disk=status.bytes_on_disk,
        ready=status.ready,
        built_in=entry.bundled,
    )
