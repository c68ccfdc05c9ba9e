"""`cuemark bench sampling`: the sampled frames of a file, beside the plain ways that decode all of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import CuemarkError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.lab.bench.comparison import BenchOptions, Comparison, alternate, timed
from cuemark.lab.bench.footage import CAMERA, HEIGHT, INTRA, LONG_GROUPS, RATE, Clip, written
from cuemark.media.frames import FrameStream, VideoFrames
from cuemark.media.geometry import orientation_of, to_picture
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times

LONG_OF_DECODE, LONG_OF_DETECTOR = 0.75, 0.5
CAMERA_OF_DECODE = 0.15
INTRA_OVER_SHARE = 1.5
"""An intra-only file may take this many times the share of its frames that are sampled."""
_SAMPLE_RATE = Fraction(1)
_SHORT_SIDE = 224
"""Pictures are decoded to what an image encoder sees."""
_DECODE = "decodes every frame with PyAV on all threads and converts none"
_OPENCV = "reads every frame with OpenCV"
_DETECTOR = "is PySceneDetect's adaptive detector"


def compare(options: BenchOptions, progress: Progress, height: int = HEIGHT) -> list[Comparison]:
    """Seven comparisons on three files, at one sample a second.

    CuemarkError eval_extra_missing without PySceneDetect; StoreError disk_full.
    """
    long, camera, intra = (_Bench.on(clip, options, progress, height) for clip in (LONG_GROUPS, CAMERA, INTRA))
    return [
        long.beside("pyav", _DECODE, pyav_decode, LONG_OF_DECODE),
        long.beside("opencv", _OPENCV, opencv_decode),
        long.beside("adaptive-detector", _DETECTOR, adaptive_detector, LONG_OF_DETECTOR),
        camera.beside("pyav", _DECODE, pyav_decode, CAMERA_OF_DECODE),
        camera.beside("opencv", _OPENCV, opencv_decode),
        intra.beside("pyav", _DECODE, pyav_decode, INTRA_OVER_SHARE * intra.share),
        intra.beside("opencv", _OPENCV, opencv_decode),
    ]


@dataclass(frozen=True)
class _Bench:
    """One coded file, the times its samples are taken at, and what is told beside its ratios."""

    clip: Clip
    info: MediaInfo
    times: list[Fraction]
    facts: dict[str, str | int | float]
    options: BenchOptions
    progress: Progress

    @classmethod
    def on(cls, clip: Clip, options: BenchOptions, progress: Progress, height: int) -> _Bench:
        info = probe(written(clip, options.work, options.seed, progress, height))
        times = sample_times(info, _SAMPLE_RATE)
        return cls(clip, info, times, _facts(info, times), options, progress)

    @property
    def share(self) -> float:
        """Of the file's frames, those that are sampled."""
        return len(self.times) / (self.clip.seconds * RATE)

    def beside(self, name: str, about: str, rival: Callable[[Path], int], goal: float | None = None) -> Comparison:
        """Sampling beside one rival."""
        self.progress.note(f"Sampling of {self.clip.name} beside {name}.")
        ours, theirs = alternate(
            lambda: timed(lambda: _sample(self.info, self.times)),
            lambda: timed(lambda: rival(self.info.path)),
            self.options.pairs,
            self.progress,
        )
        return Comparison(
            name=f"sampling/{self.clip.name}/{name}",
            about=f"{self.clip.about}: ours is one picture a second at the encoder's size, the rival {about}.",
            unit="s",
            kind="share",
            ours=ours,
            rival=theirs,
            goal=goal,
            facts=self.facts,
        )


def _sample(info: MediaInfo, times: list[Fraction]) -> FrameStream:
    short = min(info.width, info.height)
    size = (round(info.width * _SHORT_SIDE / short), round(info.height * _SHORT_SIDE / short))
    stream = VideoFrames(info).at(times, size)
    for _ in stream:
        pass
    return stream


def _facts(info: MediaInfo, times: list[Fraction]) -> dict[str, str | int | float]:
    """What the ratio rests on: the pictures are those of a full decode, and how few frames were decoded for them."""
    stream = VideoFrames(info).at(times)
    ours = [zlib.crc32(sample.rgb.tobytes()) for sample in stream]
    full = pictures_of_full_decode(info, times)
    unlike = sum(a != b for a, b in zip(ours, full, strict=True))
    return {
        "frames": info.frame_count or 0,
        "samples": len(times),
        "frames decoded": stream.frames_decoded,
        "pictures unlike a full decode's": unlike,
        "Mbit/s": round(float(info.size * 8 / info.duration) / 1e6, 1),
        "decoder": stream.device,
        "why": stream.device_reason,
    }


def pyav_decode(path: Path) -> int:
    """Decode all frames with PyAV on all threads, looking at none; how many there were."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def opencv_decode(path: Path) -> int:
    """Read all frames with OpenCV as it hands them out (BGR); how many there were."""
    import cv2

    capture = cv2.VideoCapture(str(path))
    try:
        count = 0
        while capture.read()[0]:
            count += 1
        return count
    finally:
        capture.release()


def adaptive_detector(path: Path) -> int:
    """PySceneDetect's adaptive detector as its own `detect` runs it; how many scenes it found.

    CuemarkError eval_extra_missing where the package is not there.
    """
    import logging

    from cuemark.lab.environment import require

    scenedetect = require("scenedetect")
    logging.getLogger("pyscenedetect").setLevel(logging.WARNING)
    try:
        return len(scenedetect.detect(str(path), scenedetect.AdaptiveDetector(), start_in_scene=True))
    except (scenedetect.VideoOpenFailure, OSError) as error:
        message = f"PySceneDetect cannot read {path.name}: {error}."
        raise CuemarkError("bench_rival_failed", message, "Delete it; the next run writes it again.") from error


def pictures_of_full_decode(info: MediaInfo, times: Sequence[Fraction]) -> list[int]:
    """CRC-32 of the picture on screen at each of `times` (rising), where every frame was decoded."""
    import av

    with av.open(str(info.path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        base = stream.time_base or Fraction(1)
        marks: list[int] = []
        shown: av.VideoFrame | None = None
        for frame in container.decode(stream):
            while shown is not None and len(marks) < len(times) and _begins(frame, base, info) > times[len(marks)]:
                marks.append(_mark(shown, info))
            shown = frame
        while shown is not None and len(marks) < len(times):
            marks.append(_mark(shown, info))
    return marks


def _begins(frame: object, base: Fraction, info: MediaInfo) -> Fraction:
    pts: int = getattr(frame, "pts", None) or 0
    return pts * base - info.start_time


def _mark(frame: object, info: MediaInfo) -> int:
    from av import VideoFrame

    assert isinstance(frame, VideoFrame)
    return zlib.crc32(to_picture(frame, info.width, info.height, orientation_of(frame)).tobytes())
