"""`cuemark bench screen_text`: what an analysis costs with `--screen-text auto`, beside the same one with it off.

The footage is ten minutes of 1080p, with moving pictures in which nothing is written, which are looked at on a grid,
and with a talk of slides that change every twelve seconds.  Both run with the pair `pocket` and from no cache.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from cuemark.core.analysis_options import AUTOMATIC, SWITCHED_OFF, AnalysisOptions
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison, alternate
from cuemark.lab.bench.footage import RATE, Clip, Picture, appears, need_room, repeat, written

GOAL = 1.15
"""Everything, of everything without reading."""
SECONDS = 600
_FOOTAGE = Clip(
    "text", "H.264 with a keyframe every ten seconds", "mp4", "libx264", 20, "yuv420p", 250,
    {"preset": "veryfast"}, 128 << 20,
)  # fmt: skip
_SLIDE_SECONDS = 12
_ROOM = 1 << 30


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """Two comparisons, in processor time of the whole analysis: what other programs do does not disturb it."""
    return [
        _compared(name, about, path, options, progress)
        for name, about, path in (
            ("footage", "moving pictures, nothing written in them", _footage(options, progress)),
            ("slides", "a slide every twelve seconds, five lines on each", _talk(options.work, progress)),
        )
    ]


def _compared(name: str, about: str, path: Path, options: BenchOptions, progress: Progress) -> Comparison:
    from cuemark.analysis.model_cache import ModelCache
    from cuemark.analysis.pipeline import analyse
    from cuemark.core.settings import load

    models, read = ModelCache(replace(load(), cache=options.work / "cache")), [0]
    asked = AnalysisOptions(models={"clip": "pocket", "lm": "pocket"}, speech="off")

    def analysed(policy: str) -> float:
        counted = _Counted(progress)
        before = time.process_time()
        analyse(path, replace(asked, screen_text=policy), models, None, UNLIMITED, counted)
        read.append(counted.read)
        return time.process_time() - before

    # Once each before: models are loaded, and the lexicon's vectors kept, which is no part of this.
    ours, rival = alternate(lambda: analysed(AUTOMATIC), lambda: analysed(SWITCHED_OFF), options.pairs, progress)
    return Comparison(
        name=f"screen_text/{name}",
        about=f"Ours reads what is written in the pictures, the rival does not: {about}.",
        unit="s of processor time",
        kind="share",
        ours=ours,
        rival=rival,
        goal=GOAL,
        facts={"footage, s": SECONDS, "frames read": max(read)},
    )


class _Counted:
    """Passes checks on and counts the frames that were read."""

    def __init__(self, outer: Progress) -> None:
        self._outer, self.read = outer, 0

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self._outer.check()

    def count(self, name: str, amount: int = 1) -> None:
        self.read += amount if name == "frames_read" else 0

    def note(self, message: str) -> None: ...

    def check(self) -> None:
        self._outer.check()


def _footage(options: BenchOptions, progress: Progress) -> Path:
    base = written(_FOOTAGE, options.work, options.seed, progress)
    target = options.work / f"text-footage-{SECONDS}s-seed{options.seed}.mp4"
    if not target.is_file():
        need_room(options.work, _ROOM)
        with appears(target) as fresh:
            repeat(base, fresh, Fraction(SECONDS))
    return target


def _talk(work: Path, progress: Progress) -> Path:
    """Slides with a heading and four lines each."""
    import av

    target = work / f"text-talk-{SECONDS}s.mp4"
    if target.is_file():
        return target
    work.mkdir(parents=True, exist_ok=True)
    with appears(target) as fresh, av.open(str(fresh), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 1920, 1080, "yuv420p", 250
        stream.codec_context.options = {"preset": "ultrafast"}
        for number, picture in enumerate(_slides()):
            progress.check()
            progress.update("write slides", number, SECONDS * RATE, "frames")
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


def _slides() -> Iterator[Picture]:
    from PIL import Image, ImageDraw, ImageFont

    large, small = ImageFont.load_default(84), ImageFont.load_default(44)
    for slide in range(SECONDS // _SLIDE_SECONDS):
        picture = Image.new("RGB", (1920, 1080), "#f4f4f0")
        drawing = ImageDraw.Draw(picture)
        drawing.text((120, 90), f"Topic number {slide + 1} of the talk", font=large, fill="black")
        for line in range(4):
            drawing.text((180, 300 + 130 * line), f"Point {line + 1}: {slide * 7 + line} of them", "#333333", small)
        yield from [np.asarray(picture)] * (_SLIDE_SECONDS * RATE)
