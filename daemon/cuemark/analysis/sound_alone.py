"""The path of a media without pictures: what is said in it, in moments and chapters, without any image model."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from cuemark.analysis.given_chapters import Divided, GivenChapters, divide_as_given
from cuemark.analysis.hearing import hear, unheard
from cuemark.analysis.looker import Looker
from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.options import PipelineOptions
from cuemark.analysis.titling import title_writer
from cuemark.analysis.words import WordEvidence
from cuemark.chapters.at_borders import Words
from cuemark.chapters.options import ChapterOptions
from cuemark.chapters.spoken import enough_said, spoken_chapters
from cuemark.chapters.spoken_titles import ChapterPart, TitleWriter
from cuemark.core.analysis import Analysis, Chapter, Moment, Notice
from cuemark.core.analysis_options import AnalysisOptions, record
from cuemark.core.files import FileWatch
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.screen_text import ScreenTexts
from cuemark.core.text import shown
from cuemark.core.transcript import Transcript

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache


def analyse_sound(
    info: MediaInfo,
    options: AnalysisOptions,
    wanted: PipelineOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    progress: Progress,
    given: GivenChapters,
) -> Analysis:
    """The analysis of sound alone: moments of talk, chapters by topic.

    Where somebody listened and nothing is said it is empty and says so.  Raises what `hear` does, and MediaError
    `sound_unheard` where nothing tells what is said.
    """
    watch = FileWatch(info.path, may_grow=bool(options.growing))
    heard = hear(info, options, models, cache, progress, wanted.speech)
    if heard.transcript is None:
        raise unheard(info, heard)
    transcript = heard.transcript
    words = WordEvidence(transcript, ScreenTexts(()), TitleWriter(transcript.language).titles, info.duration)
    writer = title_writer(options, transcript.language, Looker.of(options, models), wanted.vlm, None, progress)
    own = _chapters(info, transcript, wanted.chapters, writer)
    known = Words(info.duration, transcript)
    divided = divide_as_given(given, known, lambda: own, progress) if given else Divided(own, writer.notices)
    moments = _moments([chapter.start for chapter in own[1:]], words, options.moments)
    watch.check()
    empty = () if transcript else (_nothing_to_mark(info),)
    return Analysis(
        id="",
        media=info,
        models=heard.uses,
        options=record(options),
        moments=moments,
        chapters=divided.chapters,
        warnings=(*info.warnings, *heard.notices, *empty, *divided.notices),
    )


def _nothing_to_mark(info: MediaInfo) -> Notice:
    message = (
        f"{shown(info.path)} is sound alone in which no word was heard, so there is nothing to mark. If somebody does "
        "speak, choose another --sound-track or --speech model, or give the words with --transcript FILE."
    )
    return Notice("nothing_to_mark", message)


def _chapters(
    info: MediaInfo, transcript: Transcript, options: ChapterOptions, writer: TitleWriter
) -> tuple[Chapter, ...]:
    """By topic where enough is said to tell topics apart, else one; none where nothing is said."""
    if not transcript:
        return ()
    if enough_said(transcript, info.duration, options):
        return spoken_chapters(transcript, info.duration, options, titles=writer.titles)
    part = ChapterPart(Fraction(0), info.duration, tuple(one.text for one in transcript.utterances))
    (title,) = writer.titles([part])
    return (Chapter(part.start, part.end, title, "c1"),)


def _moments(borders: Sequence[Fraction], words: WordEvidence, most: int | None) -> tuple[Moment, ...]:
    """The talk between silences, parted at `borders`; of more than `most` those in which most is said."""
    found = words.talk_in(words.unmarked(()), borders)
    if most is not None and len(found) > most:
        longest = sorted(found, key=lambda one: one.start - one.end)[:most]
        found = tuple(sorted(longest, key=lambda one: one.start))
    return words.of(found)
