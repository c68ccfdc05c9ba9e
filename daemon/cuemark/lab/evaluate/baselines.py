"""Segments that do not come from the search: content-blind rules, and shots as PySceneDetect sees them.

Blind rules are what any figure of localisation must be held against: evenly cut videos reach F1 54 to 59 on ActivityNet
Captions, above a second human annotator.  The rules are those that were tried on ActivityNet and YouCook2; random
segments are not among them: they were the weakest, and differ by their seed.

Shots are those of PySceneDetect's AdaptiveDetector with its defaults, the usual way to cut footage into pieces.  The
detector compares neighbouring frames and knows nothing of content: a dissolve may escape it, a change inside one static
shot always does.  It needs the `eval` extra.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import MediaError
from cuemark.core.text import shown
from cuemark.lab.environment import require
from cuemark.lab.evaluate.localisation import THRESHOLDS, Localisation, hits, mean, span
from cuemark.lab.evaluate.outcome import Found
from cuemark.lab.evaluate.truth import Dataset, TrueVideo
from cuemark.media.source import stat_media

if TYPE_CHECKING:
    from scenedetect import FrameTimecode

#: Of a video of this duration (seconds), the moments in order of start; the longer of two that start together first.
Rule = Callable[[Fraction], tuple[Found, ...]]


def equal_parts(duration: Fraction, count: int) -> tuple[Found, ...]:
    """[0, duration) in `count` parts of the same length; none for a count of 0."""
    return shares(duration, [(Fraction(part, count), Fraction(part + 1, count)) for part in range(count)])


def shares(duration: Fraction, parts: Sequence[tuple[Fraction, Fraction]]) -> tuple[Found, ...]:
    """Moments that begin and end at these shares (0 to 1) of the video."""
    ordered = sorted(parts, key=lambda part: (part[0], -part[1]))
    return tuple(Found(duration * start, duration * end) for start, end in ordered)


def _evenly(count: int) -> Rule:
    return lambda duration: equal_parts(duration, count)


def _whole_and(count: int) -> Rule:
    """The whole video, and its equal parts on top."""
    return lambda duration: (Found(Fraction(0), duration), *equal_parts(duration, count))


def _uneven_four(duration: Fraction) -> tuple[Found, ...]:
    """A short opening, the body, the end, and the whole, as ActivityNet is often described."""
    hundredths = ((0, 100), (0, 12), (10, 60), (55, 100))
    return shares(duration, [(Fraction(start, 100), Fraction(end, 100)) for start, end in hundredths])


def _middle_eight(duration: Fraction) -> tuple[Found, ...]:
    """Eight even cells of what lies between 12 % and 97 %, each filled to 70 % in its middle: recipes pause."""
    first, cell = Fraction(12, 100), Fraction(85, 800)
    pause = cell * Fraction(15, 100)
    return shares(duration, [(first + cell * n + pause, first + cell * (n + 1) - pause) for n in range(8)])


RULES: dict[str, Rule] = {
    "3 equal parts": _evenly(3),
    "4 equal parts": _evenly(4),
    "8 equal parts": _evenly(8),
    "10 equal parts": _evenly(10),
    "whole and halves": _whole_and(2),
    "whole and thirds": _whole_and(3),
    "uneven four and whole": _uneven_four,
    "eight of the middle": _middle_eight,
}


def best_rule(dataset: Dataset, durations: Sequence[Fraction]) -> str:
    """The name of the rule with the best F1 on `dataset` itself; `durations` in the order of its videos, seconds.

    Chosen on the very data it is reported on, so that the row is as strong as a blind row can be: no other row has
    that advantage.  Of equals the first of RULES.  ValueError for a dataset without videos.
    """
    return max(RULES, key=lambda name: f1(RULES[name], dataset, durations))


def f1(rule: Rule, dataset: Dataset, durations: Sequence[Fraction]) -> float:
    """What `rule` reaches on `dataset`, in [0, 1]; ValueError for a dataset without videos."""
    if not dataset.videos:
        raise ValueError("no rule can be judged on no videos")
    return mean([_localised(rule(one), video) for video, one in zip(dataset.videos, durations, strict=True)]).f1


def _localised(found: Sequence[Found], video: TrueVideo) -> Localisation:
    """At each threshold by the annotator who is kindest to it, as densevid_eval has it."""
    ours, references = [span(one) for one in found], [[span(one) for one in events] for events in video.references]
    return mean([hits(ours, references, threshold) for threshold in THRESHOLDS])


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
