"""Analyses as a worker leaves them: of one video of 100 s, with moments and chapters that the test names."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment
from cuemark.core.media import MediaInfo

LENGTH = Fraction(100)
Span = tuple[float, float]


def found(
    moments: Sequence[Span] = ((5, 15), (25, 35), (45, 55), (65, 75)),
    chapters: Sequence[float] = (0, 25, 50, 75),
    fingerprint: str = "content",
) -> Analysis:
    """An analysis of 100 s with moments of these spans, and chapters that begin there."""
    media = MediaInfo(
        Path("/footage/a.mp4"), fingerprint, 10**6, "mov", "h264", 2, 1920, 1080, 0, Fraction(1), Fraction(25), False,
        LENGTH, None, Fraction(0), None,
    )  # fmt: skip
    borders = [*map(Fraction, chapters), LENGTH] if chapters else []
    return Analysis(
        id="ab12",
        media=media,
        models={role: ModelUse("sample", role, "cpu") for role in ("clip", "lm")},
        options={"preset": "fast"},
        moments=tuple(
            Moment(f"m{n}", Fraction(start), Fraction(end), f"thing {n}", 0.5)
            for n, (start, end) in enumerate(moments, 1)
        ),
        chapters=tuple(Chapter(*pair, f"Part {n}", f"c{n}") for n, pair in enumerate(pairwise(borders), 1)),
    )
