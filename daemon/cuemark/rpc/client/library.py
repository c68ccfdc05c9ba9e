"""LibraryService from the client's side: the footage that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.footage import EntryProblem, Indexed, IndexedMedia, IndexReport
from cuemark.rpc.client.connection import DISK_CALL_S, HOST_CALL_S, PAGE, pages, path_bytes
from cuemark.rpc.client.jobs import JobsClient
from cuemark.rpc.contract.forms import ratio_form
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import jobs_pb2, library_pb2, time_pb2

_TIME = ratio_form(time_pb2.Time)
_FILES_AT_ONCE = 5000


class LibraryClient(JobsClient):
    """The footage of the library.  A file is put into it by a job: `submit_index`."""

    async def list_media(self, limit: int = PAGE) -> list[IndexedMedia]:
        """Newest first, without shots and times of thumbnails."""

        async def page(size: int, token: str) -> tuple[list[library_pb2.IndexedMedia], str]:
            request = library_pb2.ListMediaRequest(page_size=size, page_token=token)
            answer = await self._connection.call(request, library_pb2.ListMediaResponse, DISK_CALL_S)
            return list(answer.media), answer.next_page_token

        return [from_message(IndexedMedia, message) for message in await pages(page, limit)]

    async def get_media(self, fingerprint: str = "", *, path: Path | None = None) -> IndexedMedia:
        """One media by its fingerprint (or a beginning that only one has), or by the path where it was last seen.

        NotFoundError `media_not_indexed`.
        """
        request = library_pb2.GetMediaRequest(fingerprint=fingerprint, path=path_bytes(path))
        answer = await self._connection.call(request, library_pb2.GetMediaResponse, DISK_CALL_S)
        return from_message(IndexedMedia, answer.media)

    async def remove_media(self, fingerprint: str) -> None:
        """Takes a media out of the library; the footage is not touched.  NotFoundError `media_not_indexed`."""
        request = library_pb2.RemoveMediaRequest(fingerprint=fingerprint)
        await self._connection.call(request, library_pb2.RemoveMediaResponse, DISK_CALL_S)

    async def verify_library(self, *, mend: bool = True, sweep: bool = False) -> IndexReport:
        """Reads the whole index and says what is wrong; with `mend` that is put right, where the files are here.

        With `sweep` entries that belong to no media of the library are taken out.
        """
        request = library_pb2.VerifyLibraryRequest(mend=mend, sweep=sweep)
        answer = await self._connection.call(request, library_pb2.VerifyLibraryResponse, HOST_CALL_S)
        return from_message(IndexReport, answer.report)

    async def get_thumbnail(self, fingerprint: str, time: Fraction) -> bytes:
        """The JPEG of a media nearest to a time; NotFoundError `media_not_indexed`, `thumbnail_none`."""
        request = library_pb2.GetThumbnailRequest(fingerprint=fingerprint, time=_TIME.to(time))
        return (await self._connection.call(request, library_pb2.GetThumbnailResponse, DISK_CALL_S)).jpeg

    async def import_entries(
        self, entries: Sequence[Indexed], options: AnalysisOptions | None = None
    ) -> tuple[int, tuple[EntryProblem, ...]]:
        """Takes up entries that another process put into the index; how many, and what is wrong with the others."""
        told = [to_message(library_pb2.Indexed, each) for each in entries]
        asked = to_message(jobs_pb2.AnalysisOptions, await self._whole(options or AnalysisOptions()))
        request = library_pb2.ImportEntriesRequest(entries=told, options=asked)
        answer = await self._connection.call(request, library_pb2.ImportEntriesResponse, DISK_CALL_S)
        return answer.imported, tuple(from_message(EntryProblem, each) for each in answer.problems)

    async def find_unchanged(self, paths: Sequence[Path], options: AnalysisOptions | None = None) -> set[Path]:
        """Those of these files that are as they were when they were indexed, and have what the options ask for."""
        asked = to_message(jobs_pb2.AnalysisOptions, await self._whole(options or AnalysisOptions()))
        named = {path_bytes(path): path for path in paths}
        found: set[Path] = set()
        for start in range(0, len(named), _FILES_AT_ONCE):
            part = list(named)[start : start + _FILES_AT_ONCE]
            request = library_pb2.FindUnchangedRequest(paths=part, options=asked)
            answer = await self._connection.call(request, library_pb2.FindUnchangedResponse, DISK_CALL_S)
            found |= {named[each] for each in answer.paths}
        return found
