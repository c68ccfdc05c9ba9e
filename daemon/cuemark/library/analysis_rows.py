"""Rows of analyses read back: a line of a list, the whole, and its edits.

What cannot be read (a damaged page, a hand in the file) hurts nobody but itself: a line of a list says that it is
damaged, a body that makes no sense is an error that names its analysis, an edit is left out and counted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core import serialise
from cuemark.core.analysis import Analysis, AnalysisSummary, LoggedEdit
from cuemark.core.errors import Notice, StoreError
from cuemark.core.serialise import UNREADABLE
from cuemark.library.database import EPOCH, time_of

_UNKNOWN = Path("(cannot be read)")
_MOST = 2**31 - 1


def summary_of(row: sqlite3.Row, models: dict[str, str]) -> AnalysisSummary:
    """One line of a list; `damaged`, with what can be read, where something cannot."""
    try:
        _check_body(row["body"])
        return AnalysisSummary(
            id=row["id"],
            path=Path(os.fsdecode(row["path"])),
            fingerprint=str(row["fingerprint"]),
            duration=Fraction(row["duration"]),
            preset=str(row["preset"]),
            models=models,
            moments=_count(row["moments"]),
            chapters=_count(row["chapters"]),
            created_at=time_of(row["created_at"]),
        )
    except UNREADABLE:
        return _damaged_summary(row, models)


def analysis_of(analysis_id: str, row: sqlite3.Row) -> tuple[Analysis, Path]:
    """The analysis of a row, as it was found, with the path its media was last seen at; and where it was analysed.

    Raises StoreError `analysis_damaged`.
    """
    try:
        analysis: Analysis = serialise.loads(Analysis, row["body"])
    except UNREADABLE as error:
        raise damaged(analysis_id, error) from error
    try:
        media = replace(analysis.media, path=Path(os.fsdecode(row["path"])))
    except TypeError:  # the row of the media is not there, or holds no path: it was here when it was analysed
        media = analysis.media
    return filed(replace(analysis, media=media), analysis_id, row["created_at"]), analysis.media.path


def edits_of(rows: Iterable[sqlite3.Row]) -> tuple[dict[int, LoggedEdit], int]:
    """The edits of rows by number, and how many cannot be read."""
    found: dict[int, LoggedEdit] = {}
    unreadable = 0
    for row in rows:
        try:
            found[row["number"]] = serialise.loads(LoggedEdit, row["change"])
        except UNREADABLE:
            unreadable += 1
    return found, unreadable


def with_lost_edits(analysis: Analysis, lost: int) -> Analysis:
    """The analysis, saying how many of its edits are not in it."""
    if not lost:
        return analysis
    what = "One edit" if lost == 1 else f"{lost} edits"
    notice = Notice("edits_unreadable", f"{what} of analysis {analysis.id} cannot be read and is left out.")
    return replace(analysis, warnings=(*analysis.warnings, notice))


def filed(analysis: Analysis, analysis_id: str, stamp: Any) -> Analysis:
    """The analysis with what the library gives it: its id, when it came, and ids by order where it had none."""
    return replace(
        analysis,
        id=analysis_id,
        created_at=_time(stamp),
        moments=tuple(replace(m, id=m.id or f"m{n}") for n, m in enumerate(analysis.moments, 1)),
        chapters=tuple(replace(c, id=c.id or f"c{n}") for n, c in enumerate(analysis.chapters, 1)),
    )


def damaged(analysis_id: str, error: Exception) -> StoreError:
    """The error for an analysis whose row makes no sense."""
    reason = f"{type(error).__name__}: {error}"[:200]
    message = f"Analysis {analysis_id} cannot be read: its row in the library is damaged ({reason})."
    step = f"Analyse the file again; cuemark analyses rm {analysis_id} takes this one out."
    return StoreError("analysis_damaged", message, step)


def _check_body(body: Any) -> None:
    """Cheaply, since a list reads many: whether it is an object at all."""
    if not isinstance(body, str) or body[:1] != "{" or body[-1:] != "}":
        raise ValueError("no JSON object")


def _count(number: Any) -> int:
    if not isinstance(number, int) or not 0 <= number <= _MOST:
        raise ValueError(f"{number!r} is no count")
    return number


def _damaged_summary(row: sqlite3.Row, models: dict[str, str]) -> AnalysisSummary:
    try:
        path = Path(os.fsdecode(row["path"]))
    except TypeError:
        path = _UNKNOWN
    return AnalysisSummary(
        id=str(row["id"]),
        path=path,
        fingerprint=str(row["fingerprint"]),
        duration=Fraction(0),
        preset="",
        models=models,
        moments=0,
        chapters=0,
        created_at=_time(row["created_at"]),
        damaged=True,
    )


def _time(stamp: Any) -> Any:
    try:
        return time_of(stamp)
    except UNREADABLE:
        return EPOCH
