"""Searches of the footage in the library: the query's vectors from the query lane, the rest in threads.

A search never waits behind an analysis, only behind other queries; what it waits for is said in words.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cuemark.captions.queries import read_background
from cuemark.core.analysis import ModelUse
from cuemark.core.errors import CuemarkError, ModelError, Notice, OptionError
from cuemark.core.footage import IndexedMedia
from cuemark.core.jobs import EncodeQuerySpec, QueryVectors, TextVector
from cuemark.core.search import Ground, SearchQuery, SearchResult
from cuemark.core.settings import Settings
from cuemark.core.text import printable_path
from cuemark.daemon.job_kinds import absolute, kind_of
from cuemark.daemon.queries import QueryDispatcher
from cuemark.library.footage import with_presence
from cuemark.library.search.frame_evidence import SeenQuery
from cuemark.library.search.passing import passing, unknown_paths
from cuemark.library.search.search import FootageSearch, SearchedLibrary
from cuemark.library.search.terms import unquoted
from cuemark.library.store import Library

MOST_HITS = 1000
_NEGATION = re.compile(r"\b(?:no|not|without|never|nobody|nothing|except|isn't|aren't|don't|doesn't)\b", re.IGNORECASE)

EMPTY = Notice("library_empty", "The library is empty. To put footage into it, run: cuemark index PATH")


@dataclass(frozen=True)
class _Encoder:
    """An encoder that media of the library have vectors of, and how many."""

    use: ModelUse
    media: int


class Searches:
    """Answers searches, any number at once."""

    def __init__(self, settings: Settings, library: Library, queries: QueryDispatcher) -> None:
        self._library, self._queries = library, queries
        self._footage = FootageSearch(library.index, settings.search)
        self._backgrounds: dict[Path, NDArray[np.float32] | None] = {}
        self._known: tuple[str, tuple[IndexedMedia, ...]] = ("", ())

    async def ask(self, query: SearchQuery) -> AsyncGenerator[str | SearchResult, None]:
        """What is waited for, in words, then the result; raises what `checked` and the query lane raise."""
        checked(query)
        library = await asyncio.to_thread(_searched, self._media(), query)
        if not library.passing:
            yield SearchResult((), 0, 0, library.notices)
            return
        notices: list[Notice] = list(library.notices)
        seen: list[SeenQuery] = []
        if Ground.SEEN in query.grounds or query.example is not None:
            notices += _said_of(query)
            for named, expected in self._asked(query, library.passing):
                spec = EncodeQuerySpec(unquoted(query.text), query.example, named)
                if wait := self._wait(named):
                    yield wait
                try:
                    found: QueryVectors = await self._queries.ask(spec)
                except ModelError as error:
                    if query.clip is not None or query.grounds == (Ground.SEEN,):
                        raise
                    notices.append(_unusable(error, named))
                    continue
                notices += _said_of_model(found, expected, library.passing, query)
                seen.append(await self._seen_query(found))
        library = replace(library, notices=tuple(notices))
        result = await asyncio.to_thread(self._footage.search, query, library, seen)
        yield await asyncio.to_thread(self._present, result, library)

    def close(self) -> None:
        """Let go of threads and files."""
        self._footage.close()

    def _media(self) -> tuple[IndexedMedia, ...]:
        """All media; read anew only where the rows have changed."""
        mark = self._library.footage.mark()
        if mark != self._known[0]:
            self._known = mark, self._library.footage.list()
        return self._known[1]

    def _asked(self, query: SearchQuery, media: Sequence[IndexedMedia]) -> list[tuple[str | None, str]]:
        """The CLIPs that are asked, each with the id that its vectors in the library have ("": whatever it has)."""
        if query.clip is not None:
            return [(query.clip, "")]
        return [(use.name, use.id) for use in covering(media)]

    def _wait(self, named: str | None) -> str:
        """What is waited for, where the text model is not at hand."""
        slot = self._queries.slot
        name = named or ""
        if slot.pid is not None and any(each.startswith(f"{name} (") for each in slot.models.names):
            return ""
        return f"loading the text model of {Path(name).name}" if name else "loading the text model"

    async def _seen_query(self, found: QueryVectors) -> SeenQuery:
        if found.background not in self._backgrounds:
            background = await asyncio.to_thread(read_background, found.background)
            if background is not None:
                self._backgrounds[found.background] = background
        return SeenQuery(
            encoder_id=found.model.id,
            words=_array(found.words),
            picture=_array(found.picture),
            logit_scale=found.logit_scale,
            background=self._backgrounds.get(found.background),
            curve=found.curve,
        )

    def _present(self, result: SearchResult, library: SearchedLibrary) -> SearchResult:
        """The result with the paths where its media are now."""
        wanted = {hit.fingerprint for hit in result.hits}
        some = [one for one in library.passing if one.media.fingerprint in wanted]
        there = {one.media.fingerprint: one for one in with_presence(some)}
        hits = (
            replace(hit, path=there[hit.fingerprint].media.path, offline=there[hit.fingerprint].offline)
            for hit in result.hits
        )
        return replace(result, hits=tuple(hits))


def checked(query: SearchQuery) -> None:
    """OptionError `search_query`, `search_top`, `search_grounds`, `option_path` for what cannot be searched."""
    kind_of(EncodeQuerySpec()).check(EncodeQuerySpec(query.text, query.example, query.clip))
    if query.example is None and not any(map(_says_something, query.text)):
        message = "The query holds no word."
        raise OptionError("search_query", message, "Say what is to be found, in words, or give an example with --like.")
    if not 0 < query.top <= MOST_HITS:
        raise OptionError("search_top", f"{query.top} results cannot be asked for.", f"Ask for 1 to {MOST_HITS}.")
    if not query.grounds:
        raise OptionError("search_grounds", "Nothing is to be searched.", "Search what is seen, said or read.")
    for path in query.filter.within:
        absolute(path)


def _says_something(character: str) -> bool:
    return character.isalnum() or ord(character) > 0x2000  # emoji and signs mean something to an image model


def covering(media: Sequence[IndexedMedia]) -> list[ModelUse]:
    """The fewest encoders of which all media have vectors, that of most media first."""
    left = [one for one in media if one.encoders]
    chosen: list[ModelUse] = []
    while left:
        uses = {use.id: use for one in left for use in one.encoders}
        counts = Counter(use.id for one in left for use in one.encoders)
        best = max(sorted(counts), key=lambda each: counts[each])
        chosen.append(uses[best])
        left = [one for one in left if all(use.id != best for use in one.encoders)]
    return chosen


def _searched(media: tuple[IndexedMedia, ...], query: SearchQuery) -> SearchedLibrary:
    if not media:
        return SearchedLibrary((), (), (EMPTY,))
    found = tuple(passing(media, query.filter))
    notices = unknown_paths(media, query.filter.within)
    if not found and not notices:
        notices = [Notice("search_filter_empty", f"None of the {len(media)} files in the library passes the filter.")]
    return SearchedLibrary(media, found, tuple(notices))


def _said_of(query: SearchQuery) -> list[Notice]:
    if _NEGATION.search(query.text):
        text = "Pictures are found by what they show: an image model hardly understands words such as not or without."
        return [Notice("search_negation", text)]
    return []


def _said_of_model(
    found: QueryVectors, expected: str, media: Sequence[IndexedMedia], query: SearchQuery
) -> list[Notice]:
    notices = []
    name = printable_path(Path(found.model.name).name)
    seen = [one for one in media if one.media.has_picture]
    without = [one for one in seen if all(use.id != found.model.id for use in one.encoders)]
    if query.clip is not None and without:
        text = f"{len(without)} of {len(seen)} files have no vectors of {name}. To add them: "
        text += f"cuemark index --clip {name} PATH"
        notices.append(Notice("search_other_encoder", text))
    elif expected and expected != found.model.id:
        text = f"The model {name} is not the one that the library was indexed with; index the files again."
        notices.append(Notice("search_other_encoder", text))
    if found.cut:
        text = f"The model {name} reads only the beginning of so long a query."
        notices.append(Notice("search_query_cut", text))
    return notices


def _unusable(error: CuemarkError, named: str | None) -> Notice:
    text = f"Pictures indexed with {named or 'the default model'} are not searched: {error}"
    return Notice("search_encoder_unusable", text)


def _array(vector: TextVector | None) -> NDArray[np.float32] | None:
    return None if vector is None else np.array(vector.values, np.float32)
