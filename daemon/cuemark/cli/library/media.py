"""`cuemark library list`, `show`, `rm`, `path`: the footage in the library, which can be searched."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuemark.cli import output, text
from cuemark.cli.guard import guarded
from cuemark.cli.options import JsonFlag, plain
from cuemark.core.analysis_json import notice_object
from cuemark.core.errors import NotFoundError
from cuemark.core.sizes import size_text
from cuemark.core.text import printable, printable_path, shell_path, terminal_path

if TYPE_CHECKING:
    from cuemark.core.footage import IndexedMedia
    from cuemark.core.shots import Shot
    from cuemark.rpc.client.client import CuemarkClient

_ID_DIGITS = 8
_SHOTS = 20

MediaArgument = Annotated[
    str, typer.Argument(metavar="FILE|ID", help="A file, or the beginning of an id of `library list`.")
]


@guarded
def list_media(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 50,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Only files that are not where they were seen.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Show the footage in the library."""
    from cuemark.cli.session import connect

    with connect() as client:
        found = client.list_media(limit=sys.maxsize if every or offline else limit)
    shown = [one for one in found if one.offline] if offline else found
    if json_output:
        return output.say_json([media_object(one) for one in shown])
    if not shown:
        return output.hint(
            "All files are where they were seen." if found else "No footage yet. `cuemark index PATH` puts some there."
        )
    rows = [_row(one) for one in shown]
    right = ["vectors", "said", "read", "size"]
    output.table(
        ["id", "length", "vectors", "encoder", "said", "read", "size", "indexed", "", "file"], rows, right=right
    )
    away = sum(one.offline for one in shown)
    if away and not offline:
        output.note(f"{text.plural(away, 'file')} not where last seen: an archive's disk may be away.", "media_offline")


def _row(one: IndexedMedia) -> list[str]:
    return [
        one.media.fingerprint[:_ID_DIGITS],
        text.clock(one.media.duration),
        str(sum(one.vectors)),
        " + ".join(printable(use.name) for use in one.encoders),
        str(one.utterances or ""),
        str(one.texts or ""),
        size_text(one.size),
        text.ago(one.indexed_at),
        "offline" if one.offline else "",
        printable_path(one.media.path),
    ]


@guarded
def show(media: MediaArgument, json_output: JsonFlag = False) -> None:
    """Show what the library knows of a file."""
    from cuemark.cli.session import connect

    with connect() as client:
        found = find_media(client, media)
    if json_output:
        return output.say_json(media_object(found, whole=True))
    output.facts(_facts(found))
    if found.shots:
        output.say()
        output.table(["shot", "end", "size", "camera", "shows"], [_shot_row(shot) for shot in found.shots[:_SHOTS]])
    if len(found.shots) > _SHOTS:
        output.hint(f"... and {len(found.shots) - _SHOTS} more; --json has them all.")
    for notice in found.warnings:
        output.warn(notice.message, notice.code)


def find_media(client: CuemarkClient, name: str) -> IndexedMedia:
    """The media that lies, or lay, at this path, or whose id begins so; NotFoundError `media_not_indexed`."""
    if os.path.lexists(name) or os.sep in name or os.path.splitext(name)[1]:
        try:
            return client.get_media(path=Path(name))
        except NotFoundError as error:
            if error.code == "media_not_indexed" and os.path.exists(name):
                step = f"Run: cuemark index {shell_path(name)}"
                message = f"{terminal_path(name)} is not in the library."
                raise NotFoundError("media_not_indexed", message, step) from None
            raise
    return client.get_media(plain(name, "FILE|ID").lower())


def _facts(one: IndexedMedia) -> dict[str, str]:
    media, where = one.media, [printable_path(path) for path in one.paths]
    picture = f"{media.width} x {media.height}, {text.rate(media.rate)}, {media.codec}"
    tracks = ", ".join(
        f"{count} of {printable(use.name)}" for use, count in zip(one.encoders, one.vectors, strict=True)
    )
    pairs = {
        "file": where[0] if where else "",
        "also at": ", ".join(where[1:]),
        "state": "offline: it is not where it was last seen" if one.offline else "",
        "id": media.fingerprint,
        "length": text.clock(media.duration),
        "picture": picture if media.has_picture else "none: sound alone",
        "recorded": "" if one.recorded is None else f"{one.recorded.astimezone():%Y-%m-%d %H:%M}",
        "camera": one.camera,
        "vectors": tracks or "none",
        "said": text.plural(one.utterances, "utterance"),
        "read": text.plural(one.texts, "text"),
        "shots": str(len(one.shots)),
        "thumbnails": str(len(one.thumbnails)),
        "index": f"{size_text(one.size)}, {text.ago(one.indexed_at)}",
    }
    return {name: value for name, value in pairs.items() if value}


def _shot_row(shot: Shot) -> list[str]:
    from cuemark.core.analysis import tags_text

    size, camera = ("" if each is None else each.value for each in (shot.size, shot.camera))
    return [text.clock(shot.start), text.clock(shot.end), size, camera, tags_text(shot.tags)]


@guarded
def rm(
    media: Annotated[list[str], typer.Argument(metavar="FILE|ID...", help="Files, or ids of `library list`.")],
    json_output: JsonFlag = False,
) -> None:
    """Take footage out of the library. The files themselves, and analyses of them, are not touched."""
    from cuemark.cli.session import connect

    with connect() as client:
        found = {one.media.fingerprint: one for one in [find_media(client, each) for each in media]}
        for fingerprint in found:
            client.remove_media(fingerprint)
    if json_output:
        return output.say_json({"removed": list(found)})
    for one in found.values():
        output.say(f"Took {terminal_path(one.media.path)} out of the library.")


@guarded
def path(json_output: JsonFlag = False) -> None:
    """Print the folder of the index."""
    from cuemark.core import settings

    folder = settings.load().index
    if json_output:
        output.say_json({"path": printable_path(folder)})
    else:
        output.say_path(folder)


def media_object(one: IndexedMedia, *, whole: bool = False) -> dict[str, Any]:
    """One media for `--json`; `whole` adds its shots and the times of its thumbnails."""
    media = one.media
    told: dict[str, Any] = {
        "id": media.fingerprint,
        "number": one.number,
        "path": printable_path(media.path),
        "paths": [printable_path(path) for path in one.paths],
        "offline": one.offline,
        "duration": _seconds(media.duration),
        "width": media.width,
        "height": media.height,
        "encoders": [
            {"name": printable(use.name), "id": use.id, "vectors": count}
            for use, count in zip(one.encoders, one.vectors, strict=True)
        ],
        "utterances": one.utterances,
        "texts": one.texts,
        "recorded": text.iso(one.recorded),
        "camera": one.camera,
        "bytes": one.size,
        "indexed_at": text.iso(one.indexed_at),
        "warnings": [notice_object(notice) for notice in one.warnings],
    }
    if whole:
        told["shots"] = [_shot_object(shot) for shot in one.shots]
        told["thumbnails"] = [_seconds(time) for time in one.thumbnails]
    return told


def _shot_object(shot: Shot) -> dict[str, Any]:
    return {
        "start": _seconds(shot.start),
        "end": _seconds(shot.end),
        "size": None if shot.size is None else shot.size.value,
        "camera": None if shot.camera is None else shot.camera.value,
        "tags": [{"word": tag.word, "score": tag.score} for tag in shot.tags],
    }


def _seconds(value: Fraction) -> float:
    return float(value)
