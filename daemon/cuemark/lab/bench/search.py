"""`cuemark bench search`: the scan over very many frame vectors, beside plain numpy and, above two million, graphs.

The vectors are simulated and packed as the library is (`simulated_footage`).  For ten million that takes minutes, and
building their graphs an hour or more; what was made is kept in the work folder.  Memory is read in a process of its
own: `python -m cuemark.lab.bench.search FOLDER COUNT DIMENSION SEED` searches and prints one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cuemark.core.own_process import handed_on, python_command, working_folder
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison, GrowingTable, Table, alternate, timed
from cuemark.lab.bench.footage import need_room
from cuemark.lab.bench.meters import MIB, current
from cuemark.lab.bench.run import Measured
from cuemark.lab.bench.simulated_footage import ENCODER, SimulatedFootage
from cuemark.library.search.codes import Floats, integer_products
from cuemark.library.search.scan import EXACT_MOST, VectorScan

BEST, TOLD = 50, 10
"""Nearest frames asked for, and those of which the recall is told."""
GOAL = 2.0
"""Times as fast as plain numpy: half of the bytes are read once, and most rows are ruled out by them."""
GOAL_MS = 50.0
_QUERIES, _QUERIES_AT_ONCE = 15, 32
_TRIED = 200
"""Queries of which the recall is told."""
_FRACTIONS = (100, 10, 1)
_MEDIA_AT_ONCE = 100


def measure(options: BenchOptions, progress: Progress) -> Measured:
    """The scan beside plain numpy, growth with the number of vectors, and with more than two million graphs."""
    exact = SimulatedFootage(min(options.vectors, EXACT_MOST), options.dimension, options.seed)
    found = [against_numpy(exact, options, progress)]
    if options.vectors > EXACT_MOST:
        whole = SimulatedFootage(options.vectors, options.dimension, options.seed)
        found.append(against_exact(whole, options, progress))
    return Measured(tuple(found), (growth(exact, options, progress),))


def against_numpy(footage: SimulatedFootage, options: BenchOptions, progress: Progress) -> Comparison:
    """The exact scan of one query beside a product of float32 rows that lie in memory."""
    queries = footage.queries(_QUERIES)
    with _packed(footage, options, progress) as scan:
        apart = search_apart(_folder(footage, options), footage)
        plain = scan.rows(ENCODER).vectors.astype(np.float32)
        ours, rival = alternate(
            lambda: _median(lambda query: scan.search(query[None], ENCODER, BEST), queries),
            lambda: _median(lambda query: _nearest_of(plain, query), queries),
            options.pairs,
            progress,
        )
        same = all(_same(scan, plain, query) for query in queries)
    return Comparison(
        name="search/scan",
        about=f"Ours finds the {BEST} nearest of {footage.count} vectors exactly, the rival by numpy in float32.",
        unit="s a query",
        kind="faster",
        ours=ours,
        rival=rival,
        goal=GOAL,
        facts={
            f"ours, ms (at most {GOAL_MS:.0f} of a million is wanted)": 1000 * statistics.median(ours),
            "numpy, ms": 1000 * statistics.median(rival),
            "numbers a vector": footage.dimension,
            "by": "8-bit codes (numkong), then float16" if integer_products() else "float16 (numpy)",
            "the same cosines": str(same),
            "on the disk, MiB": apart.disk / MIB,
            "own memory for it, MiB": apart.own / MIB,
            "of the system's cache, MiB": apart.mapped / MIB,
            "first search of a process, s": apart.first,
        },
    )


def against_exact(footage: SimulatedFootage, options: BenchOptions, progress: Progress) -> Comparison:
    """Graphs beside the exact scan of the same vectors, and how many of the nearest they find."""
    import onnxruntime  # noqa: F401  # named at the end of a run; once usearch is loaded, loading it ends the process

    queries = footage.queries(_TRIED)
    with _packed(footage, options, progress) as scan:
        rows, numbers = scan.rows(ENCODER), set(footage.media)
        progress.note("building graphs, unless an earlier run has")
        scan.search(queries[:1], ENCODER, 1)
        seconds = timed(scan.built)
        exactly = [scan.search(query[None], ENCODER, TOLD, exact=True)[0] for query in queries]
        nearly = [scan.search(query[None], ENCODER, TOLD)[0] for query in queries]
        told = "; ".join(notice.message for notice in scan.notices(ENCODER))
        few = queries[:_QUERIES]
        ours, rival = alternate(
            lambda: _median(lambda query: scan.search(query[None], ENCODER, TOLD), few),
            lambda: _median(lambda query: scan.search(query[None], ENCODER, TOLD, exact=True), few),
            options.pairs,
            progress,
        )
    ids = [({each.id for each in some}, {each.id for each in all_}) for some, all_ in zip(nearly, exactly, strict=True)]
    return Comparison(
        name="search/graphs",
        about=f"Ours finds the {TOLD} nearest of {footage.count} vectors by graphs, the rival by the exact scan.",
        unit="s a query",
        kind="faster",
        ours=ours,
        rival=rival,
        facts={
            f"recall of the {TOLD} nearest": statistics.fmean(len(some & all_) / len(all_) for some, all_ in ids),
            "ours, ms": 1000 * statistics.median(ours),
            "exact, ms": 1000 * statistics.median(rival),
            "numbers a vector": footage.dimension,
            "media": len(numbers),
            "vectors": len(rows),
            "built in, s (0: by an earlier run)": round(seconds),
            "on the disk, MiB": _size(_folder(footage, options)) / MIB,
            "said with results": told,
        },
    )


def growth(footage: SimulatedFootage, options: BenchOptions, progress: Progress) -> Table:
    """Exact search among ever more vectors, each row by a process of its own."""
    about = f"exact search for the {BEST} nearest of {footage.dimension} numbers each, by a process of its own"
    several = f"{_QUERIES_AT_ONCE} queries, s"
    columns = ("vectors", "one query, s", several, "own memory, MiB", "mapped, MiB", "disk, MiB")
    table = GrowingTable("vectors", about, columns, progress)
    for count in sorted({max(1, footage.count // part) for part in _FRACTIONS}):
        progress.check()
        fewer = SimulatedFootage(count, footage.dimension, footage.seed)
        with _packed(fewer, options, progress):
            pass
        found = search_apart(_folder(fewer, options), fewer)
        table.add(count, found.one, found.several, found.own / MIB, found.mapped / MIB, found.disk / MIB)
    return table.table()


@dataclass(frozen=True)
class Searched:
    """What a process found: seconds of its first search, of a later one (median), of several queries at once; bytes of
    its own memory and of mapped files that it took for them, and bytes on the disk."""

    first: float
    one: float
    several: float
    own: int
    mapped: int
    disk: int


def search_apart(folder: Path, footage: SimulatedFootage) -> Searched:
    """Search packed vectors in a process of its own."""
    arguments = [str(folder.absolute()), str(footage.count), str(footage.dimension), str(footage.seed)]
    command = python_command("cuemark.lab.bench.search", *arguments)
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True, cwd=working_folder(), env=handed_on()
    )
    return Searched(**json.loads(ran.stdout))


def main(folder: str, count: str, dimension: str, seed: str) -> None:
    """Search, and print what it took."""
    footage = SimulatedFootage(int(count), int(dimension), int(seed))
    queries = footage.queries(_QUERIES_AT_ONCE)
    integer_products()  # loads the kernel, which is no part of a search's memory
    before = _memory()
    scan = VectorScan(footage, Path(folder))
    first = timed(lambda: scan.search(queries[:1], ENCODER, BEST, exact=True))
    one = _median(lambda query: scan.search(query[None], ENCODER, BEST, exact=True), queries[:_QUERIES])
    several = timed(lambda: scan.search(queries, ENCODER, BEST, exact=True))
    own, mapped = (now - then for now, then in zip(_memory(), before, strict=True))
    scan.close()
    print(json.dumps(Searched(first, one, several, own, mapped, _size(Path(folder))).__dict__))


def _memory() -> tuple[int, int]:
    """Resident bytes of this process's own memory, and of files; all count as its own where that is not told apart."""
    try:
        status = Path(f"/proc/{os.getpid()}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return current(os.getpid()), 0
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    own, mapped = (int(fields[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))
    return own, mapped


@contextmanager
def _packed(footage: SimulatedFootage, options: BenchOptions, progress: Progress) -> Iterator[VectorScan]:
    """The set, packed now unless an earlier run has."""
    folder = _folder(footage, options)
    scan = VectorScan(footage, folder)
    try:
        if scan.rows(ENCODER).live < footage.count:
            # float16, 8-bit codes and three factors, and of graphs about as much as the codes and their links.
            bytes_a_row = footage.dimension * (4 if footage.count > EXACT_MOST else 3) + 12
            need_room(options.work, footage.count * (bytes_a_row + 300 * (footage.count > EXACT_MOST)) + (64 << 20))
            _pack(scan, footage, progress)
        yield scan
    finally:
        scan.close()


def _pack(scan: VectorScan, footage: SimulatedFootage, progress: Progress) -> None:
    """A part at a time, so that what is left of a run that was stopped is used again."""
    media = footage.media
    numbers = sorted(media)
    for done in range(len(scan.rows(ENCODER).by_number), len(numbers), _MEDIA_AT_ONCE):
        progress.check()
        progress.update("pack", done, len(numbers), "hours of footage")
        scan.update(ENCODER, {number: media[number] for number in numbers[: done + _MEDIA_AT_ONCE]})


def _folder(footage: SimulatedFootage, options: BenchOptions) -> Path:
    return options.work / f"search-{footage.count}x{footage.dimension}-seed{footage.seed}"


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _median(search: Callable[[Floats], object], queries: Floats) -> float:
    """Seconds a query, of so many one after the other."""
    return statistics.median(timed(partial(search, query)) for query in queries)


def _nearest_of(plain: Floats, query: Floats) -> Any:
    cosines = plain @ query
    best = min(BEST, len(cosines))
    found = np.argpartition(-cosines, best - 1)[:best]
    return found[np.argsort(-cosines[found])]


def _same(scan: VectorScan, plain: Floats, query: Floats) -> bool:
    """Whether both found the same cosines, to what float32 can tell."""
    ours = [each.cosine for each in scan.search(query[None], ENCODER, BEST, exact=True)[0]]
    return bool(np.allclose(ours, plain[_nearest_of(plain, query)] @ query, atol=1e-5))


if __name__ == "__main__":
    main(*sys.argv[1:])
