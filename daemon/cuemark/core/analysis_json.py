"""The object `analyze --json` prints and the JSON export writes; its keys are part of the contract."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from cuemark.core.analysis import Analysis, Chapter, ModelUse, NamedMoment, Notice, Tag, named_moments
from cuemark.core.media import MediaInfo, frame_span
from cuemark.core.model_notices import with_notices
from cuemark.core.shots import Shot, named_shots
from cuemark.core.text import printable, printable_path


def analysis_object(analysis: Analysis) -> dict[str, Any]:
    """`analysis` as plain dicts, lists, strings and finite numbers; every string is valid Unicode.

    Moments and chapters come in order of start.  `start_frame` is the first frame of a moment at the media's nominal
    rate and `end_frame` the frame after its last; both lie inside the media.  Of an analysis with tags, each moment has
    its `tags` and a `name` (`named_moments`), which is never "", as `caption` is where nothing is dared to be said.
    Where anything is said in the footage or written in it, each moment has its `source` and the words `said` in it.
    Where shots were asked for, they are `shots`, in order of time.
    """
    return {
        "media": _media(analysis.media),
        "models": {role: _model(use) for role, use in sorted(analysis.models.items())},
        "warnings": [notice_object(notice) for notice in with_notices(analysis).warnings],
        "moments": [_moment(named, analysis) for named in sorted(named_moments(analysis.moments))],
        "chapters": [_chapter(chapter) for chapter in sorted(analysis.chapters, key=_order)],
        **({"shots": [_shot(one, analysis.media) for one in named_shots(analysis.shots)]} if analysis.shots else {}),
    }


def _shot(named: tuple[int, Shot, str], media: MediaInfo) -> dict[str, Any]:
    """A shot; `size` and `camera` are None where they cannot be told."""
    number, shot, name = named
    first, after = frame_span(media, shot.start, shot.end)
    return {
        "number": number,
        "start_s": float(shot.start),
        "end_s": float(shot.end),
        "start_frame": first,
        "end_frame": after,
        "name": name,
        "size": None if shot.size is None else shot.size.value,
        "camera": None if shot.camera is None else shot.camera.value,
        **({"tags": [tag_object(tag) for tag in shot.tags]} if shot.tags else {}),
    }


def _chapter(chapter: Chapter) -> dict[str, Any]:
    """A chapter; one whose title was given has its `confidence`."""
    found = {"start_s": float(chapter.start), "end_s": float(chapter.end), "title": printable(chapter.title)}
    return found if chapter.confidence is None else {**found, "confidence": _finite(chapter.confidence)}


def _order(chapter: Chapter) -> tuple[Fraction, Fraction]:
    return chapter.start, chapter.end


def _media(media: MediaInfo) -> dict[str, Any]:
    return {
        "path": printable_path(media.path),
        "duration_s": float(media.duration),
        "fps": f"{media.rate.numerator}/{media.rate.denominator}",
        "width": media.width,
        "height": media.height,
        "start_timecode": media.start_timecode,
        **({} if media.has_picture else {"has_picture": False}),
    }


def _model(model: ModelUse) -> dict[str, str]:
    return {
        "name": printable(model.name),
        "id": model.id,
        "device": printable(model.device),
        "reason": printable(model.reason),
    }


def notice_object(notice: Notice) -> dict[str, str]:
    """A notice wherever JSON has a list of them."""
    return {"code": notice.code, "message": printable(notice.message)}


def _moment(named: NamedMoment, analysis: Analysis) -> dict[str, Any]:
    moment = named.moment
    first, after = frame_span(analysis.media, moment.start, moment.end)
    found = {
        "id": moment.id,
        "start_s": float(moment.start),
        "end_s": float(moment.end),
        "start_frame": first,
        "end_frame": after,
        "caption": printable(moment.caption),
        "score": _finite(moment.score),
    }
    tags = {"name": named.name, "tags": [tag_object(tag) for tag in moment.tags]}
    words = {"source": moment.source, "said": printable(moment.said)}
    return found | (tags if analysis.tagged else {}) | (words if analysis.worded else {})


def tag_object(tag: Tag) -> dict[str, Any]:
    """A tag; its score is None where it is no number."""
    return {"word": printable(tag.word), "score": _finite(tag.score)}


def _finite(score: float) -> float | None:
    """JSON has no NaN; a score that is not a number says nothing."""
    return score if math.isfinite(score) else None
