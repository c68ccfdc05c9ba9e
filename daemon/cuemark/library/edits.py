"""User edits: small changes kept beside an analysis and applied, in order, whenever it is read."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from cuemark.core.analysis import Analysis, Chapter, ChapterEdit, Edit, Moment, MomentEdit
from cuemark.core.errors import NotFoundError, OptionError


def apply(analysis: Analysis, edit: Edit) -> Analysis:
    """The analysis with one edit; what it changed is marked as edited.

    Raises NotFoundError `moment_not_found`, `chapter_not_found`, or OptionError `edit_empty_text`, `edit_outside`,
    `edit_first_chapter` where the result could not be.
    """
    if isinstance(edit, MomentEdit):
        return replace(analysis, moments=_edit_moments(analysis, edit))
    return replace(analysis, chapters=_edit_chapters(analysis, edit))


def _edit_moments(analysis: Analysis, edit: MomentEdit) -> tuple[Moment, ...]:
    moment = next((item for item in analysis.moments if item.id == edit.moment_id), None)
    if moment is None:
        raise _missing("moment", edit.moment_id, analysis.id)
    start = moment.start if edit.start is None else edit.start
    end = moment.end if edit.end is None else edit.end
    if not 0 <= start < end <= max(analysis.media.duration, moment.end):
        step = f"It must lie between 0 and {float(analysis.media.duration):.3f} s, with its start before its end."
        message = f"Moment {moment.id} cannot span {float(start):.3f} to {float(end):.3f} s."
        raise OptionError("edit_outside", message, step)
    caption = moment.caption if edit.caption is None else _text(edit.caption, "caption")
    changed = replace(moment, caption=caption, start=start, end=end)
    if changed == moment:
        return analysis.moments
    changed = replace(changed, edited=True)
    moments = (changed if item is moment else item for item in analysis.moments)
    return tuple(sorted(moments, key=lambda item: (item.start, item.end)))


def _edit_chapters(analysis: Analysis, edit: ChapterEdit) -> tuple[Chapter, ...]:
    chapters = list(analysis.chapters)
    index = next((place for place, item in enumerate(chapters) if item.id == edit.chapter_id), None)
    if index is None:
        raise _missing("chapter", edit.chapter_id, analysis.id)
    if edit.title is not None:
        title = _text(edit.title, "title")
        if title != chapters[index].title:
            chapters[index] = replace(chapters[index], title=title, edited=True)
    if edit.start is not None and edit.start != chapters[index].start:
        _move_start(chapters, index, edit.start)
    return tuple(chapters)


def _move_start(chapters: list[Chapter], index: int, start: Fraction) -> None:
    chapter = chapters[index]
    if index == 0:
        step = "Move the start of the second chapter instead."
        raise OptionError("edit_first_chapter", "The first chapter always starts at 0.", step)
    before = chapters[index - 1]
    if not before.start < start < chapter.end:
        step = f"It must lie between {float(before.start):.3f} and {float(chapter.end):.3f} s."
        raise OptionError("edit_outside", f"Chapter {chapter.id} cannot start at {float(start):.3f} s.", step)
    chapters[index - 1] = replace(before, end=start, edited=True)
    chapters[index] = replace(chapter, start=start, edited=True)


def _text(text: str, what: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise OptionError("edit_empty_text", f"The {what} is empty.", f"Give a {what}.")
    return text


def _missing(what: str, given: str, analysis_id: str) -> NotFoundError:
    message = f"Analysis {analysis_id} has no {what} {given!r}."
    return NotFoundError(f"{what}_not_found", message, f"See cuemark analyses show {analysis_id}.")
