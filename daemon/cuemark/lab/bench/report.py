"""What `cuemark bench` prints: rows for people, one object for programs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from cuemark.lab.bench.comparison import Comparison
from cuemark.lab.bench.memory import MIB
from cuemark.lab.bench.run import BenchRun
from cuemark.lab.bench.table import number

HEADS = ("comparison", "ratio", "min", "max", "goal", "met", "ours", "rival", "unit")
_RATIO = {"faster": "rival / ours", "share": "ours / rival"}


def rows(runs: Sequence[BenchRun]) -> list[tuple[str, ...]]:
    """One line a comparison, under HEADS."""
    return [_row(comparison) for run in runs for comparison in run.found.comparisons]


def facts(runs: Sequence[BenchRun]) -> list[tuple[str, str]]:
    """(comparison, what it is and what else it showed), for the lines below the table."""
    comparisons = [comparison for run in runs for comparison in run.found.comparisons]
    return [(found.name, f"{found.about} {facts_text(found)}".strip()) for found in comparisons]


def facts_text(found: Comparison) -> str:
    """What else a comparison showed, in one line."""
    return ", ".join(f"{name} {number(value)}" for name, value in found.facts.items())


def peaks(runs: Sequence[BenchRun]) -> dict[str, str]:
    """The memory this process held at most during each sub-benchmark."""
    return {run.name: _memory(run) for run in runs if run.error is None}


def bench_object(
    command: str, runs: Sequence[BenchRun], machine: Mapping[str, str], device: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything as one JSON value."""
    return {
        "schema": "cuemark-bench",
        "command": command,
        "machine": dict(machine),
        "device": dict(device),
        "peak_memory_bytes": {run.name: run.peak_bytes for run in runs if run.error is None},
        "gpu_peak_memory_bytes": {run.name: run.gpu_peak_bytes for run in runs if run.gpu_peak_bytes is not None},
        "results": [_result(comparison) for run in runs for comparison in run.found.comparisons],
        "tables": [table.as_json() for run in runs for table in run.found.tables],
        "errors": [
            {"name": run.name, "code": run.error.code, "message": run.error.message, "next_step": run.error.next_step}
            for run in runs
            if run.error is not None
        ],
    }


def _row(found: Comparison) -> tuple[str, ...]:
    sign = "" if found.goal is None else (">= " if found.kind == "faster" else "<= ")
    return (
        found.name,
        number(found.ratio_median),
        number(found.ratio_min),
        number(found.ratio_max),
        sign + number(found.goal),
        {True: "yes", False: "NO", None: ""}[found.met],
        number(statistics.median(found.ours)),
        number(statistics.median(found.rival)),
        found.unit,
    )


def _result(found: Comparison) -> dict[str, Any]:
    return {
        "name": found.name,
        "ratio_median": found.ratio_median,
        "ratio_min": found.ratio_min,
        "ratio_max": found.ratio_max,
        "ratio_is": _RATIO[found.kind],
        "unit": found.unit,
        "ours": statistics.median(found.ours),
        "rival": statistics.median(found.rival),
        "pairs": [list(pair) for pair in zip(found.ours, found.rival, strict=True)],
        "goal": found.goal,
        "met": found.met,
        "about": found.about,
        "facts": dict(found.facts),
    }


def _memory(run: BenchRun) -> str:
    gpu = "" if run.gpu_peak_bytes is None else f", {run.gpu_peak_bytes / MIB:.0f} MiB of the GPU"
    return f"{run.peak_bytes / MIB:.0f} MiB{gpu}"
