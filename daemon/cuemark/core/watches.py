"""Watched folders: what is asked of one, and what is told of the files that arrive in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.jobs import JobError


class WatchState(str, Enum):
    """How it stands with a file of a watched folder, or with the folder itself (WATCHING, GONE, FAILED).

    WAITING: it is whole, as far as can be told, and waits until the folder is quiet and for its turn.  COPYING: it
    grows, or somebody writes it.  RECORDING: it grows as fast as time goes by, and can be read.  INCOMPLETE: it has
    stopped growing and is not whole; looked at again when it changes.  PASSED_OVER: nothing here can read it, or
    nothing is in it that could be found.  MOVED is told once, and its state before goes on.
    """

    WATCHING = "watching"
    WAITING = "waiting"
    COPYING = "copying"
    RECORDING = "recording"
    INDEXING = "indexing"
    DONE = "done"
    INCOMPLETE = "incomplete"
    PASSED_OVER = "passed over"
    FAILED = "failed"
    GONE = "gone"
    MOVED = "moved"


@dataclass(frozen=True)
class WatchRequest:
    """A folder to watch: its files are indexed, and with `analyze` analysed, with these options."""

    path: Path
    analyze: bool = False
    options: AnalysisOptions = field(default_factory=AnalysisOptions)


@dataclass(frozen=True)
class WatchedFolder:
    """A watch as it stands.

    `known`: it was there before it was asked for.  `present`: the folder is there now.  `polled`: why changes are
    looked for now and then, "" where the system tells of them.  `counts`: how many files are in each state.
    """

    request: WatchRequest
    since: datetime
    known: bool = False
    present: bool = True
    polled: str = ""
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class WatchEvent:
    """One change of a file, or of the folder where `path` is it.

    `error` says why it failed or is incomplete, `note` what else is worth knowing.  `job_id` is the job that works or
    worked on it, `analysis_id` what came of one.  A `standing` event tells no change but how it stands: a new listener
    hears of each file once.  `sequence` counts what happened to the watch while this daemon runs.
    """

    sequence: int
    at: datetime
    folder: Path
    path: Path
    state: WatchState
    error: JobError | None = None
    note: str = ""
    moved_from: Path | None = None
    job_id: str | None = None
    analysis_id: str | None = None
    standing: bool = False
