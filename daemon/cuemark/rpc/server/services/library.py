"""LibraryService: list, get, remove, verify, thumbnails, import, unchanged files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.footage import Indexed
from cuemark.daemon.core import Core
from cuemark.daemon.footage import Footage
from cuemark.rpc.contract.forms import ratio_form
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import library_pb2 as pb
from cuemark.rpc.v1 import library_pb2_grpc, time_pb2

_TIME = ratio_form(time_pb2.Time)


class LibraryService(library_pb2_grpc.LibraryServiceServicer):
    """See library.proto."""

    def __init__(self, core: Core) -> None:
        self._footage = Footage(core)

    async def ListMedia(self, request: pb.ListMediaRequest, context: Any) -> pb.ListMediaResponse:
        found, token = await self._footage.page(request.page_size, request.page_token)
        return pb.ListMediaResponse(media=[to_message(pb.IndexedMedia, one) for one in found], next_page_token=token)

    async def GetMedia(self, request: pb.GetMediaRequest, context: Any) -> pb.GetMediaResponse:
        path = Path(os.fsdecode(request.path)) if request.path else None
        found = await self._footage.get(request.fingerprint, path)
        return pb.GetMediaResponse(media=to_message(pb.IndexedMedia, found))

    async def RemoveMedia(self, request: pb.RemoveMediaRequest, context: Any) -> pb.RemoveMediaResponse:
        self._footage.remove(request.fingerprint)
        return pb.RemoveMediaResponse()

    async def VerifyLibrary(self, request: pb.VerifyLibraryRequest, context: Any) -> pb.VerifyLibraryResponse:
        report = await self._footage.verify(request.mend, request.sweep)
        return pb.VerifyLibraryResponse(report=to_message(pb.IndexReport, report))

    async def GetThumbnail(self, request: pb.GetThumbnailRequest, context: Any) -> pb.GetThumbnailResponse:
        return pb.GetThumbnailResponse(
            jpeg=await self._footage.thumbnail(request.fingerprint, _TIME.back(request.time))
        )

    async def ImportEntries(self, request: pb.ImportEntriesRequest, context: Any) -> pb.ImportEntriesResponse:
        entries = [from_message(Indexed, each) for each in request.entries]
        count, problems = await self._footage.take_up(entries, from_message(AnalysisOptions, request.options))
        told = [to_message(pb.EntryProblem, each) for each in problems]
        return pb.ImportEntriesResponse(imported=count, problems=told)

    async def FindUnchanged(self, request: pb.FindUnchangedRequest, context: Any) -> pb.FindUnchangedResponse:
        paths = [Path(os.fsdecode(each)) for each in request.paths]
        found = await self._footage.unchanged(paths, from_message(AnalysisOptions, request.options))
        return pb.FindUnchangedResponse(paths=map(os.fsencode, found))
