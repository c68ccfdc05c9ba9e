"""The `cuemark` command.  Only what help needs is imported here; each command imports its own part when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from cuemark import __version__
from cuemark.cli import output
from cuemark.cli.analyze.command import analyze
from cuemark.cli.analyze.demo import demo
from cuemark.cli.daemon import cache, jobs
from cuemark.cli.daemon import command as daemon
from cuemark.cli.daemon.uninstall import uninstall
from cuemark.cli.doctor.command import doctor
from cuemark.cli.exit_codes import one_line
from cuemark.cli.lab.bench import bench
from cuemark.cli.lab.eval import evaluate
from cuemark.cli.library import analyses
from cuemark.cli.library.export import export
from cuemark.cli.models import command as models
from cuemark.cli.resolve import command as resolve

app = typer.Typer(
    name="cuemark",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {one_line()}.",
)

app.command()(analyze)
app.command()(export)
app.command()(demo)
app.command()(doctor)
app.command("eval")(evaluate)
app.command()(bench)
app.command()(uninstall)
app.add_typer(analyses.app, name="analyses")
app.add_typer(jobs.app, name="jobs")
app.add_typer(models.app, name="models")
app.add_typer(resolve.app, name="resolve")
app.add_typer(daemon.app, name="daemon")
app.add_typer(cache.app, name="cache")


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
    output.prepare_streams()
    app()


if __name__ == "__main__":
    main()
