"""Where footage lies that the page is asked for by its id: in the index, or in an analysis of it."""

from __future__ import annotations

import os
from pathlib import Path

import anyio

from cuemark.core.errors import MediaError, NotFoundError
from cuemark.core.media import MediaInfo
from cuemark.core.text import printable_path
from cuemark.rpc.client.aio import AsyncCuemarkClient


async def analysed(client: AsyncCuemarkClient, fingerprint: str) -> MediaInfo:
    """A media that is not in the index, as its newest analysis has it; NotFoundError `media_not_indexed`."""
    found = await client.list_analyses(limit=1, fingerprint=fingerprint)
    if not found:
        raise NotFoundError(
            "media_not_indexed", "There is no such footage in the library.", "See cuemark library list."
        )
    return (await client.get_analysis(found[0].id, brief=True)).media


async def readable(client: AsyncCuemarkClient, fingerprint: str) -> Path:
    """A media's file, where it can be read; MediaError `media_not_found` where it is at none of its places."""
    try:
        paths = (await client.get_media(fingerprint)).paths
    except NotFoundError:
        paths = ((await analysed(client, fingerprint)).path,)
    return await anyio.to_thread.run_sync(_first_readable, paths)


def _first_readable(paths: tuple[Path, ...]) -> Path:
    for path in paths:
        if path.is_file() and os.access(path, os.R_OK):
            return path
    where = printable_path(paths[0])
    raise MediaError("media_not_found", f"{where} is not there now.", "Connect the disk it lies on, and load again.")
