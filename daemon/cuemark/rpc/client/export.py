"""ExportService from the client's side: an analysis as a file of another program."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import Notice
from cuemark.core.export_formats import ExportedFile, ExportFormat, ExportOptions
from cuemark.rpc.client.connection import DISK_CALL_S, Service, path_bytes
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import export_pb2


class ExportClient(Service):
    """Analyses in the formats of other programs."""

    async def export_formats(self) -> list[ExportFormat]:
        """The formats `export` knows."""
        answer = await self._connection.call(export_pb2.ListFormatsRequest(), export_pb2.ListFormatsResponse)
        return [from_message(ExportFormat, message) for message in answer.formats]

    async def export(
        self,
        analysis_id: str,
        format_name: str,
        *,
        path: Path | None = None,
        rate: Fraction | None = None,
        drop_frame: bool | None = None,
        start_timecode: str | None = None,
        transliterate: bool = False,
        tags: bool = False,
        said: bool = False,
        shots: bool = False,
    ) -> ExportedFile:
        """An analysis as a file of another program; raises OptionError `export_*`.

        `path` is the file it shall name, where the caller knows that better than the library, which names the one that
        was analysed.  `rate`, `drop_frame` and `start_timecode` describe the timeline, for formats that count its
        frames; None takes the media's own.
        """
        options = ExportOptions(rate, drop_frame, start_timecode, transliterate, tags, said, shots)
        request = export_pb2.ExportAnalysisRequest(
            analysis_id=analysis_id,
            format=format_name,
            options=to_message(export_pb2.ExportOptions, options),
            path=path_bytes(path),
        )
        parts = [
            part async for part in self._connection.stream(request, export_pb2.ExportAnalysisResponse, DISK_CALL_S)
        ]
        data = b"".join(part.data for part in parts)
        warnings = tuple(from_message(Notice, notice) for notice in parts[0].warnings)
        return ExportedFile(parts[0].suggested_name, data, warnings)
