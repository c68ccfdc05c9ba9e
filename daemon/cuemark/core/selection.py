"""A selection: the best stretches of footage, picked for a string-out or a set of clips, and how each came about."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from cuemark.core.analysis import Analysis, Notice, named_moments
from cuemark.core.errors import InputError, MediaError, OptionError
from cuemark.core.footage import IndexedMedia
from cuemark.core.media import NOMINAL_RATE, NOMINAL_SIZE, MediaInfo, frame_span
from cuemark.core.search import Ground, SearchHit
from cuemark.core.shots import Shot
from cuemark.core.text import first_few, one_line, shown
from cuemark.core.timebase import snap_rate

MOST_SECONDS = 24 * 3600
"""A string-out of more than a day has no timecode of its own for each frame."""
MOST_CANDIDATES = 20_000
"""Stretches that are weighed against each other at once."""


class PickOrder(str, Enum):
    """In which order the picks follow each other."""

    TIME = "time"  # files as they were named, in each of them from its beginning
    SCORE = "score"  # the best first


DEFAULT_LENGTH, DEFAULT_PICK = Fraction(60), Fraction(4)
"""Seconds of a string-out, and of one pick in it, where nobody says how long they shall be."""


@dataclass(frozen=True)
class SelectionOptions:
    """What is wanted of a selection.

    `length` are seconds of all picks together, None for as many as there are; `per_moment` the most of one pick, None
    for whole moments.  `on_keyframes` lets picks begin and end on keyframes only, where the pictures can be copied
    without being encoded again.
    """

    length: Fraction | None = None
    per_moment: Fraction | None = None
    order: PickOrder = PickOrder.TIME
    on_keyframes: bool = False


def checked(options: SelectionOptions) -> SelectionOptions:
    """The options; OptionError `option_length`, `option_per_moment` for what cannot be."""
    length, pick = options.length, options.per_moment
    for name, seconds in (("length", length), ("per_moment", pick)):
        if seconds is not None and not 0 < seconds <= MOST_SECONDS:
            flag = f"--{name.replace('_', '-')}"
            message = f"{flag} {_seconds(seconds)} is not possible."
            code = "option_length" if name == "length" else "option_per_moment"
            raise OptionError(code, message, "Give a time above 0 and of at most 24 hours, or all.")
    if length is not None and pick is not None and length < pick:
        message = f"A length of {_seconds(length)} is shorter than one pick of {_seconds(pick)}."
        raise OptionError("option_length", message, f"Give a longer --length, or --per-moment {_seconds(length)}.")
    return options


def _seconds(value: Fraction) -> str:
    return f"{float(value):g}s"


@dataclass(frozen=True)
class Candidate:
    """A segment [start, end), in seconds from the first frame shown, out of which a stretch may be picked.

    `score` (0 to 1) is how sure its caption is, or how well it answers a search; `said` the words spoken in it.
    """

    start: Fraction
    end: Fraction
    caption: str
    score: float
    said: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SelectionSource:
    """One media with its candidates: the moments of an analysis, or the hits of a search.

    `encoder` is the id of the model whose frame vectors tell alike pictures, "" for any that the library has; `options`
    are those of the analysis, which say whose transcript counts.  `cuts` are known borders of shots, in seconds.
    """

    media: MediaInfo
    candidates: tuple[Candidate, ...]
    encoder: str = ""
    options: dict[str, str] = field(default_factory=dict)
    cuts: tuple[Fraction, ...] = ()


def source_of(analysis: Analysis) -> SelectionSource:
    """An analysis as a source; InputError `selection_no_moments` for one in which nothing was found."""
    if not analysis.moments:
        message = f"The analysis of {shown(analysis.media.path)} has no moments to pick from."
        step = "Analyse it with other options, or name another analysis; `cuemark analyses list` shows them."
        raise InputError("selection_no_moments", message, step)
    found = tuple(
        Candidate(
            named.moment.start,
            named.moment.end,
            named.name,
            named.moment.score,
            named.moment.said,
            tuple(tag.word for tag in named.moment.tags),
        )
        for named in sorted(named_moments(analysis.moments))
    )
    clip = analysis.models.get("clip")
    cuts = _cuts(analysis.shots)
    return SelectionSource(_light(analysis.media), found, clip.id if clip else "", dict(analysis.options), cuts)


def _cuts(shots: Iterable[Shot]) -> tuple[Fraction, ...]:
    return tuple(sorted({shot.start for shot in shots if shot.start > 0}))


def sources_of(hits: Iterable[SearchHit], media: Mapping[str, IndexedMedia]) -> tuple[SelectionSource, ...]:
    """The hits of a search by media, in the order of their best hit; `media` are by fingerprint."""
    found: dict[Path, list[SearchHit]] = {}
    for hit in hits:
        found.setdefault(hit.path, []).append(hit)
    return tuple(
        SelectionSource(
            replace(_light(media[every[0].fingerprint].media), path=path),
            tuple(Candidate(hit.start, hit.end, _words(hit), hit.score, _said(hit)) for hit in every),
            cuts=_cuts(media[every[0].fingerprint].shots),
        )
        for path, every in found.items()
    )


def _words(hit: SearchHit) -> str:
    """What a hit is called: the words by which it was found, of the surest ground that has any."""
    told = sorted((why for why in hit.why if why.words), key=lambda why: -why.score)
    return one_line(told[0].words) if told else ""


def _said(hit: SearchHit) -> str:
    return next((why.words for why in hit.why if why.ground is Ground.SAID), "")


def _light(media: MediaInfo) -> MediaInfo:
    """What of a media travels with a selection: whoever cuts it reads its keyframes anew."""
    return replace(media, keyframes=None, warnings=())


@dataclass(frozen=True)
class SelectedMedia:
    """A media that picks are from.  `channels` of its sound, 0 without any; None where it is away and cannot tell."""

    media: MediaInfo
    channels: int | None = None
    sound_rate: int = 48_000
    offline: bool = False


@dataclass(frozen=True)
class Pick:
    """One stretch [start, end) of a media: whole frames of it at its own rate, in seconds from the first frame shown.

    `score` is that of the moment or hit it is from, `sharpness` and `stability` (0 to 1) are what was seen in its
    pictures and `difference` (0 to 1) how unlike the others it is; None where that could not be told.  `value` is what
    they come to.  `why` says in words what decided, and what moved its ends.
    """

    path: Path
    fingerprint: str
    start: Fraction
    end: Fraction
    caption: str
    score: float
    value: float = 0.0
    sharpness: float | None = None
    stability: float | None = None
    difference: float | None = None
    said: str = ""
    tags: tuple[str, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True)
class Selection:
    """What was picked, in the order in which it plays, and the media it is from."""

    media: tuple[SelectedMedia, ...]
    picks: tuple[Pick, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """How long all picks are together."""
        return sum((pick.seconds for pick in self.picks), Fraction(0))

    def of(self, pick: Pick) -> SelectedMedia:
        """The media a pick is from."""
        return next(each for each in self.media if each.media.path == pick.path)

    def frames(self, pick: Pick) -> tuple[int, int]:
        """The first frame of a pick, and the one after its last, counted from the media's first."""
        return frame_span(self.of(pick).media, pick.start, pick.end)


class RenderKind(str, Enum):
    """What is made of a selection's pictures and sound."""

    MOVIE = "mp4"  # one file, the picks behind each other
    CLIPS = "clips"  # a folder: a file for each pick, and their captions as JSON lines
    WEBDATASET = "webdataset"  # a folder of tar files: key.mp4, key.json, key.txt


@dataclass(frozen=True)
class RenderOptions:
    """How pictures are written.  None: the rate and size that most of the footage has.

    `overwrite` replaces what is there under the name.  `per_shard` are the clips of one tar file.
    """

    rate: Fraction | None = None
    width: int | None = None
    height: int | None = None
    overwrite: bool = False
    per_shard: int = 1000


@dataclass(frozen=True)
class Rendering:
    """What was written: the files, their size in bytes, seconds of footage, and how the pictures got there.

    `copied` of the picks were copied as they are, all others were encoded again by `encoder` ("" where none was).
    """

    path: Path
    files: tuple[Path, ...]
    size: int
    seconds: Fraction
    clips: int
    copied: int
    encoder: str = ""
    notices: tuple[Notice, ...] = ()


def usual_rate(selection: Selection) -> Fraction:
    """The frame rate that most seconds of the picks have; a nominal one of sound alone."""
    rates = [(pick, snap_rate(selection.of(pick).media.rate)) for pick in _shown(selection)]
    return _most(rates) if rates else NOMINAL_RATE


def picture_size(selection: Selection) -> tuple[int, int]:
    """The picture size, width and height, that most seconds of the picks have; an ordinary one for sound alone."""
    sizes = [(pick, selection.of(pick).media) for pick in _shown(selection)]
    return _most([(pick, (media.width, media.height)) for pick, media in sizes]) if sizes else NOMINAL_SIZE


def _shown(selection: Selection) -> list[Pick]:
    return [pick for pick in selection.picks if selection.of(pick).media.has_picture]


T = TypeVar("T")


def _most(valued: list[tuple[Pick, T]]) -> T:
    """The value that most seconds have, of equals the first."""
    seconds: dict[T, Fraction] = {}
    for pick, value in valued:
        seconds[value] = seconds.get(value, Fraction(0)) + pick.seconds
    return max(seconds, key=lambda value: seconds[value])


def check_online(selection: Selection) -> None:
    """MediaError `media_not_found` that names the files which are away."""
    gone = [each.media.path for each in selection.media if not os.path.exists(each.media.path)]
    if gone:
        verb = "is" if len(gone) == 1 else "are"
        message = f"{first_few([shown(path) for path in gone], 4)} {verb} not there, and pictures are needed for this."
        step = "Connect the disk it is on, or write a timeline (--format otio), which needs no pictures."
        raise MediaError("media_not_found", message, step)
