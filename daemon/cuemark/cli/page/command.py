"""`cuemark open`: the page in a browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag
from cuemark.core import settings
from cuemark.core.errors import NotFoundError

if TYPE_CHECKING:
    from cuemark.rpc.client.client import CuemarkClient


@guarded
def open_page(
    what: Annotated[
        str | None, typer.Argument(metavar="[FILE|ANALYSIS]", help="Footage of the library, or an analysis's id.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open a browser.")] = True,
    json_output: JsonFlag = False,
) -> None:
    """Show the library, or one footage with everything that was found, in a browser.

    The page runs on this machine only, and ends by itself some time after its last tab was closed.
    """
    from cuemark.cli.session import connect
    from cuemark.web.starting import link

    with connect() as client:
        place = "" if what is None else place_of(client, what)
    found = link(settings.load(), place)
    if json_output:
        return output.say_json({"link": found})
    output.say(found)
    if browser and _has_browser() and webbrowser.open(found):
        output.tell("It is open in your browser. The link works once; run the command again for another.")
    else:
        output.tell("Open the link in a browser on this machine. It works once; run the command again for another.")


def place_of(client: CuemarkClient, what: str) -> str:
    """Where the page shows a file, or an analysis; raises NotFoundError for what the library does not have."""
    path = Path(what)
    if path.exists():
        return f"/media/{client.get_media(path=path).media.fingerprint}"
    try:
        return f"/analysis/{client.get_analysis(what, brief=True).id}"
    except NotFoundError as error:
        message = f"There is neither a file nor an analysis called {what!r}."
        step = "See cuemark library list and cuemark analyses list."
        raise NotFoundError("analysis_not_found", message, step) from error


def _has_browser() -> bool:
    """Whether a browser can show itself: on Linux that takes a display."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
