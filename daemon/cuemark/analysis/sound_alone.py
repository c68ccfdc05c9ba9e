"""The path of a media without pictures: what is said in it, in moments and chapters, without any image model."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from cuemark.analysis.hearing import hear, unheard
from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.options import PipelineOptions
from cuemark.core.analysis import Analysis, Chapter
from cuemark.core.analysis_options import AnalysisOptions, record
from cuemark.core.files import FileWatch
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache


def analyse_sound(
    info: MediaInfo,
    options: AnalysisOptions,
    wanted: PipelineOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    progress: Progress,
) -> Analysis:
    """The analysis of sound alone; raises what `hear` does, and MediaError `sound_unheard` where nothing tells what is
    said."""
    from cuemark.analysis.words import MomentWords
    from cuemark.captions.language.en import WHOLE
    from cuemark.chapters.spoken_titles import TitleWriter
    from cuemark.core.screen_text import ScreenTexts

    watch = FileWatch(info.path)
    heard = hear(info, options, models, cache, progress, wanted.speech)
    if heard.transcript is None:
        raise unheard(info, heard)
    words = MomentWords(heard.transcript, ScreenTexts(()), TitleWriter(heard.transcript.language).titles)
    moments = words.of(words.beside((), (), info.duration))
    watch.check()
    return Analysis(
        id="",
        media=info,
        models=heard.uses,
        options=record(options),
        moments=moments,
        chapters=(Chapter(Fraction(0), info.duration, WHOLE, "c1"),),
        warnings=(*info.warnings, *heard.notices),
    )
