"""The stage before the frames in which it is found out what is said in a media, where anybody or any model tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cuemark.analysis.model_cache import ModelCache
from cuemark.core.analysis import ModelUse, Notice
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.transcript import Transcript

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache


@dataclass(frozen=True)
class Heard:
    """What is said, None where nothing tells it; the speech model by its role, where one listened; and notices."""

    transcript: Transcript | None
    uses: dict[str, ModelUse] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def hear(
    info: MediaInfo, options: AnalysisOptions, models: ModelCache, cache: FeatureCache | None, progress: Progress
) -> Heard:
    """The transcript that counts: the one named, one beside the file or in it, else what a speech model hears.

    Raises InputError for a transcript that was named and cannot be used, and JobCancelled.  Whatever else is wrong with
    the sound is a notice: the pictures are analysed all the same.
    """
    from cuemark.evidence.speech.found import find_transcript

    found = find_transcript(info, options, progress)
    return Heard(found.transcript, {}, found.notices)
