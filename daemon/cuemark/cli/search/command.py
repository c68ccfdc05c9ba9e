"""`cuemark search`: what the library's footage shows, says and has written in it, found by words or by an example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cuemark.cli import output
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, plain
from cuemark.cli.search.show import print_result
from cuemark.cli.search.typed import day_of, example_of, length_of
from cuemark.core.errors import ExitCode
from cuemark.core.search import Ground, SearchFilter, SearchQuery
from cuemark.core.search_json import search_object

_FILTERS = "Which footage"


@guarded
def search(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help='What to find; "quoted" words are found as they are.')
    ] = None,
    *,
    like: Annotated[
        str | None, typer.Option("--like", metavar="FILE@TIME|IMAGE", help="Find what looks like this picture.")
    ] = None,
    seen: Annotated[bool, typer.Option("--seen", help="Search the pictures.")] = False,
    said: Annotated[bool, typer.Option("--said", help="Search what is said.")] = False,
    read: Annotated[bool, typer.Option("--read", help="Search what is written in the pictures.")] = False,
    top: Annotated[int, typer.Option("--top", "-n", metavar="N", min=1, max=1000, help="So many results.")] = 10,
    within: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="PATH", help="Only these files and folders.", rich_help_panel=_FILTERS),
    ] = None,
    recorded_from: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="Recorded on 2026-11-27 or later.", rich_help_panel=_FILTERS),
    ] = None,
    recorded_to: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Recorded up to that day.", rich_help_panel=_FILTERS)
    ] = None,
    longer: Annotated[
        str | None,
        typer.Option("--longer", metavar="T", help="Files of at least 90s, 5m or 1:30.", rich_help_panel=_FILTERS),
    ] = None,
    shorter: Annotated[
        str | None, typer.Option("--shorter", metavar="T", help="Files of at most so long.", rich_help_panel=_FILTERS)
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option("--camera", metavar="TEXT", help="Files whose camera is called so.", rich_help_panel=_FILTERS),
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            "--clip", metavar="MODEL", help="Search with the vectors of this image model.", show_default="all"
        ),
    ] = None,
    folded: Annotated[bool, typer.Option("--fold/--no-fold", help="Show takes that look alike under the best.")] = True,
    json_output: JsonFlag = False,
) -> None:
    """Find moments in the indexed footage by words: what is seen, said, and written in the pictures.

    Without --seen, --said and --read all three are searched. `cuemark index` puts footage into the library.
    """
    from cuemark.cli.session import connect, say_wait

    asked = {Ground.SEEN: seen, Ground.SAID: said, Ground.READ: read}
    query = SearchQuery(
        text=plain(" ".join(words or ()), "WORDS"),
        example=None if like is None else example_of(like, "--like"),
        grounds=tuple(ground for ground in Ground if asked[ground] or not any(asked.values())),
        top=top,
        filter=SearchFilter(
            within=tuple(map(Path, within or ())),
            recorded_from=day_of(recorded_from, "--from"),
            recorded_to=day_of(recorded_to, "--to"),
            shortest=length_of(longer, "--longer"),
            longest=length_of(shorter, "--shorter"),
            camera="" if camera is None else plain(camera, "--camera"),
        ),
        clip=clip,
        fold_takes=folded,
    )
    with connect() as client:
        result = client.search(query, on_wait=say_wait)
    for notice in result.notices:
        output.note(notice.message, notice.code)
    if json_output:
        output.say_json(search_object(query, result))
    else:
        print_result(query, result)
    if not result.media:
        raise typer.Exit(int(ExitCode.FAILED))
