"""Which media of the library a search may look into: those that its filter lets pass."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timezone
from pathlib import Path

from cuemark.core.errors import Notice
from cuemark.core.footage import IndexedMedia
from cuemark.core.search import SearchFilter
from cuemark.core.text import first_few, shell_path, terminal_path

_NAMED = 5  # paths of a message


def passing(media: Sequence[IndexedMedia], wanted: SearchFilter) -> list[IndexedMedia]:
    """The media that pass.  Looks at files only where days are asked of recordings that tell none."""
    places = [Spot.of(path) for path in wanted.within]
    return [one for one in media if _passes(one, wanted, places)]


class Spot:
    """A file or folder as it is named and as it really lies."""

    def __init__(self, spellings: frozenset[str]) -> None:
        self._spellings = spellings

    @classmethod
    def of(cls, path: Path) -> Spot:
        """Follows links, which may take long where a disk is away."""
        return cls(frozenset({os.fspath(path), os.path.realpath(path)}))

    def holds(self, path: Path) -> bool:
        """Whether it is that path, or lies above it."""
        name = os.fspath(path)
        return any(name == own or name.startswith(own.rstrip(os.sep) + os.sep) for own in self._spellings)


def unknown_paths(media: Iterable[IndexedMedia], within: Sequence[Path]) -> list[Notice]:
    """What is to be said of paths that were named and hold nothing of the library."""
    paths = [path for one in media for path in one.paths]
    empty = [path for path in within if not any(map(Spot.of(path).holds, paths))]
    gone = [path for path in empty if not os.path.lexists(path)]
    new = [path for path in empty if path not in gone]
    notices = []
    if gone:
        names = first_few([terminal_path(path) for path in gone], _NAMED)
        text = f"There is no {names}, and the library knows nothing of it."
        notices.append(Notice("search_path_missing", text))
    if new:
        names = first_few([terminal_path(path) for path in new], _NAMED)
        step = " ".join(shell_path(path) for path in new[:_NAMED])
        notices.append(Notice("search_not_indexed", f"{names} is not in the library. Run: cuemark index {step}"))
    return notices


def _passes(one: IndexedMedia, wanted: SearchFilter, places: Sequence[Spot]) -> bool:
    return (
        (not places or any(place.holds(path) for place in places for path in one.paths))
        and (wanted.shortest is None or one.media.duration >= wanted.shortest)
        and (wanted.longest is None or one.media.duration <= wanted.longest)
        and wanted.camera.strip().casefold() in one.camera.casefold()
        and _on_a_day(one, wanted.recorded_from, wanted.recorded_to)
    )


def _on_a_day(one: IndexedMedia, first: date | None, last: date | None) -> bool:
    if first is None and last is None:
        return True
    day = _day(one)
    return day is not None and (first is None or first <= day) and (last is None or day <= last)


def _day(one: IndexedMedia) -> date | None:
    """The day of the recording in this place's time, else of the file; None where neither can be told."""
    if one.recorded is not None:
        return _local(one.recorded)
    for path in one.paths:
        try:
            return _local(datetime.fromtimestamp(path.stat().st_mtime, timezone.utc))
        except (OSError, ValueError, OverflowError):
            continue
    return None


def _local(at: datetime) -> date:
    return at.astimezone().date() if at.tzinfo else at.date()
