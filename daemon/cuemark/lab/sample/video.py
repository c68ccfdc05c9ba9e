"""Sample videos: drawn from a script; as files, encoded, with their ground truth beside them."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np

from cuemark.core.media import MediaInfo
from cuemark.lab.sample.lexicon import Slots
from cuemark.lab.sample.paint import Image
from cuemark.lab.sample.scene import HEIGHT, WIDTH, add_actor, background, grain, shoot
from cuemark.lab.sample.script import Event, Script, Shot, write_script
from cuemark.media.frames import FrameStream, SampledFrame
from cuemark.media.geometry import Orientation, to_picture

DEMO_SEED = 7


@dataclass(frozen=True)
class SampleClip:
    """A rendered sample video and the events it shows, in order of start."""

    path: Path
    events: tuple[Event, ...]
    duration: Fraction


def render_demo(folder: Path) -> SampleClip:
    """Render the demo: about a minute, cuts between scenes and empty stretches, never trained on."""
    script = write_script("cuts", "demo", DEMO_SEED, seconds=60, events=6)
    return render(script, folder / "cuemark-demo.mp4")


def render(script: Script, path: Path) -> SampleClip:
    """Encode `script` as H.264 into `path` (parents are made) and write `path` + ".truth.json" beside it."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=script.rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for frame in frames(script):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    clip = SampleClip(path, script.events, Fraction(script.frames) / script.rate)
    path.with_suffix(".truth.json").write_text(json.dumps(truth(script), indent=2) + "\n", encoding="utf-8")
    return clip


class DrawnFrames:
    """The `FrameSource` of a script: its pictures as they are drawn, which no encoder has touched."""

    def __init__(self, script: Script) -> None:
        self._script = script

    @property
    def info(self) -> MediaInfo:
        """The media a lossless rendering of the script would be."""
        script = self._script
        return MediaInfo(
            path=Path(f"{script.kind}-{script.seed}"),
            fingerprint=hashlib.blake2b(repr(script).encode(), digest_size=16).hexdigest(),
            size=0,
            container="",
            codec="",
            stream_index=0,
            width=WIDTH,
            height=HEIGHT,
            rotation=0,
            pixel_aspect=Fraction(1),
            rate=script.rate,
            variable_rate=False,
            duration=Fraction(script.frames) / script.rate,
            frame_count=script.frames,
            start_time=Fraction(0),
            start_timecode=None,
        )

    def at(self, times: Sequence[Fraction], size: tuple[int, int] | None = None) -> FrameStream:
        """See `FrameSource`; all frames up to the last time are drawn, since their grain follows from each other."""
        return _Drawing(self._script, times, size or (WIDTH, HEIGHT))


class _Drawing(FrameStream):
    def __init__(self, script: Script, times: Sequence[Fraction], size: tuple[int, int]) -> None:
        super().__init__()
        self._script, self._times, self._size = script, times, size
        self.device_reason = "pictures are drawn, not decoded"

    def _made(self) -> Generator[SampledFrame, None, None]:
        drawn, number, picture = frames(self._script), -1, np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for index, time in enumerate(self._times):
            wanted = floor(time * self._script.rate)
            if wanted >= self._script.frames:
                self.decoded_until = self._script.frames / self._script.rate
                return
            while number < wanted:
                number, drawing = number + 1, next(drawn)
                if number == wanted:
                    picture = self._scaled(drawing)
            yield SampledFrame(index, time, picture, Fraction(number) / self._script.rate)

    def _scaled(self, drawing: Image) -> Image:
        from av import VideoFrame

        return to_picture(VideoFrame.from_ndarray(drawing, format="rgb24"), *self._size, Orientation())


def truth(script: Script) -> dict[str, Any]:
    """The ground truth as plain data: kind, duration and events with seconds, slots and captions."""
    return {
        "kind": script.kind,
        "duration_s": float(Fraction(script.frames) / script.rate),
        "events": [
            {
                "start_s": float(event.start),
                "end_s": float(event.end),
                "slots": event.slots.as_dict(),
                "captions": list(event.captions),
            }
            for event in script.events
        ],
    }


def frames(script: Script) -> Iterator[Image]:
    """The frames of `script`, uint8 RGB [HEIGHT, WIDTH, 3], in order."""
    noise = np.random.default_rng(script.seed)
    canvases: dict[int, Image] = {}
    last: Image | None = None
    for shot in script.shots:
        if shot.scene not in canvases:
            canvases = {shot.scene: background(Slots(shot.place), random.Random(f"{script.seed}/{shot.scene}"))}
        before, seen = last, None
        for frame in range(shot.start, shot.end):
            seen = _draw(shot, canvases[shot.scene], frame, script.rate)
            yield grain(_blend(shot, frame - shot.start, before, seen), script.grain, 1.0, noise)
        last = seen


def _draw(shot: Shot, canvas: Image, frame: int, rate: Fraction) -> Image:
    for stay in shot.stays:
        presence = stay.presence(frame)
        if presence > 0:
            canvas = add_actor(canvas, stay.actor, float((frame - stay.start) / rate), presence)
    seconds = float((frame - shot.start) / rate)
    moved = replace(
        shot.camera,
        x=shot.camera.x + shot.drift[0] * min(seconds, 12),
        y=shot.camera.y + shot.drift[1] * min(seconds, 12),
    )
    return shoot(canvas, moved)


def _blend(shot: Shot, age: int, before: Image | None, seen: Image) -> Image:
    """The start of a shot: mixed with the last frame of the one before, or risen out of black."""
    if before is None or age >= shot.blend:
        return seen
    share = (age + 1) / (shot.blend + 1)
    if shot.transition == "fade":
        return (before * (1 - share) + seen * share).astype(np.uint8)
    dark, image = (1 - 2 * share, before) if share < 0.5 else (2 * share - 1, seen)
    return (image * dark).astype(np.uint8)
