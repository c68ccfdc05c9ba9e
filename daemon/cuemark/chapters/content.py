"""Which moments show the same thing.  Decided by their texts and by how each text fits the other's frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cuemark.chapters.footage import Footage
from cuemark.chapters.spans import Span
from cuemark.segmentation.cells import Array
from cuemark.segmentation.segments import Interval, union

# Two captions of one thing are this close in CLIP's text space; other things of the same kind lie well below.
NEAR_TEXT = 0.9
# By how many logits a caption may fit the other moment's frames worse than that moment's own caption does.
SWAP_MARGIN = 1.5
# A caption that fits one moment's frames this much better than another's does not tell the same of both.
FIT_MARGIN = 6.0


@dataclass(frozen=True)
class Content:
    """Spans that show the same, one text for all of them, and the time they cover together."""

    spans: tuple[Span, ...]
    text: str
    vector: Array
    intervals: tuple[Interval, ...]


def group(spans: Sequence[Span], texts: Sequence[str], vectors: Array, footage: Footage) -> list[Content]:
    """Spans by content, each to the first earlier one it equals; a content need not be contiguous in time.

    `vectors` are the unit text vectors [n, D] of `texts`, one a span.
    """
    fit = _fit(spans, vectors, footage)
    leaders: dict[int, list[int]] = {}
    for index in range(len(spans)):
        leader = next((other for other in leaders if _same(other, index, texts, vectors, fit)), index)
        leaders.setdefault(leader, []).append(index)
    contents = []
    for members in leaders.values():
        # The text that fits the frames of all members best speaks for them.
        best = max(members, key=lambda member: float(fit[members, member].mean()))
        chosen = tuple(spans[member] for member in members)
        intervals = tuple(union((span.start, span.end) for span in chosen))
        contents.append(Content(chosen, texts[best], vectors[best], intervals))
    return contents


def _fit(spans: Sequence[Span], vectors: Array, footage: Footage) -> Array:
    """fit[i, j]: the logit of text j on the frames of span i."""
    means = np.stack([footage.mean([(span.start, span.end)]) for span in spans])
    fit: Array = footage.logit_scale * (means @ vectors.T)
    return fit


def _same(a: int, b: int, texts: Sequence[str], vectors: Array, fit: Array) -> bool:
    if abs(fit[a, a] - fit[b, a]) > FIT_MARGIN or abs(fit[b, b] - fit[a, b]) > FIT_MARGIN:
        return False
    if texts[a].casefold() == texts[b].casefold():
        return True
    swapped = max(fit[a, a] - fit[a, b], fit[b, b] - fit[b, a])
    return float(vectors[a] @ vectors[b]) >= NEAR_TEXT and float(swapped) <= SWAP_MARGIN
