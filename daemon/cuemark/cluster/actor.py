"""The actor of Ray Data that indexes footage: one for each GPU, or for two processors.

It keeps a worker process of the daemon's own kind and hands it one row after the other.  So what a file does to a
decoder is met as the daemon meets it: with the same guard, the same errors and as many attempts.  The worker ends when
its actor does, however that ends.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.cluster.carried import entry_bytes, feature_bytes, forget_entry, take_features, unbundled
from cuemark.cluster.order import ScanOrder, ScanResult, ScanRow
from cuemark.cluster.parts import PartDone
from cuemark.core import settings as own_settings
from cuemark.core.errors import CuemarkError, WorkerError
from cuemark.core.footage import Indexed
from cuemark.core.jobs import IndexPartSpec, IndexSpec, JobError
from cuemark.core.limits import ProcessLimits
from cuemark.core.serialise import decode, dumps, encode, loads
from cuemark.core.settings import Settings
from cuemark.daemon.worker_process import WORKER_COMMAND, WorkerGone, WorkerSlot
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.library.jobs import MAX_ATTEMPTS

_INDEX, _INDEX_PART = "cuemark.worker.runner:index", "cuemark.cluster.parts:index_part"


def columns(rows: Sequence[ScanRow], carried: Sequence[bytes] = ()) -> list[dict[str, Any]]:
    """Rows as Ray Data has them: path (its bytes, which need not be UTF-8), start and end, and what they need."""
    needed = carried or [b""] * len(rows)
    return [
        {"path": os.fsencode(row.path), "start": _text(row.start), "end": _text(row.end), "carried": data}
        for row, data in zip(rows, needed, strict=True)
    ]


def row_of(columns: Mapping[str, Any]) -> ScanRow:
    """The row of these columns."""
    return ScanRow(Path(os.fsdecode(columns["path"])), _time(columns["start"]), _time(columns["end"]))


class Indexer:
    """What `map_batches` makes once for each actor and calls with one row after the other."""

    def __init__(self, order: str, cores: int | None) -> None:
        """`order`: a `ScanOrder` as JSON; `cores`: of this actor, None for all of the machine."""
        self._order: ScanOrder = loads(ScanOrder, order)
        self._settings = _settings_here(self._order)
        asked = self._order.options
        self._limits = ProcessLimits(bool(asked.gentle), asked.vram, cores)
        self._loop = asyncio.new_event_loop()
        self._slot = WorkerSlot(self._settings, WORKER_COMMAND, "scan")

    def __call__(self, batch: Any) -> Any:
        """Columns `result` (a `ScanResult` as JSON) and `files` (bytes that go with it) of the rows of an Arrow table.

        Not numpy's arrays: its bytes lose the zeros they end in.
        """
        import pyarrow

        found = [self._done(row_of(row), row["carried"]) for row in batch.to_pylist()]
        results = pyarrow.array([dumps(result) for result, _ in found], pyarrow.string())
        return pyarrow.table({"result": results, "files": pyarrow.array([b for _, b in found], pyarrow.binary())})

    def _done(self, row: ScanRow, carried: bytes) -> tuple[ScanResult, bytes]:
        try:
            return self._part(row) if row.is_part else self._whole(row, carried)
        except CuemarkError as error:
            return ScanResult(row, error=JobError.of(error)), b""
        except Exception as error:  # the edge of a row: nothing that comes of one ends the work on the others
            message = f"Something went wrong inside Cuemark ({type(error).__name__}: {error})."
            found = WorkerError("internal_error", message, "This is a fault of ours; please report it.")
            return ScanResult(row, error=JobError.of(found)), b""

    def _whole(self, row: ScanRow, carried: bytes) -> tuple[ScanResult, bytes]:
        for features in unbundled(carried):
            take_features(features, FeatureCache(self._settings.cache))
        spec = IndexSpec(row.path, self._order.options)
        indexed, samples = self._asked(_INDEX, spec)
        found: Indexed = decode(Indexed, indexed)
        files = b""
        if not self._order.is_local:
            files = entry_bytes(self._settings.index, found.media.fingerprint)
            forget_entry(self._settings.index, found.media.fingerprint)
        return ScanResult(row, found, samples=samples), files

    def _part(self, row: ScanRow) -> tuple[ScanResult, bytes]:
        assert row.start is not None and row.end is not None
        spec = IndexPartSpec(row.path, row.start, row.end, self._order.options)
        answer, samples = self._asked(_INDEX_PART, spec)
        done: PartDone = decode(PartDone, answer)
        files = b"" if self._order.is_local else feature_bytes(done.keys, FeatureCache(self._settings.cache))
        return ScanResult(row, samples=samples), files

    def _asked(self, function: str, spec: IndexSpec | IndexPartSpec) -> tuple[Any, int]:
        """What the worker answers, and how many frames it encoded; raises what the task ended with."""
        return self._loop.run_until_complete(self._attempts(function, spec))

    async def _attempts(self, function: str, spec: IndexSpec | IndexPartSpec) -> tuple[Any, int]:
        """As often as the daemon tries: a worker that ends costs an attempt, and leaves what it had finished."""
        how = ""
        for _ in range(MAX_ATTEMPTS):
            try:
                return await self._attempt(function, spec)
            except WorkerGone as gone:
                how = str(gone)
        message = f"The worker ended unexpectedly {MAX_ATTEMPTS} times ({how})."
        raise WorkerError("worker_crashed", message, "Try another copy of the file.")

    async def _attempt(self, function: str, spec: IndexSpec | IndexPartSpec) -> tuple[Any, int]:
        encoded = 0
        async with aclosing(self._slot.run("row", function, spec, self._limits, lambda: True)) as messages:
            async for message in messages:
                encoded += (message.get("counters") or {}).get("frames_encoded", 0)
                if message["type"] == "failed":
                    raise decode(JobError, message["error"]).error()
                if message["type"] == "done":
                    return message["result"], encoded
        raise WorkerGone("it said nothing of the end")


def _settings_here(order: ScanOrder) -> Settings:
    """Of this machine: its models and its cache; entries that another machine will keep lie where nothing stays."""
    if order.is_local:
        return order.settings
    folder = tempfile.mkdtemp(prefix="cuemark-scan-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return replace(own_settings.load(), data=Path(folder))


def _text(time: Fraction | None) -> str:
    return "" if time is None else str(encode(time))


def _time(text: str) -> Fraction | None:
    return Fraction(text) if text else None
