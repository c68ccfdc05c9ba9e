"""ExportService: the formats, and an analysis in one of them as a stream of bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from cuemark.core.text import printable
from cuemark.daemon.core import Core
from cuemark.rpc.contract import convert
from cuemark.rpc.v1 import export_pb2, export_pb2_grpc

CHUNK = 64 * 1024


class ExportService(export_pb2_grpc.ExportServiceServicer):
    """See export.proto."""

    def __init__(self, core: Core) -> None:
        self._analyses = core.library.analyses

    async def ListFormats(self, request: export_pb2.ListFormatsRequest, context: Any) -> export_pb2.ListFormatsResponse:
        from cuemark.export import registry

        exporters = [registry.get(name) for name in registry.names()]
        formats = [export_pb2.ExportFormat(name=e.name, suffix=e.suffix, description=e.description) for e in exporters]
        return export_pb2.ListFormatsResponse(formats=formats)

    async def ExportAnalysis(
        self, request: export_pb2.ExportAnalysisRequest, context: Any
    ) -> AsyncIterator[export_pb2.ExportAnalysisResponse]:
        from cuemark.export import registry
        from cuemark.export.base import ExportOptions

        wanted = request.options
        options = ExportOptions(
            rate=convert.rate_from(wanted.rate) if wanted.HasField("rate") else None,
            drop_frame=wanted.drop_frame if wanted.HasField("drop_frame") else None,
            start_timecode=wanted.start_timecode if wanted.HasField("start_timecode") else None,
            transliterate=wanted.transliterate,
        )
        exporter = registry.get(request.format)
        analysis = self._analyses.get(request.analysis_id)
        file = await asyncio.to_thread(exporter.export, analysis, options)
        name = printable(file.suggested_name)
        yield export_pb2.ExportAnalysisResponse(suggested_name=name, warnings=convert.notices_to(file.warnings))
        for start in range(0, len(file.data), CHUNK):
            yield export_pb2.ExportAnalysisResponse(data=file.data[start : start + CHUNK])
