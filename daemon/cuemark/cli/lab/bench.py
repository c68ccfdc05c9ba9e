"""`cuemark bench`: how fast the product is on this machine, beside what it must beat, run in turn."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core.errors import CuemarkError, ExitCode, OptionError
from cuemark.core.text import terminal_path

if TYPE_CHECKING:
    from cuemark.lab.bench.comparison import BenchOptions
    from cuemark.lab.bench.run import BenchRun

_PICTURES = (".png", ".svg", ".pdf")
_PLOTTED = "library"


@guarded
def bench(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="sampling, features, scoring, optimise, words, screen_text, gentle, search, library, cluster, or all.",
        ),
    ],
    real_size: Annotated[
        bool,
        typer.Option(
            "--real-size",
            help="Models of the sizes of ViT-B/32, ViT-L/14, GPT-2 and GPT-2 medium, with random weights; no download.",
        ),
    ] = False,
    pairs: Annotated[
        int, typer.Option("--pairs", metavar="N", min=1, max=1000, help="How often ours and the rival run in turn.")
    ] = 3,
    seed: Annotated[int, typer.Option(metavar="S", min=0, max=2**31 - 1, help="Of weights and footage.")] = 0,
    work: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Where footage and models are kept.", show_default="in Cuemark's cache"),
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw the growth curves of `library` (.png, .svg or .pdf).")
    ] = None,
    vectors: Annotated[
        int, typer.Option(metavar="N", min=1, max=10**8, help="Of `search`: above two million also by graphs.")
    ] = 1_000_000,
    dimension: Annotated[int, typer.Option(metavar="D", min=2, max=4096, help="Numbers of each of them.")] = 512,
    json_output: JsonFlag = False,
) -> None:
    """Measure the product beside its rivals: A B A B, the ratio of each pair, and what the machine is.

    Generated footage and models are kept in the work folder and used again.  `library` takes about half an hour; the
    others take minutes.
    """
    from cuemark.core import settings
    from cuemark.lab.bench.comparison import BenchOptions
    from cuemark.lab.bench.run import chosen

    names = chosen(name)
    picture = _picture(plot, names)
    folder = Path(work) if work is not None else settings.load().cache / "bench"
    options = BenchOptions(Path(os.path.expanduser(folder)).absolute(), real_size, pairs, seed, vectors, dimension)
    runs = _measured(name, names, options)
    if picture is not None:
        runs += _drawn(runs, picture)
    _show(_command(name, options), runs, json_output)
    if any(run.error is not None for run in runs):
        raise typer.Exit(int(ExitCode.FAILED))


def _measured(label: str, names: Sequence[str], options: BenchOptions) -> list[BenchRun]:
    from cuemark.cli.analyze.progress import ViewedProgress, view_for
    from cuemark.core.errors import StoreError
    from cuemark.lab.bench.run import run_all

    try:
        options.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder {terminal_path(options.work)} cannot be made: {error.strerror}."
        raise StoreError("bench_work_unusable", message, "Name another one with --work.") from error
    with view_for(f"bench {label}") as view:
        return run_all(names, options, ViewedProgress(view))


def _drawn(runs: Sequence[BenchRun], picture: Path) -> list[BenchRun]:
    """Draw what grew.  A picture that cannot be written is one more failure: it must not take the figures along."""
    from cuemark.lab.bench.report import draw
    from cuemark.lab.bench.run import BenchRun

    tables = [table for run in runs for table in run.found.tables]
    if not tables:  # what failed is told, and an empty picture would say nothing
        return []
    try:
        draw(tables, picture)
    except CuemarkError as error:
        output.tell(f"The plot could not be drawn: {error}")
        return [BenchRun("plot", error=error)]
    output.tell(f"Plot: {terminal_path(picture)}")
    return []


def _picture(plot: str | None, names: Sequence[str]) -> Path | None:
    """The file to draw into, checked before hours of work.  OptionError bench_plot, CuemarkError eval_extra_missing."""
    if plot is None:
        return None
    picture = Path(os.path.abspath(os.path.expanduser(plot)))
    if _PLOTTED not in names:
        problem = "--plot draws growth, which only `library` measures."
        raise OptionError("bench_plot", problem, "Use it with: cuemark bench library --plot FILE")
    if picture.suffix.lower() not in _PICTURES or picture.is_dir():
        problem = f"{terminal_path(plot)} is not the name of a picture."
        raise OptionError("bench_plot", problem, f"End it in {', '.join(_PICTURES)}.")
    if not picture.parent.is_dir():
        problem = f"The folder of {terminal_path(plot)} does not exist."
        raise OptionError("bench_plot", problem, "Make it first.")
    from cuemark.lab.environment import require

    require("matplotlib")
    return picture


def _command(name: str, options: BenchOptions) -> str:
    """The command that does the same again; without folders, which change nothing."""
    words = ["cuemark", "bench", name, "--pairs", str(options.pairs)]
    words += ["--real-size"] if options.real_size else []
    if name == "search":
        words += ["--vectors", str(options.vectors), "--dimension", str(options.dimension)]
    return shlex.join([*words, "--seed", str(options.seed)] if options.seed else words)


def _show(command: str, runs: Sequence[BenchRun], json_output: bool) -> None:
    from cuemark.lab.bench.report import bench_object
    from cuemark.lab.environment import bench_machine, devices

    here, used = bench_machine(), devices()
    if json_output:
        return output.say_json(bench_object(command, runs, here, used))
    _show_results(runs)
    _show_tables(runs)
    _show_machine(here, used, runs)


def _show_results(runs: Sequence[BenchRun]) -> None:
    from cuemark.lab.bench.report import HEADS, facts, rows

    lines = rows(runs)
    if not lines:
        return
    output.table(HEADS, lines, right=HEADS[1:4])
    output.say()
    for name, told in facts(runs):
        output.say(f"{name}: {told}")


def _show_tables(runs: Sequence[BenchRun]) -> None:
    from cuemark.lab.bench.comparison import number

    for table in (table for run in runs for table in run.found.tables):
        output.say()
        output.heading(f"{table.name}: {table.about}")
        cells = [tuple(number(cell) for cell in row) for row in table.rows]
        output.table(table.columns, cells, right=table.columns)


def _show_machine(here: Mapping[str, str], used: Mapping[str, Mapping[str, Any]], runs: Sequence[BenchRun]) -> None:
    from cuemark.lab.bench.report import peaks

    devices = {f"{library} on": f"{said['used']} ({said['reason']})" for library, said in used.items()}
    output.say()
    output.facts(
        {**here, **devices, **{f"peak memory of this process, {name}": peak for name, peak in peaks(runs).items()}}
    )
