"""AnalysesService: get, list, edit, delete."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from cuemark.core.analysis import ChapterEdit, Edit, MomentEdit, without_reasons
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import analyses_pb2 as pb
from cuemark.rpc.v1 import analyses_pb2_grpc


class AnalysesService(analyses_pb2_grpc.AnalysesServiceServicer):
    """See analyses.proto."""

    def __init__(self, core: Core) -> None:
        self._analyses = core.library.analyses
        self._core = core

    async def GetAnalysis(self, request: pb.GetAnalysisRequest, context: Any) -> pb.GetAnalysisResponse:
        found = await self._core.analysis_of(request.analysis_id, request.path)
        told = without_reasons(found) if request.brief else found
        return pb.GetAnalysisResponse(analysis=to_message(pb.Analysis, told))

    async def ListAnalyses(self, request: pb.ListAnalysesRequest, context: Any) -> pb.ListAnalysesResponse:
        media = [request.fingerprint] if request.fingerprint else None
        if request.path:
            media = await self._core.media_at(Path(os.fsdecode(request.path)))
        found, token = self._analyses.page(media, request.page_size, request.page_token)
        if request.path:
            found = tuple(replace(each, path=Path(os.fsdecode(request.path))) for each in found)
        told = [to_message(pb.AnalysisSummary, summary) for summary in found]
        return pb.ListAnalysesResponse(analyses=told, next_page_token=token)

    async def EditMoment(self, request: pb.EditMomentRequest, context: Any) -> pb.EditMomentResponse:
        edit = from_message(MomentEdit, request.edit)
        analysis = self._analyses.edit(request.analysis_id, edit)
        moment = next(item for item in analysis.moments if item.id == edit.moment_id)
        return pb.EditMomentResponse(moment=to_message(pb.Moment, moment))

    async def EditChapter(self, request: pb.EditChapterRequest, context: Any) -> pb.EditChapterResponse:
        analysis = self._analyses.edit(request.analysis_id, from_message(ChapterEdit, request.edit))
        chapters = [to_message(pb.Chapter, chapter) for chapter in analysis.chapters]
        return pb.EditChapterResponse(chapters=chapters)

    async def EditAnalysis(self, request: pb.EditAnalysisRequest, context: Any) -> pb.EditAnalysisResponse:
        edit = from_message(Edit, request.edit)
        edited = without_reasons(self._analyses.edit(request.analysis_id, edit, request.request_id))
        return pb.EditAnalysisResponse(analysis=to_message(pb.Analysis, edited))

    async def UndoEdits(self, request: pb.UndoEditsRequest, context: Any) -> pb.UndoEditsResponse:
        analysis = without_reasons(self._analyses.undo(request.analysis_id, request.item_id))
        return pb.UndoEditsResponse(analysis=to_message(pb.Analysis, analysis))

    async def StepEdits(self, request: pb.StepEditsRequest, context: Any) -> pb.StepEditsResponse:
        step = self._analyses.step_forward if request.forward else self._analyses.step_back
        analysis = without_reasons(step(request.analysis_id, request.request_id))
        return pb.StepEditsResponse(analysis=to_message(pb.Analysis, analysis))

    async def GetEditSteps(self, request: pb.GetEditStepsRequest, context: Any) -> pb.GetEditStepsResponse:
        return to_message(pb.GetEditStepsResponse, self._analyses.steps(request.analysis_id))

    async def DeleteAnalysis(self, request: pb.DeleteAnalysisRequest, context: Any) -> pb.DeleteAnalysisResponse:
        self._analyses.delete(request.analysis_id)
        return pb.DeleteAnalysisResponse()
