"""SelectionsService: what jobs of the kinds select and render gave, and selections as timelines of other programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from cuemark.core.errors import OptionError, StoreError
from cuemark.core.jobs import JobState, RenderSpec, SelectSpec
from cuemark.core.selection import Rendering, Selection
from cuemark.core.serialise import UNREADABLE, decode
from cuemark.core.string_outs import StringOutOptions
from cuemark.core.text import printable
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.server.services.export import CHUNK
from cuemark.rpc.v1 import error_pb2, selections_pb2_grpc
from cuemark.rpc.v1 import selections_pb2 as pb

T = TypeVar("T")


class SelectionsService(selections_pb2_grpc.SelectionsServiceServicer):
    """See selections.proto."""

    def __init__(self, core: Core) -> None:
        self._library = core.library

    async def GetSelection(self, request: pb.GetSelectionRequest, context: Any) -> pb.GetSelectionResponse:
        found = await self._result(request.job_id, SelectSpec, Selection)
        return pb.GetSelectionResponse(selection=to_message(pb.FootageSelection, found))

    async def GetRendering(self, request: pb.GetRenderingRequest, context: Any) -> pb.GetRenderingResponse:
        found = await self._result(request.job_id, RenderSpec, Rendering)
        return pb.GetRenderingResponse(rendering=to_message(pb.Rendering, found))

    async def ExportSelection(
        self, request: pb.ExportSelectionRequest, context: Any
    ) -> AsyncIterator[pb.ExportSelectionResponse]:
        from cuemark.export.string_out import write

        selection, options = from_message(Selection, request.selection), from_message(StringOutOptions, request.options)
        file = await asyncio.to_thread(write, selection, request.format, options)
        warnings = [to_message(error_pb2.Notice, notice) for notice in file.warnings]
        yield pb.ExportSelectionResponse(suggested_name=printable(file.suggested_name), warnings=warnings)
        for start in range(0, len(file.data), CHUNK):
            yield pb.ExportSelectionResponse(data=file.data[start : start + CHUNK])

    async def _result(self, job_id: str, spec: type, kind: type[T]) -> T:
        job = self._library.jobs.get(job_id)
        name = kind.__name__.lower()
        if not isinstance(job.spec, spec) or job.state is not JobState.SUCCEEDED:
            what = "has not ended with" if isinstance(job.spec, spec) else "is none that gives"
            message = f"The job {job.id} {what} a {name}."
            code = "job_without_selection" if kind is Selection else "job_without_rendering"
            raise OptionError(code, message, "See cuemark jobs list.")
        try:
            return await asyncio.to_thread(decode, kind, self._library.results.get(job.id))
        except UNREADABLE as error:
            raise StoreError("result_damaged", f"The {name} cannot be read.", "Run the command again.") from error
