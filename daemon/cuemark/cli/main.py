"""The `cuemark` command.  Only what help needs is imported here; each command imports its own part when it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from cuemark import __version__
from cuemark.cli import guard, output, streams
from cuemark.cli.agents.mcp import mcp
from cuemark.cli.analyze.chapters import chapters
from cuemark.cli.analyze.command import analyze
from cuemark.cli.analyze.demo import demo
from cuemark.cli.analyze.label import label
from cuemark.cli.daemon import cache, jobs
from cuemark.cli.daemon import command as daemon
from cuemark.cli.daemon.uninstall import uninstall
from cuemark.cli.doctor.command import doctor
from cuemark.cli.guard import one_line
from cuemark.cli.lab.bench import bench
from cuemark.cli.lab.eval import evaluate
from cuemark.cli.library import analyses
from cuemark.cli.library import command as library
from cuemark.cli.library.export import export
from cuemark.cli.library.index import index
from cuemark.cli.library.scan import scan
from cuemark.cli.library.transcript import transcript
from cuemark.cli.models import command as models
from cuemark.cli.page.command import open_page
from cuemark.cli.resolve import command as resolve
from cuemark.cli.search.command import search
from cuemark.cli.select.command import select
from cuemark.cli.watch.command import watch

app = typer.Typer(
    name="cuemark",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {one_line()}.",
)

COMMANDS: dict[str, Callable[..., None] | typer.Typer] = {
    "analyze": analyze,
    "index": index,
    "scan": scan,
    "chapters": chapters,
    "label": label,
    "search": search,
    "watch": watch,
    "export": export,
    "transcript": transcript,
    "select": select,
    "mcp": mcp,
    "open": open_page,
    "demo": demo,
    "doctor": doctor,
    "eval": evaluate,
    "bench": bench,
    "uninstall": uninstall,
    "analyses": analyses.app,
    "library": library.app,
    "jobs": jobs.app,
    "models": models.app,
    "resolve": resolve.app,
    "daemon": daemon.app,
    "cache": cache.app,
}
for _name, _command in COMMANDS.items():
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name)
    else:
        app.command(_name)(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.say(f"cuemark {__version__}")
        raise typer.Exit()


@app.callback()
def _cuemark(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Finds the moments that matter in footage and says what they are.  Nothing leaves this machine."""


def main() -> None:
    """Entry point of the console script."""
    streams.prepare()
    raise SystemExit(int(guard.run_app(app)))


if __name__ == "__main__":
    main()
