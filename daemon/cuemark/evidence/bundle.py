"""The evidence of one media: what is known of it on its time axis before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from cuemark.evidence.frames.track import FeatureTrack
from cuemark.media.frames import FrameSource


class EvidenceTrack(Protocol):
    """One kind of evidence on the media's time axis: frame vectors today, words that were spoken or shown later.

    All times are exact seconds from the first frame shown, so that tracks of one media can be laid over each other.
    """

    @property
    def times(self) -> tuple[Fraction, ...]:
        """When each entry of the track is: of a sample its time, of something that lasts its start."""

    @property
    def duration(self) -> Fraction:
        """Where the media, or the part of it that could be read, ends."""


@dataclass(frozen=True, eq=False)
class EvidenceBundle:
    """All evidence of one media, as tracks on one time axis.

    `frames` are there for every media and carry the sample grid: masks and scores have one value a sample of them.
    `pictures` are there for a captioner that looks itself, where the media can still be read.  `others` are tracks of
    other kinds of evidence, by kind.
    """

    frames: FeatureTrack
    pictures: FrameSource | None = None
    others: Mapping[str, EvidenceTrack] = field(default_factory=dict)

    @property
    def duration(self) -> Fraction:
        """Seconds of the media."""
        return self.frames.duration

    @property
    def samples(self) -> int:
        """T, the number of samples of the grid."""
        return len(self.frames)
