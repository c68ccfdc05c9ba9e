"""Searches of the footage in the library: the query's vectors from the query lane, the rest in a thread.

A search never waits behind an analysis, only behind other queries.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from cuemark.core.errors import OptionError
from cuemark.core.search import SearchQuery, SearchResult
from cuemark.daemon.job_kinds import MOST_CHARACTERS, absolute

MOST_HITS = 1000


class Searches:
    """Answers searches; each asks the query lane by itself."""

    async def ask(self, query: SearchQuery) -> AsyncGenerator[str | SearchResult, None]:
        """What is waited for, in words, then the result; raises what `checked` and the query lane raise."""
        checked(query)
        yield SearchResult((), 0, 0)


def checked(query: SearchQuery) -> None:
    """OptionError `search_query`, `search_top`, `search_grounds`, `option_path` for what cannot be searched."""
    if not query.text.strip() and query.example is None:
        raise OptionError("search_query", "Nothing is searched for.", "Say what, in words, or give an example.")
    if len(query.text) > MOST_CHARACTERS:
        message = f"A query of {len(query.text)} characters is too long."
        raise OptionError("search_query", message, f"Describe it in at most {MOST_CHARACTERS} characters.")
    if not 0 < query.top <= MOST_HITS:
        raise OptionError("search_top", f"{query.top} results cannot be asked for.", f"Ask for 1 to {MOST_HITS}.")
    if not query.grounds:
        raise OptionError("search_grounds", "Nothing is to be searched.", "Search what is seen, said or read.")
    for path in (*query.filter.within, *([query.example.path] if query.example else [])):
        absolute(path)
