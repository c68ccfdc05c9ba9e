"""Empty stretches: the runs of samples in which there is nothing to be found, whatever a caption would say of them.

They are known before the search begins: by the statistics of the pictures (black, flat, out of focus, test cards), and
by the background of a fixed camera before which somebody comes and goes.  The search works on the stretches between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.emptiness import empty_logits
from cuemark.evidence.frames.static_scene import background_frames, runs, same_picture
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.options import EmptinessOptions
from cuemark.segmentation.segments import Extent, Span, tiling

Mask = NDArray[np.bool_]

_MOSTLY = 0.5


@dataclass(frozen=True)
class EmptyStretches:
    """Empty runs of `samples` samples, in order and apart from each other.

    `gaps` are those of them in which a fixed camera shows its background; who comes out of one or goes into one does so
    in at most `coming` samples.
    """

    samples: int
    spans: tuple[Span, ...] = ()
    gaps: frozenset[Span] = frozenset()
    coming: int = 0

    @classmethod
    def of(cls, track: FeatureTrack, options: EmptinessOptions, *, fixed_camera: bool = True) -> EmptyStretches:
        """Those of a track; none where its pictures were not measured.

        Without `fixed_camera` the background of one is no gap: for a CLIP that can say itself that nothing is there.
        """
        if track.measures is None:
            return cls(len(track))
        background = background_frames(track, options) if fixed_camera else np.zeros(len(track), np.bool_)
        empty = background | (empty_logits(track.measures) > options.picture)
        step = _step(track)
        spans = tuple(runs(_steady(empty, max(1, round(options.shortest_s / step)))))
        gaps = frozenset((first, last) for first, last in spans if background[first:last].mean() > _MOSTLY)
        return cls(len(track), spans, gaps, round(options.coming_s / step))

    @cached_property
    def others(self) -> tuple[Span, ...]:
        """The stretches between, in order: what the search works on."""
        return tuple(span for span in tiling(self.spans, self.samples) if span not in set(self.spans))

    def cut(self, spans: Sequence[Span]) -> list[Span]:
        """What is left of spans where the empty stretches are taken out of them."""
        parts = ((max(first, a), min(last, b)) for first, last in spans for a, b in self.others)
        return [(first, last) for first, last in parts if first < last]

    def whole_stays(self, spans: Sequence[Span], track: FeatureTrack) -> list[Span]:
        """Spans that tile the stretches between; what of a stay shows the same, or coming and going, is one with it."""
        return self._with_coming(self._same_joined(spans, track)) if self.gaps else list(spans)

    def _same_joined(self, spans: Sequence[Span], track: FeatureTrack) -> list[Span]:
        joined: list[Span] = []
        for span in spans:
            same = bool(joined) and joined[-1][1] == span[0] and same_picture(track, joined[-1], span)
            joined[len(joined) - same :] = [(joined[-1][0] if same else span[0], span[1])]
        return joined

    def _with_coming(self, spans: Sequence[Span]) -> list[Span]:
        starts, ends = {last for _, last in self.gaps}, {first for first, _ in self.gaps}
        forward: list[Span] = []
        for first, last in spans:
            begun, reached = forward[-1] if forward else (0, -1)
            comes = reached == first and begun in starts and reached - begun <= self.coming
            forward[len(forward) - comes :] = [(begun if comes else first, last)]
        backward: list[Span] = []
        for first, last in reversed(forward):
            reached, ended = backward[-1] if backward else (-1, 0)
            goes = reached == last and ended in ends and ended - reached <= self.coming
            backward[len(backward) - goes :] = [(first, ended if goes else last)]
        return backward[::-1]

    def within(self, extents: Sequence[Extent], spans: Sequence[Span]) -> list[Extent]:
        """Segments in fractions of the media, each held inside the stretch that its span of samples lies in.

        Where the span began or ended with the stretch the segment does: that border is known.
        """
        held = []
        for (start, end), (first, last) in zip(extents, spans, strict=True):
            a, b = next(stretch for stretch in self.others if stretch[0] <= first < stretch[1])
            inside = (
                a / self.samples if first == a else max(start, a / self.samples),
                b / self.samples if last == b else min(end, b / self.samples),
            )
            held.append(inside if inside[0] < inside[1] else (first / self.samples, last / self.samples))
        return held


def _step(track: FeatureTrack) -> float:
    """Seconds from one sample to the next."""
    return float(np.median(np.diff(track.seconds))) if len(track) > 1 else float(track.duration)


def _steady(empty: Mask, shortest: int) -> Mask:
    """Without what is shorter: first empty runs, then what is left over between two of them, or at either end."""
    steady = empty.copy()
    for first, last in runs(empty):
        steady[first:last] = last - first >= shortest
    if steady.any():
        for first, last in runs(~steady):
            steady[first:last] = last - first < shortest
    return steady
