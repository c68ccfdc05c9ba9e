"""The object `select --json` prints; its keys are part of the contract."""

from __future__ import annotations

import math
from typing import Any

from cuemark.core.analysis_json import notice_object
from cuemark.core.selection import Pick, Rendering, Selection
from cuemark.core.text import printable, printable_path


def selection_object(selection: Selection) -> dict[str, Any]:
    """What was picked, in the order in which it plays; every string is valid Unicode, times are seconds.

    Frames count from the first of each media, at its own rate; `end_frame` is the one after the last.
    """
    return {
        "seconds": float(selection.seconds),
        "picks": [_pick(pick, selection) for pick in selection.picks],
        "warnings": [notice_object(notice) for notice in selection.notices],
    }


def rendering_object(rendering: Rendering) -> dict[str, Any]:
    """What was written."""
    return {
        "path": printable_path(rendering.path),
        "files": [printable_path(file) for file in rendering.files],
        "bytes": rendering.size,
        "seconds": float(rendering.seconds),
        "clips": rendering.clips,
        "copied": rendering.copied,
        "encoder": rendering.encoder,
        "warnings": [notice_object(notice) for notice in rendering.notices],
    }


def _pick(pick: Pick, selection: Selection) -> dict[str, Any]:
    source = selection.of(pick)
    first, after = selection.frames(pick)
    return {
        "path": printable_path(pick.path),
        "fingerprint": pick.fingerprint,
        "start_s": float(pick.start),
        "end_s": float(pick.end),
        "start_frame": first,
        "end_frame": after,
        "fps": f"{source.media.rate.numerator}/{source.media.rate.denominator}",
        "start_timecode": source.media.start_timecode,
        "caption": printable(pick.caption),
        "said": printable(pick.said),
        "tags": [printable(tag) for tag in pick.tags],
        "score": _number(pick.score),
        "value": _number(pick.value),
        "sharpness": _number(pick.sharpness),
        "stability": _number(pick.stability),
        "difference": _number(pick.difference),
        "why": [printable(each) for each in pick.why],
        "offline": source.offline,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)
