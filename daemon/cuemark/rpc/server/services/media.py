"""MediaService: find, probe, get, list."""

from __future__ import annotations

import os
from typing import Any

from cuemark.core.media import MediaInfo
from cuemark.core.serialise import decode
from cuemark.daemon.core import Core
from cuemark.daemon.oneshot import ask
from cuemark.rpc.contract import convert
from cuemark.rpc.v1 import media_pb2, media_pb2_grpc


class MediaService(media_pb2_grpc.MediaServiceServicer):
    """See media.proto."""

    def __init__(self, core: Core) -> None:
        self._media = core.library.media

    async def FindVideos(self, request: media_pb2.FindVideosRequest, context: Any) -> media_pb2.FindVideosResponse:
        found = await ask("find_videos", path=convert.path_from(request.path))
        return media_pb2.FindVideosResponse(paths=map(os.fsencode, found))

    async def ProbeMedia(self, request: media_pb2.ProbeMediaRequest, context: Any) -> media_pb2.ProbeMediaResponse:
        info = decode(MediaInfo, await ask("probe", path=convert.path_from(request.path)))
        self._media.keep(info)
        return media_pb2.ProbeMediaResponse(media=convert.media_to(info))

    async def GetMedia(self, request: media_pb2.GetMediaRequest, context: Any) -> media_pb2.GetMediaResponse:
        return media_pb2.GetMediaResponse(media=convert.media_to(self._media.get(request.fingerprint)))

    async def ListMedia(self, request: media_pb2.ListMediaRequest, context: Any) -> media_pb2.ListMediaResponse:
        found, token = self._media.page(request.page_size, request.page_token)
        return media_pb2.ListMediaResponse(media=map(convert.media_to, found), next_page_token=token)
