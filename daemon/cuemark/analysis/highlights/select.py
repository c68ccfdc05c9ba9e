"""The path of a selection: what is known of each source -> a look at its moments -> the best stretch of each -> a
diverse set of them, in the order in which it plays.  The worker calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, isfinite
from typing import TYPE_CHECKING

import numpy as np

from cuemark.analysis.highlights.diverse import Appearance, is_twin, likeness, marginal
from cuemark.analysis.highlights.known import Vectors, cut_frames, said_in, vectors_of
from cuemark.analysis.highlights.looks import STAGE, Look, look
from cuemark.analysis.highlights.stretches import Room, Stretch, best_stretch, room_of
from cuemark.analysis.model_cache import ModelCache
from cuemark.core.analysis import Notice
from cuemark.core.errors import InputError, JobCancelled, MediaError
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.media import MediaInfo, frame_span, total_frames
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.core.selection import (
    Candidate,
    Pick,
    PickOrder,
    SelectedMedia,
    Selection,
    SelectionOptions,
    SelectionSource,
    checked,
)
from cuemark.core.text import shown
from cuemark.core.timebase import round_half_up
from cuemark.core.transcript import Transcript
from cuemark.evidence.index.store import IndexStore

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache

AROUND = Fraction(2)
"""Seconds beyond a moment in which the border of a sentence is looked for."""
LOOKED_AT = Fraction(20)
"""Seconds of one moment that are decoded; of a longer one its middle, its beginning and its end, as much in all."""
_SCORE, _PICTURES = 0.5, 0.5


def select(
    sources: Sequence[SelectionSource],
    options: SelectionOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    index: IndexStore,
    progress: Progress,
    limits: ProcessLimits = UNLIMITED,
) -> Selection:
    """The best stretches of the sources.

    Files that are away or cannot be read give picks without having been looked at, with a notice.  Raises OptionError
    `option_length`, `option_per_moment`, InputError `selection_no_moments`, `selection_too_short`, JobCancelled.
    """
    checked(options)
    if not any(source.candidates for source in sources):
        message, step = "There are no moments to pick from.", "Analyse the footage first: cuemark analyze FILE"
        raise InputError("selection_no_moments", message, step)
    footage = [_Footage.of(source, place, models, cache, index, progress) for place, source in enumerate(sources)]
    _look_at_all(footage, options, progress, limits)
    every = [each for one in footage for each in one.moments(options)]
    picked, notices = _picked(every, options, progress)
    if not picked:
        message = "No moment has a stretch that is long enough."
        raise InputError("selection_too_short", message, "Give a shorter --per-moment.")
    media = tuple(one.selected for one in footage if any(each.footage is one for each, _ in picked))
    picks = tuple(each.pick(stretch) for each, stretch in _ordered(picked, options))
    told = {notice: None for one in footage for notice in one.notices} | dict.fromkeys(notices)
    return Selection(_distinct(media), picks, tuple(told))


@dataclass(eq=False)
class _Footage:
    """One source and what is known of it.  `info` is what its file says now, None where it cannot be read."""

    source: SelectionSource
    place: int
    info: MediaInfo | None
    selected: SelectedMedia
    vectors: Vectors | None
    transcript: Transcript | None
    notices: list[Notice] = field(default_factory=list)
    looks: list[list[Look]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        source: SelectionSource,
        place: int,
        models: ModelCache,
        cache: FeatureCache | None,
        index: IndexStore,
        progress: Progress,
    ) -> _Footage:
        """Probed and read, without decoding any picture."""
        info, selected, notices = _probed(source, progress)
        transcript, told = (None, ()) if info is None else said_in(source, info, models, cache, index, progress)
        vectors = vectors_of(source if info is None else replace(source, media=info), cache, index)
        return cls(source, place, info, selected, vectors, transcript, [*notices, *told])

    def moments(self, options: SelectionOptions) -> Iterator[_Moment]:
        """Its candidates, each with the room for a stretch of it."""
        media = self.selected.media
        total = total_frames(media)
        for number, candidate in enumerate(self.source.candidates):
            looks = self.looks[number] if self.looks else []
            spans = [(each.first, each.first + len(each) * each.step) for each in looks]
            moment = frame_span(media, candidate.start, candidate.end)
            rooms = []
            for span in spans or [(0, total)]:
                inside = max(moment[0], span[0]), min(moment[1], span[1])
                if inside[1] > inside[0]:
                    room = room_of(inside, span, media.rate, options.per_moment, AROUND)
                    rooms.append(replace(room, keys=self.keys) if options.on_keyframes else room)
            yield _Moment(self, candidate, rooms, looks)

    @cached_property
    def keys(self) -> tuple[int, ...] | None:
        """The frames of its keyframes, and its end; None where every frame is one, or nothing tells them."""
        if self.info is None or self.info.keyframes is None:
            return None
        base, rate = self.info.keyframes.base, self.info.rate
        frames = [round_half_up(tick * base * rate) for tick in self.info.keyframes.ticks()]
        return (*frames, total_frames(self.info))

    def span_of(self, candidate: Candidate, options: SelectionOptions) -> list[tuple[int, int]]:
        """The frames of a candidate that are looked at, with those around it in which a sentence may end."""
        media = self.selected.media
        first, after = frame_span(media, candidate.start, candidate.end)
        around = ceil((AROUND if self.transcript else 1) * media.rate)
        most = ceil(max(LOOKED_AT, 6 * (options.per_moment or LOOKED_AT)) * media.rate)
        total = total_frames(media)
        if options.per_moment is None:
            return [(max(0, first - around), min(total, after + around))]
        if after - first <= most:
            return [(max(0, first - around), min(total, after + around))]
        third, middle = most // 3, (first + after) // 2
        return [(first, first + third), (middle - third // 2, middle - third // 2 + third), (after - third, after)]


def _probed(source: SelectionSource, progress: Progress) -> tuple[MediaInfo | None, SelectedMedia, list[Notice]]:
    """A source's file as it is now; of one that is away, or is another by now, what its analysis knew."""
    from cuemark.analysis.pipeline import probed
    from cuemark.media.sound import best_sound, sound_streams

    try:
        info = probed(source.media.path, progress)
        if info.fingerprint != source.media.fingerprint:
            message = f"{shown(source.media.path)} is another file than the one that was analysed."
            raise MediaError("media_changed", message, "Analyse it again.")
        sound = best_sound(sound_streams(info))
    except JobCancelled:
        raise
    except MediaError as error:
        if error.code == "media_changed":
            raise
        away = error.code == "media_not_found"
        message = f"{error.message} Its stretches were picked by score alone; nobody looked at its pictures."
        offline = SelectedMedia(source.media, offline=away)
        return None, offline, [Notice("selection_offline" if away else error.code, message)]
    channels, rate = (sound.channels or 1, sound.rate or 48_000) if sound is not None else (0, 48_000)
    media = replace(info, keyframes=None, warnings=())
    return info, SelectedMedia(media, channels, rate), []


@dataclass(frozen=True, eq=False)
class _Moment:
    """A candidate, where a stretch of it may lie, and the looks at it, one a room."""

    footage: _Footage
    candidate: Candidate
    rooms: list[Room]
    looks: list[Look]

    def best(self, taken: Sequence[tuple[int, int]] = (), most: Fraction | None = None) -> Stretch | None:
        """Its best stretch beside what is `taken` of its media; `most` are seconds."""
        found = None
        for number, room in enumerate(self.rooms):
            seen = self.looks[number] if self.looks else None
            cuts = cut_frames(self.footage.source, seen.cuts if seen else ())
            stretch = best_stretch(_shorter(room, most), seen, self.footage.transcript, cuts, taken)
            if stretch is not None and (found is None or stretch.worth > found.worth):
                found = stretch
        return found

    def worth(self, stretch: Stretch) -> float:
        """How sure its words are, and how good its pictures."""
        score = self.candidate.score if isfinite(self.candidate.score) else 0.0
        return _SCORE * min(1.0, max(0.0, score)) + _PICTURES * stretch.worth

    def appearance(self, stretch: Stretch) -> Appearance:
        """By what it is told from others."""
        rate = self.footage.selected.media.rate
        known = self.footage.vectors
        vector = None if known is None else known.mean(stretch.first / rate, stretch.after / rate)
        seen = next((each for each in self.looks if each.first <= stretch.first < each.first + len(each)), None)
        layout = None if seen is None else seen.layouts[seen.part(stretch.first, stretch.after)].mean(axis=0)
        if layout is not None and float(np.linalg.norm(layout)) > 0:
            layout = layout / np.float32(np.linalg.norm(layout))
        words = frozenset(word for word in self.candidate.caption.lower().split() if len(word) > 2)
        return Appearance(known.encoder if known else "", vector, layout, words)

    def pick(self, stretch: _Chosen) -> Pick:
        """The pick it becomes."""
        media, found, candidate = self.footage.selected.media, stretch.stretch, self.candidate
        return Pick(
            media.path,
            media.fingerprint,
            found.first / media.rate,
            found.after / media.rate,
            candidate.caption,
            candidate.score,
            round(self.worth(found), 4),
            found.sharpness,
            found.stability,
            stretch.difference,
            _said(self.footage.transcript, found, media.rate) or "",
            candidate.tags,
            tuple(_reasons(found, stretch.difference)),
        )


@dataclass(frozen=True)
class _Chosen:
    stretch: Stretch
    difference: float | None


def _shorter(room: Room, most: Fraction | None) -> Room:
    if most is None:
        return room
    frames = max(1, int(most * room.rate))
    return replace(room, most=min(room.most, frames), least=min(room.least, frames))


def _look_at_all(
    footage: Sequence[_Footage], options: SelectionOptions, progress: Progress, limits: ProcessLimits
) -> None:
    """Looks at every moment of every file that can be decoded; what cannot is said and passed over."""
    total, done = sum(len(one.source.candidates) for one in footage), 0
    progress.update(STAGE, 0, total, "moments")
    for one in footage:
        if one.info is not None and one.info.has_picture:
            spans = [one.span_of(candidate, options) for candidate in one.source.candidates]
            try:
                one.looks = _looks(one.info, spans, done, total, progress, limits)
            except MediaError as error:
                one.notices.append(Notice(error.code, f"{error.message} Its stretches were picked by score alone."))
        done += len(one.source.candidates)
        progress.update(STAGE, done, total, "moments")


def _looks(
    info: MediaInfo,
    spans: Sequence[Sequence[tuple[int, int]]],
    done: int,
    total: int,
    progress: Progress,
    limits: ProcessLimits,
) -> list[list[Look]]:
    """By candidate the looks at its spans; none where one of them cannot be decoded."""
    found = []
    for number, parts in enumerate(spans):
        looks = list(look(info, parts, OnlyChecks(progress), limits))
        found.append([each for each in looks if each is not None])
        progress.update(STAGE, done + number + 1, total, "moments")
    return found


def _picked(
    every: Sequence[_Moment], options: SelectionOptions, progress: Progress
) -> tuple[list[tuple[_Moment, _Chosen]], list[Notice]]:
    """The picks, best first, as long as they fit into the length; and what is to be said of it."""
    stretches = [each.best() for each in every]
    there = [place for place, stretch in enumerate(stretches) if stretch is not None]
    found = [stretches[place] for place in there]
    moments = [every[place] for place in there]
    best: list[Stretch] = [stretch for stretch in found if stretch is not None]
    worth = np.array([one.worth(stretch) for one, stretch in zip(moments, best, strict=True)])
    alike = likeness([one.appearance(stretch) for one, stretch in zip(moments, best, strict=True)])
    picks: list[tuple[_Moment, _Chosen]] = []
    order: list[int] = []
    left, open_ = options.length, set(range(len(moments)))
    while open_:
        progress.check()
        gain = marginal(worth, alike, order)
        place = max(open_, key=lambda index: (gain[index], -index))
        open_.discard(place)
        moment = moments[place]
        stretch = _fitting(moment, best[place], picks, left)
        if stretch is None or is_twin(alike, place, order):
            continue
        difference = round(1 - float(alike[place, order].max()), 4) if order else None
        picks.append((moment, _Chosen(stretch, difference)))
        order.append(place)
        seconds = Fraction(stretch.after - stretch.first) / moment.footage.selected.media.rate
        left = None if left is None else left - seconds
        if left is not None and left <= 0:
            break
    return picks, _shortfall(picks, options, left)


def _fitting(
    moment: _Moment, stretch: Stretch, picks: Sequence[tuple[_Moment, _Chosen]], left: Fraction | None
) -> Stretch | None:
    """A moment's stretch beside those that are picked of the same footage, and no longer than what is left."""
    media = moment.footage.selected.media
    taken = [
        (chosen.stretch.first, chosen.stretch.after)
        for other, chosen in picks
        if other.footage.selected.media.fingerprint == media.fingerprint
    ]
    seconds = Fraction(stretch.after - stretch.first) / media.rate
    overlaps = any(stretch.first < after and stretch.after > first for first, after in taken)
    if not overlaps and (left is None or seconds <= left):
        return stretch
    if left is not None and left * media.rate < min(room.least for room in moment.rooms):
        return None
    return moment.best(taken, left)


def _shortfall(
    picks: Sequence[tuple[_Moment, _Chosen]], options: SelectionOptions, left: Fraction | None
) -> list[Notice]:
    if options.length is None or left is None or left < max(1, (options.per_moment or 1)):
        return []
    have = float(options.length - left)
    message = f"The picks are {have:.1f} s long and not {float(options.length):g}: there are no more moments."
    return [Notice("selection_shorter", f"{message} A longer --per-moment, or more footage, fills it.")]


def _ordered(picked: Sequence[tuple[_Moment, _Chosen]], options: SelectionOptions) -> Sequence[tuple[_Moment, _Chosen]]:
    if options.order is PickOrder.SCORE:
        return picked
    return sorted(picked, key=lambda each: (each[0].footage.place, each[1].stretch.first))


def _said(transcript: Transcript | None, stretch: Stretch, rate: Fraction) -> str:
    if transcript is None:
        return ""
    return " ".join(each.text.strip() for each in transcript.within(stretch.first / rate, stretch.after / rate))


def _reasons(stretch: Stretch, difference: float | None) -> Iterator[str]:
    """In words, what speaks for a pick and what moved its ends."""
    for value, good, bad in ((stretch.sharpness, "sharp", "soft"), (stretch.stability, "steady", "shaken")):
        if value is not None and not 0.45 < value < 0.75:
            yield good if value >= 0.75 else bad
    if difference is not None and difference > 0.8:
        yield "unlike the others"
    yield from stretch.why


def _distinct(media: Sequence[SelectedMedia]) -> tuple[SelectedMedia, ...]:
    return tuple({each.media.path: each for each in media}.values())
