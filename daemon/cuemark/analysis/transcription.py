"""The path of one transcript: probe -> whoever tells what is said.  The worker calls it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.analysis.hearing import hear
from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.options import pipeline_options
from cuemark.analysis.pipeline import probed
from cuemark.core.analysis_options import SWITCHED_OFF, AnalysisOptions
from cuemark.core.errors import InputError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.core.transcript import Transcription

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache


def transcription_of(
    path: Path, options: AnalysisOptions, models: ModelCache, cache: FeatureCache | None, progress: Progress
) -> Transcription:
    """What is said in one media.

    Raises MediaError, InputError for a transcript that was named and cannot be used, or `transcript_none` where nothing
    tells what is said, and JobCancelled.
    """
    wanted = pipeline_options(options)
    info = probed(path, progress)
    heard = hear(info, options, models, cache, progress, wanted.speech)
    if heard.transcript is None:
        for notice in heard.notices:
            if heard.failure is None or notice.message != str(heard.failure):  # that one is the error itself
                progress.note(notice.message)
        raise heard.failure or _untold(info, options, models)
    return Transcription(info, replace(heard.transcript, warnings=heard.notices))


def _untold(info: MediaInfo, options: AnalysisOptions, models: ModelCache) -> InputError:
    from cuemark.media.sound import sound_streams

    where = "" if options.transcript else ": no transcript lies beside it, none is inside it"
    if not sound_streams(info):
        message = f"Nothing tells what is said in {shown(info.path)}{where}, and it has no sound."
        return InputError("transcript_none", message, "Name a transcript with --transcript.")
    model = "the speech model is switched off" if options.speech == SWITCHED_OFF else "no speech model is here"
    message = f"Nothing tells what is said in {shown(info.path)}{where}, and {model}."
    if options.speech == SWITCHED_OFF:
        return InputError("transcript_none", message, "Name a transcript with --transcript, or leave --speech off out.")
    step = f"Name a transcript with --transcript, or pull a speech model: cuemark models pull {models.speech_offered()}"
    return InputError("transcript_none", message, step)
