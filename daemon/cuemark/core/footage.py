"""Footage in the library: what can be searched of one media, kept apart from what may be pruned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis import ModelUse, Notice
from cuemark.core.media import MediaInfo
from cuemark.core.shots import Shot


@dataclass(frozen=True)
class IndexedMedia:
    """One media of the library, as `cuemark library show` tells it.

    `paths` are where its content was seen, the last first; `offline`: it is at none of them now.  `encoders` are those
    whose frame vectors it has, and how many of each.  `utterances` and `texts` count what is said and read;
    `thumbnails` are the times of those that are kept.  `recorded` is when it was shot, where the file tells it.
    `number` is the library's own, and stays; `size` are the bytes that its entry takes in the index.
    """

    media: MediaInfo
    paths: tuple[Path, ...]
    indexed_at: datetime
    encoders: tuple[ModelUse, ...]
    vectors: tuple[int, ...]
    shots: tuple[Shot, ...] = ()
    utterances: int = 0
    texts: int = 0
    thumbnails: tuple[Fraction, ...] = ()
    recorded: datetime | None = None
    camera: str = ""
    offline: bool = False
    size: int = 0
    warnings: tuple[Notice, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Indexed:
    """What the worker says of a file whose entry is in the index: the media, where it lies, and what was asked.

    `modified_ns` is the file's time stamp before it was read, `asked` the key of what was asked (options and models by
    name): a file with the same stamp and size and the same wish need not be looked at again.
    `opening` marks its content, header aside, which a file that has grown begins with; "" where that is not known.
    """

    media: MediaInfo
    modified_ns: int = 0
    asked: str = ""
    opening: str = ""


@dataclass(frozen=True)
class FileState:
    """A file as a stat tells it, and the key of what is asked of it (`Indexed.asked`)."""

    path: Path
    size: int
    modified_ns: int
    asked: str = ""


@dataclass(frozen=True)
class EntryProblem:
    """What is wrong with one entry of the index, and what is done about it; `path` is where its file was last seen."""

    code: str
    fingerprint: str
    message: str
    path: Path | None = None


@dataclass(frozen=True)
class IndexReport:
    """What a look over the index found: how many media and bytes it holds, how many are offline, and what is wrong.

    `unclaimed` entries belong to no media that the library knows; `swept` files to no entry: they were taken away.
    `jobs` are those that index again what could not be mended otherwise.
    """

    media: int
    size: int
    offline: int
    problems: tuple[EntryProblem, ...] = ()
    unclaimed: int = 0
    swept: int = 0
    jobs: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems
