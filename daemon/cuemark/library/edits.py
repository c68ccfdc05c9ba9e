"""Edits applied: what an analysis is after a user's edit, rule by rule.

Everything here is pure: an analysis and an edit give another analysis.  An edit that cannot be is refused with
NotFoundError `moment_not_found`, `chapter_not_found`, `item_unknown`, or OptionError `edit_empty_text`, `edit_outside`,
`edit_first_chapter`, `edit_only_chapter`, `edit_not_alike`, `edit_not_neighbours`, `edit_kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any, NoReturn

from cuemark.core.analysis import (
    AddEdit,
    Analysis,
    Chapter,
    ChapterEdit,
    DeleteEdit,
    Edit,
    MergeEdit,
    Moment,
    MomentEdit,
    SplitEdit,
    Tag,
)
from cuemark.core.errors import NotFoundError, OptionError

ITEMS = ("moment", "chapter")
Item = Moment | Chapter


def apply(analysis: Analysis, edit: Edit) -> Analysis:
    """The analysis with one edit; what it changed is marked as edited, what it took out stands in `deleted`."""
    edited = _RULES[type(edit)](analysis, edit)
    left = ids_of(edited)
    gone = dict.fromkeys((*analysis.deleted, *ids_of(analysis)))
    return replace(edited, deleted=tuple(id_ for id_ in gone if id_ not in left))


def ids_of(analysis: Analysis) -> dict[str, Item]:
    """Its moments and chapters by id."""
    items: list[Item] = [*analysis.chapters, *analysis.moments]
    return {item.id: item for item in items}


def item_of(analysis: Analysis, item_id: str) -> Item:
    """Its moment or chapter of this id; NotFoundError `item_unknown`."""
    found = ids_of(analysis).get(item_id)
    if found is None:
        raise _missing("item_unknown", "moment or chapter", item_id, analysis)
    return found


def row_of(analysis: Analysis, item: Item) -> list[Moment] | list[Chapter]:
    """All of its kind, in order of time."""
    if isinstance(item, Chapter):
        return sorted(analysis.chapters, key=_time)
    return sorted(analysis.moments, key=_time)


def _time(item: Item) -> tuple[Fraction, Fraction]:
    return item.start, item.end


def _with_moments(analysis: Analysis, moments: Iterable[Moment]) -> Analysis:
    return replace(analysis, moments=tuple(sorted(moments, key=_time)))


def _edit_moment(analysis: Analysis, edit: MomentEdit) -> Analysis:
    moment = next((item for item in analysis.moments if item.id == edit.moment_id), None)
    if moment is None:
        raise _missing("moment_not_found", "moment", edit.moment_id, analysis)
    start = moment.start if edit.start is None else edit.start
    end = moment.end if edit.end is None else _within(analysis, edit.end)
    if not 0 <= start < end <= max(analysis.media.duration, moment.end):
        _outside(analysis, f"Moment {moment.id}", start, end)
    caption = moment.caption if edit.caption is None else _text(edit.caption, "caption")
    changed = replace(moment, caption=caption, start=start, end=end)
    if changed == moment:
        return analysis
    changed = replace(changed, edited=True)
    return _with_moments(analysis, (changed if item is moment else item for item in analysis.moments))


def _edit_chapter(analysis: Analysis, edit: ChapterEdit) -> Analysis:
    chapters = list(analysis.chapters)
    index = next((place for place, item in enumerate(chapters) if item.id == edit.chapter_id), None)
    if index is None:
        raise _missing("chapter_not_found", "chapter", edit.chapter_id, analysis)
    if edit.title is not None:
        title = _text(edit.title, "title")
        if title != chapters[index].title:
            chapters[index] = replace(chapters[index], title=title, edited=True)
    if edit.start is not None and edit.start != chapters[index].start:
        _move_start(chapters, index, edit.start)
    return replace(analysis, chapters=tuple(chapters))


def _move_start(chapters: list[Chapter], index: int, start: Fraction) -> None:
    chapter = chapters[index]
    if index == 0:
        step = "Move the start of the second chapter instead." if len(chapters) > 1 else "Add a chapter instead."
        raise OptionError("edit_first_chapter", "The first chapter always starts at 0.", step)
    before = chapters[index - 1]
    if not before.start < start < chapter.end:
        step = f"It must lie between {_up(before.start)} and {_down(chapter.end)} s."
        raise OptionError("edit_outside", f"Chapter {chapter.id} cannot start at {float(start):.3f} s.", step)
    chapters[index - 1] = replace(before, end=start, edited=True)
    chapters[index] = replace(chapter, start=start, edited=True)


def _delete(analysis: Analysis, edit: DeleteEdit) -> Analysis:
    item = item_of(analysis, edit.item_id)
    if isinstance(item, Moment):
        return replace(analysis, moments=tuple(moment for moment in analysis.moments if moment is not item))
    chapters = list(analysis.chapters)
    if len(chapters) == 1:
        step = "Give it another title, or add a chapter first."
        raise OptionError("edit_only_chapter", f"{item.id} is the only chapter, and one there must be.", step)
    place = chapters.index(item)
    if place:
        chapters[place - 1] = replace(chapters[place - 1], end=item.end, edited=True)
    else:
        chapters[1] = replace(chapters[1], start=item.start, edited=True)
    del chapters[place]
    return replace(analysis, chapters=tuple(chapters))


def _merge(analysis: Analysis, edit: MergeEdit) -> Analysis:
    one = item_of(analysis, edit.item_id)
    other = item_of(analysis, edit.other_id)
    if type(one) is not type(other):
        message = f"{one.id} and {other.id} are a moment and a chapter."
        raise OptionError("edit_not_alike", message, "Merge a moment with a moment, a chapter with a chapter.")
    order = [item.id for item in row_of(analysis, one)]
    if abs(order.index(one.id) - order.index(other.id)) != 1:
        _not_neighbours(order, one.id, other.id)
    start, end = min(one.start, other.start), max(one.end, other.end)
    if isinstance(one, Moment) and isinstance(other, Moment):
        caption, tags = one.caption or other.caption, _all_tags(one.tags, other.tags)
        joined = replace(one, start=start, end=end, caption=caption, tags=tags, edited=True)
        left = (item for item in analysis.moments if item.id not in (one.id, other.id))
        return _with_moments(analysis, (*left, joined))
    one = replace(one, start=start, end=end, edited=True)
    kept = (one if item.id == one.id else item for item in analysis.chapters if item.id != other.id)
    return replace(analysis, chapters=tuple(item for item in kept if isinstance(item, Chapter)))


def _not_neighbours(order: list[str], one: str, other: str) -> NoReturn:
    if one == other:
        raise OptionError("edit_not_neighbours", f"{one} cannot be merged with itself.", "Name another one.")
    first, last = sorted((order.index(one), order.index(other)))
    between = ", ".join(order[first + 1 : last])
    step = f"Merge {one} with its neighbours one after another, or delete what lies between."
    raise OptionError("edit_not_neighbours", f"Between {one} and {other} there is {between}.", step)


def _all_tags(*groups: Iterable[Tag]) -> tuple[Tag, ...]:
    best: dict[str, float] = {}
    for tag in (tag for group in groups for tag in group):
        best[tag.word] = max(best.get(tag.word, tag.score), tag.score)
    return tuple(Tag(word, score) for word, score in sorted(best.items(), key=lambda pair: -pair[1]))


def _split(analysis: Analysis, edit: SplitEdit) -> Analysis:
    item = item_of(analysis, edit.item_id)
    if not item.start < edit.at < item.end:
        step = f"It must lie between {_up(item.start)} and {_down(item.end)} s."
        raise OptionError("edit_outside", f"{item.id} cannot be split at {float(edit.at):.3f} s.", step)
    if isinstance(item, Moment):
        caption = item.caption if edit.text is None else _text(edit.text, "caption")
        halves = (
            replace(item, end=edit.at, edited=True),
            replace(item, id=edit.new_id, start=edit.at, caption=caption, edited=True),
        )
        return _with_moments(analysis, (*(each for each in analysis.moments if each is not item), *halves))
    title = item.title if edit.text is None else _text(edit.text, "title")
    parts = (
        replace(item, end=edit.at, edited=True),
        replace(item, id=edit.new_id, start=edit.at, title=title, edited=True),
    )
    place = analysis.chapters.index(item)
    return replace(analysis, chapters=(*analysis.chapters[:place], *parts, *analysis.chapters[place + 1 :]))


def _add(analysis: Analysis, edit: AddEdit) -> Analysis:
    if edit.item not in ITEMS:
        message = f"Neither a moment nor a chapter is to be added, but {edit.item!r}."
        raise OptionError("edit_kind", message, "Add a moment or a chapter.")
    end = edit.end
    if end is None and edit.item == "chapter":
        end = next((each.end for each in analysis.chapters if each.start <= edit.start < each.end), None)
    end = analysis.media.duration if end is None else _within(analysis, end)
    if not 0 <= edit.start < end <= analysis.media.duration:
        _outside(analysis, f"A {edit.item}", edit.start, end)
    if edit.item == "chapter":
        return replace(analysis, chapters=tuple(_cut_out(analysis, edit, end)))
    caption = _text(edit.text, "caption")
    # What a user says of a moment is right.
    return _with_moments(
        analysis, (*analysis.moments, Moment(edit.new_id, edit.start, end, caption, score=1.0, edited=True))
    )


def _cut_out(analysis: Analysis, edit: AddEdit, end: Fraction) -> list[Chapter]:
    """The chapters with a new one, whose time is cut out of them; those that lie in it altogether are gone."""
    start, title = edit.start, _text(edit.text, "title")
    left: list[Chapter] = []
    for chapter in analysis.chapters:
        if chapter.end <= start or chapter.start >= end:
            left.append(chapter)
            continue
        if chapter.start < start:
            left.append(replace(chapter, end=start, edited=True))
        if chapter.end > end:
            rest_id = edit.rest_id if chapter.start < start else chapter.id
            left.append(replace(chapter, id=rest_id, start=end, edited=True))
    if not analysis.chapters:
        start, end = Fraction(0), analysis.media.duration
    return sorted([*left, Chapter(start, end, title, edit.new_id, edited=True)], key=_time)


_RULES: dict[type, Callable[[Analysis, Any], Analysis]] = {
    MomentEdit: _edit_moment,
    ChapterEdit: _edit_chapter,
    DeleteEdit: _delete,
    MergeEdit: _merge,
    SplitEdit: _split,
    AddEdit: _add,
}


def _within(analysis: Analysis, end: Fraction) -> Fraction:
    """An end that is past the media's by less than a frame, as one that was read off may be, is the media's."""
    duration = analysis.media.duration
    return duration if duration < end <= duration + 1 / analysis.media.rate else end


def _outside(analysis: Analysis, what: str, start: Fraction, end: Fraction) -> NoReturn:
    step = f"It must lie between 0 and {_down(analysis.media.duration)} s, with its start before its end."
    raise OptionError("edit_outside", f"{what} cannot span {float(start):.3f} to {float(end):.3f} s.", step)


def _down(time: Fraction) -> str:
    """A bound as text that can itself be given."""
    return f"{float(time * 1000 // 1 / Fraction(1000)):.3f}"


def _up(time: Fraction) -> str:
    return f"{float(-(-time * 1000 // 1) / Fraction(1000)):.3f}"


def _text(text: str, what: str) -> str:
    text = " ".join(text.split())
    if not text:
        step = f"Give a {what}; --undo takes back what you changed."
        raise OptionError("edit_empty_text", f"The {what} is empty.", step)
    return text


def _missing(code: str, what: str, given: str, analysis: Analysis) -> NotFoundError:
    if given in analysis.deleted:
        step = f"Bring it back: cuemark analyses edit {analysis.id} {given} --undo"
        return NotFoundError(code, f"You deleted {given}, or merged it into another.", step)
    message = f"Analysis {analysis.id} has no {what} {given!r}."
    return NotFoundError(code, message, f"See cuemark analyses show {analysis.id}.")
