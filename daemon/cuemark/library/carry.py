"""Carrying a user's edits over to a newer analysis of the same media, where it has the same moments and chapters.

Two moments, or two chapters, are the same where at least half of the time that either of them covers is covered by
both; of several, the one that shares most counts.  They are compared as they were found.  What the user made of one
follows it; what the user added stays as it is, in place of a moment that was found there now.

A change that has nothing to be made to is not lost: it stays with its analysis, and is tried again with the next one.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from dataclasses import replace
from fractions import Fraction

from cuemark.core.analysis import (
    AddEdit,
    Analysis,
    ChapterEdit,
    DeleteEdit,
    Edit,
    MergeEdit,
    Moment,
    MomentEdit,
    SplitEdit,
)
from cuemark.core.errors import CuemarkError, Notice
from cuemark.core.text import first_few, one_line, shorten
from cuemark.core.timebase import clock
from cuemark.library.edit_log import EditLog, completed
from cuemark.library.edits import Item, apply, ids_of

LEAST_SHARED = Fraction(1, 2)

_NAMED = 3
"""So many changes that could not be carried over are named in one line."""


class Carrying:
    """One carrying, onto an analysis that nobody has edited yet.

    `edits` are what it comes to, in order, each with the number of the edit it comes from.
    """

    def __init__(self, onto: Analysis) -> None:
        self._found = onto
        self._now = onto
        self._used = set(ids_of(onto))
        self._sources: dict[str, set[int]] = {}
        self._left: list[tuple[str, str]] = []
        self.edits: list[tuple[int, Edit]] = []

    @property
    def edited(self) -> Analysis:
        """The analysis with all that was carried over so far."""
        return self._now

    def take(self, log: EditLog, done: Collection[int] = ()) -> None:
        """Carries the edits of an older analysis over, less those whose numbers are among the `done` ones."""
        names = same_items(log.base, self._found)
        before = log.base
        for number, edit in log.in_force.items():
            after = apply(before, edit)
            if number not in done:
                self._take(log.base.id, number, edit, _Step(before, after, names))
            before = after

    def _take(self, source: str, number: int, edit: Edit, step: _Step) -> None:
        if self._carried(source, number, edit, step):
            return
        parts = _parts(edit)
        left = [part for part in parts if not self._carried(source, number, part, step)] if parts else [edit]
        self._left += [(source, step.told(part)) for part in left]

    def _carried(self, source: str, number: int, edit: Edit, step: _Step) -> bool:
        """Carries one edit over; whether it is so now."""
        try:
            wanted = step.translated(edit, self._now, self._used)
            now = functools.reduce(apply, wanted or (), self._now)
        except CuemarkError:
            return False
        if wanted and now != self._now:
            self._now = now
            self._used.update(name for each in wanted for name in each.names if name)
            self._sources.setdefault(source, set()).add(number)
            self.edits += [(number, each) for each in wanted]
        return wanted is not None

    def notice(self) -> Notice | None:
        """What to tell the user, in one line; None where there was nothing to carry over."""
        count = sum(map(len, self._sources.values()))
        told = []
        if count:
            edits, were = ("1 edit", "was") if count == 1 else (f"{count} edits", "were")
            told.append(f"{edits} of yours {were} carried over from {_analyses(self._sources)}.")
        if self._left:
            named = first_few([what for _, what in self._left], _NAMED, "; ")
            where = dict.fromkeys(source for source, _ in self._left)
            told.append(f"Not carried over, for nothing here is the same: {named}.")
            told.append(f"That is kept in {_analyses(where)}: cuemark analyses show {next(iter(where))}")
        code = "edits_not_carried" if self._left else "edits_carried"
        return Notice(code, " ".join(told)) if told else None


def _analyses(ids: Iterable[str]) -> str:
    known = list(ids)
    return f"analysis {known[0]}" if len(known) == 1 else f"analyses {', '.join(known)}"


def same_items(one: Analysis, other: Analysis) -> dict[str, str]:
    """The moments and chapters of one analysis that another has too: the id there by the id here, each used once."""
    pairs = [
        (_shared(here, there), here.id, there.id)
        for here in ids_of(one).values()
        for there in ids_of(other).values()
        if type(here) is type(there)
    ]
    found: dict[str, str] = {}
    for shared, here, there in sorted(pairs, key=lambda pair: -pair[0]):
        if shared >= LEAST_SHARED and here not in found and there not in found.values():
            found[here] = there
    return found


def _shared(one: Item, other: Item) -> Fraction:
    """The time that both cover, as a part of what either of them covers."""
    both = min(one.end, other.end) - max(one.start, other.start)
    either = max(one.end, other.end) - min(one.start, other.start)
    return max(Fraction(0), both) / either if either > 0 else Fraction(0)


def _parts(edit: Edit) -> tuple[Edit, ...]:
    """A change of words and of borders as two, since one may be carried over where the other cannot be."""
    if isinstance(edit, MomentEdit) and edit.caption is not None and (edit.start, edit.end) != (None, None):
        return replace(edit, start=None, end=None), replace(edit, caption=None)
    if isinstance(edit, ChapterEdit) and edit.title is not None and edit.start is not None:
        return replace(edit, start=None), replace(edit, title=None)
    return ()


class _Step:
    """One edit of an older analysis, which was `before` it and is `after` it; `names` are ids there and here."""

    def __init__(self, before: Analysis, after: Analysis, names: dict[str, str]) -> None:
        self._before = ids_of(before)
        self._after = ids_of(after)
        self._names = names

    def translated(self, edit: Edit, now: Analysis, used: Collection[str]) -> list[Edit] | None:
        """What comes to the same in the newer analysis as it is now: nothing, where it is so already.

        None where there is nothing to make the change to.
        """
        if isinstance(edit, SplitEdit):
            return self._split(edit, now, used)
        if isinstance(edit, AddEdit):
            return self._addition(edit, now, used)
        found = [self._named(name, now) for name in edit.names]
        if isinstance(edit, MergeEdit):
            return self._merged(edit, found, now)
        if found[0] is None:
            return [] if isinstance(edit, DeleteEdit) else None
        if isinstance(edit, MomentEdit):
            return [replace(edit, moment_id=found[0])]
        return [replace(edit, chapter_id=found[0]) if isinstance(edit, ChapterEdit) else DeleteEdit(found[0])]

    def _merged(self, edit: MergeEdit, found: list[str | None], now: Analysis) -> list[Edit] | None:
        one, other = found
        if one and other and one != other:
            return [MergeEdit(one, other)]
        whole = self._like(self._after[edit.item_id], now, {edit.item_id, edit.other_id})
        if whole is None:
            return None
        self._names[edit.item_id] = whole
        return []

    def _split(self, edit: SplitEdit, now: Analysis, used: Collection[str]) -> list[Edit] | None:
        halves = [self._like(self._after[name], now, {edit.item_id}) for name in edit.names]
        first, second = halves
        if first and second and first != second:
            self._names |= {edit.item_id: first, edit.new_id: second}
            return [] if edit.text is None else [_worded(ids_of(now)[second], edit.text)]
        item = self._named(edit.item_id, now)
        if item is None:
            return None
        made = completed(SplitEdit(item, edit.at, edit.text), now, used)
        self._names[edit.new_id] = made.names[1]
        return [made]

    def _addition(self, edit: AddEdit, now: Analysis, used: Collection[str]) -> list[Edit]:
        added = self._after[edit.new_id]
        same = self._like(added, now) if isinstance(added, Moment) else None
        if same is not None:
            self._names[edit.new_id] = same
            return [MomentEdit(same, edit.text, added.start, added.end)]
        made = completed(replace(edit, end=added.end), now, used)
        self._names |= dict(zip(edit.names, made.names, strict=True))
        return [made]

    def _named(self, item_id: str, now: Analysis) -> str | None:
        """The id of the same one now: of what it came from when both were found, else of what has its time."""
        known = self._names.get(item_id)
        if known in ids_of(now):
            return known
        found = self._like(self._before[item_id], now)
        if found is not None:
            self._names[item_id] = found
        return found

    def _like(self, item: Item, now: Analysis, instead_of: Collection[str] = ()) -> str | None:
        """The one that is the same now, and is not yet known as another than those of `instead_of`."""
        taken = {there for here, there in self._names.items() if here not in instead_of}
        free = [each for each in ids_of(now).values() if type(each) is type(item) and each.id not in taken]
        best = max(free, key=lambda each: _shared(item, each), default=None)
        return best.id if best is not None and _shared(item, best) >= LEAST_SHARED else None

    def told(self, edit: Edit) -> str:
        """The change in few words, with the place where it was made."""
        item = self._before.get(edit.names[0]) or self._after[edit.names[0]]
        return f"{_what(edit)} at {clock(item.start, 'hh:mm:ss.mmm')}"


def _worded(item: Item, text: str) -> Edit:
    return MomentEdit(item.id, text) if isinstance(item, Moment) else ChapterEdit(item.id, text)


def _what(edit: Edit) -> str:
    if isinstance(edit, MomentEdit):
        return "the ends of a moment" if edit.caption is None else f"the caption {_quoted(edit.caption)}"
    if isinstance(edit, ChapterEdit):
        return "the start of a chapter" if edit.title is None else f"the title {_quoted(edit.title)}"
    if isinstance(edit, AddEdit):
        return f"the {edit.item} {_quoted(edit.text)}"
    return {DeleteEdit: "a deletion", MergeEdit: "a merge", SplitEdit: "a split"}[type(edit)]


def _quoted(text: str) -> str:
    return f'"{shorten(one_line(text), 40)}"'
