"""Finished analyses, the media they are of, and the user's edits.

An analysis is immutable.  Edits are small changes kept beside it and applied, in order, whenever it is read.  A media
is known by the fingerprint of its content; its path is only where it was last seen.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core import serialise
from cuemark.core.analysis import Analysis, AnalysisSummary, Chapter, ChapterEdit, Edit, Moment, MomentEdit
from cuemark.core.errors import NotFoundError, OptionError
from cuemark.core.media import MediaInfo
from cuemark.core.text import printable
from cuemark.library.database import Database, new_id, now, page_bounds, resolve_id, time_of


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
        analysis = _filed(serialise.decode(Analysis, body), new_id(), stamp)
        with self._database.write() as connection:
            _keep_media(connection, analysis.media)
            _insert(connection, analysis, stamp, serialise.dumps(body))
        return analysis

    def get(self, analysis_id: str) -> Analysis:
        """An analysis with its edits; raises NotFoundError `analysis_not_found`.  A unique prefix will do.

        Its media carries the path where the content was last seen.
        """
        analysis = self._unedited(analysis_id)
        return functools.reduce(apply, self._edits(analysis.id).values(), analysis)

    def edit(self, analysis_id: str, edit: Edit) -> Analysis:
        """Applies and keeps an edit; raises as `apply` does, and then keeps nothing."""
        analysis = self.get(analysis_id)
        edited = apply(analysis, edit)
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO edits (analysis_id, change, at) VALUES (?, ?, ?)",
                (analysis.id, serialise.dumps(edit), now()),
            )
        return edited

    def undo(self, analysis_id: str, item_id: str) -> Analysis:
        """Takes back every edit of a moment or chapter: it is again as it was found.

        Raises NotFoundError `analysis_not_found`, `item_unknown`, or OptionError `edit_built_on` where an edit of
        another chapter could not be without one of these.
        """
        analysis = self._unedited(analysis_id)
        if item_id not in {moment.id for moment in analysis.moments} | {chapter.id for chapter in analysis.chapters}:
            message = f"Analysis {analysis.id} has no moment or chapter {item_id!r}."
            raise NotFoundError("item_unknown", message, f"See cuemark analyses show {analysis.id}.")
        edits = self._edits(analysis.id)
        undone = [number for number, edit in edits.items() if edit.item_id == item_id]
        try:
            left = functools.reduce(apply, (edit for edit in edits.values() if edit.item_id != item_id), analysis)
        except OptionError as error:
            message = f"What was changed of {item_id} cannot be taken back: a change of another chapter builds on it."
            raise OptionError("edit_built_on", message, "Take that one back first.") from error
        with self._database.write() as connection:
            connection.executemany("DELETE FROM edits WHERE number = ?", [(number,) for number in undone])
        return left

    def _unedited(self, analysis_id: str) -> Analysis:
        whole = resolve_id(self._database, "analyses", "analysis", analysis_id)
        row = self._database.row(
            "SELECT body, path, created_at FROM analyses JOIN media USING (fingerprint) WHERE id = ?", (whole,)
        )
        assert row is not None
        analysis = serialise.loads(Analysis, row["body"])
        media = replace(analysis.media, path=Path(os.fsdecode(row["path"])))
        return _filed(replace(analysis, media=media), whole, row["created_at"])

    def _edits(self, analysis_id: str) -> dict[int, Edit]:
        """The edits of an analysis by number, in the order they were made."""
        rows = self._database.rows(
            "SELECT number, change FROM edits WHERE analysis_id = ? ORDER BY number", (analysis_id,)
        )
        return {row["number"]: serialise.loads(Edit, row["change"]) for row in rows}

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
            f"SELECT a.*, m.path FROM analyses a JOIN media m USING (fingerprint)"
            f" WHERE a.number < ? {of_media} ORDER BY a.number DESC LIMIT ?",
            (*values, size),
        )
        models = self._models([row["id"] for row in rows])
        found = tuple(_summary(row, models[row["id"]]) for row in rows)
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

    def delete(self, analysis_id: str) -> None:
        """Deletes an analysis and its edits; raises NotFoundError `analysis_not_found`."""
        whole = resolve_id(self._database, "analyses", "analysis", analysis_id)
        with self._database.write() as connection:
            connection.execute("DELETE FROM analyses WHERE id = ?", (whole,))


def _filed(analysis: Analysis, analysis_id: str, stamp: int) -> Analysis:
    """The analysis with what the library gives it: its id, when it came, and ids by order where it had none."""
    return replace(
        analysis,
        id=analysis_id,
        created_at=time_of(stamp),
        moments=tuple(replace(m, id=m.id or f"m{n}") for n, m in enumerate(analysis.moments, 1)),
        chapters=tuple(replace(c, id=c.id or f"c{n}") for n, c in enumerate(analysis.chapters, 1)),
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


def _summary(row: sqlite3.Row, models: dict[str, str]) -> AnalysisSummary:
    return AnalysisSummary(
        id=row["id"],
        path=Path(os.fsdecode(row["path"])),
        fingerprint=row["fingerprint"],
        duration=Fraction(row["duration"]),
        preset=row["preset"],
        models=models,
        moments=row["moments"],
        chapters=row["chapters"],
        created_at=time_of(row["created_at"]),
    )


def _keep_media(connection: sqlite3.Connection, info: MediaInfo) -> None:
    """Files a media inside a transaction that is open."""
    connection.execute(
        "INSERT INTO media (fingerprint, path, info, seen_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (fingerprint) DO UPDATE SET path = excluded.path, info = excluded.info,"
        " seen_at = excluded.seen_at",
        (info.fingerprint, os.fsencode(info.path), serialise.dumps(info), now()),
    )


def apply(analysis: Analysis, edit: Edit) -> Analysis:
    """The analysis with one edit; what it changed is marked as edited.

    Raises NotFoundError `moment_not_found`, `chapter_not_found`, or OptionError `edit_empty_text`, `edit_outside`,
    `edit_first_chapter` where the result could not be.
    """
    if isinstance(edit, MomentEdit):
        return replace(analysis, moments=_edit_moments(analysis, edit))
    return replace(analysis, chapters=_edit_chapters(analysis, edit))


def _edit_moments(analysis: Analysis, edit: MomentEdit) -> tuple[Moment, ...]:
    moment = next((item for item in analysis.moments if item.id == edit.moment_id), None)
    if moment is None:
        raise _missing("moment", edit.moment_id, analysis.id)
    start = moment.start if edit.start is None else edit.start
    end = moment.end if edit.end is None else edit.end
    if not 0 <= start < end <= max(analysis.media.duration, moment.end):
        step = f"It must lie between 0 and {float(analysis.media.duration):.3f} s, with its start before its end."
        message = f"Moment {moment.id} cannot span {float(start):.3f} to {float(end):.3f} s."
        raise OptionError("edit_outside", message, step)
    caption = moment.caption if edit.caption is None else _text(edit.caption, "caption")
    changed = replace(moment, caption=caption, start=start, end=end)
    if changed == moment:
        return analysis.moments
    changed = replace(changed, edited=True)
    moments = (changed if item is moment else item for item in analysis.moments)
    return tuple(sorted(moments, key=lambda item: (item.start, item.end)))


def _edit_chapters(analysis: Analysis, edit: ChapterEdit) -> tuple[Chapter, ...]:
    chapters = list(analysis.chapters)
    index = next((place for place, item in enumerate(chapters) if item.id == edit.chapter_id), None)
    if index is None:
        raise _missing("chapter", edit.chapter_id, analysis.id)
    if edit.title is not None:
        title = _text(edit.title, "title")
        if title != chapters[index].title:
            chapters[index] = replace(chapters[index], title=title, edited=True)
    if edit.start is not None and edit.start != chapters[index].start:
        _move_start(chapters, index, edit.start)
    return tuple(chapters)


def _move_start(chapters: list[Chapter], index: int, start: Fraction) -> None:
    chapter = chapters[index]
    if index == 0:
        step = "Move the start of the second chapter instead."
        raise OptionError("edit_first_chapter", "The first chapter always starts at 0.", step)
    before = chapters[index - 1]
    if not before.start < start < chapter.end:
        step = f"It must lie between {float(before.start):.3f} and {float(chapter.end):.3f} s."
        raise OptionError("edit_outside", f"Chapter {chapter.id} cannot start at {float(start):.3f} s.", step)
    chapters[index - 1] = replace(before, end=start, edited=True)
    chapters[index] = replace(chapter, start=start, edited=True)


def _text(text: str, what: str) -> str:
    text = " ".join(text.split())
    if not text:
        step = f"Give a {what}; --undo takes back what you changed."
        raise OptionError("edit_empty_text", f"The {what} is empty.", step)
    return text


def _missing(what: str, given: str, analysis_id: str) -> NotFoundError:
    message = f"Analysis {analysis_id} has no {what} {given!r}."
    return NotFoundError(f"{what}_not_found", message, f"See cuemark analyses show {analysis_id}.")
