"""The library as one object: the database with its analyses, jobs, watched folders and records of sent markers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.changes import LibraryChange
from cuemark.core.errors import CuemarkError, StoreError
from cuemark.core.footage import Indexed
from cuemark.core.jobs import Job, JobState
from cuemark.core.media import MediaInfo
from cuemark.core.serialise import UNREADABLE, decode
from cuemark.evidence.index.store import IndexStore
from cuemark.library.analyses import AnalysisStore
from cuemark.library.database import Database
from cuemark.library.footage import FootageStore
from cuemark.library.job_results import JobResults
from cuemark.library.jobs import JobStore
from cuemark.library.sent_markers import SentMarkers
from cuemark.library.watches import WatchStore

log = logging.getLogger("cuemark.library")

INDEX_FOLDER = "index"
"""Beside the library's file: `Settings.index`."""


class Library:
    """An open library file; raises StoreError as `Database` does.  Used from one thread."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.jobs = JobStore(self._database)
        self.results = JobResults(self._database)
        self.analyses = AnalysisStore(self._database)
        self.sent_markers = SentMarkers(self._database)
        self.index = IndexStore(path.parent / INDEX_FOLDER)
        self.footage = FootageStore(self._database, self.index)
        self.watches = WatchStore(self._database)

    @property
    def told(self) -> Callable[[LibraryChange], None]:
        """Who is told of every change of an analysis or a media, once it is written."""
        return self._database.told

    @told.setter
    def told(self, listener: Callable[[LibraryChange], None]) -> None:
        self._database.told = listener

    def finish_analysis(self, job_id: str, owner: str, body: Any) -> bool:
        """Keeps an analysis as the worker wrote it, carries the user's edits over to it, and ends its job: all or none.

        False where the job is not this owner's any more.
        """
        with self._database.write():
            if not self.jobs.belongs_to(job_id, owner):
                return False
            kept = self.analyses.add_encoded(body)
            carried = self.analyses.carry_edits(kept)
            self._take_up_analysed(kept.media, self.jobs.get(job_id))
            self.jobs.warn(job_id, owner, kept.warnings if carried is None else (*kept.warnings, carried))
            return self.jobs.finish(job_id, owner, JobState.SUCCEEDED, analysis_id=kept.id)

    def finish_with_result(self, job_id: str, owner: str, body: Any) -> bool:
        """Keeps what the worker wrote as the job's result, and ends it: both or none.

        False where the job is not this owner's any more.
        """
        with self._database.write():
            if not self.jobs.belongs_to(job_id, owner):
                return False
            self.results.keep(job_id, body)
            return self.jobs.finish(job_id, owner, JobState.SUCCEEDED)

    def finish_indexing(self, job_id: str, owner: str, body: Any) -> bool:
        """Takes up an entry that the worker left in the index, and ends its job: both or none.

        False where the job is not this owner's any more; StoreError where there is no entry that can be read.
        """
        try:
            indexed: Indexed = decode(Indexed, body)
        except UNREADABLE as error:
            raise StoreError("result_damaged", "What was indexed cannot be read.", "Index the file again.") from error
        with self._database.write():
            if not self.jobs.belongs_to(job_id, owner):
                return False
            replaced = self.footage.take_up(indexed, _options_of(self.jobs.get(job_id)))
            self.jobs.warn(job_id, owner, indexed.media.warnings)
            done = self.jobs.finish(job_id, owner, JobState.SUCCEEDED)
        self.footage.discard(replaced)
        return done

    def _take_up_analysed(self, media: MediaInfo, job: Job) -> None:
        """An analysis leaves an entry, too; where it could not, its worker said so, and nothing else is lost."""
        try:
            self.footage.take_up(Indexed(media), _options_of(job))
        except CuemarkError as error:
            log.debug("the analysed media %s is not in the library of footage: %s", media.fingerprint, error)

    def moved(self, before: Path, after: Path) -> None:
        """A file was given another name or place; whatever is known of it is known there now."""
        with self._database.write():
            self.analyses.moved(before, after)
            self.footage.moved(before, after)

    def is_locked(self) -> bool:
        """Whether another program keeps the library from being written; asked without waiting."""
        return self._database.is_locked()

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


def _options_of(job: Job) -> AnalysisOptions:
    """What was asked; a job of another kind asks for nothing."""
    return getattr(job.spec, "options", None) or AnalysisOptions()
