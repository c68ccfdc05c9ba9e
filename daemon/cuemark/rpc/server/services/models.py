"""ModelsService: list, remove.  The store is files only, so its calls run in a thread."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any

from cuemark.core.errors import CuemarkError
from cuemark.core.jobs import EncodeTextsSpec, TextVectors
from cuemark.core.settings import Settings
from cuemark.core.status import ModelInfo
from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.rpc.contract.tables import to_message
from cuemark.rpc.v1 import models_pb2 as pb
from cuemark.rpc.v1 import models_pb2_grpc

if TYPE_CHECKING:
    from cuemark.models.runtime.hardware import Hardware
    from cuemark.models.store.store import ModelStore

log = logging.getLogger("cuemark.models")


class ModelsService(models_pb2_grpc.ModelsServiceServicer):
    """See models.proto."""

    def __init__(self, core: Core) -> None:
        self._settings = core.settings
        self._queries = core.queries

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        found = await asyncio.to_thread(self._told, await self._hardware(measure=request.measure))
        return pb.ListModelsResponse(models=[to_message(pb.Model, info) for info in found])

    async def RemoveModel(self, request: pb.RemoveModelRequest, context: Any) -> pb.RemoveModelResponse:
        freed = await asyncio.to_thread(lambda: _store(self._settings).remove(request.name))
        return pb.RemoveModelResponse(bytes_freed=freed)

    async def EncodeTexts(self, request: pb.EncodeTextsRequest, context: Any) -> pb.EncodeTextsResponse:
        clip = os.fsdecode(request.clip) or None
        found: TextVectors = await self._queries.ask(EncodeTextsSpec(tuple(request.texts), clip))
        return to_message(pb.EncodeTextsResponse, found)

    async def _hardware(self, *, measure: bool) -> Hardware | None:
        """What was measured of this machine; None where nobody did, or could."""
        from cuemark.models.runtime.hardware import FRESH_S, measured_before

        if measure and measured_before(self._settings.cache, FRESH_S) is None:
            try:  # in a process of its own: the daemon never loads torch
                await ask("hardware", cache=self._settings.cache)
            except CuemarkError as error:
                log.warning("the machine's speed could not be measured: %s", error)
        return measured_before(self._settings.cache)

    def _told(self, hardware: Hardware | None) -> list[ModelInfo]:
        from cuemark.models.runtime.speeds import Speeds
        from cuemark.models.store.choice import told

        store, speeds = _store(self._settings), Speeds(self._settings.cache)
        return told(store, self._settings.default_model, hardware, speeds)


def _store(settings: Settings) -> ModelStore:
    # Imported here: its HTTP client takes a while, and starting must not.
    from cuemark.models.store.store import ModelStore

    return ModelStore(settings.models)
