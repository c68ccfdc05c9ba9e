"""The path of a media into the library: probe -> words -> vectors and screen text -> shots, tags, thumbnails.

The worker, whoever spreads the work over machines, and tests call this one.  There is no search for moments.  What is
computed goes through the same cache as an analysis, so that either finds what the other left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.analysis.asked import DECIDING, INDEXING_VERSION
from cuemark.analysis.hearing import Heard, hear, news, unheard
from cuemark.analysis.model_cache import ModelCache, ModelRef
from cuemark.analysis.options import pipeline_options
from cuemark.analysis.pipeline import probed
from cuemark.core.analysis import Notice
from cuemark.core.analysis_options import AnalysisOptions, to_texts
from cuemark.core.errors import (
    CuemarkError,
    JobCancelled,
    MediaError,
    ModelError,
    NotFoundError,
    StoreError,
    distinct_notices,
)
from cuemark.core.files import FileWatch
from cuemark.core.footage import Indexed
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.shots import Shot
from cuemark.evidence.index.entry import EncodedTrack, IndexEntry, half
from cuemark.evidence.index.store import EntryHead, IndexStore

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.evidence.frames.track import FeatureTrack
    from cuemark.evidence.shots.size import ShotSizes

_NO_MODEL = ""
"""In place of an encoder: what was asked of sound alone."""


def index(
    path: Path,
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
    *,
    shots: bool = True,
) -> IndexEntry:
    """The entry of one file; its media says where it lies and what was met there, which the store leaves out.

    Without `shots` nothing is decoded that the cache does not need: what an analysis leaves, whose entry is completed
    when it is indexed.  Raises MediaError (`sound_unheard` for sound alone of which nothing tells the words),
    ModelError, OptionError, StoreError and JobCancelled.  Features come from `cache` where they are there, and are left
    in it part by part.
    """
    wanted = pipeline_options(options)
    watch = FileWatch(path, may_grow=bool(options.growing))
    info = probed(path, progress)
    ref = models.choose("clip", options.models.get("clip")) if info.has_picture else None
    heard = hear(info, options, models, cache, progress, wanted.speech)
    if ref is None:
        entry = _of_sound(info, heard)
    else:
        entry = _of_pictures(info, ref, heard, options, models, cache, limits, progress, shots)
    watch.check()
    made = {_encoder_of(entry): made_key(path, options, models)} if shots else {}
    return replace(_with_recording(entry, path), made=made)


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

    Counter: entries_known.  Also StoreError where the index cannot be written.
    """
    modified_ns = _modified_ns(path)
    known = _known(path, options, models, store, progress)
    if known is not None:
        progress.count("entries_known")
        media = replace(known.media, path=path)
    else:
        entry = index(path, options, models, cache, limits, progress)
        store.put(entry)
        media = entry.media
    return Indexed(media, modified_ns, opening=_opening(media))


def made_key(path: Path, options: AnalysisOptions, models: ModelCache) -> str:
    """What an entry is made with, as a key: options, models by their content, a transcript by its content.

    The same on every machine, since it stands in the entry.
    """
    parts = [f"version {INDEXING_VERSION}", *_decided(options, models), _transcript_mark(path, options)]
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _decided(options: AnalysisOptions, models: ModelCache) -> Iterator[str]:
    from cuemark.core.progress import SilentProgress

    texts = to_texts(options)
    yield from (f"{name} {texts[name]}" for name in DECIDING if name in texts and name not in ("speech", "transcript"))
    with suppress(ModelError):  # one that cannot listen is a notice
        ref = models.choose_speech(options.speech, options.language)
        if ref is not None:
            yield f"speech {models.speech(ref, SilentProgress()).id}"


def _transcript_mark(path: Path, options: AnalysisOptions) -> str:
    """The content of the transcript that counts, where a file tells what is said."""
    from cuemark.core.analysis_options import NO_TRANSCRIPT
    from cuemark.evidence.speech.given import beside

    if options.transcript == NO_TRANSCRIPT:
        return "no transcript"
    named = Path(options.transcript) if options.transcript else beside(path, options.language or "")
    try:
        return "" if named is None else hashlib.sha256(named.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _known(
    path: Path, options: AnalysisOptions, models: ModelCache, store: IndexStore, progress: Progress
) -> EntryHead | None:
    """The entry of the file's content, where there is a whole one that was made as it is asked for."""
    from cuemark.media.fingerprint import fingerprint

    mark = fingerprint(path)
    progress.check()
    try:
        head = store.check(mark)
    except NotFoundError:
        return None
    except StoreError as error:
        if error.code != "index_damaged":
            raise
        progress.note(f"{error.message} It is indexed again.")
        store.remove(mark)
        return None
    encoder = _NO_MODEL
    if head.media.has_picture:
        encoder = models.clip(models.choose("clip", options.models.get("clip")), progress).id
    return head if head.made.get(encoder) == made_key(path, options, models) else None


def _encoder_of(entry: IndexEntry) -> str:
    return entry.tracks[0].model.id if entry.tracks else _NO_MODEL


def _of_sound(info: MediaInfo, heard: Heard) -> IndexEntry:
    if heard.transcript is None:
        raise unheard(info, heard)
    media = replace(info, warnings=distinct_notices((*info.warnings, *heard.notices)))
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
    shots: bool,
) -> IndexEntry:
    from cuemark.evidence.index.thumbnails import make_thumbnails
    from cuemark.evidence.screen_text.read import extract_and_read
    from cuemark.evidence.shots.find import find_shots
    from cuemark.media.frames import VideoFrames

    progress.update("image model", 0, 1, "models")
    encoder = models.clip(ref, progress).image
    progress.update("image model", 1, 1, "models")
    frames = VideoFrames(info, limits, may_grow=bool(options.growing))
    seen = extract_and_read(frames, encoder, options.sample_rate, cache, progress, options.screen_text, limits)
    track, texts = seen.features.track, seen.texts
    media = replace(info, duration=track.duration)
    found = find_shots(media, track, frames, progress, cache, _sizes(ref, models, progress)) if shots else ()
    pictures = make_thumbnails(media, track, frames, progress)
    notices = (*info.warnings, *seen.features.warnings, *(texts.warnings if texts else ()))
    return IndexEntry(
        media=replace(media, warnings=distinct_notices((*notices, *news(heard.notices, options)))),
        tracks=(EncodedTrack(models.use(ref), track.times, half(track.vectors)),),
        shots=_tagged(found, track, ref, models, progress),
        transcript=heard.transcript,
        screen_text=texts,
        thumbnails=pictures,
    )


def _sizes(ref: ModelRef, models: ModelCache, progress: Progress) -> ShotSizes | None:
    from cuemark.analysis.shot_tags import sizes_of

    words = models.words(ref, progress)
    return None if words is None else sizes_of(words, models.clip(ref, progress).text)


def _tagged(
    shots: tuple[Shot, ...], track: FeatureTrack, ref: ModelRef, models: ModelCache, progress: Progress
) -> tuple[Shot, ...]:
    """The shots with tags, where the CLIP knows words."""
    words = models.words(ref, progress) if shots else None
    if words is None:
        return shots
    from cuemark.analysis.shot_tags import tagged

    return tagged(shots, track, words, progress)


def _with_recording(entry: IndexEntry, path: Path) -> IndexEntry:
    from cuemark.media.recording import recording

    try:
        found = recording(path)
    except MediaError:  # it was read a moment ago: then it says nothing
        return entry
    return replace(entry, recorded=found.at, camera=found.camera)


def _opening(media: MediaInfo) -> str:
    from cuemark.media.fingerprint import content_mark

    try:
        return content_mark(media.path, media.size)
    except OSError:
        return ""


def _modified_ns(path: Path) -> int:
    """The file's time stamp before it is read: what is written meanwhile is then news."""
    try:
        return path.stat().st_mtime_ns
    except OSError:  # whoever reads it says so
        return 0


def leave_entry(
    path: Path,
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
    store: IndexStore,
) -> Notice | None:
    """The entry of a file that was just analysed, out of what the analysis left in the cache; else why there is none.

    Without a cache nothing is left, since all would be decoded once more.
    """
    if cache is None:
        return Notice("not_indexed", "The file is not in the library, since nothing can be cached.")
    try:
        if _known(path, options, models, store, progress) is None:
            store.put(index(path, options, models, cache, limits, progress, shots=False))
    except JobCancelled:
        raise
    except CuemarkError as error:
        return Notice("not_indexed", f"The file is not in the library: {error.message}")
    return None
