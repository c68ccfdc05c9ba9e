"""Sound of a stretch as it is rendered: 48 kHz, stereo, placed to the sample, faded where it is cut.

Placing is that of `sound_line`: what is missing is silence, so that nothing behind it moves.  A cut in the middle of a
wave is heard as a click; five milliseconds of fade on either side are not heard at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.timebase import round_half_up
from cuemark.media.sound import SoundInfo, SoundReading
from cuemark.media.sound_line import SoundLine
from cuemark.media.sound_tracks import check_decodable
from cuemark.media.source import open_media

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

RATE = 48_000
CHANNELS = 2
_FADE = 240  # samples, 5 ms
_FULL_SCALE = 1.0


def stretch_of_sound(
    info: MediaInfo, track: SoundInfo | None, start: Fraction, samples: int, progress: Progress, block: int = RATE
) -> Iterator[NDArray[np.float32]]:
    """float32 [n, 2] from `start` seconds on, `samples` in all and `block` at a time; silence without a track.

    MediaError as `read_sound`.
    """
    given = 0
    for part in _faded(_parts(info, track, start, samples, progress, block), samples):
        given += len(part)
        yield part
    while given < samples:
        count = min(block, samples - given)
        given += count
        yield np.zeros((count, CHANNELS), np.float32)


def _parts(
    info: MediaInfo, track: SoundInfo | None, start: Fraction, samples: int, progress: Progress, block: int
) -> Iterator[NDArray[np.float32]]:
    if track is None:
        return
    check_decodable(track, info.path)
    # The line counts from 0 in samples of its own: what lies between two of them moves with the start.
    end = start + Fraction(samples, RATE)
    with open_media(info.path, heard=lambda _: progress.check()) as container:
        reading = SoundReading(container, info, track, start, stereo)
        lines = [SoundLine(start, end, info.duration, reading.tick, RATE) for _ in range(CHANNELS)]
        left = samples
        for heard in reading.frames():
            progress.check()
            for line, channel in zip(lines, heard.samples.T, strict=True):
                line.add(heard.time, np.ascontiguousarray(channel), heard.rate)
            while lines[0].ready >= block and left > 0:
                yield (part := _taken(lines, min(block, left)))
                left -= len(part)
            if lines[0].is_full:
                break
        for line in lines:
            line.close()
        while lines[0].ready and left > 0:
            yield (part := _taken(lines, min(block, left)))
            left -= len(part)


def _taken(lines: list[SoundLine], count: int) -> NDArray[np.float32]:
    return np.stack([line.take(count) for line in lines], axis=1)


def _faded(parts: Iterator[NDArray[np.float32]], samples: int) -> Iterator[NDArray[np.float32]]:
    """With a ramp at the first and the last samples of a stretch."""
    ramp = min(_FADE, samples // 2)
    place = 0
    for part in parts:
        where = np.arange(place, place + len(part))
        volume = np.clip(np.minimum(where + 1, samples - where) / max(1, ramp), 0, 1).astype(np.float32)
        place += len(part)
        yield part * volume[:, None]


def stereo(frame: AudioFrame) -> NDArray[np.float32]:
    """One decoded frame as float32 [n, 2]: one channel on both sides, loudspeakers by FFmpeg's own downmix."""
    from av.audio.resampler import AudioResampler

    try:
        made = AudioResampler(format="fltp", layout="stereo", rate=frame.sample_rate).resample(frame)
        channels = np.concatenate([each.to_ndarray() for each in made], axis=1)
    except (OSError, ValueError):  # channels without a place
        made = AudioResampler(format="fltp", layout=frame.layout, rate=frame.sample_rate).resample(frame)
        channels = np.concatenate([each.to_ndarray() for each in made], axis=1)[:CHANNELS]
    finite = np.nan_to_num(channels, nan=0.0, posinf=_FULL_SCALE, neginf=-_FULL_SCALE)
    heard: NDArray[np.float32] = finite.clip(-_FULL_SCALE, _FULL_SCALE).astype(np.float32, copy=False).T
    return heard


def sample_at(frame: int, rate: Fraction) -> int:
    """The sample with which a frame of the rendered file begins."""
    return round_half_up(frame * RATE / rate)
