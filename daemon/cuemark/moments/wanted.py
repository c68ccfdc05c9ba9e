"""Brings drafts to the number of moments somebody asked for."""

from __future__ import annotations

from collections.abc import Sequence

from cuemark.captions.pool import Writer
from cuemark.segmentation.change_points import Span, Vectors, even_spans, split_to
from cuemark.segmentation.drafts import Draft, span_weights


def bring_to(drafts: Sequence[Draft], wanted: int, vectors: Vectors, writer: Writer) -> list[Draft]:
    """Exactly `wanted` drafts, at most one a sample: the longest of too many; too few are split where most changes.

    Empty stretches are used only when there is nothing else.  Needs `wanted` <= samples.
    """
    there = [draft for draft in drafts if not draft.empty]
    if len(there) >= wanted:
        return _longest(there, wanted)
    spans = _enough([draft.span for draft in there], [draft.span for draft in drafts], wanted, vectors)
    weights = span_weights(spans, len(vectors))
    writer.write(weights)
    return [Draft(span, ranked[0].sentence) for span, ranked in zip(spans, writer.ranked(weights), strict=True)]


def _longest(drafts: Sequence[Draft], wanted: int) -> list[Draft]:
    lengths = {draft.span: draft.span[1] - draft.span[0] for draft in drafts}
    kept = sorted(drafts, key=lambda draft: -lengths[draft.span])[:wanted]
    return sorted(kept, key=lambda draft: draft.span)


def _enough(there: list[Span], everywhere: list[Span], wanted: int, vectors: Vectors) -> list[Span]:
    """The first of these that can be split into `wanted`: what is not empty, everything, the bare samples."""
    for spans in (there, everywhere):
        split = split_to(spans, vectors, wanted, 1) if spans else []
        if len(split) == wanted:
            return split
    return even_spans(len(vectors), wanted)
