"""Which analysis a user means who names a file, an id, or the start of an id."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli.options import plain
from cuemark.core.errors import NotFoundError
from cuemark.core.text import shell_path, terminal_path, terminal_safe

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis
    from cuemark.rpc.client.client import CuemarkClient

AnalysisArgument = Annotated[
    str,
    typer.Argument(
        metavar="ANALYSIS", help="An analysis' id (its first characters are enough), or a file: its newest."
    ),
]


def find(client: CuemarkClient, name: str, *, brief: bool) -> Analysis:
    """The newest analysis of the file of that name, or the analysis with that id or the start of one."""
    if os.path.exists(name):
        found = client.list_analyses(Path(name), limit=1)
        if not found:
            step = f"Run: cuemark analyze {shell_path(name)}"
            raise NotFoundError("analysis_not_found", f"{terminal_path(name)} has not been analysed yet.", step)
        return client.get_analysis(found[0].id, path=Path(name), brief=brief)
    try:
        return client.get_analysis(plain(name, "ANALYSIS"), brief=brief)
    except NotFoundError as error:
        if error.code != "analysis_not_found" or (os.sep not in name and not os.path.splitext(name)[1]):
            raise
        step = "Check the spelling; `cuemark analyses list` shows what there is."
        raise NotFoundError(
            "analysis_not_found", f"There is no file and no analysis {terminal_safe(name)}.", step
        ) from None
