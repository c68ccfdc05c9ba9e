"""SelectionsService from the client's side: the best stretches, and what is made of them."""

from __future__ import annotations

from cuemark.core.errors import Notice
from cuemark.core.export_formats import ExportedFile
from cuemark.core.selection import Rendering, Selection
from cuemark.core.string_outs import StringOutOptions
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import selections_pb2


class SelectionsClient(Service):
    """Selections.  They are made, and rendered, by jobs: `submit_select`, `submit_render`."""

    async def get_selection(self, job_id: str) -> Selection:
        """What a job of kind select gave.

        Raises NotFoundError `job_not_found`, `result_not_found`, OptionError `job_without_selection`.
        """
        request = selections_pb2.GetSelectionRequest(job_id=job_id)
        answer = await self._connection.call(request, selections_pb2.GetSelectionResponse)
        return from_message(Selection, answer.selection)

    async def export_selection(
        self, selection: Selection, format_name: str, options: StringOutOptions | None = None
    ) -> ExportedFile:
        """A selection as a timeline of another program, a clip for each pick; raises OptionError `export_*`."""
        request = selections_pb2.ExportSelectionRequest(
            selection=to_message(selections_pb2.FootageSelection, selection),
            format=format_name,
            options=to_message(selections_pb2.StringOutOptions, options or StringOutOptions()),
        )
        stream = self._connection.stream(request, selections_pb2.ExportSelectionResponse, DISK_CALL_S)
        parts = [part async for part in stream]
        warnings = tuple(from_message(Notice, notice) for notice in parts[0].warnings)
        return ExportedFile(parts[0].suggested_name, b"".join(part.data for part in parts), warnings)

    async def get_rendering(self, job_id: str) -> Rendering:
        """What a job of kind render has written; raises as `get_selection`, OptionError `job_without_rendering`."""
        request = selections_pb2.GetRenderingRequest(job_id=job_id)
        answer = await self._connection.call(request, selections_pb2.GetRenderingResponse)
        return from_message(Rendering, answer.rendering)
