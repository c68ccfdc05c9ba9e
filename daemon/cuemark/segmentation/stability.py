"""When a search may stop early: neither the borders of the moments nor their best captions have changed for a while."""

from __future__ import annotations

from collections.abc import Sequence

from cuemark.segmentation.drafts import Draft


class Stability:
    """Watches a search from round to round."""

    def __init__(self, rounds: int, tolerance: float = 0.0) -> None:
        """Settled is what has stayed for `rounds` rounds, with borders (in fractions) within `tolerance`."""
        self._rounds, self._tolerance = rounds, tolerance
        self._quiet = 0
        self._held: tuple[list[tuple[float, float]], list[str]] | None = None

    def settled(self, segments: Sequence[tuple[float, float]], captions: Sequence[str]) -> bool:
        """Whether the search may stop, after a round that ended with these.

        Borders are compared with those that the quiet time began with: a slow drift is a change, too.
        """
        if self._held is not None and self._same(segments, captions):
            self._quiet += 1
        else:
            self._quiet, self._held = 0, (list(segments), list(captions))
        return self._quiet >= self._rounds

    def _same(self, segments: Sequence[tuple[float, float]], captions: Sequence[str]) -> bool:
        assert self._held is not None
        before, said = self._held
        if list(captions) != said or len(before) != len(segments):
            return False
        pairs = zip(before, segments, strict=True)
        return all(
            abs(old - new) <= self._tolerance for one, other in pairs for old, new in zip(one, other, strict=True)
        )


def spans_and_captions(drafts: Sequence[Draft]) -> tuple[list[tuple[float, float]], list[str]]:
    """What `Stability` compares, of drafts: their borders in samples."""
    return [(float(draft.span[0]), float(draft.span[1])) for draft in drafts], [d.sentence.caption for d in drafts]
