"""`cuemark library`: the footage in it, whether it is whole, and the way back to a backup.

The library's file is looked over, and put back, without the daemon.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.library.media import list_media, path, rm, show
from cuemark.cli.options import JsonFlag
from cuemark.core.errors import DaemonError, ExitCode, OptionError
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.core.footage import IndexReport
    from cuemark.core.settings import Settings
    from cuemark.setup.library import Backup, Health, Verified

app = typer.Typer(help="The footage in the library; whether it is whole; going back to a backup.", no_args_is_help=True)
app.command("list")(list_media)
app.command("show")(show)
app.command("rm")(rm)
app.command("path")(path)


@app.command()
@guarded
def verify(
    mend: Annotated[bool, typer.Option("--mend/--no-mend", help="Mend what is damaged in the index.")] = True,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Take out entries of the index that belong to no file of the library.")
    ] = False,
    json_output: JsonFlag = False,
) -> None:
    """Read the whole library and its index, say what is in them and what is damaged, and mend the index.

    What is lost of the index is made anew where its file is here, mostly out of the cache.
    """
    from cuemark.core import settings
    from cuemark.setup.library import verify as verify_library

    configured = settings.load()
    found = verify_library(configured)
    whole = found.health is None or found.health.is_whole
    index = _verified_index(mend, sweep) if whole and has_footage(found, configured) else None
    if json_output:
        told = _verified_object(found)
        output.say_json(told if index is None else {**told, "index": _index_object(index)})
    else:
        _say_verified(found)
        if index is not None:
            _say_index(index)
    if not whole or not (index is None or index.is_whole):
        raise typer.Exit(int(ExitCode.FAILED))


def has_footage(found: Verified, configured: Settings) -> bool:
    """Whether there is an index to look at; else no daemon is started for it."""
    return configured.index.is_dir() or bool(found.health and found.health.counts.get("footage"))


def _verified_index(mend: bool, sweep: bool) -> IndexReport | None:
    """What the daemon says of the index; None where none can be had, which is told and takes nothing from the rest."""
    from cuemark.cli.session import connect

    try:
        with connect() as client:
            return client.verify_library(mend=mend, sweep=sweep)
    except DaemonError as error:
        output.warn(f"The index was not looked at: {error.message} {error.next_step}", error.code)
        return None


def _say_index(found: IndexReport) -> None:
    away = f", {found.offline} of them offline" if found.offline else ""
    output.say(f"Index: {text.plural(found.media, 'file')}{away}, {size_text(found.size)}.")
    for problem in found.problems:
        output.complain(problem.message, problem.code)
    if found.unclaimed:
        entries = text.plural(found.unclaimed, "entry", "entries")
        output.note(
            f"{entries} of the index belong to no file of the library. `cuemark index` takes them up where their files "
            "are; `cuemark library verify --sweep` removes them.",
            "entry_unclaimed",
        )
    if found.swept:
        output.say(f"Removed {found.swept} that belonged to nothing.")
    if found.jobs:
        output.hint(f"{text.plural(len(found.jobs), 'file')} indexed again; `cuemark jobs list` shows how far that is.")
    if found.is_whole:
        output.say("The index is whole.")


def _index_object(found: IndexReport) -> dict[str, Any]:
    return {
        "whole": found.is_whole,
        "media": found.media,
        "offline": found.offline,
        "bytes": found.size,
        "problems": [
            {
                "code": each.code,
                "id": each.fingerprint,
                "message": each.message,
                "path": None if each.path is None else printable_path(each.path),
            }
            for each in found.problems
        ],
        "unclaimed": found.unclaimed,
        "swept": found.swept,
        "jobs": list(found.jobs),
    }


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
    words = {"analyses": "analysis", "edits": "edit", "jobs": "job"}
    return ", ".join(text.plural(number, words.get(name, name), name) for name, number in health.counts.items())


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
