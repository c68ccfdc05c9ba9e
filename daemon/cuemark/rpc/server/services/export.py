"""ExportService: the formats, and an analysis in one of them as a stream of bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from cuemark.core.export_formats import ExportFormat, ExportOptions
from cuemark.core.text import printable
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import error_pb2, export_pb2_grpc
from cuemark.rpc.v1 import export_pb2 as pb

CHUNK = 64 * 1024


class ExportService(export_pb2_grpc.ExportServiceServicer):
    """See export.proto."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def ListFormats(self, request: pb.ListFormatsRequest, context: Any) -> pb.ListFormatsResponse:
        from cuemark.export import get, names

        exporters = [get(name) for name in names()]
        known = [ExportFormat(each.name, each.suffix, each.description) for each in exporters]
        formats = [to_message(pb.ExportFormat, each) for each in known]
        return pb.ListFormatsResponse(formats=formats)

    async def ExportAnalysis(
        self, request: pb.ExportAnalysisRequest, context: Any
    ) -> AsyncIterator[pb.ExportAnalysisResponse]:
        from cuemark.export import get

        options = from_message(ExportOptions, request.options)
        exporter = get(request.format)
        analysis = await self._core.analysis_of(request.analysis_id, request.path)
        file = await asyncio.to_thread(exporter.export, analysis, options)
        name = printable(file.suggested_name)
        warnings = [to_message(error_pb2.Notice, notice) for notice in file.warnings]
        yield pb.ExportAnalysisResponse(suggested_name=name, warnings=warnings)
        for start in range(0, len(file.data), CHUNK):
            yield pb.ExportAnalysisResponse(data=file.data[start : start + CHUNK])
