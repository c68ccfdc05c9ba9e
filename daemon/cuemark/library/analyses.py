"""Finished analyses, the media they are of, and the user's edits.

An analysis is immutable.  Edits are small changes kept beside it and applied, in order, whenever it is read (edit_log).
A media is known by the fingerprint of its content; its path is only where it was last seen.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from cuemark.core import serialise
from cuemark.core.analysis import Analysis, AnalysisSummary, Edit, EditSteps, LoggedEdit
from cuemark.core.changes import Changed, LibraryChange
from cuemark.core.errors import Notice
from cuemark.core.media import MediaInfo
from cuemark.core.serialise import UNREADABLE
from cuemark.core.text import printable
from cuemark.library.analysis_rows import analysis_of, edits_of, filed, summary_of, with_lost_edits
from cuemark.library.carry import Carrying
from cuemark.library.database import Database, new_id, now, page_bounds, resolve_id
from cuemark.library.edit_log import EditLog
from cuemark.library.edits import apply

_LOG = logging.getLogger(__name__)


class AnalysisStore:
    """The analyses of the library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, analysis: Analysis) -> Analysis:
        """Keeps an analysis and its media; returns it with its id, and with ids where moments or chapters had none."""
        return self.add_encoded(serialise.encode(analysis))

    def add_encoded(self, body: Any) -> Analysis:
        """`add` of an analysis as it came out of the worker's pipe: the row holds just that."""
        stamp = now()
        analysis = filed(serialise.decode(Analysis, body), new_id(), stamp)
        with self._database.write() as connection:
            _keep_media(connection, analysis.media)
            _insert(connection, analysis, stamp, serialise.dumps(body))
            self._tell(analysis)
        return analysis

    def get(self, analysis_id: str) -> Analysis:
        """An analysis with its edits; raises NotFoundError `analysis_not_found`.  A unique prefix will do.

        Its media carries the path where the content was last seen.
        """
        return self.with_place(analysis_id)[0]

    def with_place(self, analysis_id: str) -> tuple[Analysis, Path]:
        """The same, and where its media lay when it was made."""
        base, place = self._unedited(analysis_id)
        log = self._log_of(base)
        return with_lost_edits(log.edited, log.lost), place

    def edit(self, analysis_id: str, edit: Edit, request_id: str = "") -> Analysis:
        """Applies and keeps an edit; raises as `apply` does, and then keeps nothing.

        What an edit makes has an id that nothing of the analysis ever had.  A request whose edit was kept before (its
        sender never heard of it) makes no second one.
        """
        log = self._log(analysis_id)
        if request_id and self._was_made(log.base.id, request_id):
            return log.edited
        edit = log.completed(edit)
        edited = apply(log.edited, edit)
        self._keep(edited, edit, request_id)
        return edited

    def _was_made(self, analysis_id: str, request_id: str) -> bool:
        statement = "SELECT 1 FROM edits WHERE analysis_id = ? AND request_id = ?"
        return self._database.row(statement, (analysis_id, request_id)) is not None

    def undo(self, analysis_id: str, item_id: str) -> Analysis:
        """Takes back every edit of a moment or chapter, and what deleted, merged or made it.

        Raises NotFoundError `analysis_not_found`, `item_unknown`, or OptionError `edit_built_on` where an edit of
        another one could not be without one of these.
        """
        undo, left = self._log(analysis_id).undone(item_id)
        if undo.numbers:
            self._keep(left, undo)
        return left

    def step_back(self, analysis_id: str, request_id: str = "") -> Analysis:
        """Takes back the last thing that was done to an analysis; idempotent as `edit`.

        Raises NotFoundError `analysis_not_found`, OptionError `edit_no_step`.
        """
        return self._step(analysis_id, "back", request_id)

    def step_forward(self, analysis_id: str, request_id: str = "") -> Analysis:
        """Does again what `step_back` took back last."""
        return self._step(analysis_id, "forward", request_id)

    def _step(self, analysis_id: str, step: Literal["back", "forward"], request_id: str) -> Analysis:
        log = self._log(analysis_id)
        if request_id and self._was_made(log.base.id, request_id):
            return log.edited
        undo = log.stepped(step)
        left = EditLog(log.base, {**log.entries, max(log.entries) + 1: undo}).edited
        self._keep(left, undo, request_id)
        return left

    def steps(self, analysis_id: str) -> EditSteps:
        """How far one can go back and forward."""
        return self._log(analysis_id).steps

    def deleted_of(self, fingerprints: Sequence[str]) -> set[tuple[str, str]]:
        """What the user deleted of all analyses of these media, or merged: (analysis, id of the moment or chapter)."""
        marks = ", ".join("?" for _ in fingerprints)
        rows = self._database.rows(
            f"SELECT id FROM analyses WHERE fingerprint IN ({marks}) AND id IN (SELECT analysis_id FROM edits)",
            fingerprints,
        )
        return {(row["id"], item_id) for row in rows for item_id in self.get(row["id"]).deleted}

    def carry_edits(self, analysis: Analysis) -> Notice | None:
        """Carries the edits of older analyses of its media over to a new one; what to say of it, if anything.

        The oldest first, so that what the user did last counts.
        """
        carrying, done = Carrying(analysis), self._carried_before(analysis)
        for older in self._edited_before(analysis):
            try:
                log = self._log(older)
                if log.base.options.get("labels") == analysis.options.get("labels"):
                    carrying.take(log, done)
            except UNREADABLE as error:
                _LOG.warning("the edits of analysis %s cannot be read and are not carried over: %s", older, error)
        with self._database.write() as connection:
            connection.executemany(
                "INSERT INTO edits (analysis_id, change, at, carried_from) VALUES (?, ?, ?, ?)",
                [(analysis.id, serialise.dumps(edit), now(), number) for number, edit in carrying.edits],
            )
            _count(connection, carrying.edited)
            self._tell(analysis)
        return carrying.notice()

    def _edited_before(self, analysis: Analysis) -> list[str]:
        """The other analyses of its media that were edited, oldest first."""
        rows = self._database.rows(
            "SELECT id FROM analyses WHERE fingerprint = ? AND id != ?"
            " AND id IN (SELECT analysis_id FROM edits) ORDER BY number",
            (analysis.media.fingerprint, analysis.id),
        )
        return [row["id"] for row in rows]

    def _carried_before(self, analysis: Analysis) -> set[int]:
        """The numbers of edits that were carried over before, and count where they were carried to."""
        rows = self._database.rows(
            "SELECT carried_from FROM edits JOIN analyses a ON a.id = analysis_id"
            " WHERE a.fingerprint = ? AND carried_from IS NOT NULL",
            (analysis.media.fingerprint,),
        )
        return {row["carried_from"] for row in rows}

    def _keep(self, edited: Analysis, edit: LoggedEdit, request_id: str = "") -> None:
        """One more edit in the log, after which the analysis is `edited`."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO edits (analysis_id, change, at, request_id) VALUES (?, ?, ?, ?)",
                (edited.id, serialise.dumps(edit), now(), request_id or None),
            )
            _count(connection, edited)
            self._tell(edited)

    def _tell(self, analysis: Analysis) -> None:
        """Inside a transaction."""
        self._database.tell(LibraryChange(Changed.ANALYSIS, analysis.id, analysis.media.fingerprint))

    def _unedited(self, analysis_id: str) -> tuple[Analysis, Path]:
        whole = resolve_id(self._database, "analyses", "analysis", analysis_id)
        row = self._database.row(
            "SELECT body, path, created_at FROM analyses LEFT JOIN media USING (fingerprint) WHERE id = ?", (whole,)
        )
        assert row is not None
        return analysis_of(whole, row)

    def _log(self, analysis_id: str) -> EditLog:
        return self._log_of(self._unedited(analysis_id)[0])

    def _log_of(self, base: Analysis) -> EditLog:
        rows = self._database.rows("SELECT number, change FROM edits WHERE analysis_id = ? ORDER BY number", (base.id,))
        edits, unreadable = edits_of(rows)
        return EditLog(base, edits, unreadable)

    def page(
        self, fingerprints: Sequence[str] | None = None, page_size: int = 0, page_token: str = ""
    ) -> tuple[tuple[AnalysisSummary, ...], str]:
        """A page of analyses (of these media, or of all), newest first, and the token of the next page."""
        size, below = page_bounds(page_size, page_token)
        of_media = ""
        values: list[object] = [below]
        if fingerprints is not None:
            of_media = f"AND a.fingerprint IN ({', '.join('?' for _ in fingerprints)})"
            values.extend(fingerprints)
        rows = self._database.rows(
            f"SELECT a.*, m.path FROM analyses a LEFT JOIN media m USING (fingerprint)"
            f" WHERE a.number < ? {of_media} ORDER BY a.number DESC LIMIT ?",
            (*values, size),
        )
        models = self._models([row["id"] for row in rows])
        found = tuple(summary_of(row, models[row["id"]]) for row in rows)
        return found, str(rows[-1]["number"]) if len(rows) == size else ""

    def _models(self, analysis_ids: Sequence[str]) -> defaultdict[str, dict[str, str]]:
        """The names of the models of these analyses, by id and role."""
        marks = ", ".join("?" for _ in analysis_ids)
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for row in self._database.rows(
            f"SELECT analysis_id, role, name FROM analysis_models WHERE analysis_id IN ({marks})", analysis_ids
        ):
            found[row["analysis_id"]][row["role"]] = row["name"]
        return found

    def fingerprints_at(self, path: Path) -> list[str]:
        """The content of the media last seen at this path."""
        rows = self._database.rows("SELECT fingerprint FROM media WHERE path = ?", (os.fsencode(path),))
        return [row["fingerprint"] for row in rows]

    def moved(self, before: Path, after: Path) -> None:
        """A file was given another name or place: its content is to be found there."""
        with self._database.write() as connection:
            connection.execute("UPDATE media SET path = ? WHERE path = ?", (os.fsencode(after), os.fsencode(before)))

    def was_edited(self, analysis_id: str) -> bool:
        """Whether the user has changed anything of an analysis; False for one that is not there."""
        return self._database.row("SELECT 1 FROM edits WHERE analysis_id = ?", (analysis_id,)) is not None

    def delete(self, analysis_id: str) -> None:
        """Deletes an analysis and its edits; raises NotFoundError `analysis_not_found`."""
        whole = resolve_id(self._database, "analyses", "analysis", analysis_id)
        with self._database.write() as connection:
            (row,) = connection.execute("SELECT fingerprint FROM analyses WHERE id = ?", (whole,))
            connection.execute("DELETE FROM analyses WHERE id = ?", (whole,))
            self._database.tell(LibraryChange(Changed.ANALYSIS, whole, row["fingerprint"]))


def _count(connection: sqlite3.Connection, edited: Analysis) -> None:
    connection.execute(
        "UPDATE analyses SET moments = ?, chapters = ? WHERE id = ?",
        (len(edited.moments), len(edited.chapters), edited.id),
    )


def _insert(connection: sqlite3.Connection, analysis: Analysis, stamp: int, body: str) -> None:
    connection.execute(
        "INSERT INTO analyses (id, fingerprint, created_at, preset, moments, chapters, duration, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            analysis.id,
            analysis.media.fingerprint,
            stamp,
            analysis.options.get("preset", ""),
            len(analysis.moments),
            len(analysis.chapters),
            serialise.encode(analysis.media.duration),
            body,
        ),
    )
    connection.executemany(
        "INSERT INTO analysis_models (analysis_id, role, name, id, device, reason) VALUES (?, ?, ?, ?, ?, ?)",
        # A model folder's name need not be UTF-8, and SQLite's text must be.
        [
            (analysis.id, role, printable(use.name), use.id, use.device, printable(use.reason))
            for role, use in analysis.models.items()
        ],
    )


def _keep_media(connection: sqlite3.Connection, info: MediaInfo) -> None:
    """Files a media inside a transaction that is open."""
    connection.execute(
        "INSERT INTO media (fingerprint, path, info, seen_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (fingerprint) DO UPDATE SET path = excluded.path, info = excluded.info,"
        " seen_at = excluded.seen_at",
        (info.fingerprint, os.fsencode(info.path), serialise.dumps(info), now()),
    )
