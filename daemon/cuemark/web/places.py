"""Where footage lies that the page is asked for by its id: in the index, or in an analysis of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import anyio

from cuemark.core.errors import MediaError, NotFoundError
from cuemark.core.media import MediaInfo
from cuemark.core.text import printable_path
from cuemark.rpc.client.aio import AsyncCuemarkClient

_MOST_ANALYSES = 100_000


async def place_of(client: AsyncCuemarkClient, fingerprint: str) -> MediaInfo:
    """A media of the library at the place where it is; NotFoundError `media_not_indexed`."""
    try:
        known = await client.get_media(fingerprint)
        return replace(known.media, path=known.paths[0])
    except NotFoundError:
        for each in await client.list_analyses(limit=_MOST_ANALYSES):
            if each.fingerprint == fingerprint:
                return (await client.get_analysis(each.id, brief=True)).media
        raise


async def readable(client: AsyncCuemarkClient, fingerprint: str) -> Path:
    """A media's file, where it can be read; MediaError `media_not_found` where it is at none of its places."""
    try:
        paths = (await client.get_media(fingerprint)).paths
    except NotFoundError:
        paths = ((await place_of(client, fingerprint)).path,)
    return await anyio.to_thread.run_sync(_first_readable, paths)


def _first_readable(paths: tuple[Path, ...]) -> Path:
    for path in paths:
        if path.is_file() and os.access(path, os.R_OK):
            return path
    where = printable_path(paths[0])
    raise MediaError("media_not_found", f"{where} is not there now.", "Connect the disk it lies on, and load again.")
