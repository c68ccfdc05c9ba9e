"""The path of a media into the library: probe -> words -> vectors and screen text -> thumbnails; no search for moments.

The worker, whoever spreads the work over machines, and tests call this one.  What is computed goes through the same
cache as an analysis, so that either finds what the other left.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.analysis.hearing import Heard, hear, news, unheard
from cuemark.analysis.model_cache import ModelCache, ModelRef
from cuemark.analysis.options import pipeline_options
from cuemark.analysis.pipeline import probed
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.files import FileWatch
from cuemark.core.footage import Indexed
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.evidence.index.entry import EncodedTrack, IndexEntry, half
from cuemark.evidence.index.store import IndexStore

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache

INDEXING_VERSION = 1
"""Raise when an entry of the same file is made otherwise: what is there is then indexed again when it is asked for."""
_DECIDING = ("speech", "language", "sound_track", "transcript", "screen_text", "sample_rate")
"""The options that decide what an entry holds, beside the image model."""


def index(
    path: Path,
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
) -> IndexEntry:
    """The entry of one file; its media says where it lies and what was met there, which the store leaves out.

    Raises MediaError (`sound_unheard` for sound alone of which nothing tells the words), ModelError, OptionError,
    StoreError and JobCancelled.  Features come from `cache` where they are there, and are left in it part by part.
    """
    wanted = pipeline_options(options)
    watch = FileWatch(path)
    info = probed(path, progress)
    ref = models.choose("clip", options.models.get("clip")) if info.has_picture else None
    heard = hear(info, options, models, cache, progress, wanted.speech)
    if ref is None:
        entry = _of_sound(info, heard, options)
    else:
        entry = _of_pictures(info, ref, heard, options, models, cache, limits, progress)
    watch.check()
    return entry


def index_file(
    path: Path,
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
    store: IndexStore,
) -> Indexed:
    """`index` into a store; what is there already under the file's content, made as it is asked for, is not made again.

    Also StoreError where the index cannot be written.
    """
    modified_ns = path.stat().st_mtime_ns if path.exists() else 0
    entry = index(path, options, models, cache, limits, progress)
    store.put(entry)
    return Indexed(entry.media, modified_ns)


def _of_sound(info: MediaInfo, heard: Heard, options: AnalysisOptions) -> IndexEntry:
    if heard.transcript is None:
        raise unheard(info, heard)
    media = replace(info, warnings=(*info.warnings, *heard.notices))
    return IndexEntry(media, transcript=heard.transcript)


def _of_pictures(
    info: MediaInfo,
    ref: ModelRef,
    heard: Heard,
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
) -> IndexEntry:
    from cuemark.evidence.screen_text.read import extract_and_read
    from cuemark.media.frames import VideoFrames

    progress.update("image model", 0, 1, "models")
    encoder = models.clip(ref, progress).image
    progress.update("image model", 1, 1, "models")
    frames = VideoFrames(info, limits)
    seen = extract_and_read(frames, encoder, options.sample_rate, cache, progress, options.screen_text, limits)
    track = seen.features.track
    notices = (*info.warnings, *seen.features.warnings, *(() if seen.texts is None else seen.texts.warnings))
    media = replace(info, duration=track.duration, warnings=(*notices, *news(heard.notices, options)))
    encoded = EncodedTrack(models.use(ref), track.times, half(track.vectors))
    return IndexEntry(media, (encoded,), transcript=heard.transcript, screen_text=seen.texts)
