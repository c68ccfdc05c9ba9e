"""`cuemark cache`: vectors and transcripts of footage seen and heard before, so that it is not decoded again."""

from __future__ import annotations

from typing import Annotated

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, byte_size
from cuemark.core.sizes import size_text
from cuemark.core.text import printable_path, terminal_path

app = typer.Typer(help="Where the feature cache is, how big it is, and making it smaller.", no_args_is_help=True)


@app.command()
@guarded
def path(json_output: JsonFlag = False) -> None:
    """Print the cache's folder."""
    from cuemark.core import settings

    folder = settings.load().cache
    if json_output:
        output.say_json({"path": printable_path(folder)})
    else:
        output.say_path(folder)


@app.command()
@guarded
def size(json_output: JsonFlag = False) -> None:
    """Show how much the cache holds."""
    from cuemark.cli.session import connect

    with connect() as client:
        cache = client.cache_info()
    if json_output:
        return output.say_json({"path": printable_path(cache.path), "bytes": cache.bytes, "tracks": cache.tracks})
    entries = text.plural(cache.tracks, "entry", "entries")
    output.say(f"{size_text(cache.bytes)} in {entries} (vectors, transcripts) at {terminal_path(cache.path)}")


@app.command()
@guarded
def prune(
    max_size: Annotated[
        str | None,
        typer.Option(
            "--max-size", metavar="SIZE", help="Also drop the least recently used down to this: 500MB, 2GB, 0."
        ),
    ] = None,
    json_output: JsonFlag = False,
) -> None:
    """Remove what no analysis can use any more.  Analyses themselves are never touched."""
    from cuemark.cli.session import connect

    max_bytes = None if max_size is None else byte_size(max_size, "--max-size")
    with connect() as client:
        pruned = client.prune_cache(max_bytes)
    if json_output:
        return output.say_json({"bytes_freed": pruned.bytes_freed, "files_removed": pruned.files_removed})
    output.say(f"Freed {size_text(pruned.bytes_freed)} ({text.plural(pruned.files_removed, 'file')}).")
