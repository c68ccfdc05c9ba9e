"""MediaService: find videos."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cuemark.core.media import FoundVideos
from cuemark.core.serialise import decode
from cuemark.daemon.oneshot import ask
from cuemark.rpc.v1 import media_pb2 as pb
from cuemark.rpc.v1 import media_pb2_grpc


class MediaService(media_pb2_grpc.MediaServiceServicer):
    """See media.proto."""

    async def FindVideos(self, request: pb.FindVideosRequest, context: Any) -> pb.FindVideosResponse:
        answer = await ask("find_videos", path=Path(os.fsdecode(request.path)))
        found = decode(FoundVideos, answer)
        return pb.FindVideosResponse(
            paths=map(os.fsencode, found.videos), passed_over=map(os.fsencode, found.passed_over)
        )
