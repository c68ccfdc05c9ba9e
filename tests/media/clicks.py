"""Media whose sound is silence with clicks at known times, drawn by a test, and when clicks are heard."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from cuemark.core.media import MediaInfo
from cuemark.core.progress import SilentProgress
from cuemark.media.sound import SAMPLE_RATE, SoundInfo, read_sound

CLICKS = (0.5, 1.25, 3.0, 5.5)
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
_PICTURES = {".webm": "libvpx", ".mxf": "mpeg2video", ".avi": "mpeg4"}
Samples = NDArray[np.float32]


def clicking(rate: int, seconds: float, clicks: Sequence[float] = CLICKS) -> Samples:
    """Silence in which a tone of 4 ms begins at each time."""
    made = np.zeros(int(seconds * rate), np.float32)
    for click in clicks:
        first, length = round(click * rate), int(rate * 0.004)
        made[first : first + length] = 0.8 * np.sin(2 * np.pi * 2000 * np.arange(length) / rate)
    return made


def sound_frames(stream: Any, samples: Samples, rate: int, start: Fraction = Fraction(0)) -> list[av.AudioFrame]:
    """Frames for an open audio stream: the same samples in each of its channels, or [samples, channels] as they are."""
    channels = stream.codec_context.layout.nb_channels
    if samples.ndim == 1:
        samples = np.repeat(samples[:, None], channels, 1)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout=stream.codec_context.layout.name
    )
    frame.sample_rate, frame.pts, frame.time_base = rate, int(start * rate), Fraction(1, rate)
    resampler = av.AudioResampler(
        format=stream.codec_context.format.name,
        layout=stream.codec_context.layout.name,
        rate=rate,
        frame_size=stream.codec_context.frame_size or 1024,
    )
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    for each in frames:
        each.time_base = Fraction(1, rate)
    return frames


def write_clicks(
    path: Path,
    codec: str = "aac",
    *,
    rate: int = 48_000,
    seconds: float = 6.0,
    channels: int = 2,
    sound_start: Fraction = Fraction(0),
    picture_start: Fraction = Fraction(0),
    pictures: float | None = 6.0,
    samples: Samples | None = None,
    container: str | None = None,
    picture_codec: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A file with clicks and, for so many seconds from `picture_start`, pictures at 25 a second (None: without)."""
    with av.open(str(path), "w", format=container, options=options or {}) as target:
        video: Any = None
        if pictures is not None:
            video = target.add_stream(picture_codec or _PICTURES.get(path.suffix, "libx264"), rate=25)
            video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        audio: Any = target.add_stream(codec, rate=rate)
        audio.layout = _LAYOUTS[channels]
        made = clicking(rate, seconds) if samples is None else samples
        events: list[tuple[Fraction, Any, Any]] = [
            (Fraction(f.pts or 0, rate), audio, f) for f in sound_frames(audio, made, rate, sound_start)
        ]
        for number in range(round((pictures or 0) * 25)):
            picture = av.VideoFrame.from_ndarray(np.full((96, 160, 3), number % 200, np.uint8), format="rgb24")
            picture = picture.reformat(format="yuv420p")
            picture.pts, picture.time_base = number + int(picture_start * 25), Fraction(1, 25)
            events.append((Fraction(picture.pts, 25), video, picture))
        for _, stream, frame in sorted(events, key=lambda event: event[0]):
            target.mux(stream.encode(frame))
        for stream in filter(None, (video, audio)):
            target.mux(stream.encode())
    return path


def heard(info: MediaInfo, stream: SoundInfo | None = None, **span: Any) -> Samples:
    """All samples of a reading, in one."""
    blocks = list(read_sound(info, stream, SilentProgress(), **span))
    for before, after in pairwise(blocks):
        assert before.end == after.start
    assert all(0 < block.samples.size <= 30 * SAMPLE_RATE for block in blocks)
    return np.concatenate([np.zeros(0, np.float32), *(block.samples for block in blocks)])


def onsets(samples: Samples, threshold: float = 0.05) -> list[float]:
    """When clicks begin, in seconds."""
    loud = np.flatnonzero(np.abs(samples) > threshold)
    first = [place for place, before in zip(loud, [-SAMPLE_RATE, *loud[:-1]], strict=True) if place - before > 800]
    return [int(place) / SAMPLE_RATE for place in first]
