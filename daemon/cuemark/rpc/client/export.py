"""ExportService from the client's side: an analysis as a file of another program."""

from __future__ import annotations

from fractions import Fraction

from cuemark.core.status import ExportedFile, ExportFormat
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.contract import convert
from cuemark.rpc.v1 import export_pb2


class ExportClient(Service):
    """Analyses in the formats of other programs."""

    async def export_formats(self) -> list[ExportFormat]:
        """The formats `export` knows."""
        answer = await self._connection.call(export_pb2.ListFormatsRequest(), export_pb2.ListFormatsResponse)
        return [ExportFormat(message.name, message.suffix, message.description) for message in answer.formats]

    async def export(
        self,
        analysis_id: str,
        format_name: str,
        *,
        rate: Fraction | None = None,
        drop_frame: bool | None = None,
        start_timecode: str | None = None,
        transliterate: bool = False,
    ) -> ExportedFile:
        """An analysis as a file of another program; raises OptionError `export_*`.

        `rate`, `drop_frame` and `start_timecode` describe the timeline, for formats that count its frames; None takes
        the media's own.
        """
        options = export_pb2.ExportOptions(
            rate=None if rate is None else convert.rate_to(rate),
            drop_frame=drop_frame,
            start_timecode=start_timecode,
            transliterate=transliterate,
        )
        request = export_pb2.ExportAnalysisRequest(analysis_id=analysis_id, format=format_name, options=options)
        parts = [
            part async for part in self._connection.stream(request, export_pb2.ExportAnalysisResponse, DISK_CALL_S)
        ]
        data = b"".join(part.data for part in parts)
        return ExportedFile(parts[0].suggested_name, data, convert.notices_from(parts[0].warnings))
