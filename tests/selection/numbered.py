"""Footage whose frames carry their number and whose sound clicks with every twelfth frame; and what a file plays."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from cuemark.core.progress import SilentProgress
from cuemark.core.selection import Pick, SelectedMedia, Selection
from cuemark.media.probe import probe
from cuemark.media.sound import best_sound, sound_streams

BITS = 10
CLICK_EVERY = 12
SOUND = 48_000
Samples = NDArray[np.float32]


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Ten bars, bright where the bit of `number` is set, the highest leftmost; a grey strip above them."""
    bits = np.array([number >> (BITS - 1 - bit) & 1 for bit in range(BITS)], np.uint8)
    row = np.repeat(bits * 190 + 30, -(-width // BITS))[:width]
    drawn = np.broadcast_to(row[None, :, None], (height, width, 3)).copy()
    drawn[: height // 6] = 120
    return drawn


def number_in(rgb: NDArray[Any]) -> int:
    """Reads the bars."""
    height, width, _ = rgb.shape
    line = rgb[height // 2 : height - height // 5].mean(axis=(0, 2))
    places = [int((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return sum(1 << (BITS - 1 - bit) for bit, place in enumerate(places) if line[place - 1 : place + 2].mean() > 125)


def write_numbered(
    path: Path,
    frames: int = 100,
    *,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (200, 112),
    codec: str = "libx264",
    gop: int = 12,
    sound: str | None = "clicks",
    sound_codec: str = "aac",
    timecode: str | None = None,
    first: int = 0,
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    channels: int = 2,
    times: Sequence[Fraction] | None = None,
) -> Path:
    """A film of numbered frames; `sound` is "clicks", "tone" (440 Hz, loud), or None."""
    exact = Fraction(rate)
    with av.open(str(path), "w") as container:
        if timecode is not None:
            container.metadata["timecode"] = timecode
        video: Any = container.add_stream(codec, rate=exact)
        video.width, video.height, video.pix_fmt, video.gop_size = *size, pix_fmt, gop
        video.codec_context.options = {"preset": "veryfast", **(options or {})} if codec == "libx264" else options or {}
        if times is not None:
            video.codec_context.time_base = Fraction(1, 90_000)
        heard: Any = None
        if sound is not None:
            heard = container.add_stream(sound_codec, rate=SOUND)
            heard.layout = {1: "mono", 2: "stereo"}[channels]
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(first + number, *size), format="rgb24").reformat(format=pix_fmt)
            if times is None:
                frame.pts, frame.time_base = number, 1 / exact
            else:
                frame.pts, frame.time_base = round(times[number] * 90_000), Fraction(1, 90_000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if heard is not None:
            for piece in _sound_frames(heard, _drawn(sound or "", frames, exact, first)):
                container.mux(heard.encode(piece))
            container.mux(heard.encode())
    return path


def _drawn(kind: str, frames: int, rate: Fraction, first: int) -> Samples:
    samples = np.zeros(round(frames * SOUND / rate), np.float32)
    if kind == "tone":
        return (0.7 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / SOUND)).astype(np.float32)
    for number in range(frames):
        if (first + number) % CLICK_EVERY == 0:
            place = round(number * SOUND / rate)
            length = min(200, len(samples) - place)
            samples[place : place + length] = 0.8 * np.sin(2 * np.pi * 2000 * np.arange(length) / SOUND)
    return samples


def _sound_frames(stream: Any, samples: Samples) -> list[av.AudioFrame]:
    channels = stream.codec_context.layout.nb_channels
    laid = np.ascontiguousarray(np.repeat(samples[:, None], channels, 1)).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(laid, format="flt", layout=stream.codec_context.layout.name)
    frame.sample_rate, frame.pts, frame.time_base = SOUND, 0, Fraction(1, SOUND)
    context = stream.codec_context
    resampler = av.AudioResampler(
        format=context.format.name, layout=context.layout.name, rate=SOUND, frame_size=context.frame_size or 1024
    )
    return [*resampler.resample(frame), *resampler.resample(None)]


def selection_of(*spans: tuple[Path, int, int], captions: Sequence[str] = ()) -> Selection:
    """Picks of frames [first, after) of files, in this order."""
    media = {path: probe(path) for path, _, _ in spans}
    selected = []
    for info in media.values():
        sound = best_sound(sound_streams(info))
        selected.append(SelectedMedia(info, sound.channels if sound else 0, sound.rate if sound else SOUND))
    picks = tuple(
        Pick(
            path,
            media[path].fingerprint,
            first / media[path].rate,
            after / media[path].rate,
            captions[place] if place < len(captions) else f"pick {place + 1}",
            0.5,
        )
        for place, (path, first, after) in enumerate(spans)
    )
    return Selection(tuple(selected), picks)


class Played:
    """What a file plays: the numbers of its pictures with their times, and its sound as samples from time 0."""

    def __init__(self, path: Path) -> None:
        self.numbers: list[int] = []
        self.times: list[Fraction] = []
        self.sizes: set[tuple[int, int]] = set()
        self.keys: list[bool] = []
        pieces: list[tuple[int, Samples]] = []
        with av.open(str(path)) as container:
            self.rate = container.streams.video[0].average_rate if container.streams.video else None
            for frame in container.decode():
                assert frame.pts is not None and frame.time_base is not None
                if isinstance(frame, av.VideoFrame):
                    rgb = frame.to_ndarray(format="rgb24")
                    self.numbers.append(number_in(rgb))
                    self.times.append(frame.pts * frame.time_base)
                    self.sizes.add((frame.width, frame.height))
                    self.keys.append(bool(frame.key_frame))
                elif isinstance(frame, av.AudioFrame):
                    samples = frame.to_ndarray().astype(np.float32)
                    pieces.append((round(frame.pts * frame.time_base * frame.sample_rate), samples.mean(axis=0)))
        end = max((place + len(piece) for place, piece in pieces), default=0)
        self.sound = np.zeros(end, np.float32)
        for place, piece in pieces:
            start = max(0, -place)
            self.sound[max(0, place) : place + len(piece)] = piece[start:]

    def clicks(self) -> list[float]:
        """When clicks begin, in seconds."""
        loud = np.flatnonzero(np.abs(self.sound) > 0.15)
        first = [place for place, before in zip(loud, [-SOUND, *loud[:-1]], strict=True) if place - before > 2400]
        return [int(place) / SOUND for place in first]


def silent() -> SilentProgress:
    """A listener that hears nothing."""
    return SilentProgress()
