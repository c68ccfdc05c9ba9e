"""`cuemark models`: which models there are and which of them are on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output
from cuemark.cli.guard import exit_code_of, guarded
from cuemark.cli.models.offer import Offer, Pull, somebody_is_there
from cuemark.cli.options import JsonFlag, plain
from cuemark.core import settings
from cuemark.core.analysis_json import notice_object
from cuemark.core.errors import ExitCode
from cuemark.core.jobs import JobState
from cuemark.core.model_notices import OFFERED, pocket_notice
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path

if TYPE_CHECKING:
    from cuemark.core.status import ModelInfo

app = typer.Typer(help="List, pull and remove models.", no_args_is_help=True)

ModelName = Annotated[str, typer.Argument(metavar="NAME", help="A name of `cuemark models list`.")]


@app.command("list")
@guarded
def list_models(json_output: JsonFlag = False) -> None:
    """Show the models Cuemark knows, what they take, their licences, and which of them fits this machine."""
    from cuemark.cli.session import connect

    with connect() as client:
        models = client.list_models(measure=True)
    if json_output:
        return output.say_json([model_object(model) for model in models])
    rows = [
        [
            model.name,
            _state(model),
            size_text(model.size) if model.size else "?",
            _speed(model),
            model.licence,
            model.description,
        ]
        for model in models
    ]
    output.table(["model", "state", "size", "per minute", "licence", "what it is"], rows, right=["size", "per minute"])
    output.say()
    for line in _advice(models):
        output.say(line)
    if not any(model.ready and not model.built_in for model in models):
        output.hint(pocket_notice(models).message)


def _state(model: ModelInfo) -> str:
    if not model.ready and model.size_on_disk:
        return f"{size_text(model.size_on_disk)} of it here"
    return "built in" if model.built_in else "ready" if model.ready else "not pulled"


def _speed(model: ModelInfo) -> str:
    """Seconds for a minute of footage; with a tilde where they are estimated."""
    if not model.seconds_a_minute:
        return ""
    return f"{'~' if model.seconds_from == 'estimated' else ''}{model.seconds_a_minute:.0f} s"


def _advice(models: Sequence[ModelInfo]) -> Iterator[str]:
    """Which fits this machine, and why; which do not, and why not."""
    for model in models:
        if model.recommended:
            pull = "" if model.ready else f" `cuemark models pull {model.name}` brings it."
            yield f"{model.name} fits this machine best: {model.why}.{pull}"
    reasons: dict[str, list[str]] = {}
    for model in models:
        if not model.fits:
            reasons.setdefault(model.why.partition(";")[0], []).append(model.name)
    for why, names in reasons.items():
        yield f"Not for this machine: {', '.join(names)}: {why}."


def model_object(model: ModelInfo) -> dict[str, Any]:
    """One line of `models list`."""
    return {
        "name": model.name,
        "description": model.description,
        **dict(sorted(model.architectures.items())),
        "licence": model.licence,
        "source": model.source,
        "pages": dict(sorted(model.pages.items())),
        "size": model.size,
        "size_on_disk": model.size_on_disk,
        "ready": model.ready,
        "built_in": model.built_in,
        "default": model.is_default,
        "fits": model.fits,
        "recommended": model.recommended,
        "why": model.why,
        "memory": model.memory or None,
        "seconds_a_minute": round(model.seconds_a_minute, 1) or None,
        "seconds_from": model.seconds_from or None,
    }


@app.command()
@guarded
def pull(
    name: ModelName,
    offline: Annotated[bool, typer.Option("--offline", help="Touch no network: only check what is here.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Print the job id and do not wait.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Bring a model onto this machine.  An interrupted pull goes on where it stopped."""
    from cuemark.cli.analyze.progress import describe_end
    from cuemark.cli.daemon.jobs import job_object
    from cuemark.cli.models.pull import followed
    from cuemark.cli.session import connect

    with connect() as client:
        job = client.submit_pull(plain(name, "NAME"), offline=offline)
        try:
            job = job if detach else followed(client, job, name)
        except KeyboardInterrupt:
            raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    if json_output:
        output.say_json(job_object(job))
    elif job.state is JobState.SUCCEEDED:
        output.say(f"Model {name} is ready.")
    elif job.state.ended:
        describe_end(job)
    else:
        output.say(job.id)
    if (code := exit_code_of(job)) is not ExitCode.OK:
        raise typer.Exit(int(code))


@app.command()
@guarded
def offer(pull: Pull = None, json_output: JsonFlag = False) -> None:
    """Where no pair was pulled yet: say what one would bring, ask once whether to pull it, and pull it.

    Does nothing where nobody is there to be asked and nobody has answered in advance.
    """
    from cuemark.cli.session import connect

    known = settings.load()
    if not json_output and not somebody_is_there() and pull is None and known.pull is None:
        return
    with connect() as client:
        made = Offer(client, known, pull, may_ask=not json_output)
        brought = made.made()
    if json_output:
        output.say_json({"model": OFFERED, "pulled": brought, "warnings": list(map(notice_object, made.notices))})


@app.command()
@guarded
def rm(name: ModelName, json_output: JsonFlag = False) -> None:
    """Remove a pulled model's files from this machine."""
    from cuemark.cli.session import connect

    with connect() as client:
        freed = client.remove_model(plain(name, "NAME"))
    if json_output:
        return output.say_json({"model": name, "bytes_freed": freed})
    if not freed:
        return output.say(f"Nothing of model {name} was on this machine.")
    output.say(f"Removed model {name}; {size_text(freed)} freed.")


@app.command()
@guarded
def path(json_output: JsonFlag = False) -> None:
    """Print the folder that holds pulled models."""
    _print_path(settings.load().models, json_output=json_output)


def _print_path(folder: Path, *, json_output: bool) -> None:
    if json_output:
        output.say_json({"path": printable_path(folder)})
    else:
        output.say_path(folder)
