"""What speaks for a chapter from one edge to another, in seconds of agreeing footage.

A chapter of content c from s to e is worth the time in it that c's moments cover, plus the time its frames look
more like c than like any other content, less the variation of its frames.  So a moment keeps its place, a stretch
without one goes where its frames belong, and among nested moments the narrower one that the frames agree with wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from cuemark.chapters.content import Content
from cuemark.chapters.footage import Footage
from cuemark.segmentation.cells import Array
from cuemark.segmentation.partition import within_segment_cost
from cuemark.segmentation.segments import Interval

# Trust in the frames beside trust in the moments (1.0), which were found on the same frames with more care.
_LOOK = 0.5
_VARIATION = 0.3
# Of two moments over the same time the one that says it of less footage says more.
_NARROW = 0.25
# Seconds that a chapter beginning where a moment begins is worth; breaks ties towards the content's start.
_BEGINS = 0.5
# An unmarked stretch holds its own against neighbours that only look alike, not against a moment.
_UNMARKED = 0.8


def gains(
    edges: Sequence[Fraction], contents: Sequence[Content], gaps: Sequence[Interval], footage: Footage
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Worth [n, n] of the best content from edge to edge, and that content's number (gaps come after the contents)."""
    times = np.array([float(edge) for edge in edges])
    cumulative = _cumulative(times, contents, gaps, footage)
    size = len(edges)
    worth, label = np.zeros((size, size)), np.zeros((size, size), dtype=np.int64)
    for begin in range(size):
        agreeing = cumulative[begin:] - cumulative[begin]
        label[begin, begin:] = agreeing.argmax(axis=1)
        worth[begin, begin:] = agreeing.max(axis=1)
    starts = {interval[0] for content in contents for interval in content.intervals}
    begins = np.array([_BEGINS if edge in starts else 0.0 for edge in edges])
    return worth + begins[:, None] - _VARIATION * _variation(times, footage), label


def _cumulative(times: Array, contents: Sequence[Content], gaps: Sequence[Interval], footage: Footage) -> Array:
    """Seconds in favour of each content and gap from 0 to each time, [n, contents + gaps]."""
    covered = [_covered(times, content.intervals, footage.duration) for content in contents]
    unmarked = [_UNMARKED * _overlap(times, gap) for gap in gaps]
    columns = np.stack([*covered, *unmarked], axis=1)
    columns[:, : len(contents)] += _LOOK * footage.integral(_likeness(contents, footage), times)
    return columns


def _covered(times: Array, intervals: Sequence[Interval], duration: float) -> Array:
    total = np.zeros(len(times))
    for interval in intervals:
        share = float(interval[1] - interval[0]) / duration
        total += (1 + _NARROW * (1 - share)) * _overlap(times, interval)
    return total


def _overlap(times: Array, interval: Interval) -> Array:
    """Seconds of the interval before each time."""
    start, end = float(interval[0]), float(interval[1])
    return np.clip(times - start, 0, end - start)


def _likeness(contents: Sequence[Content], footage: Footage) -> Array:
    """[T, contents]: the probability that a frame is best told by each content's text."""
    logits = footage.logit_scale * (footage.vectors @ np.stack([content.vector for content in contents]).T)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    likeness: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return likeness


def _variation(times: Array, footage: Footage) -> Array:
    """[n, n]: the frames' variation within each stretch, in seconds of what a frame varies on the whole."""
    squares = footage.integral((footage.vectors**2).sum(axis=1, keepdims=True), times)[:, 0]
    within = np.maximum(within_segment_cost(times, footage.vector_integral(times), squares, 1e-9), 0)
    whole = within[0, -1]
    scaled: Array = within * (footage.duration / whole) if whole > 1e-9 * footage.duration else np.zeros_like(within)
    return np.triu(scaled)
