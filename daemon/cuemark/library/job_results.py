"""What came of jobs whose result is no analysis: kept with the job until it goes, told to who asks for it."""

from __future__ import annotations

import json
from typing import Any

from cuemark.core.errors import NotFoundError, StoreError
from cuemark.core.serialise import UNREADABLE
from cuemark.library.database import Database

KEPT = 50
"""Results of so many jobs are kept: a transcript of three hours takes some megabytes, and can be had again."""


class JobResults:
    """The results of the library's jobs, as the worker wrote them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, job_id: str, body: Any) -> None:
        """Keeps the result of a job; the oldest go where there are more than `KEPT`."""
        with self._database.write() as connection:
            text = json.dumps(body, separators=(",", ":"))
            connection.execute("INSERT OR REPLACE INTO job_results VALUES (?, ?)", (job_id, text))
            connection.execute(
                "DELETE FROM job_results WHERE job_id NOT IN (SELECT jobs.id FROM jobs JOIN job_results"
                " ON jobs.id = job_results.job_id ORDER BY jobs.number DESC LIMIT ?)",
                (KEPT,),
            )

    def get(self, job_id: str) -> Any:
        """The result, to be decoded by its kind; NotFoundError `result_not_found`, StoreError `result_damaged`."""
        row = self._database.row("SELECT body FROM job_results WHERE job_id = ?", (job_id,))
        if row is None:
            message = f"There is no result of the job {job_id} any more."
            raise NotFoundError("result_not_found", message, "Run the command again; what was computed is kept.")
        try:
            return json.loads(row["body"])
        except UNREADABLE:
            message = f"The result of the job {job_id} cannot be read: the library's row is damaged."
            raise StoreError("result_damaged", message, "Run the command again.") from None
