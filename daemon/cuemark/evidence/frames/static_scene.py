"""Footage of a fixed camera before which somebody comes and goes: the frames that show only the background.

The background is a state of the picture that returns again and again between other ones.  It is told from the pose
that somebody at rest takes again and again: who comes adds edges to what was there and moves while there, and nothing
moves once they are gone.  What is found is a claim about all of the footage, so in doubt there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.options import EmptinessOptions

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Frames tried as a picture of the background, and different states among them that are looked at.
_CANDIDATES, _STATES = 80, 6
# In grey levels: a pixel that differs by more shows something else.
_DIFFERENT = 20.0
# Frames differ this much less from the background than frames with somebody, or it is no state of its own.
_SAME = 0.6
_VISITS = 2
_OFTEN = 0.5
# Share of all frames that may lie between "nobody" and "clearly somebody".
_IN_BETWEEN, _CLEARLY = 0.1, 2.0
# What changes often, from frame to frame, on so few pixels is noise; in grey levels, pixels, and percent of the frames.
_STIR, _STIRRED, _USUALLY = 8.0, 2, 75
# Share of the picture in which two stretches may differ that show the same.
_SAME_PICTURE = 0.02
# The light of the whole picture is read off every so many pixels.
_SPARSE = 5
# Share of the picture that changes from one frame to the next while somebody is there.
_MOVES = 0.015


def background_frames(track: FeatureTrack, options: EmptinessOptions) -> Mask:
    """[T]: the frames of a track that show the background alone; none where that cannot be told."""
    nothing = np.zeros(len(track), np.bool_)
    if track.measures is None or len(track) < 2 * _VISITS:
        return nothing
    pictures = track.measures.thumbnails.astype(np.float32)
    shortest = max(2, round(options.shortest_s / float(np.median(np.diff(track.seconds)))))
    for same in _states(pictures, options, shortest):
        scene = _Scene.of(pictures, same, options)
        if scene.is_background(options, shortest):
            return scene.nobody
    return nothing


def _states(pictures: Array, options: EmptinessOptions, shortest: int) -> list[Mask]:
    """States that the picture returns to, each as the frames that show it; the one that is shown longest first."""
    flat = pictures.reshape(len(pictures), -1)
    tried = np.linspace(0, len(flat) - 1, min(len(flat), _CANDIDATES)).astype(int)
    found = [_changed(flat, flat[number]) < _SAME * options.foreground for number in tried]
    returning = [same for same in found if _returns(same, shortest)]
    states: list[Mask] = []
    for same in sorted(returning, key=lambda one: -int(one.sum())):
        if len(states) < _STATES and all(not (same & other).any() for other in states):
            states.append(same)
    return states


def _returns(same: Mask, shortest: int) -> bool:
    visits = sum(last - first >= shortest for first, last in runs(same))
    return visits >= _VISITS or (visits > 0 and float(same.mean()) >= _OFTEN)


@dataclass(frozen=True)
class _Scene:
    """A fixed camera's footage under the guess that one state is its background.

    `pictures` [T, h, w]; `background` [h, w]; `offset` [T, P] is by how many grey levels each pixel differs from it,
    the change of light of the whole picture taken off; `foreground` [T] is the share of the pixels that clearly differ;
    `nobody` [T] are the frames that show the background alone.
    """

    pictures: Array
    background: Array
    offset: Array
    foreground: Array
    nobody: Mask

    @classmethod
    def of(cls, pictures: Array, same: Mask, options: EmptinessOptions) -> _Scene:
        flat = pictures.reshape(len(pictures), -1)
        background = np.median(flat[same], axis=0).astype(np.float32)
        offset = _offset(flat, background)
        foreground = (np.abs(offset) > _DIFFERENT).mean(axis=1, dtype=np.float32)
        return cls(
            pictures, background.reshape(pictures.shape[1:]), offset, foreground, foreground < options.foreground
        )

    def is_background(self, options: EmptinessOptions, shortest: int) -> bool:
        """Whether the guess holds."""
        between = ~self.nobody & (self.foreground < _CLEARLY * options.foreground)
        return (
            _returns(self.nobody, shortest)
            and not bool(self.nobody.all())
            and float(between.mean()) <= _IN_BETWEEN
            and self._camera_is_fixed(options)
            and self._nothing_stirs()
            and self._others_move()
            and self._others_add(options)
        )

    def _camera_is_fixed(self, options: EmptinessOptions) -> bool:
        """Most of the picture stays as it is, in nine of ten frames."""
        return float(np.percentile(np.median(np.abs(self.offset), axis=1), 90)) <= options.fixed_camera

    def _nothing_stirs(self) -> bool:
        """Without anybody nothing moves: a speaker far away, who gestures all the time, is somebody."""
        pairs = self.nobody[1:] & self.nobody[:-1]
        usual = np.percentile(np.abs(np.diff(self.offset, axis=0)[pairs]), _USUALLY, axis=0)
        return int((usual > _STIR).sum()) <= _STIRRED

    def _others_move(self) -> bool:
        """Who comes is seen to move: a slide that is shown, and shown again, does not."""
        change = (np.abs(np.diff(self.offset, axis=0)) > _DIFFERENT).mean(axis=1)
        stays = [change[first : last - 1].max(initial=0.0) for first, last in runs(~self.nobody)]
        return float(np.median(stays)) >= _MOVES

    def _others_add(self, options: EmptinessOptions) -> bool:
        """Where the others differ from the background, they have more edges than it, in nine of ten frames."""
        inside = np.abs(self.offset[~self.nobody]) > _DIFFERENT
        there = (_edges(self.pictures[~self.nobody]) * inside).sum(axis=1)
        behind = (_edges(self.background[None]) * inside).sum(axis=1)
        added = np.log((there + 1) / (behind + 1))
        return float(np.percentile(added, 10)) > 0 and float(np.median(added)) >= options.detail


def same_picture(track: FeatureTrack, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two runs of a fixed camera's frames show the same, by their median pictures; False without measures."""
    if track.measures is None:
        return False
    flat = track.measures.thumbnails.reshape(len(track), -1)
    first, second = (np.median(flat[a:b], axis=0).astype(np.float32) for a, b in (one, other))
    return float(_changed(second[None], first)[0]) < _SAME_PICTURE


def _changed(flat: Array, picture: Array) -> Array:
    """[T]: the share of the pixels that clearly differ from a picture [P]."""
    share: Array = (np.abs(_offset(flat, picture)) > _DIFFERENT).mean(axis=1, dtype=np.float32)
    return share


def _offset(flat: Array, picture: Array) -> Array:
    """[T, P]: by how much frames differ from a picture, less what all of the frame differs by (the light)."""
    offset: Array = flat - picture
    offset -= np.median(offset[:, ::_SPARSE], axis=1, keepdims=True)
    return offset


def _edges(pictures: Array) -> Array:
    """[T, P]: the larger of the two differences of each pixel to its neighbours."""
    down = np.abs(np.diff(pictures, axis=1))[:, :, :-1]
    across = np.abs(np.diff(pictures, axis=2))[:, :-1]
    edges: Array = np.pad(np.maximum(down, across), ((0, 0), (0, 1), (0, 1))).reshape(len(pictures), -1)
    return edges


def runs(mask: Mask) -> Iterator[tuple[int, int]]:
    """Runs [first, last) of what is true."""
    steps = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    yield from zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True)
