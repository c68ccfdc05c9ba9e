"""The evidence of one media: what is known of it on its time axis before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.screen_text import ScreenTexts
from cuemark.core.transcript import Transcript
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.media.frames import FrameSource


@dataclass(frozen=True, eq=False)
class EvidenceBundle:
    """All evidence of one media on one time axis: exact seconds from the first frame shown.

    `frames` carry the sample grid: masks and scores have one value a sample of them.  `pictures` are there for a
    captioner that looks itself, where the media can still be read.  `transcript` is what is said, `screen_text` what is
    written in the pictures; None where nobody listened or read.
    """

    frames: FeatureTrack
    pictures: FrameSource | None = None
    transcript: Transcript | None = None
    screen_text: ScreenTexts | None = None

    @property
    def duration(self) -> Fraction:
        """Seconds of the media."""
        return self.frames.duration

    @property
    def samples(self) -> int:
        """T, the number of samples of the grid."""
        return len(self.frames)
