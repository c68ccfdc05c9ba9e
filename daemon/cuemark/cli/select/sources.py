"""Out of what is picked: analyses by id, file or folder, or what a search finds in the library."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.cli import output
from cuemark.cli.library.find import find
from cuemark.cli.options import plain
from cuemark.core.errors import InputError, NotFoundError, OptionError
from cuemark.core.search import SearchFilter, SearchHit, SearchQuery
from cuemark.core.selection import SelectionSource, source_of, sources_of
from cuemark.core.text import first_few, shell_path, terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis
    from cuemark.rpc.client.client import CuemarkClient

_AS_GOOD, _UNSURE = 0.2, 0.25
_ID = re.compile(r"[0-9a-f-]{4,36}")


def found_sources(
    client: CuemarkClient, names: Sequence[str], words: str | None, within: Sequence[str], top: int
) -> tuple[SelectionSource, ...]:
    """The sources that are meant.

    Raises OptionError `selection_source` where nothing is named, or both; NotFoundError `analysis_not_found`,
    InputError `selection_no_moments`.
    """
    if not names and words is None:
        step = "Name analyses or analysed files, or give --search WORDS."
        raise OptionError("selection_source", "It is not said what to pick from.", step)
    if names and words is not None:
        message = "Picks are from analyses or from a search, not from both."
        raise OptionError("selection_source", message, "Leave out the analyses, or --search.")
    if words is None and len(names) == 1 and _looks_like_words(names[0]):
        words = names[0]
    if words is not None:
        return _searched(client, plain(words, "--search"), within, top)
    return tuple(source_of(analysis) for analysis in _distinct(_analyses(client, names)))


def _looks_like_words(name: str) -> bool:
    """Whether it can be neither a file nor an id."""
    is_path = os.path.lexists(name) or os.sep in name or bool(os.path.splitext(name)[1])
    return not is_path and _ID.fullmatch(name) is None


def _analyses(client: CuemarkClient, names: Sequence[str]) -> Iterator[Analysis]:
    for name in names:
        if os.path.isdir(name):
            yield from _in_folder(client, name)
        else:
            yield find(client, name, brief=True)


def _in_folder(client: CuemarkClient, name: str) -> Iterator[Analysis]:
    """The newest analyses of the files in a folder; files without one are named."""
    videos = client.find_videos(Path(name))
    without: list[Path] = []
    found = 0
    for video in videos:
        try:
            yield find(client, os.fspath(video), brief=True)
            found += 1
        except NotFoundError:
            without.append(video)
    if not found:
        step = f"Run: cuemark analyze {shell_path(name)}"
        raise NotFoundError("analysis_not_found", f"Nothing in {terminal_path(name)} has been analysed yet.", step)
    if without:
        files = first_few([terminal_safe(path.name) for path in without], 4)
        output.note(f"Not analysed, and left out: {files}.", "selection_not_analysed")


def _distinct(every: Iterator[Analysis]) -> list[Analysis]:
    """Each analysis once; one without moments among others is passed over aloud."""
    found = list({analysis.id: analysis for analysis in every}.values())
    empty = [analysis for analysis in found if not analysis.moments]
    if empty and len(empty) < len(found):
        files = first_few([terminal_safe(analysis.media.path.name) for analysis in empty], 4)
        output.note(f"Without moments, and left out: {files}.", "selection_no_moments")
        return [analysis for analysis in found if analysis.moments]
    return found


def _sure(hits: Sequence[SearchHit]) -> list[SearchHit]:
    """The hits that answer the search about as well as the best does; a search finds something in any footage."""
    best = max(hit.score for hit in hits)
    found = [hit for hit in hits if hit.score >= _AS_GOOD * best]
    if len(found) < len(hits):
        left = len(hits) - len(found)
        output.note(
            f"{left} of {len(hits)} hits are far less sure than the best, and were left out.", "selection_unsure"
        )
    if best < _UNSURE:
        output.note(f"The best hit is {best:.0%} sure: it may not be what was asked for.", "selection_unsure")
    return found


def _searched(client: CuemarkClient, words: str, within: Sequence[str], top: int) -> tuple[SelectionSource, ...]:
    from cuemark.cli.session import say_wait

    query = SearchQuery(words, top=top, filter=SearchFilter(within=tuple(map(Path, within))))
    result = client.search(query, on_wait=say_wait)
    for notice in result.notices:
        output.note(notice.message, notice.code)
    if not result.hits:
        step = "Try other words, or put more footage into the library: cuemark index PATH"
        raise InputError("selection_no_moments", f"Nothing was found for {terminal_safe(words)!r}.", step)
    hits = _sure(result.hits)
    media = {hit.fingerprint: client.get_media(hit.fingerprint) for hit in hits}
    return tuple(
        replace(source, candidates=tuple(replace(each, caption=each.caption or words) for each in source.candidates))
        for source in sources_of(hits, media)
    )
