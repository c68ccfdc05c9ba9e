"""The feature track of a media and what is written in its pictures, out of one pass of decoding."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.progress import Progress
from cuemark.core.screen_text import ScreenTexts
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import ExtractResult, FrameEncoder, extract
from cuemark.media.frames import FrameSource


@dataclass(frozen=True)
class SeenAndRead:
    """The features of a media, and its texts; None where nobody was to read."""

    features: ExtractResult
    texts: ScreenTexts | None = None


def extract_and_read(
    frames: FrameSource,
    encoder: FrameEncoder,
    sample_rate: Fraction | None,
    cache: FeatureCache | None,
    progress: Progress,
    policy: str | None = None,
    limits: ProcessLimits = UNLIMITED,
) -> SeenAndRead:
    """`extract`, and beside it what is written in the pictures as `policy` (`AnalysisOptions.screen_text`) says.

    What goes wrong with reading is a warning of the texts, never an error of the analysis.  Raises what `extract` does.
    """
    return SeenAndRead(extract(frames, encoder, sample_rate, cache, progress))
