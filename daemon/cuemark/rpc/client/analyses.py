"""AnalysesService from the client's side: get, list, edit, delete."""

from __future__ import annotations

import uuid
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import Analysis, AnalysisSummary, Chapter, ChapterEdit, Edit, EditSteps, Moment, MomentEdit
from cuemark.rpc.client.connection import DISK_CALL_S, PAGE, Service, pages, path_bytes
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import analyses_pb2


class AnalysesClient(Service):
    """The analyses of the library, with the user's edits."""

    async def get_analysis(self, analysis_id: str, *, path: Path | None = None, brief: bool = False) -> Analysis:
        """An analysis with the user's edits applied; `brief` leaves out masks and runners-up.

        Its media is said to lie at `path`, where the caller knows that better than the library.
        Raises NotFoundError `analysis_not_found`.  Ids may be shortened to a prefix that only one analysis has.
        """
        request = analyses_pb2.GetAnalysisRequest(analysis_id=analysis_id, brief=brief, path=path_bytes(path))
        answer = await self._connection.call(request, analyses_pb2.GetAnalysisResponse)
        return from_message(Analysis, answer.analysis)

    async def list_analyses(
        self, path: Path | None = None, limit: int = PAGE, *, fingerprint: str = ""
    ) -> list[AnalysisSummary]:
        """Newest first.  With `path`, those of that file's content, wherever it lay when it was analysed; with
        `fingerprint`, those of the media that is known by it."""
        wanted = path_bytes(path)

        async def page(size: int, token: str) -> tuple[list[analyses_pb2.AnalysisSummary], str]:
            request = analyses_pb2.ListAnalysesRequest(
                path=wanted, page_size=size, page_token=token, fingerprint=fingerprint
            )
            answer = await self._connection.call(request, analyses_pb2.ListAnalysesResponse, DISK_CALL_S)
            return list(answer.analyses), answer.next_page_token

        return [from_message(AnalysisSummary, message) for message in await pages(page, limit)]

    async def edit_moment(
        self,
        analysis_id: str,
        moment_id: str,
        *,
        caption: str | None = None,
        start: Fraction | None = None,
        end: Fraction | None = None,
    ) -> Moment:
        """Changes what is not None; raises NotFoundError, or OptionError `edit_*` where the result cannot be."""
        edit = to_message(analyses_pb2.MomentEdit, MomentEdit(moment_id, caption, start, end))
        request = analyses_pb2.EditMomentRequest(analysis_id=analysis_id, edit=edit)
        return from_message(Moment, (await self._connection.call(request, analyses_pb2.EditMomentResponse)).moment)

    async def edit_chapter(
        self, analysis_id: str, chapter_id: str, *, title: str | None = None, start: Fraction | None = None
    ) -> list[Chapter]:
        """Changes a title or where a chapter starts (its neighbour then ends there); returns all chapters."""
        edit = to_message(analyses_pb2.ChapterEdit, ChapterEdit(chapter_id, title, start))
        request = analyses_pb2.EditChapterRequest(analysis_id=analysis_id, edit=edit)
        answer = await self._connection.call(request, analyses_pb2.EditChapterResponse)
        return [from_message(Chapter, message) for message in answer.chapters]

    async def edit_analysis(self, analysis_id: str, edit: Edit, *, request_id: str | None = None) -> Analysis:
        """Any edit; the analysis as it is then, without masks and runners-up.  The same `request_id` edits once.

        Raises NotFoundError, or OptionError `edit_*` where the result cannot be.
        """
        told = to_message(analyses_pb2.Edit, edit)
        # Calls are made twice where the daemon went away meanwhile, and nothing is to be split twice.
        request = analyses_pb2.EditAnalysisRequest(
            analysis_id=analysis_id, edit=told, request_id=request_id or str(uuid.uuid4())
        )
        answer = await self._connection.call(request, analyses_pb2.EditAnalysisResponse)
        return from_message(Analysis, answer.analysis)

    async def undo_edits(self, analysis_id: str, item_id: str) -> Analysis:
        """Takes back every edit of a moment or chapter; the analysis without masks and runners-up.

        Raises NotFoundError `analysis_not_found`, `item_unknown`, or OptionError `edit_built_on`.
        """
        request = analyses_pb2.UndoEditsRequest(analysis_id=analysis_id, item_id=item_id)
        answer = await self._connection.call(request, analyses_pb2.UndoEditsResponse)
        return from_message(Analysis, answer.analysis)

    async def step_edits(self, analysis_id: str, *, forward: bool = False, request_id: str | None = None) -> Analysis:
        """One step back from what was done last, or `forward` again; the analysis without masks and runners-up.

        The same `request_id` goes one step.

        Raises NotFoundError `analysis_not_found`, OptionError `edit_no_step`.
        """
        request = analyses_pb2.StepEditsRequest(
            analysis_id=analysis_id, forward=forward, request_id=request_id or str(uuid.uuid4())
        )
        answer = await self._connection.call(request, analyses_pb2.StepEditsResponse)
        return from_message(Analysis, answer.analysis)

    async def edit_steps(self, analysis_id: str) -> EditSteps:
        """How far one can go back and forward."""
        request = analyses_pb2.GetEditStepsRequest(analysis_id=analysis_id)
        return from_message(EditSteps, await self._connection.call(request, analyses_pb2.GetEditStepsResponse))

    async def delete_analysis(self, analysis_id: str) -> None:
        """Deletes an analysis and its edits; raises NotFoundError `analysis_not_found`."""
        request = analyses_pb2.DeleteAnalysisRequest(analysis_id=analysis_id)
        await self._connection.call(request, analyses_pb2.DeleteAnalysisResponse)
