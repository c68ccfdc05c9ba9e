"""AnalysesService: get, list, edit, delete."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cuemark.core.analysis import ChapterEdit, MomentEdit, without_reasons
from cuemark.core.errors import CuemarkError
from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import analyses_pb2, analyses_pb2_grpc


class AnalysesService(analyses_pb2_grpc.AnalysesServiceServicer):
    """See analyses.proto."""

    def __init__(self, core: Core) -> None:
        self._analyses = core.library.analyses

    async def GetAnalysis(
        self, request: analyses_pb2.GetAnalysisRequest, context: Any
    ) -> analyses_pb2.GetAnalysisResponse:
        found = self._analyses.get(request.analysis_id)
        told = without_reasons(found) if request.brief else found
        return analyses_pb2.GetAnalysisResponse(analysis=to_message(analyses_pb2.Analysis, told))

    async def ListAnalyses(
        self, request: analyses_pb2.ListAnalysesRequest, context: Any
    ) -> analyses_pb2.ListAnalysesResponse:
        media = await self._media_at(Path(os.fsdecode(request.path))) if request.path else None
        found, token = self._analyses.page(media, request.page_size, request.page_token)
        told = [to_message(analyses_pb2.AnalysisSummary, summary) for summary in found]
        return analyses_pb2.ListAnalysesResponse(analyses=told, next_page_token=token)

    async def EditMoment(
        self, request: analyses_pb2.EditMomentRequest, context: Any
    ) -> analyses_pb2.EditMomentResponse:
        edit = from_message(MomentEdit, request.edit)
        analysis = self._analyses.edit(request.analysis_id, edit)
        moment = next(item for item in analysis.moments if item.id == edit.moment_id)
        return analyses_pb2.EditMomentResponse(moment=to_message(analyses_pb2.Moment, moment))

    async def EditChapter(
        self, request: analyses_pb2.EditChapterRequest, context: Any
    ) -> analyses_pb2.EditChapterResponse:
        analysis = self._analyses.edit(request.analysis_id, from_message(ChapterEdit, request.edit))
        chapters = [to_message(analyses_pb2.Chapter, chapter) for chapter in analysis.chapters]
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
            return self._analyses.fingerprints_at(path)
