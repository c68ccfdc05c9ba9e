"""A home whose library is stocked without any model: drawn footage with given moments, chapters, words, pictures."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timezone
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cuemark.core.analysis import Analysis, Chapter, MaskCurve, ModelUse, Moment, RunnerUp, Tag
from cuemark.core.footage import Indexed
from cuemark.core.media import MediaInfo
from cuemark.core.screen_text import Place, ScreenText, ScreenTexts, TextKind
from cuemark.core.settings import Settings
from cuemark.core.shots import Shot
from cuemark.core.transcript import Transcript, Utterance
from cuemark.evidence.index.entry import EncodedTrack, IndexEntry, Thumbnail, half, placeless
from cuemark.library.store import Library
from cuemark.media.probe import probe

if TYPE_CHECKING:
    from av.video.stream import VideoStream

RATE = Fraction(25)
SIZE = (320, 180)
COLOURS = ("#a33", "#3a3", "#33a", "#aa3", "#3aa")
SCENE_S = 4


def draw(path: Path, seconds: int = 20, codec: str = "libvpx", size: tuple[int, int] = SIZE) -> Path:
    """A video whose pictures bear their own number, and change colour every four seconds."""
    with av.open(str(path), "w") as container:
        options = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx" else {}
        stream = cast("VideoStream", container.add_stream(codec, rate=RATE, options=options))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv422p10le" if codec == "prores_ks" else "yuv420p"
        stream.codec_context.gop_size = 12
        stream.codec_context.thread_count = 1
        for number in range(seconds * int(RATE)):
            shown = av.VideoFrame.from_ndarray(np.asarray(picture(number).resize(size)), format="rgb24")
            container.mux(stream.encode(shown))
        container.mux(stream.encode(None))
    return path


def picture(number: int) -> Image.Image:
    """The picture of a frame."""
    image = Image.new("RGB", SIZE, COLOURS[number // (SCENE_S * int(RATE)) % len(COLOURS)])
    ImageDraw.Draw(image).text((20, 40), f"{number:05d}", fill="white", font=ImageFont.load_default(72))
    return image


def info_of(path: Path) -> MediaInfo:
    """What the probe says of a file."""
    return probe(path)


def entry_of(media: MediaInfo) -> IndexEntry:
    """An entry with all kinds of evidence."""
    count = max(2, int(media.duration))
    times = tuple(Fraction(n) + Fraction(1, 2) for n in range(count))
    rng = np.random.default_rng(0)
    scenes = rng.standard_normal((count // SCENE_S + 1, 16))
    vectors = np.stack([scenes[n // SCENE_S] for n in range(count)]) + 0.05 * rng.standard_normal((count, 16))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    shots = tuple(Shot(Fraction(at), min(Fraction(at + SCENE_S), media.duration)) for at in range(0, count, SCENE_S))
    said = tuple(
        Utterance(Fraction(5 * n + 1), Fraction(5 * n + 3), f"This is sentence number {n + 1}.", ("Bob", "Ann")[n % 2])
        for n in range(count // 5)
    )
    read = (ScreenText(Fraction(8), Fraction(11), "The second part", Place(0.1, 0.1, 0.5, 0.2), TextKind.TITLE),)
    return IndexEntry(
        placeless(media),
        (EncodedTrack(ModelUse("drawn", "d" * 64, "", ""), times, half(unit)),),
        shots,
        Transcript(said, "en"),
        ScreenTexts(read),
        tuple(Thumbnail(shot.start + 1, _jpeg(int((shot.start + 1) * RATE))) for shot in shots),
        datetime(2026, 3, 1, tzinfo=timezone.utc),
        "Drawn C1",
    )


def _jpeg(number: int) -> bytes:
    content = io.BytesIO()
    picture(number).save(content, "JPEG")
    return content.getvalue()


def analysis_of(media: MediaInfo, moments: int = 4, captions: tuple[str, ...] = ()) -> Analysis:
    """An analysis with so many moments of equal length, and a chapter for each two of them."""
    step = media.duration / moments
    curve = tuple(float(value) for value in np.exp(-(np.linspace(-3, 3, 60) ** 2)))
    found = tuple(
        Moment(
            f"m{n + 1}",
            _on_frame(step * n),
            _on_frame(step * n + step * Fraction(3, 4)),
            captions[n] if n < len(captions) else f"moment number {n + 1}",
            0.5 + 0.4 / (n + 1),
            {"clip": 2.5},
            MaskCurve(0.5, 0.2, 20.0, curve),
            (RunnerUp(f"another caption {n + 1}", 0.31), RunnerUp(f"a third caption {n + 1}", 0.2)),
            tags=(Tag("colour", 0.9), Tag("number", 0.4)),
        )
        for n in range(moments)
    )
    borders = [_on_frame(step * n) for n in range(0, moments, 2)] + [media.duration]
    chapters = tuple(
        Chapter(start, end, f"Part {n + 1}", f"c{n + 1}") for n, (start, end) in enumerate(pairwise(borders))
    )
    models = {role: ModelUse("drawn", role[0] * 64, "cpu", "asked") for role in ("clip", "lm")}
    return Analysis("", media, models, {"preset": "balanced"}, found, chapters)


def _on_frame(seconds: Fraction) -> Fraction:
    return Fraction(round(seconds * RATE)) / RATE


def stock(
    settings: Settings, media: MediaInfo, analyses: tuple[Analysis, ...] = (), entry: IndexEntry | None = None
) -> list[str]:
    """Puts a media and analyses of it into the library of a home whose daemon does not run; the analyses' ids."""
    library = Library(settings.library_file)
    try:
        library.index.put(entry or entry_of(media))
        library.footage.take_up(Indexed(media, media.path.stat().st_mtime_ns))
        return [library.analyses.add(replace(each, media=media)).id for each in analyses]
    finally:
        library.close()
