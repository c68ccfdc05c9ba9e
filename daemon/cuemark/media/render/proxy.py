"""A proxy: a small copy of footage that every browser plays, to be looked at; all else goes by the original.

Its first picture is the footage's first, at time 0, and it has the footage's rate, so that a frame of the one has the
number of the other; of variable rate it has the nominal one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cuemark.core.drafts import draft_beside
from cuemark.core.errors import MediaError
from cuemark.core.files import PRIVATE_FILE, put_in_place
from cuemark.core.limits import ProcessLimits
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.media.probe import probe
from cuemark.media.render.movie import movie
from cuemark.media.render.stretches import Renderer, fitted, pieced
from cuemark.media.sound_tracks import best_sound, sound_streams

BOX = (960, 540)
KEYFRAME_SECONDS = 0.5
"""A browser seeks to a keyframe and decodes from there."""


def make_proxy(media: Path, fingerprint: str, target: Path, progress: Progress, limits: ProcessLimits) -> None:
    """Writes the proxy of a media whose content is `fingerprint`, whole or not at all.

    MediaError as for `probe`, and `media_changed` where other content lies there now; StoreError `disk_full`,
    `file_not_written`.
    """
    if target.exists():
        return
    info = probe(media, progress)
    if info.fingerprint != fingerprint:
        message = f"{shown(media)} is other footage than the library has."
        raise MediaError("media_changed", message, "Index it again: cuemark index.")
    sound = best_sound(sound_streams(info))
    piece = pieced(info, sound, info.duration * 0, info.duration, info.rate)
    size = fitted((info.width, info.height), _box(info.width, info.height)) if info.has_picture else None
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_beside(target)
    try:
        with movie(
            draft, target, info.rate, size, limits, sound=sound is not None, keyframe_seconds=KEYFRAME_SECONDS
        ) as into:
            Renderer(into, size, piece.frames, progress, limits).add(piece)
        os.chmod(draft, PRIVATE_FILE)
        put_in_place(draft, target)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _box(width: int, height: int) -> tuple[int, int]:
    """Never larger than the footage; upright for what is upright."""
    box = BOX if width >= height else BOX[::-1]
    return min(box[0], max(2, width // 2 * 2)), min(box[1], max(2, height // 2 * 2))
