"""The footage of the library as clients ask for it: what lies where now, what is whole, what need not be done again."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from cuemark.analysis.asked import Beside, asked_of, state_of
from cuemark.core.analysis_options import AnalysisOptions, with_settings
from cuemark.core.errors import CuemarkError, NotFoundError
from cuemark.core.footage import EntryProblem, Indexed, IndexedMedia, IndexReport
from cuemark.core.jobs import IndexSpec
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
        beside = Beside()
        states = await asyncio.to_thread(lambda: [state for path in paths if (state := state_of(path, asked, beside))])
        known = self._rows.unchanged(states)
        return await asyncio.to_thread(lambda: [path for path, mark in known.items() if self._store.has(mark)])

    async def verify(self, mend: bool, sweep: bool) -> IndexReport:
        """Read the whole index, byte by byte, and say what is wrong; with `mend` it is put right.

        Of a damaged entry what is whole stays.  What is lost is indexed again where the file is here, mostly out of the
        cache; of a file that is offline that is said.
        """
        rows = self._rows.list()
        present = await asyncio.to_thread(with_presence, rows, self._rows.taken())
        problems: list[EntryProblem] = []
        jobs: list[str] = []
        for one in present:
            try:
                await asyncio.to_thread(self._store.check, one.media.fingerprint)
            except CuemarkError as error:
                problem, queued = await self._mended(one, error, mend)
                problems.append(problem)
                jobs += queued
        unclaimed = await asyncio.to_thread(self._unclaimed, {one.media.fingerprint for one in rows})
        if sweep:
            for fingerprint in unclaimed:
                await asyncio.to_thread(self._store.remove, fingerprint)
        swept = await asyncio.to_thread(self._store.sweep) if mend else 0
        size = await asyncio.to_thread(self._store.size)
        offline = sum(one.offline for one in present)
        left = 0 if sweep else len(unclaimed)
        swept += len(unclaimed) if sweep else 0
        return IndexReport(len(rows), size, offline, tuple(problems), left, swept, tuple(jobs))

    def _unclaimed(self, known: set[str]) -> list[str]:
        """Entries of no row that no writer can be about to give one; a row may have come meanwhile."""
        return [each for each in self._store.fingerprints() if each not in known and self._store.is_old(each)]

    async def _mended(self, one: IndexedMedia, error: CuemarkError, mend: bool) -> tuple[EntryProblem, list[str]]:
        """What is said of an entry that is not whole, and the jobs that complete it."""
        mark, name = one.media.fingerprint, shown(one.media.path)
        what = f"The entry of {name} is missing." if error.code == "media_not_indexed" else error.message
        if error.code == "index_too_new" or not mend:
            return EntryProblem(
                error.code, mark, f"{what} {error.next_step if not mend else ''}".strip(), one.media.path
            ), []
        lost = await asyncio.to_thread(self._store.mend, mark)
        if one.offline:
            step = f"{name} is offline: connect its disk and index it again."
            return EntryProblem(error.code, mark, f"{what} {step}", one.media.path), []
        options = self._rows.options(mark)
        encoders = {use.name for use in (one.encoders if lost is None else lost)}
        wanted = [replace(options, models={"clip": name}) for name in sorted(encoders)] or [options]
        jobs = [self._core.submit(str(uuid.uuid4()), IndexSpec(one.media.path, each)).id for each in wanted]
        return EntryProblem(error.code, mark, f"{what} {name} is indexed again.", one.media.path), jobs
