"""`cuemark uninstall`: what Cuemark keeps on this computer, listed, and removed when the user agrees."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core.errors import OptionError
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path, terminal_path

if TYPE_CHECKING:
    from cuemark.setup.uninstall import Item, Kept


@guarded
def uninstall(
    keep_models: Annotated[bool, typer.Option("--keep-models", help="Leave the models that were pulled.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Remove everything Cuemark keeps here: library, cache, models, logs, Resolve script, start at login."""
    from cuemark.core import settings
    from cuemark.setup import machine
    from cuemark.setup.uninstall import Uninstall

    configured = settings.load()
    work = Uninstall(configured, machine.this_machine(), keep_models)
    items, kept = work.items(), work.kept()
    if not json_output:
        _print(items, kept)
    removed = not dry_run and (_agreed(yes, json_output) if items else yes)
    if removed:
        from cuemark.cli.resolve.install import end_script
        from cuemark.rpc.client.client import stop_daemon

        end_script()  # while there is a daemon to ask it
        stop_daemon(configured)
        kept = work.remove()
    if json_output:
        output.say_json({"items": list(map(_object, items)), "removed": removed, "kept": list(map(_kept, kept))})
    elif removed:
        output.say("Removed.")
        output.hint(
            "The program itself goes the way it came (python3 installer/bootstrap.py uninstall, pip uninstall)."
        )
    elif not dry_run:
        output.say("Nothing was removed.")


def _agreed(yes: bool, json_output: bool) -> bool:
    if yes:
        return True
    if json_output or not sys.stdin.isatty():
        message = "Nobody is there to be asked whether all this is to go."
        raise OptionError("confirmation_needed", message, "Add --yes to remove it, or --dry-run to list it.")
    return typer.confirm("Remove all of this?", default=False)


def _print(items: list[Item], kept: list[Kept]) -> None:
    if not items:
        output.say("Cuemark keeps nothing on this computer.")
        return
    rows = [(item.what, size_text(item.size), "" if item.path is None else terminal_path(item.path)) for item in items]
    output.table(("what", "size", "path"), [*rows, ("total", size_text(sum(item.size for item in items)), "")],
                 right=("size",))  # fmt: skip
    for each in kept:
        output.say(f"stays: {terminal_path(each.path)} ({each.reason})")


def _object(item: Item) -> dict[str, object]:
    return {"what": item.what, "path": None if item.path is None else printable_path(item.path), "size": item.size}


def _kept(kept: Kept) -> dict[str, str]:
    return {"path": printable_path(kept.path), "reason": kept.reason}
