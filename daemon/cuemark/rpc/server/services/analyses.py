"""AnalysesService: get, list, edit, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cuemark.core.errors import CuemarkError
from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.library.edits import ChapterEdit, MomentEdit
from cuemark.rpc.contract import convert
from cuemark.rpc.v1 import analyses_pb2, analyses_pb2_grpc


class AnalysesService(analyses_pb2_grpc.AnalysesServiceServicer):
    """See analyses.proto."""

    def __init__(self, core: Core) -> None:
        self._analyses = core.library.analyses
        self._media = core.library.media

    async def GetAnalysis(
        self, request: analyses_pb2.GetAnalysisRequest, context: Any
    ) -> analyses_pb2.GetAnalysisResponse:
        analysis = self._analyses.get(request.analysis_id)
        return analyses_pb2.GetAnalysisResponse(analysis=convert.analysis_to(analysis, request.brief))

    async def ListAnalyses(
        self, request: analyses_pb2.ListAnalysesRequest, context: Any
    ) -> analyses_pb2.ListAnalysesResponse:
        media = await self._media_at(convert.path_from(request.path)) if request.path else None
        found, token = self._analyses.page(media, request.page_size, request.page_token)
        return analyses_pb2.ListAnalysesResponse(analyses=map(convert.summary_to, found), next_page_token=token)

    async def EditMoment(
        self, request: analyses_pb2.EditMomentRequest, context: Any
    ) -> analyses_pb2.EditMomentResponse:
        edit = MomentEdit(
            request.moment_id,
            request.caption if request.HasField("caption") else None,
            convert.time_from(request.start) if request.HasField("start") else None,
            convert.time_from(request.end) if request.HasField("end") else None,
        )
        analysis = self._analyses.edit(request.analysis_id, edit)
        moment = next(item for item in analysis.moments if item.id == edit.moment_id)
        return analyses_pb2.EditMomentResponse(moment=convert.moment_to(moment, analysis.media.rate))

    async def EditChapter(
        self, request: analyses_pb2.EditChapterRequest, context: Any
    ) -> analyses_pb2.EditChapterResponse:
        edit = ChapterEdit(
            request.chapter_id,
            request.title if request.HasField("title") else None,
            convert.time_from(request.start) if request.HasField("start") else None,
        )
        analysis = self._analyses.edit(request.analysis_id, edit)
        chapters = [convert.chapter_to(chapter, analysis.media.rate) for chapter in analysis.chapters]
        return analyses_pb2.EditChapterResponse(chapters=chapters)

    async def DeleteAnalysis(
        self, request: analyses_pb2.DeleteAnalysisRequest, context: Any
    ) -> analyses_pb2.DeleteAnalysisResponse:
        self._analyses.delete(request.analysis_id)
        return analyses_pb2.DeleteAnalysisResponse()

    async def _media_at(self, path: Path) -> list[str]:
        """Fingerprints of the media a path names: by its content now, or where it cannot be read what lay there."""
        try:
            return [await ask("fingerprint", path=path)]
        except CuemarkError:
            return self._media.at_path(path)
