"""Shots of one media: where the camera was cut, how much each shows, and how the camera moves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.shots import CameraMove, Shot
from cuemark.core.timebase import nearest_frame
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.shots.borders import CONTEXT_S, Border, FrameRun, find_borders
from cuemark.evidence.shots.camera import camera_moves
from cuemark.evidence.shots.size import ShotSizes
from cuemark.evidence.shots.store import ShotStore
from cuemark.evidence.shots.stretches import Span, changing_stretches, frame_times
from cuemark.media.frames import FrameSource
from cuemark.media.geometry import Picture

STAGE = "shots"
#: Pixels of the pictures that are compared: noise averages out, and what a shot shows does not.
_PIXELS = 576
#: Seconds of frames that are held in memory at once.
_HELD = Fraction(20)
#: Seconds behind the last frame of a stretch, which is known to its end.
_PAST = Fraction(1, 1000)
_SHOTS_TOGETHER = 32
#: A picture of one colour that is shorter than this belongs to the change from one shot to the next.
_FLAT_FADED, _FLAT_CUT = Fraction(2), Fraction(1, 2)


def find_shots(
    info: MediaInfo,
    track: FeatureTrack,
    frames: FrameSource,
    progress: Progress,
    cache: FeatureCache | None = None,
    sizes: ShotSizes | None = None,
) -> tuple[Shot, ...]:
    """The shots of a media, gapless from 0 to the end of its track; none of sound alone.

    `track` are its sampled frames; `frames` are decoded only where these change, and in short bursts in each shot.
    What is found is left in `cache` part by part, so that a run that was killed goes on there.  `sizes` are those of
    the CLIP the track was made by, where it knows any.  Stages "shots" in "frames" and "camera" in "shots".

    Raises MediaError as a `FrameStream` does, and JobCancelled.
    """
    if not info.has_picture:
        return ()
    store = ShotStore(info, track, cache)
    borders = without_blanks(_borders(info, track, frames, progress, store), track.duration)
    inner = {_on_frame(border, info): border.length / 2 for border in borders}
    edges = sorted({Fraction(0), track.duration, *inner})
    # What is mixed with the next shot tells nothing of this one's camera.
    clear = [(start + inner.get(start, 0), end - inner.get(end, 0)) for start, end in pairwise(edges)]
    moves = _moves(info, clear, frames, progress, store)
    found = [Shot(start, end, camera=move) for (start, end), move in zip(pairwise(edges), moves, strict=True)]
    return tuple(found if sizes is None else [replace(shot, size=sizes.size_of(shot, track)) for shot in found])


def _on_frame(border: Border, info: MediaInfo) -> Fraction:
    """When the border's first frame comes on; the middle of a blank may lie within one."""
    return nearest_frame(border.time, info.rate) / info.rate if border.length else border.time


def _moves(
    info: MediaInfo, shots: Sequence[Span], frames: FrameSource, progress: Progress, store: ShotStore
) -> list[CameraMove | None]:
    found = store.moves()[: len(shots)]
    progress.update("camera", len(found), len(shots), "shots")
    while len(found) < len(shots):
        found += camera_moves(info, shots[len(found) : len(found) + _SHOTS_TOGETHER], frames, progress)
        store.keep_moves(found)
        progress.update("camera", len(found), len(shots), "shots")
    return found


def _borders(
    info: MediaInfo, track: FeatureTrack, frames: FrameSource, progress: Progress, store: ShotStore
) -> list[Border]:
    found, until = store.borders()
    times = [frame_times(info, span) for span in changing_stretches(track)]
    total, taken = max(1, sum(map(len, times))), 0
    progress.update(STAGE, 0, total, "frames")
    for part in times:
        for run, inside in _runs(frames, part, until, progress):
            found += [border for border in find_borders(run) if inside[0] <= border.time < inside[1]]
            store.keep_borders(found, inside[1])
            progress.update(STAGE, min(total, taken + bisect_left(part, inside[1])), total, "frames")
        taken += len(part)
    progress.update(STAGE, total, total, "frames")
    return sorted({border.time: border for border in found}.values(), key=lambda border: border.time)


def _runs(
    frames: FrameSource, times: Sequence[Fraction], until: Fraction, progress: Progress
) -> Iterator[tuple[FrameRun, Span]]:
    """The frames at `times` in overlapping runs, each with the span [start, end) whose borders are its to tell.

    Up to `until` they are known; a run that goes on there has the very frames that it would have had.
    """
    if not times or times[-1] < until:
        return
    shown: list[tuple[Fraction, Picture]] = []
    begin = until if times[0] < until else Fraction(0)
    first = begin - CONTEXT_S if begin else Fraction(-1)
    with closing(frames.at(times[bisect_left(times, first) :], _small(frames.info))) as stream:
        for sample in stream:
            progress.check()
            if sample.frame_time < first or (shown and sample.frame_time <= shown[-1][0]):
                continue
            shown.append((sample.frame_time, sample.rgb))
            if sample.frame_time - shown[0][0] >= _HELD:
                inside = begin, sample.frame_time - CONTEXT_S
                yield _run(shown), inside
                begin = inside[1]
                shown = [one for one in shown if one[0] >= begin - CONTEXT_S]
    if shown:
        yield _run(shown), (begin, max(shown[-1][0], times[-1]) + _PAST)


def _run(shown: Sequence[tuple[Fraction, Picture]]) -> FrameRun:
    return FrameRun(tuple(time for time, _ in shown), np.stack([rgb for _, rgb in shown]))


def _small(info: MediaInfo) -> tuple[int, int]:
    """(width, height) of about 576 pixels in the shape of the picture."""
    ratio = (info.width * info.height / _PIXELS) ** 0.5
    return max(8, round(info.width / ratio)), max(8, round(info.height / ratio))


def without_blanks(borders: Sequence[Border], end: Fraction) -> list[Border]:
    """The borders less those of short blanks: pictures of one colour that a fade goes through.

    A fade through black is one change, in the middle of the black, and no shot of its own; neither is a short black
    before the first picture, or behind the last.
    """
    kept: list[Border] = []
    start = Border(Fraction(0), flat_after=True)
    for border in borders:
        before = kept[-1] if kept else start
        if border.flat_before and before.flat_after and _is_short(before, border):
            kept, border = kept[:-1], _joined(before, border)
            if not border.time:
                continue
        kept.append(border)
    if kept and kept[-1].flat_after and _is_short(kept[-1], Border(end)):
        kept.pop()
    return kept


def _is_short(one: Border, other: Border) -> bool:
    return other.time - one.time <= (_FLAT_FADED if one.length or other.length else _FLAT_CUT)


def _joined(one: Border, other: Border) -> Border:
    """The change from what is before `one` to what is behind `other`: at a cut, else in the middle of the blank."""
    if not one.time:
        return Border(Fraction(0), flat_after=other.flat_after)
    cut = one.time if other.length else other.time
    time = (one.time + other.time) / 2 if one.length and other.length else cut
    return Border(time, other.time - one.time, one.flat_before, other.flat_after)
