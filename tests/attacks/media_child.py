"""What the worker does with a media, less the models: probe and features.  Paths come in a line each, outcomes go out.

An outcome is JSON: code ("" for what was read; "fault" with the traceback for what no error of ours ended), seconds,
the duration found, how many samples there were and how many of them lay outside of it, and MiB held now.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from cuemark.core.errors import CuemarkError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.extract import extract
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sound import read_sound
from cuemark.models.clip.preprocess import ImagePreprocess


class Encoder:
    """An image tower that is quick: the mean colours of a picture."""

    id, batch, dimension = "means", 8, 3

    def __init__(self) -> None:
        self._preprocess = ImagePreprocess(64, 64, (0.5,) * 3, (0.5,) * 3)

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        return min(width, 64), min(height, 64)

    def preprocess(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._preprocess(rgb)

    def encode(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        means = batch.mean(axis=(2, 3)) + 2
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)


def outcome(path: Path, encoder: Encoder) -> dict[str, Any]:
    """What comes of one file."""
    begun = time.monotonic()
    found: dict[str, Any] = {"code": "", "text": "", "duration": None, "outside": 0, "samples": 0}
    try:
        info = probe(path)
        found["duration"] = float(info.duration)
        if info.has_picture:
            track = extract(VideoFrames(info), encoder, None, None, SilentProgress()).track
            times = [Fraction(int(tick), track.timescale) for tick in track.ticks]
            ended = track.duration > info.duration
            found["samples"], found["outside"] = len(track), sum(not 0 <= at < info.duration for at in times) + ended
        else:  # broken so that its sound alone is left
            found["samples"] = sum(len(block.samples) for block in read_sound(info, None, SilentProgress()))
    except CuemarkError as error:
        found["code"], found["text"] = error.code, str(error)
    except Exception:
        found["code"], found["text"] = "fault", traceback.format_exc()[-1500:]
    found["seconds"] = time.monotonic() - begun
    found["mib"] = psutil.Process().memory_info().rss >> 20
    return found


def main() -> None:
    encoder = Encoder()
    for line in sys.stdin:
        print(json.dumps(outcome(Path(line.rstrip("\n")), encoder)), flush=True)


if __name__ == "__main__":
    main()
