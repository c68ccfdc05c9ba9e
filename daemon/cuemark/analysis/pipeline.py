"""The path of one analysis: probe -> features -> moments -> chapters.  The worker, and whoever else, calls this one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache as remembered
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.analysis.given_chapters import Divided, GivenChapters, Pictures, divide_as_given, read_given
from cuemark.analysis.hearing import hear, news
from cuemark.analysis.looker import Looker
from cuemark.analysis.model_cache import PAIR, ModelCache, ModelRef
from cuemark.analysis.options import pipeline_options
from cuemark.analysis.sound_alone import analyse_sound
from cuemark.analysis.spotting import spot_labels
from cuemark.analysis.titling import title_writer
from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment, Notice
from cuemark.core.analysis_options import AnalysisOptions, record
from cuemark.core.errors import distinct_notices
from cuemark.core.files import FileWatch
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.shots import Shot
from cuemark.core.transcript import Transcript

if TYPE_CHECKING:
    from cuemark.captions.word_vectors import WordVectors
    from cuemark.chapters.options import ChapterOptions
    from cuemark.chapters.spoken import Titles
    from cuemark.chapters.spoken_titles import TitleWriter
    from cuemark.chapters.title_candidates import Judge
    from cuemark.evidence.bundle import EvidenceBundle
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel


@dataclass(frozen=True, eq=False)
class Prepared:
    """One media with all that a search needs: its evidence, the loaded models, and notices so far.

    `media` ends where decoding ended, which may be earlier than its container promised.  `seconds` are those the
    features took, 0 where they were there before.
    """

    media: MediaInfo
    evidence: EvidenceBundle
    text: TextEncoder
    lm: LanguageModel
    uses: dict[str, ModelUse]
    notices: tuple[Notice, ...]
    watch: FileWatch
    seconds: float = 0.0


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
    from cuemark.media.sampling import sample_times
    from cuemark.models.runtime.memory import no_effect
    from cuemark.moments.find import find_moments
    from cuemark.moments.options import check_count

    wanted = pipeline_options(options)
    info = probed(media, progress)
    given = read_given(options, info)
    if options.labels is not None:
        return spot_labels(info, options, options.labels, wanted.masks, models, cache, limits, progress)
    if not info.has_picture:
        return analyse_sound(info, options, wanted, models, cache, progress, given)
    looker = Looker.of(options, models)
    refs = {role: models.choose(role, options.models.get(role)) for role in PAIR}
    check_count(wanted, len(sample_times(info, options.sample_rate)))
    heard = hear(info, options, models, cache, progress, wanted.speech)
    ready = prepare(info, refs, options, models, cache, limits, progress, heard.transcript)
    words = models.words(refs["clip"], progress) if wanted.by_lexicon else None
    shots = found_shots(ready, words, cache, progress) if options.shots else ()
    begun = time.monotonic()
    found = find_moments(ready.evidence, ready.text, ready.lm, wanted, progress, words=words)
    ready.watch.check()
    took = time.monotonic() - begun
    told = looker.caption(dared(found.moments, wanted.min_confidence), ready.evidence, ready.text, wanted.vlm, progress)
    moments = worded(dared(told.moments, wanted.min_confidence), ready.evidence, counted=wanted.moments is not None)
    spoken, judge = ready.evidence.transcript, _judge(ready)
    writer = title_writer(options, spoken.language, looker, wanted.vlm, ready.lm, progress, judge) if spoken else None
    divided = _divided(given, ready, moments, progress, wanted.chapters, writer)
    ready.watch.check()
    if not limits.gentle:
        _keep_speed(models, refs, ready, options, took)
    ineffective = no_effect(limits.vram, {use.device for use in ready.uses.values()})
    limited = [Notice("vram_no_effect", ineffective)] if ineffective else []
    return Analysis(
        id="",
        media=ready.media,
        models={**ready.uses, **heard.uses, **({"vlm": told.use} if told.use else {})},
        options=record(options),
        moments=moments,
        chapters=divided.chapters,
        shots=shots,
        warnings=distinct_notices(
            [
                *ready.notices,
                *news(heard.notices, options),
                *told.notices,
                *divided.notices,
                *limited,
                *models.notices(refs, options.models),
            ]
        ),
    )


def prepare(
    info: MediaInfo,
    refs: Mapping[str, ModelRef],
    options: AnalysisOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
    transcript: Transcript | None = None,
) -> Prepared:
    """The stages before the search: the image model, the features and what is written there, the language models."""
    from cuemark.evidence.bundle import EvidenceBundle
    from cuemark.evidence.screen_text.read import extract_and_read
    from cuemark.media.frames import VideoFrames

    watch = FileWatch(info.path, may_grow=bool(options.growing))
    progress.update("image model", 0, 1, "models")
    clip = models.clip(refs["clip"], progress)
    progress.update("image model", 1, 1, "models")
    frames = VideoFrames(info, limits, may_grow=bool(options.growing))
    image, begun = clip.image, time.monotonic()
    seen = extract_and_read(frames, image, options.sample_rate, cache, progress, options.screen_text, limits)
    features = seen.features
    took = 0.0 if features.from_cache else time.monotonic() - begun
    watch.check()
    progress.update("language models", 0, 1, "models")
    lm = models.lm(refs["lm"])
    progress.update("language models", 1, 1, "models")
    media = replace(info, duration=features.track.duration)
    uses = {role: models.use(ref) for role, ref in refs.items()}
    notices = (*info.warnings, *features.warnings, *(() if seen.texts is None else seen.texts.warnings))
    evidence = EvidenceBundle(features.track, frames, transcript, seen.texts)
    return Prepared(media, evidence, clip.text, lm, uses, notices, watch, took)


def found_shots(
    ready: Prepared, words: WordVectors | None, cache: FeatureCache | None, progress: Progress
) -> tuple[Shot, ...]:
    """The shots of the media, where its pictures can still be read."""
    from cuemark.analysis.shot_tags import sizes_of
    from cuemark.evidence.shots.find import find_shots

    pictures, sizes = ready.evidence.pictures, sizes_of(words, ready.text)
    if pictures is None:
        return ()
    return find_shots(ready.media, ready.evidence.frames, pictures, progress, cache, sizes)


def worded(moments: tuple[Moment, ...], evidence: EvidenceBundle, *, counted: bool = False) -> tuple[Moment, ...]:
    """The moments with what is said and written in the footage, where anything is; `counted`: none is added."""
    if not evidence.transcript and not evidence.screen_text:
        return moments
    from cuemark.analysis.words import WordEvidence
    from cuemark.chapters.options import ChapterOptions
    from cuemark.chapters.spoken import topic_starts
    from cuemark.chapters.spoken_titles import TitleWriter
    from cuemark.core.screen_text import ScreenTexts

    transcript = evidence.transcript or Transcript(())
    titles, duration = TitleWriter(transcript.language).titles, evidence.duration
    words = WordEvidence(transcript, evidence.screen_text or ScreenTexts(()), titles, duration)
    free = [] if counted or not transcript else words.unmarked(moments)
    beside = words.talk_in(free, topic_starts(transcript, duration, ChapterOptions())) if free else ()
    return words.of(sorted((*moments, *beside), key=lambda one: (one.start, one.end)))


def _judge(ready: Prepared) -> Judge:
    """How texts fit the frames of [start, end), by CLIP."""
    from cuemark.chapters.content import TimeScores

    @remembered
    def scores() -> TimeScores:
        return TimeScores(ready.evidence, ready.text, ready.evidence.duration)

    def fit(texts: Sequence[str], start: Fraction, end: Fraction) -> list[float]:
        return [float(one) for one in scores().fit(texts, [[(start, end)]])[0]]

    return fit


def dared(moments: Sequence[Moment], least: Fraction | None) -> tuple[Moment, ...]:
    """The moments, without a caption where its confidence is below the least the user asked for, whoever wrote it."""
    return tuple(
        replace(moment, caption="") if least is not None and moment.score < least else moment for moment in moments
    )


def divide(
    ready: Prepared,
    moments: Sequence[Moment],
    progress: Progress,
    options: ChapterOptions | None = None,
    titles: Titles | None = None,
) -> tuple[Chapter, ...]:
    """The stage behind the search: chapters out of moments and what is said, with titles of the latter by `titles`."""
    from cuemark.chapters.build import build_chapters

    progress.update("chapters", 0, 1, "steps")
    chapters = build_chapters(ready.evidence, moments, ready.text, ready.evidence.duration, options, titles=titles)
    progress.update("chapters", 1, 1, "steps")
    return chapters


def _divided(
    given: GivenChapters,
    ready: Prepared,
    moments: Sequence[Moment],
    progress: Progress,
    options: ChapterOptions,
    writer: TitleWriter | None,
) -> Divided:
    """Chapters as the user gave them, where something is given, else ours."""

    def own() -> tuple[Chapter, ...]:
        return divide(ready, moments, progress, options, writer.titles if writer else None)

    if not given:
        chapters = own()
        return Divided(chapters, writer.notices if writer else ())
    from cuemark.chapters.at_borders import Words

    words = Words(ready.evidence.duration, ready.evidence.transcript, ready.evidence.screen_text)
    return divide_as_given(given, words, own, progress, Pictures(ready.evidence, moments, ready.text, options))


def probed(media: Path, progress: Progress) -> MediaInfo:
    """The first stage: what the file says of itself; raises MediaError."""
    from cuemark.media.probe import probe

    progress.update("probe", 0, 1, "files")
    info = probe(media, progress)
    progress.update("probe", 1, 1, "files")
    return info


def _keep_speed(
    models: ModelCache, refs: Mapping[str, ModelRef], ready: Prepared, options: AnalysisOptions, search: float
) -> None:
    """Remember how long it took, where it was done whole and as it is done by default."""
    plain = AnalysisOptions(models=options.models, moments=options.moments)
    if ready.seconds and options == plain:
        minutes = float(ready.media.duration) / 60
        models.speeds.add(refs["clip"].name, refs["lm"].name, ready.seconds + search, minutes)
