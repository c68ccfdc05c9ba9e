"""ModelsService from the client's side: the registry, removing what was pulled, and what a model makes of texts."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cuemark.core.jobs import TextVectors
from cuemark.core.status import ModelInfo
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.contract.tables import from_message
from cuemark.rpc.v1 import models_pb2


class ModelsClient(Service):
    """The models on this machine.  One of the registry is pulled by a job: `submit_pull`."""

    async def list_models(self, *, measure: bool = False) -> list[ModelInfo]:
        """The registry, with what of it is on this machine and what fits it.

        `measure`: how fast the machine is shall be measured, if nobody did yet; that takes some seconds, once.
        """
        request = models_pb2.ListModelsRequest(measure=measure)
        answer = await self._connection.call(request, models_pb2.ListModelsResponse, DISK_CALL_S)
        return [from_message(ModelInfo, message) for message in answer.models]

    async def remove_model(self, name: str) -> int:
        """Removes a pulled model; returns the bytes freed.  Raises ModelError."""
        request = models_pb2.RemoveModelRequest(name=name)
        answer = await self._connection.call(request, models_pb2.RemoveModelResponse, DISK_CALL_S)
        return answer.bytes_freed

    async def encode_texts(self, texts: Sequence[str], clip: str | None = None) -> TextVectors:
        """Unit vectors of 1 to 64 texts by a CLIP (registry name or folder; None: the default).

        Answered beside whatever the daemon is at work on.  Raises ModelError, OptionError `option_texts`.
        """
        named = "" if clip is None else await self._model(clip)
        request = models_pb2.EncodeTextsRequest(texts=texts, clip=os.fsencode(named))
        return from_message(
            TextVectors, await self._connection.call(request, models_pb2.EncodeTextsResponse, DISK_CALL_S)
        )

    async def _model(self, name: str) -> str:
        """A model as the daemon (which runs in another folder) must be told it: registry name or absolute folder."""
        looks_like_path = os.path.basename(name) != name or name in (".", "..") or name.startswith("~")
        if not looks_like_path and not os.path.isdir(name):
            return name
        if not looks_like_path and name in {model.name for model in await self.list_models()}:
            return name
        return os.path.abspath(os.path.expanduser(name))
