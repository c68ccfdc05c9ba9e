"""What an item of Resolve's timeline shows, as far as that keeps it from being footage: stills, sequences, no file.

Resolve translates the type of a clip into the user's language, so a word of it only names a reason where it is known;
what decides is the file: whether there is one, how it is called, how many frames it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cuemark.core import clip_problems
from cuemark.hosts.resolve.source_range import told_number

_WITHOUT_FILE = {
    "compound": clip_problems.COMPOUND_CLIP,
    "multicam": clip_problems.MULTICAM_CLIP,
    "timeline": clip_problems.NESTED_TIMELINE,
    "fusion": clip_problems.FUSION_CLIP,
    "generator": "generator",
    "title": "title",
}
STILLS = frozenset(
    [".bmp", ".cin", ".cr2", ".dng", ".dpx", ".exr", ".gif", ".heic", ".jp2", ".jpeg", ".jpg", ".png", ".psd", ".svg",
     ".tga", ".tif", ".tiff", ".webp"]
)  # fmt: skip
"""Pictures, and single pictures of a sequence: there is nothing to find in time."""
_SEQUENCE = re.compile(r"\[(\d+)-(\d+)\]")
"""Resolve names a sequence once: `shot.[0001-0240].exr`."""


def problem_of(media: Mapping[str, Any] | None, path: Path | None, exists: Callable[[Path], bool]) -> str:
    """Why an item of this media is no footage, "" where it is; `exists` says whether a file is there."""
    if media is None:
        return clip_problems.GENERATOR_OR_TITLE
    kind = str(media.get("kind") or "").lower()
    if path is None:
        return next((reason for word, reason in _WITHOUT_FILE.items() if word in kind), clip_problems.NO_FILE)
    if not exists(path):
        return clip_problems.IMAGE_SEQUENCE if any(map(exists, _pictures(path))) else clip_problems.OFFLINE
    is_still = "still" in kind or path.suffix.lower() in STILLS or told_number(media.get("frames")) == 1
    return clip_problems.STILL_IMAGE if is_still else ""


def _pictures(path: Path) -> list[Path]:
    """The first and last of the pictures that Resolve calls by one name; none for other names."""
    span = _SEQUENCE.search(path.name)
    numbers = () if span is None else span.groups()
    before, after = (path.name, "") if span is None else (path.name[: span.start()], path.name[span.end() :])
    return [path.with_name(f"{before}{number}{after}") for number in numbers]
