"""Shots as PySceneDetect's AdaptiveDetector sees them, with its defaults: the usual way to cut footage into pieces.

The detector compares neighbouring frames and knows nothing of content: a dissolve may escape it, a change inside one
static shot always does.  Needs the `eval` extra.
"""

from __future__ import annotations

import logging
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import MediaError
from cuemark.core.text import shown
from cuemark.lab.environment import require
from cuemark.media.source import stat_media

if TYPE_CHECKING:
    from scenedetect import FrameTimecode


def adaptive_segments(path: Path, duration: Fraction) -> tuple[tuple[Fraction, Fraction], ...]:
    """Gapless shots of [0, `duration`), exact seconds from the first frame; the whole video where there is no cut.

    MediaError: those of `stat_media`, `media_undecodable`; CuemarkError `eval_extra_missing`.
    """
    stat_media(path)
    inner = sorted({cut for cut in _cuts(path) if 0 < cut < duration})
    edges = [Fraction(0), *inner, duration]
    return tuple(pairwise(edges))


def _cuts(path: Path) -> list[Fraction]:
    scenedetect = require("scenedetect")
    # It tells the terminal that it begins, in the middle of somebody else's progress.
    logging.getLogger("pyscenedetect").setLevel(logging.WARNING)
    manager = scenedetect.SceneManager()
    manager.add_detector(scenedetect.AdaptiveDetector())
    try:
        # FFmpeg's log callback belongs to the process: the detector must not set it back to printing.
        video = scenedetect.open_video(str(path), backend="pyav", suppress_output=True)
        manager.detect_scenes(video)
    except (scenedetect.VideoOpenFailure, OSError, ValueError) as error:
        message = f"PySceneDetect cannot read {shown(path)}."
        raise MediaError("media_undecodable", message, "Leave the video out, or export it again.") from error
    scenes = manager.get_scene_list(start_in_scene=True)
    if not scenes:
        message = f"PySceneDetect finds no picture in {shown(path)}."
        raise MediaError("media_undecodable", message, "Leave the video out, or export it again.")
    # Counted from the first frame that was seen: a stream's own start may lie before it.
    first = _seconds(scenes[0][0])
    return [_seconds(start) - first for start, _ in scenes[1:]]


def _seconds(position: FrameTimecode) -> Fraction:
    return Fraction(position.pts * position.time_base)
