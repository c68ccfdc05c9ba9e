"""SearchService: what is waited for, then the result."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from cuemark.core.search import SearchQuery
from cuemark.daemon.core import Core
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import search_pb2 as pb
from cuemark.rpc.v1 import search_pb2_grpc


class SearchService(search_pb2_grpc.SearchServiceServicer):
    """See search.proto."""

    def __init__(self, core: Core) -> None:
        self._searches = core.searches

    async def Search(self, request: pb.SearchRequest, context: Any) -> AsyncIterator[pb.SearchResponse]:
        async with aclosing(self._searches.ask(from_message(SearchQuery, request.query))) as answers:
            async for answer in answers:
                if isinstance(answer, str):
                    yield pb.SearchResponse(waiting=answer)
                else:
                    yield pb.SearchResponse(result=to_message(pb.SearchResult, answer))
