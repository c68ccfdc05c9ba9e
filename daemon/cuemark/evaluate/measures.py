"""The named figures of the report: each a function of the scores of some videos.

A measure of no videos, or of videos it says nothing about, is None and printed as a dash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cuemark.evaluate.score import VideoScore


@dataclass(frozen=True)
class Measure:
    """A figure: its key in report.json, the heading of its column, what it is, and how it is computed.

    `better` is "higher", "lower" or "" (neither, e.g. seconds are "lower", a count of moments neither).
    """

    key: str
    heading: str
    about: str
    of: Callable[[Sequence[VideoScore]], float | None]
    better: str = "higher"
