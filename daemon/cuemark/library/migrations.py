"""The library's schema as a numbered list: a new version appends, nothing here is ever changed.

Times are integer microseconds since 1970 UTC, paths BLOBs as the operating system spells them, structured values JSON
as cuemark.core.serialise writes it.
"""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    # 1: media, analyses and their edits, jobs and their events
    """
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
    """,
)
