"""What the camera does in a shot: the motion of the whole picture in a few bursts of frames.

A **burst** is a second of frames, a twelfth of a second apart; long shots have up to five.  Its steady part is the mean
speed, its restlessness what the steps stray from that.  A steady part that outweighs the restlessness is a pan, a tilt,
or a push in or out (a zoom and a camera that moves look the same here); restlessness without one is a hand that holds
the camera; neither, a tripod.  Where most steps cannot be told, neither can the shot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.shots import CameraMove
from cuemark.media.frames import FrameSource, SampledFrame
from cuemark.media.motion import STILL, Motion, global_motion, luma

_PIXELS = 320 * 180
#: Seconds between two pictures of a burst, its length, and the longest shot that is looked at whole.
_STEP, _BURST, _WHOLE = Fraction(1, 12), Fraction(1), Fraction(5, 2)
_SECONDS_A_BURST, _MOST_BURSTS = 4, 5
#: Speeds in widths of the picture a second (of a zoom, those of the edge): below them nothing moves.
_SLOWEST, _SLOWEST_ZOOM, _RESTLESS = 0.014, 0.006, 0.011
#: How many times the restlessness a steady motion is at least.
_STEADY = 1.2
#: Share of the steps, and of the bursts' way, that must agree.
_TOLD, _AGREED = 0.5, 0.6
#: A picture stands still that moves less than this share of its width.
_STANDS = 0.001

Span = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Step:
    """A motion of the picture within `seconds`; None where it cannot be told."""

    seconds: float
    motion: Motion | None


def camera_moves(
    info: MediaInfo, shots: Sequence[Span], frames: FrameSource, progress: Progress
) -> list[CameraMove | None]:
    """What the camera does in each of the shots [start, end), which rise and do not overlap."""
    bursts = [(number, times) for number, shot in enumerate(shots) for times in burst_times(info, shot)]
    wanted = [time for _, times in bursts for time in times]
    found: list[list[BurstMotion | None]] = [[] for _ in shots]
    with closing(frames.at(wanted, _size(info))) as stream:
        for number, times in bursts:
            pictures = list(islice(stream, len(times)))
            found[number].append(burst_motion(steps_of(pictures, progress)) if len(pictures) > 1 else None)
    return [camera_move(motions) for motions in found]


def _size(info: MediaInfo) -> tuple[int, int]:
    """(width, height) of about 320 x 180 pixels in the shape of the picture, never larger than that is."""
    ratio = max(1.0, (info.width * info.height / _PIXELS) ** 0.5)
    return max(8, round(info.width / ratio)), max(8, round(info.height / ratio))


def burst_times(info: MediaInfo, shot: Span) -> list[list[Fraction]]:
    """The times of the pictures of each burst of a shot [start, end): frames' middles, rising."""
    start, end = shot
    length = end - start
    if length <= _WHOLE:
        spans = [shot]
    else:
        count = min(_MOST_BURSTS, max(2, math.ceil(length / _SECONDS_A_BURST)))
        slots = [(start + length * number / count, start + length * (number + 1) / count) for number in range(count)]
        spans = [_burst_in(slot, info) for slot in slots]
    return [times for span in spans if len(times := _pictures(info, span)) > 1]


def _burst_in(slot: Span, info: MediaInfo) -> Span:
    """A second in the middle of a slot, or from a keyframe in it on, for which nothing else has to be decoded."""
    start = (slot[0] + slot[1] - _BURST) / 2
    if info.keyframes is not None:
        start = info.keyframes.nearest([(slot[0], slot[1] - _BURST)])[0] or start
    return start, start + _BURST


def _pictures(info: MediaInfo, span: Span) -> list[Fraction]:
    apart = max(1, math.floor(_STEP * info.rate))
    first, after = math.ceil(span[0] * info.rate), math.floor(span[1] * info.rate)
    return [(number + Fraction(1, 2)) / info.rate for number in range(first, after, apart)]


def steps_of(pictures: Sequence[SampledFrame], progress: Progress) -> list[Step]:
    """The motions within a burst; frames that repeat the one before them make a longer step with the next."""
    steps: list[Step] = []
    before = pictures[0].frame_time, luma(pictures[0].rgb)
    for picture in pictures[1:]:
        progress.check()
        seconds = float(picture.frame_time - before[0])
        if seconds > 0:
            grey = luma(picture.rgb)
            steps.append(Step(seconds, global_motion(before[1], grey)))
            before = picture.frame_time, grey
    return list(_without_repeats(steps)) if _has_repeats(steps) else steps


def _has_repeats(steps: Sequence[Step]) -> bool:
    """Whether the picture goes one way with steps of 0 between: converted footage repeats every other frame or so."""
    moving = [_speeds(step) for step in steps if step.motion is not None and not _stands(step.motion)]
    if not 0.2 * len(steps) <= len(moving) <= 0.8 * len(steps):
        return False
    way = np.mean(moving, axis=0)
    return bool((np.array(moving) @ way > 0).all())


def _without_repeats(steps: Sequence[Step]) -> Iterator[Step]:
    waited = 0.0
    for step in steps:
        if _stands(step.motion):
            waited += step.seconds
        else:
            yield Step(step.seconds + waited, step.motion)
            waited = 0.0
    if waited:
        yield Step(waited, STILL)


def _stands(motion: Motion | None) -> bool:
    return motion is not None and max(abs(motion.x), abs(motion.y), abs(motion.scale - 1)) < _STANDS


@dataclass(frozen=True)
class BurstMotion:
    """`steady`: mean speeds (right, down, outward) in widths of the picture a second; `restless`: what steps stray."""

    steady: tuple[float, float, float]
    restless: float
    seconds: float


def burst_motion(steps: Sequence[Step]) -> BurstMotion | None:
    """The motion of a burst; None where too few of its steps can be told."""
    told = [step for step in steps if step.motion is not None]
    if len(told) < max(1, _TOLD * len(steps)):
        return None
    speeds = np.array([_speeds(step) for step in told])
    seconds = np.array([step.seconds for step in told])
    steady = (speeds * seconds[:, None]).sum(axis=0) / seconds.sum()
    # A camera that speeds up or slows down is not restless.
    places = np.cumsum(seconds) - seconds / 2
    strays = speeds - (
        np.polynomial.polynomial.polyvander(places, 1) @ _line(places, speeds) if len(told) > 3 else steady
    )
    restless = float(np.sqrt((strays[:, :2] ** 2).sum(axis=1).mean()))
    x, y, out = steady.tolist()
    return BurstMotion((x, y, out), restless, float(seconds.sum()))


def _line(places: NDArray[np.float64], speeds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.polynomial.polynomial.polyfit(places, speeds, 1))


def _speeds(step: Step) -> tuple[float, float, float]:
    assert step.motion is not None
    motion = step.motion
    return motion.x / step.seconds, motion.y / step.seconds, 0.5 * math.log(max(motion.scale, 1e-3)) / step.seconds


def camera_move(bursts: Sequence[BurstMotion | None]) -> CameraMove | None:
    """What the camera does in a shot of these bursts; None where it cannot be told."""
    told = [burst for burst in bursts if burst is not None]
    if not told or len(told) < _TOLD * len(bursts):
        return None
    ways: dict[CameraMove, float] = {}
    for burst in told:
        move = _steady_move(burst)
        if move is not None:
            ways[move] = ways.get(move, 0.0) + _way(burst)
    if ways:
        best = max(ways, key=lambda move: ways[move])
        if ways[best] >= _AGREED * sum(ways.values()) and _holds(best, told):
            return best
    restless = sum(burst.restless >= _RESTLESS for burst in told)
    return CameraMove.HANDHELD if 2 * restless >= len(told) or len(ways) > 1 else CameraMove.STATIC


def _steady_move(burst: BurstMotion) -> CameraMove | None:
    x, y, out = burst.steady
    strongest = max(abs(x), abs(y), abs(out))
    zooms = abs(out) == strongest
    if strongest < max(_SLOWEST_ZOOM if zooms else _SLOWEST, _STEADY * burst.restless):
        return None
    if zooms:
        return CameraMove.PUSH_IN if out > 0 else CameraMove.PULL_OUT
    if abs(x) == strongest:  # the picture goes where the camera does not
        return CameraMove.PAN_LEFT if x > 0 else CameraMove.PAN_RIGHT
    return CameraMove.TILT_UP if y > 0 else CameraMove.TILT_DOWN


def _way(burst: BurstMotion) -> float:
    return max(map(abs, burst.steady)) * burst.seconds


def _holds(move: CameraMove, bursts: Sequence[BurstMotion]) -> bool:
    """Whether the move outweighs the restlessness of the whole shot, too."""
    steady = np.abs(np.mean([burst.steady for burst in bursts], axis=0)).max()
    return bool(steady >= 0.5 * _STEADY * np.mean([burst.restless for burst in bursts]))
