"""Who writes the titles of what is said in one analysis: our own words, a language model's form, or a model asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.core.analysis_options import DEFAULT_TITLES_BY, AnalysisOptions
from cuemark.core.errors import CuemarkError, JobCancelled
from cuemark.core.progress import Progress

if TYPE_CHECKING:
    from cuemark.analysis.looker import Looker
    from cuemark.captions.vlm.options import VlmOptions
    from cuemark.chapters.spoken_titles import TitleAuthor, TitleWriter
    from cuemark.chapters.title_candidates import Judge
    from cuemark.models.lm.lm import LanguageModel


def title_writer(
    options: AnalysisOptions,
    language: str,
    looker: Looker,
    vlm: VlmOptions,
    lm: LanguageModel | None,
    progress: Progress,
    judge: Judge | None = None,
) -> TitleWriter:
    """The writer that `options` ask for; `language` is that of the transcript, "" where nobody knows.

    `lm` puts what is said into form, where it knows the language.  `judge` says how texts fit the frames of
    [start, end).  What a model that is asked cannot do ends as a notice of the writer.  Raises JobCancelled.
    """
    from cuemark.chapters.fluent_titles import FluentTitles
    from cuemark.chapters.spoken_titles import TitleWriter

    by = options.titles_by or DEFAULT_TITLES_BY
    return TitleWriter(
        language,
        options.title_style,
        form=FluentTitles(lm, progress) if by == "lm" and lm is not None else None,
        author=_author(looker, vlm, progress) if by == "vlm" else None,
        judge=judge,
    )


def _author(looker: Looker, vlm: VlmOptions, progress: Progress) -> TitleAuthor:
    from cuemark.chapters.asked_titles import AskedTitles, UnheardAuthor

    try:
        return AskedTitles(looker.model(vlm, progress), vlm.timeout, progress)
    except JobCancelled:
        raise
    except CuemarkError as failure:
        return UnheardAuthor(failure)
