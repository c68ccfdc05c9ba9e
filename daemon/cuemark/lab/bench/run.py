"""Runs sub-benchmarks by name.  Each is a module of this package, imported when it is asked for.

A module has `compare(options, progress) -> list[Comparison]`; one that measures growth has
`measure(options, progress) -> Measured` as well, which also gives its tables.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cuemark.core.errors import CuemarkError, OptionError
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison, Table
from cuemark.lab.bench.meters import PeakWatch, forget_gpu_peak, gpu_peak

NAMES = (
    "sampling",
    "features",
    "scoring",
    "optimise",
    "words",
    "screen_text",
    "gentle",
    "search",
    "library",
    "cluster",
)
ALL = "all"


@dataclass(frozen=True)
class Measured:
    """What a sub-benchmark found."""

    comparisons: tuple[Comparison, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class BenchRun:
    """What one sub-benchmark found, the memory this process held at most meanwhile, or why it could not be run."""

    name: str
    found: Measured = field(default_factory=Measured)
    peak_bytes: int = 0
    gpu_peak_bytes: int | None = None
    error: CuemarkError | None = None


def chosen(name: str) -> tuple[str, ...]:
    """The sub-benchmarks a name stands for; raises OptionError bench_unknown."""
    if name == ALL:
        return NAMES
    if name not in NAMES:
        known = ", ".join((*NAMES, ALL))
        raise OptionError("bench_unknown", f"There is no benchmark {name!r}.", f"Use one of {known}.")
    return (name,)


def run_all(names: Sequence[str], options: BenchOptions, progress: Progress) -> list[BenchRun]:
    """Each in turn.  Of several, one that cannot be run is told at the end and the others are still run."""
    done = []
    for name in names:
        try:
            done.append(_run(name, options, progress))
        except CuemarkError as error:
            if len(names) == 1:
                raise
            progress.note(f"{name} could not be measured: {error}")
            done.append(BenchRun(name, error=error))
        gc.collect()  # a sub-benchmark's models must not count as the next one's memory
    return done


def _run(name: str, options: BenchOptions, progress: Progress) -> BenchRun:
    module = importlib.import_module(f"{__package__}.{name}")
    forget_gpu_peak()
    with PeakWatch(os.getpid()) as watch:
        measure = getattr(module, "measure", None)
        found = measure(options, progress) if measure else Measured(tuple(module.compare(options, progress)))
    return BenchRun(name, found, watch.peak, gpu_peak())
