"""`cuemark bench sampling`: the sampled frames of a file, beside plain ways that decode all of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.lab.bench import clips, rival_decode
from cuemark.lab.bench.clips import CAMERA, INTRA, LONG_GROUPS, RATE, Clip
from cuemark.lab.bench.comparison import BenchOptions, Comparison
from cuemark.lab.bench.feature_footage import HEIGHT
from cuemark.lab.bench.pairs import alternate, timed
from cuemark.media.probe import probe
from cuemark.media.sampling import FrameSampler, decode_samples, sample_times

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
        long.beside("pyav", _DECODE, rival_decode.pyav_decode, LONG_OF_DECODE),
        long.beside("opencv", _OPENCV, rival_decode.opencv_decode),
        long.beside("adaptive-detector", _DETECTOR, rival_decode.adaptive_detector, LONG_OF_DETECTOR),
        camera.beside("pyav", _DECODE, rival_decode.pyav_decode, CAMERA_OF_DECODE),
        camera.beside("opencv", _OPENCV, rival_decode.opencv_decode),
        intra.beside("pyav", _DECODE, rival_decode.pyav_decode, INTRA_OVER_SHARE * intra.share),
        intra.beside("opencv", _OPENCV, rival_decode.opencv_decode),
    ]


@dataclass(frozen=True)
class _Bench:
    """One file and what its samples are."""

    clip: Clip
    info: MediaInfo
    times: list[Fraction]
    facts: dict[str, str | int | float]
    options: BenchOptions
    progress: Progress

    @classmethod
    def on(cls, clip: Clip, options: BenchOptions, progress: Progress, height: int) -> _Bench:
        info = probe(clips.written(clip, options.work, options.seed, progress, height))
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


def _sample(info: MediaInfo, times: list[Fraction]) -> FrameSampler:
    short = min(info.width, info.height)
    size = (round(info.width * _SHORT_SIDE / short), round(info.height * _SHORT_SIDE / short))
    sampler = decode_samples(info, times, width_height=size)
    for _ in sampler:
        pass
    return sampler


def _facts(info: MediaInfo, times: list[Fraction]) -> dict[str, str | int | float]:
    """What the ratio rests on: the pictures are those of a full decode, and how few frames were decoded for them."""
    sampler = decode_samples(info, times)
    ours = [zlib.crc32(sample.rgb.tobytes()) for sample in sampler]
    full = rival_decode.pictures_of_full_decode(info, times)
    unlike = sum(a != b for a, b in zip(ours, full, strict=True))
    return {
        "frames": info.frame_count or 0,
        "samples": len(times),
        "frames decoded": sampler.frames_decoded,
        "pictures unlike a full decode's": unlike,
        "Mbit/s": round(float(info.size * 8 / info.duration) / 1e6, 1),
        "decoder": sampler.device,
        "why": sampler.device_reason,
    }
