"""`cuemark library`: whether the library is whole, and the way back to a backup.  Both work without the daemon."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core.errors import ExitCode, OptionError
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.setup.library import Backup, Health, Verified

app = typer.Typer(help="Whether the library is whole, and going back to a backup of it.", no_args_is_help=True)


@app.command()
@guarded
def verify(json_output: JsonFlag = False) -> None:
    """Read the whole library and say what is in it, what is damaged, and which backups there are."""
    from cuemark.core import settings
    from cuemark.setup.library import verify as verify_library

    found = verify_library(settings.load())
    if json_output:
        output.say_json(_verified_object(found))
    else:
        _say_verified(found)
    if found.health is not None and not found.health.is_whole:
        raise typer.Exit(int(ExitCode.FAILED))


def _say_verified(found: Verified) -> None:
    where = terminal_path(found.path)
    if found.health is None:
        output.say(f"There is no library yet ({where}).")
    elif found.health.damage:
        output.complain(f"The library {where} is damaged.", "library_damaged")
    else:
        output.say(f"{where}: {_counts(found.health)}.")
    for line in () if found.health is None else (*found.health.damage, *found.health.rows):
        output.say(f"  {line}")
    if found.health is not None and found.health.is_whole:
        output.say("The library is whole.")
    _say_backups(found)


def _say_backups(found: Verified) -> None:
    if not found.backups:
        return output.say("No backups yet; one is made whenever the daemon starts with a library that has changed.")
    rows = [[each.name, text.ago(each.made_at), size_text(each.size)] for each in found.backups]
    output.table(["backup", "made", "size"], rows, right=["size"])
    if found.health is not None and found.health.damage:
        output.hint("`cuemark library restore` goes back to the newest one; the damaged file is kept.")
    elif found.health is not None and found.health.rows:
        output.hint(
            "The others are not touched by these; `cuemark library restore BACKUP` goes back to a whole library."
        )


def _counts(health: Health) -> str:
    one = {"analyses": "analysis", "edits": "edit", "jobs": "job", "media": "media"}
    return ", ".join(text.plural(number, one[name], name) for name, number in health.counts.items())


@app.command()
@guarded
def restore(
    backup: Annotated[
        str | None, typer.Argument(metavar="BACKUP", help="Its name, date or path.  Default: the newest whole one.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Go back to a backup of the library.  What is there now is kept in a file beside it."""
    from cuemark.core import settings
    from cuemark.rpc.client.client import stop_daemon
    from cuemark.setup.library import chosen
    from cuemark.setup.library import restore as restore_library

    configured = settings.load()
    wanted = chosen(configured, backup)
    if not _agreed(wanted, yes, json_output):
        return output.say("Nothing was changed.")
    stop_daemon(configured)
    done = restore_library(configured, wanted)
    if json_output:
        aside = None if done.set_aside is None else printable_path(done.set_aside)
        return output.say_json({"restored": _backup_object(done.backup), "set_aside": aside})
    output.say(f"The library is that of {done.backup.made_at.astimezone():%Y-%m-%d %H:%M} again ({done.backup.name}).")
    if done.set_aside is not None:
        output.say(f"What was there is kept as {terminal_path(done.set_aside)}.")


def _agreed(backup: Backup, yes: bool, json_output: bool) -> bool:
    if yes:
        return True
    if json_output or not sys.stdin.isatty():
        message = f"Nobody is there to be asked whether the library is to be that of {backup.name} again."
        raise OptionError("confirmation_needed", message, "Add --yes to go back to it.")
    when = f"{backup.made_at.astimezone():%Y-%m-%d %H:%M} ({text.ago(backup.made_at)})"
    return typer.confirm(f"Go back to the library of {when}? What is there now is kept beside it.", default=False)


def _verified_object(found: Verified) -> dict[str, Any]:
    health = found.health
    return {
        "path": printable_path(found.path),
        "exists": health is not None,
        "whole": health is None or health.is_whole,
        "schema": None if health is None else health.schema,
        "counts": {} if health is None else health.counts,
        "damage": [] if health is None else list(health.damage),
        "unreadable": [] if health is None else list(health.rows),
        "backups": list(map(_backup_object, found.backups)),
    }


def _backup_object(backup: Backup) -> dict[str, Any]:
    return {
        "name": backup.name,
        "path": printable_path(backup.path),
        "made_at": text.iso(backup.made_at),
        "bytes": backup.size,
    }
