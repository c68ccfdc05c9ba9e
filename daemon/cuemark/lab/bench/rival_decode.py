"""The plain ways to get at a video's frames: every one of them is decoded."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from cuemark.core.errors import CuemarkError
from cuemark.core.media import MediaInfo
from cuemark.media.geometry import orientation_of, to_picture


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

    from cuemark.lab.evaluate.needs import require

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
