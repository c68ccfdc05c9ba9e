"""The library as one object: the database with its analyses, jobs and records of sent markers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cuemark.core.jobs import JobState
from cuemark.library.analyses import AnalysisStore
from cuemark.library.database import Database
from cuemark.library.job_results import JobResults
from cuemark.library.jobs import JobStore
from cuemark.library.sent_markers import SentMarkers


class Library:
    """An open library file; raises StoreError as `Database` does.  Used from one thread."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.jobs = JobStore(self._database)
        self.results = JobResults(self._database)
        self.analyses = AnalysisStore(self._database)
        self.sent_markers = SentMarkers(self._database)

    def finish_analysis(self, job_id: str, owner: str, body: Any) -> bool:
        """Keeps an analysis as the worker wrote it, carries the user's edits over to it, and ends its job: all or none.

        False where the job is not this owner's any more.
        """
        with self._database.write():
            if not self.jobs.belongs_to(job_id, owner):
                return False
            kept = self.analyses.add_encoded(body)
            carried = self.analyses.carry_edits(kept)
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

    def is_locked(self) -> bool:
        """Whether another program keeps the library from being written; asked without waiting."""
        return self._database.is_locked()

    def close(self) -> None:
        """Closes the file."""
        self._database.close()
