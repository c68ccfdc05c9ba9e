"""The library's schema as a numbered list: a new version appends, nothing here is ever changed.

A step is a script, or where rows have to be rewritten a function of the connection and the library's folder.  It runs
in one transaction, with foreign keys unchecked, so that a table can be made anew (ALTER TABLE ... DROP COLUMN needs a
younger SQLite than some systems have).  A row that makes no sense is left as it is, and does not keep the others back:
whoever reads it says so.

Times are integer microseconds since 1970 UTC, paths BLOBs as the operating system spells them, structured values JSON
as cuemark.core.serialise writes it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Migration = str | Callable[[sqlite3.Connection, Path], None]

_LOG = logging.getLogger(__name__)

_FIRST = """
    CREATE TABLE media (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint TEXT NOT NULL UNIQUE,
        path BLOB NOT NULL,
        info TEXT NOT NULL,
        seen_at INTEGER NOT NULL
    );
    CREATE INDEX media_path ON media (path);

    CREATE TABLE analyses (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        fingerprint TEXT NOT NULL REFERENCES media (fingerprint),
        created_at INTEGER NOT NULL,
        preset TEXT NOT NULL,
        clip TEXT NOT NULL,
        lm TEXT NOT NULL,
        moments INTEGER NOT NULL,
        chapters INTEGER NOT NULL,
        duration TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX analyses_fingerprint ON analyses (fingerprint);

    CREATE TABLE edits (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        analysis_id TEXT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
        change TEXT NOT NULL,
        at INTEGER NOT NULL
    );
    CREATE INDEX edits_analysis ON edits (analysis_id);

    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        request_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        spec TEXT NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        owner TEXT,
        last_sequence INTEGER NOT NULL DEFAULT 0,
        progress TEXT,
        progress_sequence INTEGER NOT NULL DEFAULT 0,
        progress_at INTEGER NOT NULL DEFAULT 0,
        counters TEXT NOT NULL DEFAULT '{}',
        warnings TEXT NOT NULL DEFAULT '[]',
        error TEXT,
        analysis_id TEXT,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER
    );
    CREATE INDEX jobs_state ON jobs (state, kind, number);

    CREATE TABLE job_events (
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (job_id, sequence)
    ) WITHOUT ROWID;
    """

_MODELS_BY_ROLE = """
    CREATE TABLE analysis_models (
        analysis_id TEXT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        name TEXT NOT NULL,
        id TEXT NOT NULL,
        device TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (analysis_id, role)
    ) WITHOUT ROWID;

    CREATE TABLE analyses_anew (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        fingerprint TEXT NOT NULL REFERENCES media (fingerprint),
        created_at INTEGER NOT NULL,
        preset TEXT NOT NULL,
        moments INTEGER NOT NULL,
        chapters INTEGER NOT NULL,
        duration TEXT NOT NULL,
        body TEXT NOT NULL
    );
    INSERT INTO analyses_anew (number, id, fingerprint, created_at, preset, moments, chapters, duration, body)
        SELECT number, id, fingerprint, created_at, preset, moments, chapters, duration, body FROM analyses;
    """

_OLD_ANALYSES_GONE = """
    DROP TABLE analyses;
    ALTER TABLE analyses_anew RENAME TO analyses;
    CREATE INDEX analyses_fingerprint ON analyses (fingerprint);
    """


def _models_by_role(connection: sqlite3.Connection, folder: Path) -> None:
    """2: models stand in a table by role, not in the columns clip and lm; what is said of a media are notices."""
    run_script(connection, _MODELS_BY_ROLE)
    for row in connection.execute("SELECT id, clip, lm, body FROM analyses"):  # one at a time: bodies are large
        with _left_as_it_is("analysis", row["id"]):
            body = json.loads(row["body"])
            body["models"] = {role: body.pop(role) for role in ("clip", "lm")}
            body["media"] = _with_notices(body["media"])
            # The column's name is printable; the body's may hold what SQLite's text cannot.
            uses = [
                (row["id"], role, row[role], use["id"], use["device"], _printable(use.get("reason", "")))
                for role, use in body["models"].items()
            ]
            connection.execute("UPDATE analyses_anew SET body = ? WHERE id = ?", (_dumps(body), row["id"]))
            connection.executemany("INSERT INTO analysis_models VALUES (?, ?, ?, ?, ?, ?)", uses)
    for (number,) in connection.execute("SELECT number FROM media").fetchall():
        (info,) = connection.execute("SELECT info FROM media WHERE number = ?", (number,)).fetchone()
        with _left_as_it_is("media", number):
            info = _dumps(_with_notices(json.loads(info)))
            connection.execute("UPDATE media SET info = ? WHERE number = ?", (info, number))
    run_script(connection, _OLD_ANALYSES_GONE)


def _kinds_and_roles(connection: sqlite3.Connection, folder: Path) -> None:
    """3: a request and an edit say their own kind, and a request names its models by role."""
    for row in connection.execute("SELECT id, kind, spec FROM jobs").fetchall():
        with _left_as_it_is("job", row["id"]):
            spec = _with_kind(row["kind"], json.loads(row["spec"]))
            connection.execute("UPDATE jobs SET spec = ? WHERE id = ?", (_dumps(spec), row["id"]))
    for row in connection.execute("SELECT job_id, sequence, body FROM job_events WHERE kind = 'job'").fetchall():
        with _left_as_it_is("event of job", row["job_id"]):
            body = json.loads(row["body"])
            job = {**body["job"], "spec": _with_kind(body["kind"], body["job"]["spec"])}
            key = (row["job_id"], row["sequence"])
            connection.execute("UPDATE job_events SET body = ? WHERE job_id = ? AND sequence = ?", (_dumps(job), *key))
    for row in connection.execute("SELECT number, change FROM edits").fetchall():
        with _left_as_it_is("edit", row["number"]):
            kind, change = json.loads(row["change"])
            change = _dumps({"kind": kind, **change})
            connection.execute("UPDATE edits SET change = ? WHERE number = ?", (change, row["number"]))


def _sent_markers(connection: sqlite3.Connection, folder: Path) -> None:
    """4: what was sent to timelines stands in a table, not in a JSON file for each timeline.

    The files stay where they are: a library that is put back from a copy made before takes them along again.
    """
    run_script(
        connection,
        """
        CREATE TABLE sent_markers (
            host TEXT NOT NULL,
            project TEXT NOT NULL,
            timeline TEXT NOT NULL,
            markers TEXT NOT NULL,
            PRIMARY KEY (host, project, timeline)
        ) WITHOUT ROWID;
        """,
    )
    for path in sorted(folder.glob("sent/*.json")):
        try:
            record = json.loads(path.read_text("utf-8"))
            names = [_printable(record[name]) for name in ("host", "project", "timeline")]
            markers = _dumps(list(record["markers"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            _LOG.warning("%s cannot be read and is left out: %s", path, error)
            continue
        connection.execute("INSERT OR REPLACE INTO sent_markers VALUES (?, ?, ?, ?)", (*names, markers))


_CARRIED_EDITS = """
    ALTER TABLE edits ADD COLUMN carried_from INTEGER;
"""
"""5: an edit that was carried over from an older analysis has the number of the one it comes from."""

_REQUESTED_EDITS = """
    ALTER TABLE edits ADD COLUMN request_id TEXT;
"""
"""6: an edit has the id of the request that made it, so that one that is made twice counts once."""

_JOB_RESULTS = """
    CREATE TABLE job_results (
        job_id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
"""
"""7: what came of a job that is no analysis (a transcript) is kept with it, until 50 newer ones are."""

_FOOTAGE = """
    CREATE TABLE footage (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL,
        options TEXT NOT NULL DEFAULT '{}',
        opening TEXT NOT NULL DEFAULT '',
        indexed_at INTEGER NOT NULL
    );

    CREATE TABLE footage_paths (
        path BLOB NOT NULL,
        fingerprint TEXT NOT NULL REFERENCES footage (fingerprint) ON DELETE CASCADE,
        size INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        asked TEXT NOT NULL DEFAULT '',
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (path, fingerprint)
    ) WITHOUT ROWID;
    CREATE INDEX footage_paths_fingerprint ON footage_paths (fingerprint);
"""
"""8: media whose entries are in the index, and every place where each was seen."""

_WATCHES = """
    CREATE TABLE watches (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        path BLOB NOT NULL UNIQUE,
        request TEXT NOT NULL,
        since INTEGER NOT NULL
    );
    CREATE TABLE watched_files (
        watch INTEGER NOT NULL REFERENCES watches (number) ON DELETE CASCADE,
        path BLOB NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (watch, path)
    ) WITHOUT ROWID;
"""
"""9: folders that are watched for new footage, and what was seen of each file in them."""


@contextmanager
def _left_as_it_is(what: str, name: object) -> Iterator[None]:
    """Where a row makes no sense, nothing of it is changed."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        _LOG.warning("%s %s cannot be read and is left as it is: %r", what, name, error)


def _printable(text: str) -> str:
    """As SQLite's text can hold it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _with_kind(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A request with its kind; an analysis had a field for each of its two models."""
    options = spec.get("options")
    if options is not None:
        models = {role: options.pop(role, None) for role in ("clip", "lm")}
        options["models"] = {role: name for role, name in models.items() if name}
    return {"kind": kind, **spec}


def _with_notices(info: dict[str, Any]) -> dict[str, Any]:
    """What is known of a media, its warnings as notices in place of pairs."""
    return {**info, "warnings": [{"code": code, "message": message} for code, message in info.get("warnings", ())]}


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Runs statements one by one: `executescript` would end the transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


MIGRATIONS: tuple[Migration, ...] = (
    _FIRST,
    _models_by_role,
    _kinds_and_roles,
    _sent_markers,
    _CARRIED_EDITS,
    _REQUESTED_EDITS,
    _JOB_RESULTS,
    _FOOTAGE,
    _WATCHES,
)
"""Step n makes version n of what version n - 1 left."""
