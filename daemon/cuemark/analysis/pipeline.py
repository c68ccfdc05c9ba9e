"""The path of one analysis: probe -> features -> moments -> chapters.  The worker, and whoever else, calls this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.analysis.model_cache import FALLBACK, ModelCache, ModelRef
from cuemark.analysis.options import search_options
from cuemark.core.analysis import Analysis, Notice
from cuemark.core.analysis_options import AnalysisOptions, record
from cuemark.core.files import FileWatch
from cuemark.core.limits import ProcessLimits
from cuemark.core.progress import Progress

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache

SAMPLE_MODELS = Notice(
    "sample_models",
    "The sample models understand only the videos of `cuemark demo`; what they say of other footage means nothing. "
    "For real footage: cuemark models pull light",
)


def analyse(
    media: Path,
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
) -> Analysis:
    """Analyse one file; the result has no id yet.

    Raises MediaError, ModelError, OptionError, StoreError, and JobCancelled.  Features come from `cache` where they
    are there, and are left in it chunk by chunk, so that a run that was killed loses little.
    """
    from cuemark.chapters.build import build_chapters
    from cuemark.evidence.frames.extract import extract
    from cuemark.media.probe import probe
    from cuemark.media.sampling import sample_times
    from cuemark.models.runtime.memory import no_effect
    from cuemark.moments.find import find_moments
    from cuemark.moments.options import check_count

    wanted = search_options(options)
    clip_ref = models.choose("clip", options.models.get("clip"))
    lm_ref = models.choose("lm", options.models.get("lm"))
    progress.update("probe", 0, 1, "files")
    info = probe(media)
    progress.update("probe", 1, 1, "files")
    check_count(wanted, len(sample_times(info, options.sample_rate)))
    watch = FileWatch(media)
    progress.update("image model", 0, 1, "models")
    clip = models.clip(clip_ref, progress)
    clip_use = models.use(clip_ref)
    progress.update("image model", 1, 1, "models")
    features = extract(info, clip.image, options.sample_rate, cache, progress, limits)
    watch.check()
    progress.update("language models", 0, 1, "models")
    lm, text = models.lm(lm_ref), clip.text
    lm_use = models.use(lm_ref)
    progress.update("language models", 1, 1, "models")
    found = find_moments(features.track, text, lm, wanted, progress)
    watch.check()
    progress.update("chapters", 0, 1, "steps")
    chapters = build_chapters(features.track, found.moments, text, features.track.duration)
    progress.update("chapters", 1, 1, "steps")
    watch.check()
    ineffective = no_effect(limits.vram, {clip_use.device, lm_use.device})
    limited = [Notice("vram_no_effect", ineffective)] if ineffective else []
    return Analysis(
        id="",
        # Where decoding ended earlier than the container promised, that is where the media ends.
        media=replace(info, duration=features.track.duration),
        models={"clip": clip_use, "lm": lm_use},
        options=record(options),
        moments=found.moments,
        chapters=chapters,
        warnings=_distinct([*info.warnings, *features.warnings, *limited, *_sample_notice(clip_ref, lm_ref)]),
    )


def _sample_notice(*refs: ModelRef) -> list[Notice]:
    return [SAMPLE_MODELS] if any(ref.name == FALLBACK for ref in refs) else []


def _distinct(notices: list[Notice]) -> tuple[Notice, ...]:
    """Each once: the probe and the decoder may both have noticed."""
    return tuple({notice.code: notice for notice in reversed(notices)}.values())[::-1]
