"""MediaService: find videos."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cuemark.daemon.oneshot import ask
from cuemark.rpc.v1 import media_pb2, media_pb2_grpc


class MediaService(media_pb2_grpc.MediaServiceServicer):
    """See media.proto."""

    async def FindVideos(self, request: media_pb2.FindVideosRequest, context: Any) -> media_pb2.FindVideosResponse:
        found = await ask("find_videos", path=Path(os.fsdecode(request.path)))
        return media_pb2.FindVideosResponse(paths=map(os.fsencode, found))
