"""The driver process of a scan: the one that runs Ray.  `cuemark.cluster.scan` starts it and reads what it says.

It is handed a `ScanOrder` as a line of JSON on its standard input and writes one JSON object a line: `ready` (places),
`rows` (how many, before those that finish long files), `row` (a `ScanResult`), and last `end` (a `ScanEnd`).  When its
input ends, whoever asked is gone: it ends at once, and with it all that it started.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cuemark.cluster import ray_session
from cuemark.cluster.actor import Indexer, columns, row_of
from cuemark.cluster.carried import bundled, take_entry, take_features
from cuemark.cluster.order import Places, ScanEnd, ScanOrder, ScanResult, ScanRow
from cuemark.cluster.parts import spans
from cuemark.cluster.processes import end_all
from cuemark.core.errors import CuemarkError, ModelError, OptionError, WorkerError
from cuemark.core.jobs import JobError
from cuemark.core.serialise import dumps, encode, loads
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.index.store import IndexStore

_SLOWEST_BYTES_A_S = 16 << 10
"""Footage has at least 128 kbit a second: a file with less than that is not long, and need not be looked into."""
_IN_FLIGHT = 2
"""Rows an actor has at a time: the one it works on, and the next."""
_AT_ONCE = 5000
"""Rows of one data set of Ray: each is a block that the driver keeps account of."""
_OF_ALL = (ModelError, OptionError)
"""Errors of what was asked, not of one file: nothing else would come of the others."""

Send = Callable[[str, Any], None]


class Driver:
    """A scan under way: its rows, and what came of them."""

    def __init__(self, order: ScanOrder, send: Send) -> None:
        self._order, self._send = order, send
        self._store = IndexStore(order.settings.index)
        self._carried: dict[Path, list[bytes]] = defaultdict(list)
        self._done: set[ScanRow] = set()

    def run(self) -> ScanEnd:
        """All of it.  Raises CuemarkError where none of the files can be worked on."""
        begun = time.monotonic()
        places = ray_session.start(self._order)
        _configure()
        self._send("ready", encode(places))
        starting, working = time.monotonic() - begun, time.monotonic()
        rows = self._rows()
        self._send("rows", len(rows))
        for first in range(0, len(rows), _AT_ONCE):
            self._work(rows[first : first + _AT_ONCE], places)
        if whole := [ScanRow(path) for path in dict.fromkeys(row.path for row in rows if row.is_part)]:
            self._work(whole, places, [bundled(self._carried.pop(row.path, [])) for row in whole])
        return ScanEnd(time.monotonic() - working, starting)

    def _rows(self) -> list[ScanRow]:
        """A row a file, and one for each part of a long one; the largest first, so that none is waited for alone."""
        sizes = {path: _size(path) for path in self._order.paths}
        paths = sorted(sizes, key=lambda path: sizes[path], reverse=True)
        large = [path for path in paths if sizes[path] >= self._order.long_s * _SLOWEST_BYTES_A_S]
        found = {path: [ScanRow(path)] for path in paths}
        for first in range(0, len(large), _AT_ONCE):
            for row in _divided(large[first : first + _AT_ONCE], self._order):
                if row.is_part:
                    found[row.path] = [*(one for one in found[row.path] if one.is_part), row]
        return [row for rows in found.values() for row in rows]

    def _work(self, rows: Sequence[ScanRow], places: Places, carried: Sequence[bytes] = ()) -> None:
        """Hand rows to the actors and tell what came of each."""
        if not rows:
            return
        for result, files in _indexed(rows, carried, self._order, places):
            self._done.add(result.row)
            if result.error is not None and isinstance(error := result.error.error(), _OF_ALL):
                raise error
            self._tell(self._kept(result, files))
        for row in rows:  # whatever became of their actors, nobody answered for these
            if row not in self._done and not row.is_part:
                self._tell(ScanResult(row, error=JobError.of(_unanswered(row.path))))

    def _kept(self, result: ScanResult, files: bytes) -> ScanResult:
        """The result, after what came with it from another machine is where it belongs."""
        if not files:
            return result
        try:
            if result.indexed is not None:
                take_entry(files, result.indexed.media.fingerprint, self._store)
            else:
                take_features(files, FeatureCache(self._order.settings.cache))
                self._carried[result.row.path].append(files)
        except CuemarkError as error:
            return ScanResult(result.row, error=JobError.of(error))
        return result

    def _tell(self, result: ScanResult) -> None:
        self._send("row", encode(result))


def _indexed(
    rows: Sequence[ScanRow], carried: Sequence[bytes], order: ScanOrder, places: Places
) -> Iterator[tuple[ScanResult, bytes]]:
    """What the actors answer, as it comes."""
    import ray.data

    table = ray.data.from_items(columns(rows, carried), override_num_blocks=len(rows))
    done = table.map_batches(
        Indexer,
        fn_constructor_kwargs={"order": _for_workers(order), "cores": places.cores},
        batch_size=1,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(
            min_size=1, max_size=places.workers, initial_size=min(places.workers, len(rows)),
            max_tasks_in_flight_per_actor=_IN_FLIGHT,
        ),
        **ray_session.actor_resources(places),
    )  # fmt: skip
    for found in done.iter_rows():
        yield loads(ScanResult, found["result"]), found["files"]


def _divided(paths: Sequence[Path], order: ScanOrder) -> Iterator[ScanRow]:
    """The rows of files that may be long, by tasks of Ray: to know their length means to read their packets."""
    import ray.data

    if not paths:
        return
    table = ray.data.from_items(columns([ScanRow(path) for path in paths]), override_num_blocks=len(paths))
    divide = functools.partial(_rows_of, order=_for_workers(order))
    for found in table.flat_map(divide, num_cpus=0.1).iter_rows():
        yield row_of(found)


def _rows_of(row: dict[str, Any], order: str) -> list[dict[str, Any]]:
    """The rows of one file; one for all of it where it cannot be read, which its indexing will say."""
    import asyncio

    from cuemark.core.media import MediaInfo
    from cuemark.core.serialise import decode
    from cuemark.daemon.oneshot import ask
    from cuemark.media.sampling import sample_times

    asked: ScanOrder = loads(ScanOrder, order)
    path = Path(os.fsdecode(row["path"]))
    try:
        info: MediaInfo = decode(MediaInfo, asyncio.run(ask("probe", path=path)))
        if not info.has_picture:
            return [row]
        found = spans(info, sample_times(info, asked.options.sample_rate), asked.long_s)
    except CuemarkError:
        return [row]
    return [row] if len(found) == 1 else columns([ScanRow(path, start, end) for start, end in found])


def _for_workers(order: ScanOrder) -> str:
    """The order without its files: each worker is told of those it gets."""
    return dumps(replace(order, paths=()))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _unanswered(path: Path) -> WorkerError:
    from cuemark.core.text import shown

    message = f"{shown(path)}: the workers that had it ended without an answer."
    return WorkerError("worker_crashed", message, "Scan again: what was done is kept.")


def _configure() -> None:
    """Ray Data: no bars, no limit to rows that are lost (they are told), whatever is done first comes first."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1
    context.execution_options.preserve_order = False


def main() -> None:
    """The entry point of `python -m cuemark.cluster.driver`."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Ray prints, natively too, goes to standard error
    order: ScanOrder = loads(ScanOrder, sys.stdin.buffer.readline().decode())
    threading.Thread(target=_end_with_the_command, args=(order,), name="command's end", daemon=True).start()

    def send(kind: str, value: Any) -> None:
        sink.write(json.dumps({"type": kind, "value": value}, separators=(",", ":")).encode("ascii") + b"\n")
        sink.flush()

    try:
        os.environ.update(ray_session.environment(order.is_local))
        end = Driver(order, send).run()
    except CuemarkError as error:
        end = ScanEnd(failed=JobError.of(error))
    except Exception as error:  # the edge of the process
        traceback.print_exc(file=sys.stderr)
        message = f"Ray ended the scan ({type(error).__name__}: {str(error).strip()[:300]})."
        end = ScanEnd(failed=JobError.of(WorkerError("cluster_failed", message, "Scan again: what was done is kept.")))
    send("end", encode(end))
    end_all(os.getpid())
    os._exit(0)


def _end_with_the_command(order: ScanOrder) -> None:
    """Whoever asked is gone, by a crash or a kill: nothing of Ray stays."""
    import shutil

    while os.read(0, 4096):
        pass
    end_all(os.getpid())
    shutil.rmtree(order.scratch, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
