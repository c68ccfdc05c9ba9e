"""MediaService from the client's side: the videos behind a path."""

from __future__ import annotations

import os
from pathlib import Path

from cuemark.core.media import FoundVideos
from cuemark.rpc.client.connection import DISK_CALL_S, Service
from cuemark.rpc.v1 import media_pb2


class MediaClient(Service):
    """Files of footage, as the daemon sees them."""

    async def find_videos(self, path: Path) -> list[Path]:
        """The videos of `search_videos`."""
        return list((await self.search_videos(path)).videos)

    async def search_videos(self, path: Path) -> FoundVideos:
        """A file gives itself, a folder its video files (all levels, sorted), and what it holds that cannot be read.

        Raises MediaError `media_not_found`, `no_video_in_folder`, `media_unreadable`.
        """
        request = media_pb2.FindVideosRequest(path=os.fsencode(os.path.abspath(path)))
        answer = await self._connection.call(request, media_pb2.FindVideosResponse, DISK_CALL_S)
        videos, passed_over = (
            tuple(Path(os.fsdecode(data)) for data in each) for each in (answer.paths, answer.passed_over)
        )
        return FoundVideos(videos, passed_over)
