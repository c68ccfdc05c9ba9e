"""Search in pictures: from a query's vectors to segments of media, each with a probability.

The frames of the library with the largest cosines, found exactly (`scan`), name the media to look into; there each
frame gets its evidence (`frame_evidence`), and the curve is cut into segments (`segmentation.similarity_mask`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import NotFoundError, StoreError
from cuemark.core.footage import IndexedMedia
from cuemark.core.search import Ground, Why
from cuemark.evidence.index.store import IndexStore
from cuemark.library.search.findings import Finding
from cuemark.library.search.frame_evidence import SeenQuery, evidence_of
from cuemark.library.search.scan import VectorScan
from cuemark.segmentation.similarity_mask import similar_segments, watchable

NEAREST = 2000
"""Frames asked for at once."""
ROUNDS = 4
"""So often those of other media are asked for, where a few long ones take all places."""
LEAST_MEDIA, MOST_MEDIA = 20, 100
MOST_SEGMENTS = 8
"""Of one media."""
WEIGHED = 8000
"""Frames that are held against all background words, of one query; of a media at least so many as below."""
_LEAST_WEIGHED = 64
_AROUND = 40
"""Frames on each side of a similar one that are weighed with it, in long media."""
_SAMPLED = 2000
"""Frames of the library that tell what is ordinary."""


class SeenSearch:
    """Finds segments by their pictures."""

    def __init__(self, scan: VectorScan, store: IndexStore) -> None:
        self._scan, self._store = scan, store

    def find(self, query: SeenQuery, media: Mapping[int, IndexedMedia], most: int) -> list[Finding]:
        """Segments of these media, by number, in any order; the best `most` are among them."""
        left, typical = WEIGHED, self._typical(query)
        found: list[Finding] = []
        for number, similar in self._promising(query, media, most).items():
            one = media[number]
            try:
                track = self._store.track(one.media.fingerprint, query.encoder_id)
            except (NotFoundError, StoreError):  # removed, or damaged, since the scan took it up
                continue
            weighed = _around(similar, len(track), max(_LEAST_WEIGHED, left))
            left -= len(weighed)
            evidence = evidence_of(query, track.vectors, weighed, typical)
            segments = similar_segments(
                evidence.logits, track.times, one.media.duration, evidence.background, MOST_SEGMENTS
            )
            for each in watchable(segments, one.media.duration):
                score = _probability(each.evidence)
                why = (Why(Ground.SEEN, score),)
                sample = track.times.index(each.best)
                found.append(Finding(number, each.start, each.end, each.best, score, why, sample, query.encoder_id))
        return found

    def _promising(self, query: SeenQuery, media: Mapping[int, IndexedMedia], most: int) -> dict[int, list[int]]:
        """Numbers of media worth a look, best first, with their most similar frames."""
        wanted = min(MOST_MEDIA, max(LEAST_MEDIA, 2 * most))
        found: dict[int, list[int]] = {}
        for vector in query.vectors:
            open_to, own = set(media), set[int]()
            for _ in range(ROUNDS):
                near = self._scan.search(vector[None], query.encoder_id, NEAREST, open_to)[0]
                for one in near:
                    if one.number in own or len(own) < wanted:
                        own.add(one.number)
                        found.setdefault(one.number, []).append(one.sample)
                open_to -= {one.number for one in near}
                if len(near) < NEAREST or len(own) >= wanted or not open_to:
                    break
        return found

    def _typical(self, query: SeenQuery) -> float:
        """The cosine of the query's picture with an ordinary frame of the library."""
        rows = self._scan.rows(query.encoder_id).vectors
        if query.picture is None or not len(rows):
            return 0.0
        places = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLED)).astype(int)
        with np.errstate(invalid="ignore"):
            cosines = rows[places].astype(np.float32) @ query.picture
        return float(np.nan_to_num(np.nanmedian(cosines)))


def _around(similar: list[int], samples: int, most: int) -> NDArray[np.intp]:
    """Places of the frames to weigh: all of a short media, of a long one those around the most similar, `most`."""
    if samples <= min(most, 2 * _AROUND * 4):
        return np.arange(samples)
    wanted = np.zeros(samples, bool)
    for place in similar:
        wanted[max(0, place - _AROUND) : place + _AROUND + 1] = True
        if wanted.sum() >= most:
            break
    return np.flatnonzero(wanted)


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))
