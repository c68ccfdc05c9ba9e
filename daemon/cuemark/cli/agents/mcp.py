"""`cuemark mcp`: tools for agents, over the Model Context Protocol."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded

Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="FOLDER", help="A folder whose footage agents may use (may be repeated)."),
]


@guarded
def mcp(allow: Allow = None) -> None:
    """Let an agent search, analyse, list and export footage in the folders that you allow.

    It speaks the Model Context Protocol on stdin and stdout, and is started by the agent's program: name `cuemark mcp
    --allow FOLDER` there. It ends when that closes the connection.
    """
    from cuemark.agents.folders import AllowedFolders
    from cuemark.agents.server import serve

    allowed = AllowedFolders([Path(os.path.expanduser(folder)) for folder in allow or ()])
    if sys.stdin.isatty():
        output.note("This waits for an agent's program on stdin. Ctrl-C ends it.", "mcp_on_a_terminal")
    serve(allowed)
