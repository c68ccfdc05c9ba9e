"""The object `search --json` prints; its keys are part of the contract."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.analysis_json import notice_object
from cuemark.core.search import FoundAlike, SearchHit, SearchQuery, SearchResult, Why
from cuemark.core.text import printable, printable_path


def search_object(query: SearchQuery, result: SearchResult) -> dict[str, Any]:
    """What was asked and what was found, best first; every string is valid Unicode, times are seconds."""
    example = query.example
    return {
        "query": printable(query.text),
        "like": None if example is None else {"path": printable_path(example.path), "time_s": _time(example.time)},
        "grounds": [ground.value for ground in query.grounds],
        "media": result.media,
        "vectors": result.vectors,
        "warnings": [notice_object(notice) for notice in result.notices],
        "hits": [_hit(hit) for hit in result.hits],
    }


def _hit(hit: SearchHit) -> dict[str, Any]:
    return {
        **_segment(hit.path, hit.fingerprint, hit.start, hit.end, hit.score),
        "best_s": float(hit.best),
        "thumbnail_s": _time(hit.thumbnail),
        "offline": hit.offline,
        "why": [_why(why) for why in hit.why],
        "alike": [_alike(alike) for alike in hit.alike],
    }


def _alike(alike: FoundAlike) -> dict[str, Any]:
    return _segment(alike.path, alike.fingerprint, alike.start, alike.end, alike.score)


def _segment(path: Path, fingerprint: str, start: Fraction, end: Fraction, score: float) -> dict[str, Any]:
    return {
        "path": printable_path(path),
        "fingerprint": fingerprint,
        "start_s": float(start),
        "end_s": float(end),
        "score": score,
    }


def _why(why: Why) -> dict[str, Any]:
    return {"ground": why.ground.value, "score": why.score, "words": printable(why.words)}


def _time(time: Fraction | None) -> float | None:
    return None if time is None else float(time)
