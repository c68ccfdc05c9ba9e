"""SearchService from the client's side: segments of the footage in the library."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from cuemark.core.errors import CuemarkError, DaemonError
from cuemark.core.search import SearchQuery, SearchResult
from cuemark.rpc.client.connection import SEARCH_S
from cuemark.rpc.client.models import ModelsClient
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import search_pb2


class SearchClient(ModelsClient):
    """What the library's footage shows, says and has written in it."""

    async def search(self, query: SearchQuery, on_wait: Callable[[str], None] | None = None) -> SearchResult:
        """Segments, best first; answered beside whatever the daemon is at work on.

        Relative paths are taken from the current folder.  `on_wait(text)` is told what is waited for, such as a model
        that is loaded for the first query.  Raises OptionError `search_query`, `search_top`, ModelError, MediaError.
        """
        message = to_message(search_pb2.SearchQuery, await self._whole_query(query))
        connection = self._connection
        link = connection.link
        try:
            return await self._searched(message, on_wait)
        except CuemarkError as error:
            await connection.redial(link, error)
        return await self._searched(message, on_wait)

    async def _searched(self, message: search_pb2.SearchQuery, on_wait: Callable[[str], None] | None) -> SearchResult:
        request = search_pb2.SearchRequest(query=message)
        async with aclosing(self._connection.stream(request, search_pb2.SearchResponse, SEARCH_S)) as answers:
            async for answer in answers:
                if answer.HasField("result"):
                    return from_message(SearchResult, answer.result)
                if on_wait is not None:
                    on_wait(answer.waiting)
        raise DaemonError("daemon_lost", "The daemon ended the search without a result.", "Run the command again.")

    async def _whole_query(self, query: SearchQuery) -> SearchQuery:
        """The query with whole paths: the daemon runs in another folder."""
        within = tuple(map(_whole, query.filter.within))
        example = query.example and replace(query.example, path=_whole(query.example.path))
        clip = await self._model(query.clip) if query.clip else None
        return replace(query, filter=replace(query.filter, within=within), example=example, clip=clip)


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path))
