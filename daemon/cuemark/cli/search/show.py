"""What was found, as an editor reads it: how sure, from when to when, in which file, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cuemark.cli import output, text
from cuemark.core.search import Ground, SearchHit, SearchQuery, SearchResult, Why
from cuemark.core.text import one_line, shorten, terminal_path, terminal_safe

_WORDS_SHOWN = 160
_QUERY_SHOWN = 80


def print_result(query: SearchQuery, result: SearchResult) -> None:
    """Hits to stdout, two lines or more each, best first."""
    if not result.media:
        return output.say("There is nothing to search.")
    output.heading(f"{_asked(query)}: {_found(result)}")
    for number, hit in enumerate(result.hits, 1):
        output.say()
        for line in _lines(hit, number):
            output.say(line)


def _asked(query: SearchQuery) -> str:
    words = shorten(one_line(query.text), _QUERY_SHOWN)
    example = query.example
    if example is None:
        return words
    at = "" if example.time is None else f" at {text.clock(example.time)}"
    like = f"like {terminal_path(example.path)}{at}"
    return f"{words}, {like}" if words else like


def _found(result: SearchResult) -> str:
    searched = text.plural(result.media, "file")
    if not result.hits:
        return f"nothing found in {searched}"
    return f"{text.plural(len(result.hits), 'moment')} in {searched}"


def _lines(hit: SearchHit, number: int) -> Iterator[str]:
    where = terminal_path(_from_here(hit.path)) + (" (offline)" if hit.offline else "")
    yield f"{number:3}  {_percent(hit.score)}  {text.clock(hit.start)} - {text.clock(hit.end)}  {where}"
    for why in hit.why:
        yield f"           {_why(why)}"
    if hit.alike:
        names = ", ".join(f"{one.path.name} {text.clock(one.start)}" for one in hit.alike[:3])
        more = "" if len(hit.alike) <= 3 else f" and {len(hit.alike) - 3} more"
        yield f"           also like it: {terminal_safe(names)}{more}"


def _why(why: Why) -> str:
    words = terminal_safe(shorten(one_line(why.words), _WORDS_SHOWN))
    if why.ground is Ground.SEEN:
        return f"seen {_percent(why.score)}" + (f"  {words}" if words else "")
    return f'{why.ground.value} {_percent(why.score)}  "{words}"'


def _percent(score: float) -> str:
    return f"{100 * score:3.0f} %"


def _from_here(path: Path) -> Path:
    """The path from the current folder where it lies below, else whole."""
    try:
        return path.relative_to(os.getcwd())
    except (ValueError, OSError):
        return path
