"""WatchesService from the client's side: folders whose new files are indexed as they arrive."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError
from cuemark.core.watches import WatchedFolder, WatchEvent, WatchRequest
from cuemark.rpc.client.connection import DISK_CALL_S, path_bytes
from cuemark.rpc.client.jobs import JobsClient
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import watches_pb2


class WatchesClient(JobsClient):
    """Watched folders.  A watch is the daemon's: it lasts until `stop_watch`, whoever follows it."""

    async def watch_folder(
        self, path: Path, options: AnalysisOptions | None = None, *, analyze: bool = False
    ) -> WatchedFolder:
        """Has the daemon index (or analyse) what arrives in a folder, and what lies there already.

        Raises InputError `watch_folder_not_found`, `watch_not_a_folder`, `watch_unreadable`, `watch_own_folder`,
        OptionError `watch_differs`, `watch_overlaps`, or what the options' check raises.
        """
        wanted = await self._whole(options or AnalysisOptions())
        asked = WatchRequest(Path(os.path.abspath(path)), analyze, wanted)
        request = watches_pb2.WatchFolderRequest(request=to_message(watches_pb2.WatchRequest, asked))
        answer = await self._connection.call(request, watches_pb2.WatchFolderResponse, DISK_CALL_S)
        return from_message(WatchedFolder, answer.folder)

    async def list_watches(self) -> list[WatchedFolder]:
        """The watches of the daemon, the oldest first."""
        answer = await self._connection.call(watches_pb2.ListWatchesRequest(), watches_pb2.ListWatchesResponse)
        return [from_message(WatchedFolder, folder) for folder in answer.folders]

    async def stop_watch(self, path: Path) -> WatchedFolder:
        """Ends a watch and cancels its job at work; how it stood.  Raises NotFoundError `watch_not_found`."""
        request = watches_pb2.StopWatchRequest(path=path_bytes(path))
        answer = await self._connection.call(request, watches_pb2.StopWatchResponse, DISK_CALL_S)
        return from_message(WatchedFolder, answer.folder)

    async def follow_watch(self, path: Path) -> AsyncGenerator[WatchEvent, None]:
        """How each file of a watched folder stands (`standing`), then each change, until the watch is stopped.

        Survives a crash of the daemon: it is started again, and what changed meanwhile is told, for each file as it
        stands then.  Raises NotFoundError `watch_not_found`.
        """
        connection = self._connection
        request = watches_pb2.FollowWatchRequest(path=path_bytes(path))
        told: dict[Path, WatchEvent] = {}
        again = False
        while True:
            link = connection.link
            try:
                async with aclosing(connection.stream(request, watches_pb2.FollowWatchResponse)) as stream:
                    async for message in stream:
                        event = from_message(WatchEvent, message)
                        known, told[event.path] = told.get(event.path), event
                        if again and event.standing:
                            if _is_news(event, known):
                                yield replace(event, standing=False)
                        else:
                            yield event
                return
            except CuemarkError as error:
                await connection.redial(link, error)
                again = True


def _is_news(event: WatchEvent, known: WatchEvent | None) -> bool:
    """Whether what stands is other than what was heard last."""
    return known is None or (event.state, event.error, event.job_id) != (known.state, known.error, known.job_id)
