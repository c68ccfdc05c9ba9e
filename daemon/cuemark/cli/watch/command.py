"""`cuemark watch`: footage that still arrives.  The daemon watches; the command shows what it sees."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import error_object, guarded
from cuemark.cli.models.offer import Offer, Pull
from cuemark.cli.options import JsonFlag, takes_analysis_options
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions, given
from cuemark.core.errors import CuemarkError, DaemonError, ExitCode
from cuemark.core.text import printable_path, shell_path, terminal_path
from cuemark.core.watches import WatchState

if TYPE_CHECKING:
    from cuemark.core.watches import WatchedFolder, WatchEvent
    from cuemark.rpc.client.client import CuemarkClient


@guarded
@takes_analysis_options()
def watch(
    *,
    folder: Annotated[
        str | None, typer.Argument(metavar="FOLDER", help="The folder in which footage arrives (all levels).")
    ] = None,
    options: AnalysisOptions,
    pull: Pull = None,
    analyze: Annotated[
        bool, typer.Option("--analyze", help="Find moments and chapters, too; a recording that runs gets them at once.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to the daemon, until --stop.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Show the folders that are watched.")] = False,
    stop: Annotated[str | None, typer.Option("--stop", metavar="FOLDER", help="End the watch of a folder.")] = None,
    json_output: JsonFlag = False,
) -> None:
    """Index the footage of a folder, and what arrives in it.

    Ctrl-C ends the watch and its work; closing the terminal does not, nor does a restart of the daemon. Files are taken
    up when they have stopped growing and nothing is copied into the folder, --gentle unless --no-gentle is given.
    """
    from cuemark.cli.session import connect

    if listing + (stop is not None) + (folder is not None) != 1:
        raise typer.BadParameter("Name a FOLDER, or one of --list and --stop FOLDER.", param_hint="FOLDER")
    with connect() as client:
        if listing:
            return _list(client.list_watches(), json_output=json_output)
        if stop is not None:
            return _say_stopped(client.stop_watch(Path(stop)), json_output=json_output)
        path = Path(folder or "").absolute()
        gentle = options if options.gentle is not None else replace(options, gentle=True)
        wanted = Offer(client, settings.load(), pull, may_ask=not json_output).settled(gentle)
        found = client.watch_folder(path, wanted, analyze=analyze)
        if detach:
            return _say_detached(found, json_output=json_output)
        code = _follow(client, found, json_output=json_output)
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def _follow(client: CuemarkClient, found: WatchedFolder, *, json_output: bool) -> ExitCode:
    """Shows what happens until Ctrl-C, which ends the watch too where this command began it."""
    path = found.request.path
    output.tell(_opening(found))
    try:
        with closing(client.follow_watch(path)) as events:
            for event in events:
                _show(event, json_output=json_output)
    except KeyboardInterrupt:
        return _interrupted(client, found)
    except DaemonError as error:
        if error.code != "daemon_stopping":
            raise
        output.tell("The daemon was stopped. The watch goes on when it is started again, which any command does.")
        return ExitCode.DAEMON
    output.tell(f"{terminal_path(path)} is not watched any more.")
    return ExitCode.OK


def _opening(found: WatchedFolder) -> str:
    where = terminal_path(found.request.path)
    if found.known:
        return (
            f"{where} is watched already; this shows what happens. Ctrl-C leaves it so (`cuemark watch --stop` ends)."
        )
    return f"Watching {where}. Ctrl-C ends it."


def _interrupted(client: CuemarkClient, found: WatchedFolder) -> ExitCode:
    if found.known:
        output.tell("The watch goes on; `cuemark watch --list` shows it.")
        return ExitCode.INTERRUPTED
    try:
        client.stop_watch(found.request.path)
    except CuemarkError as error:
        output.complain(str(error), error.code)
        return ExitCode.INTERRUPTED
    output.tell("The watch has ended. What was indexed is kept.")
    return ExitCode.INTERRUPTED


def _show(event: WatchEvent, *, json_output: bool) -> None:
    if json_output:
        output.say_json_line(event_object(event))
    elif not event.standing or event.state not in _AT_REST:
        output.say(_line(event))


_AT_REST = (WatchState.DONE, WatchState.PASSED_OVER, WatchState.GONE, WatchState.WATCHING)
"""What is not said to people when they begin to listen; a folder that is not there has an error, and is."""


def _line(event: WatchEvent) -> str:
    """One event as people read it: the state, the file within its folder, and why."""
    name = _name(event.path, event.folder)
    if event.moved_from is not None:
        name = f"{_name(event.moved_from, event.folder)} -> {name}"
    why = [] if event.error is None else [f"{event.error.message} {event.error.next_step}".strip()]
    why += [event.note] if event.note else []
    if event.analysis_id is not None and event.state in (WatchState.DONE, WatchState.RECORDING):
        why.append(f"analysis {event.analysis_id}")
    return f"{event.state.value:<11}  {name}" + (f"  ({' '.join(why)})" if why else "")


def _name(path: Path, folder: Path) -> str:
    """A path within the watched folder; the folder's own whole."""
    try:
        inside = path.relative_to(folder)
    except ValueError:
        return terminal_path(path)
    return terminal_path(inside if inside.parts else path)


def event_object(event: WatchEvent) -> dict[str, Any]:
    """One event, for `watch --json` (one object a line)."""
    return {
        "sequence": event.sequence,
        "at": text.iso(event.at),
        "folder": printable_path(event.folder),
        "path": printable_path(event.path),
        "state": event.state.value,
        "error": None if event.error is None else error_object(event.error),
        "note": event.note,
        "moved_from": None if event.moved_from is None else printable_path(event.moved_from),
        "job": event.job_id,
        "analysis": event.analysis_id,
        "standing": event.standing,
    }


def folder_object(found: WatchedFolder) -> dict[str, Any]:
    """One watched folder."""
    return {
        "folder": printable_path(found.request.path),
        "analyze": found.request.analyze,
        "options": {option.name: str(option.value) for option in given(found.request.options)},
        "since": text.iso(found.since),
        "known": found.known,
        "present": found.present,
        "polled": found.polled,
        "files": found.counts,
    }


def _list(folders: Sequence[WatchedFolder], *, json_output: bool) -> None:
    if json_output:
        return output.say_json([folder_object(each) for each in folders])
    if not folders:
        return output.hint("No folder is watched. `cuemark watch FOLDER` begins.")
    rows = [[terminal_path(each.request.path), _what(each), text.ago(each.since), _counts(each)] for each in folders]
    output.table(["folder", "what", "since", "files"], rows)


def _what(found: WatchedFolder) -> str:
    words = ["analyze" if found.request.analyze else "index"]
    words += [] if found.present else ["not there"]
    words += ["polled"] if found.polled else []
    return ", ".join(words)


def _counts(found: WatchedFolder) -> str:
    return ", ".join(f"{count} {state}" for state, count in found.counts.items()) or "none yet"


def _say_stopped(found: WatchedFolder, *, json_output: bool) -> None:
    if json_output:
        return output.say_json(folder_object(found))
    output.say(f"{terminal_path(found.request.path)} is not watched any more. What was indexed is kept.")


def _say_detached(found: WatchedFolder, *, json_output: bool) -> None:
    if json_output:
        return output.say_json(folder_object(found))
    path = found.request.path
    already = " already" if found.known else ""
    output.say(f"The daemon watches {terminal_path(path)}{already}.")
    output.tell(
        f"`cuemark watch {shell_path(path)}` shows what happens, `cuemark watch --stop {shell_path(path)}` ends it."
    )
