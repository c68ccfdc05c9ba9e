"""`cuemark bench`: what it prints and writes, and what it refuses before any work."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from cuemark.cli.main import app
from cuemark.core.errors import CuemarkError
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison, Table
from cuemark.lab.bench.meters import MIB, PeakWatch, lifetime_peak
from cuemark.lab.bench.run import NAMES, Measured

Modules = dict[str, ModuleType]


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["bench", *map(str, arguments)])


def found(name: str, options: BenchOptions) -> Comparison:
    facts: dict[str, str | int | float] = {"largest difference": 1.5e-7, "real size": str(options.real_size)}
    ours = tuple(1.0 + number for number in range(options.pairs))
    return Comparison(
        f"{name}/x",
        "Ours is a, the rival is b.",
        "s a step",
        "faster",
        ours,
        tuple(30 * one for one in ours),
        20,
        facts,
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Modules:
    """In place of every sub-benchmark one that answers at once; `library` has tables."""
    modules: Modules = {}
    for name in NAMES:
        module = ModuleType(f"cuemark.lab.bench.{name}")

        def compare(options: BenchOptions, progress: Progress, name: str = name) -> list[Comparison]:
            progress.update(name, 1, 2, "runs")
            return [found(name, options)]

        module.__dict__["compare"] = compare
        modules[name] = module
        monkeypatch.setitem(sys.modules, module.__name__, module)
    table = Table("footage", "an analysis", ("minutes", "all, s", "peak, MiB"), ((1, 2.5, 700.0), (10, 20.0, None)))
    modules["library"].__dict__["measure"] = lambda options, progress: Measured((found("library", options),), (table,))
    return modules


def test_json_is_one_value_with_ratio_machine_and_device(quick: Modules, tmp_path: Path) -> None:
    ran = invoke("scoring", "--real-size", "--pairs", "2", "--work", tmp_path / "work", "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    (result,) = told["results"]
    assert (result["ratio_median"], result["ratio_min"], result["ratio_max"]) == (30.0, 30.0, 30.0)
    assert (result["name"], result["unit"], result["ours"], result["rival"]) == ("scoring/x", "s a step", 1.5, 45.0)
    assert result["met"] is True and result["goal"] == 20 and result["ratio_is"] == "rival / ours"
    assert result["facts"]["real size"] == "True", "the option reaches the sub-benchmark"
    assert told["command"] == "cuemark bench scoring --pairs 2 --real-size"
    assert int(told["machine"]["processors"]) >= 1 and "torch" in told["machine"]
    assert told["device"]["torch"]["used"] and told["device"]["onnxruntime"]["used"].endswith("ExecutionProvider")
    assert told["device"]["torch"]["reason"] and told["device"]["onnxruntime"]["reason"]
    assert told["peak_memory_bytes"]["scoring"] > 10 * MIB


def test_people_read_ratio_goal_machine_and_memory(quick: Modules, tmp_path: Path) -> None:
    ran = invoke("features", "--pairs", "1", "--work", tmp_path)
    assert ran.exit_code == 0, ran.output
    assert re.search(r"features/x +30 +30 +30 +>= 20 +yes +1 +30 +s a step", ran.stdout)
    assert "largest difference 1.5e-07" in ran.stdout and "peak memory of this process, features:" in ran.stdout
    assert "ONNX Runtime" in ran.stdout or "onnxruntime on:" in ran.stdout
    assert "features: 1/2 runs" in ran.stderr and "1/2 runs" not in ran.stdout


def test_a_goal_that_is_missed_stands_out(quick: Modules, tmp_path: Path) -> None:
    quick["gentle"].__dict__["compare"] = lambda options, progress: [
        Comparison("gentle", "About.", "s", "share", (3.0,), (2.0,), 1.1)
    ]
    assert re.search(r"gentle +1.5 .*<= 1.1 +NO ", invoke("gentle", "--work", tmp_path).stdout)
    assert json.loads(invoke("gentle", "--work", tmp_path, "--json").stdout)["results"][0]["met"] is False


def test_all_runs_every_one_and_tells_of_those_that_could_not(quick: Modules, tmp_path: Path) -> None:
    def missing(options: BenchOptions, progress: Progress) -> list[Comparison]:
        raise CuemarkError("eval_extra_missing", "scenedetect cannot be imported.", "Install it.")

    quick["sampling"].__dict__["compare"] = missing
    ran = invoke("all", "--work", tmp_path, "--json")
    assert ran.exit_code == 1
    told = json.loads(ran.stdout)
    assert [result["name"] for result in told["results"]] == [f"{name}/x" for name in NAMES if name != "sampling"]
    assert [error["code"] for error in told["errors"]] == ["eval_extra_missing"]
    assert told["tables"][0]["rows"][1] == {"minutes": 10, "all, s": 20.0, "peak, MiB": None}
    alone = invoke("sampling", "--work", tmp_path)
    assert alone.exit_code == 1 and "Install it." in alone.stderr


def test_growth_is_drawn(quick: Modules, tmp_path: Path) -> None:
    for name, start in (("growth.png", b"\x89PNG"), ("growth.svg", b"<?xml")):
        ran = invoke("library", "--work", tmp_path / "work", "--plot", tmp_path / name)
        assert ran.exit_code == 0, ran.output
        assert (tmp_path / name).read_bytes().startswith(start)
        assert "footage: an analysis" in ran.stdout and name in ran.stderr


def test_figures_are_told_although_the_plot_cannot_be_written(
    quick: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    ran = invoke("library", "--work", tmp_path, "--plot", tmp_path / "growth.png", "--json")
    assert ran.exit_code == 1 and "No space left" in ran.stderr
    told = json.loads(ran.stdout)
    assert told["tables"][0]["rows"][0]["minutes"] == 1
    assert [error["code"] for error in told["errors"]] == ["bench_plot_unwritable"]


def test_nothing_is_drawn_where_nothing_was_measured(quick: Modules, tmp_path: Path) -> None:
    def missing(options: BenchOptions, progress: Progress) -> Measured:
        raise CuemarkError("bench_busy", "Another benchmark is at work.", "Wait for it.")

    quick["library"].__dict__["measure"] = missing
    ran = invoke("all", "--work", tmp_path, "--plot", tmp_path / "growth.png")
    assert ran.exit_code == 1 and "Plot:" not in ran.stderr and not (tmp_path / "growth.png").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nonsense",), 2, "bench_unknown"),
        (("scoring", "--pairs", "0"), 2, "--pairs"),
        (("scoring", "--plot", "growth.png"), 2, "library"),
        (("library", "--plot", "growth.mp4"), 2, ".png"),
        (("library", "--plot", "nowhere/growth.png"), 2, "does not exist"),
        (("scoring", "--work", "taken/inside"), 1, "--work"),
    ],
)
def test_what_cannot_be_is_told_at_once(
    quick: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    for module in quick.values():
        module.__dict__.pop("measure", None)
        module.__dict__["compare"] = None  # calling it would be an internal error
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_bytes(b"")
    ran = invoke(*arguments)
    assert ran.exit_code == code, ran.output
    assert said in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_ctrl_c_ends_in_one_line(quick: Modules, tmp_path: Path) -> None:
    def interrupted(options: BenchOptions, progress: Progress) -> list[Comparison]:
        raise KeyboardInterrupt

    quick["scoring"].__dict__["compare"] = interrupted
    ran = invoke("scoring", "--work", tmp_path)
    assert ran.exit_code == 130 and "Interrupted." in ran.stderr and "Traceback" not in ran.output


def test_every_name_has_a_module_behind_it() -> None:
    package = Path(sys.modules["cuemark.lab.bench.run"].__file__ or "").parent
    assert all((package / f"{name}.py").is_file() for name in NAMES)


def test_peak_memory_is_noticed_although_it_is_gone_again() -> None:
    with PeakWatch(os.getpid()) as watch:
        before = watch.peak
        held: list[NDArray[np.uint8]] = []
        # What other tests of this process left is given back meanwhile: as much is held as it takes to rise above that.
        while watch.peak < before + 32 * MIB and len(held) < 32:
            held.append(np.ones(64 * MIB, np.uint8))
            time.sleep(0.3)
        del held
    assert watch.peak >= before + 32 * MIB
    known = lifetime_peak(os.getpid())
    assert known is None or known >= watch.peak - 8 * MIB
