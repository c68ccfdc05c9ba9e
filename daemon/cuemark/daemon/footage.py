"""The footage of the library as clients ask for it: what lies where now, what is whole, what need not be done again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from cuemark.analysis.asked import asked_of, state_of
from cuemark.core.analysis_options import AnalysisOptions, with_settings
from cuemark.core.errors import CuemarkError, NotFoundError
from cuemark.core.footage import EntryProblem, Indexed, IndexedMedia, IndexReport
from cuemark.core.text import shown
from cuemark.daemon.core import Core
from cuemark.daemon.job_kinds import absolute
from cuemark.library.footage import with_presence

log = logging.getLogger("cuemark.core")


class Footage:
    """What is asked of the library's footage.  Disks are touched in threads: one that is away may hang."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._rows, self._store = core.library.footage, core.library.index

    async def page(self, page_size: int, page_token: str) -> tuple[tuple[IndexedMedia, ...], str]:
        """A page of media, newest first, as they are now."""
        found, token = self._rows.page(page_size, page_token)
        return await asyncio.to_thread(with_presence, found, self._rows.taken()), token

    async def get(self, fingerprint: str, path: Path | None) -> IndexedMedia:
        """One media, by its fingerprint or the path where it was last seen; NotFoundError `media_not_indexed`."""
        found = self._rows.get(self._named(fingerprint, path))
        (present,) = await asyncio.to_thread(with_presence, (found,), self._rows.taken())
        return present

    def _named(self, fingerprint: str, path: Path | None) -> str:
        if fingerprint or path is None:
            return self._rows.row(fingerprint).media.fingerprint
        known = self._rows.at(absolute(path))
        if known is None:
            message = f"{shown(path)} is not in the library."
            raise NotFoundError("media_not_indexed", message, "`cuemark index` puts it there.")
        return known

    def remove(self, fingerprint: str) -> None:
        """Take a media out; NotFoundError `media_not_indexed`."""
        self._rows.remove(self._named(fingerprint, None))

    async def thumbnail(self, fingerprint: str, time: Fraction) -> bytes:
        """The JPEG nearest to a time."""
        return await asyncio.to_thread(self._store.thumbnail, self._named(fingerprint, None), time)

    async def take_up(
        self, entries: Sequence[Indexed], options: AnalysisOptions
    ) -> tuple[int, tuple[EntryProblem, ...]]:
        """Take up entries that another process put into the index; how many, and what is wrong with the others."""
        problems = []
        for entry in entries:
            absolute(entry.media.path)
            try:
                self._rows.discard(self._rows.take_up(entry, options))
            except CuemarkError as error:
                media = entry.media
                problems.append(EntryProblem(error.code, media.fingerprint, error.message, media.path))
            await asyncio.sleep(0)  # others are served meanwhile
        return len(entries) - len(problems), tuple(problems)

    async def unchanged(self, paths: Sequence[Path], options: AnalysisOptions) -> list[Path]:
        """Those of the files that need not be indexed."""
        settings = self._core.settings
        asked = await asyncio.to_thread(asked_of, with_settings(options, settings), settings)
        states = await asyncio.to_thread(lambda: [state for path in paths if (state := state_of(path, asked))])
        return list(self._rows.unchanged(states))

    async def verify(self, mend: bool) -> IndexReport:
        """Read the whole index and say what is wrong."""
        problems = []
        rows = self._rows.fingerprints()
        for fingerprint in rows:
            try:
                await asyncio.to_thread(self._store.check, fingerprint)
            except CuemarkError as error:
                problems.append(EntryProblem(error.code, fingerprint, error.message))
        size = await asyncio.to_thread(self._store.size)
        return IndexReport(len(rows), size, 0, tuple(problems))
