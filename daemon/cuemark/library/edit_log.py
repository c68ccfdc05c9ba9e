"""The log of what a user did to one analysis: what is in force, what the next edit is kept as, what can be undone.

Nothing is ever taken out of a log.  Edits that were taken back stand before an `UndoEdit` that names them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cuemark.core.analysis import (
    AddEdit,
    Analysis,
    Chapter,
    Edit,
    EditSteps,
    LoggedEdit,
    MergeEdit,
    Moment,
    SplitEdit,
    UndoEdit,
)
from cuemark.core.errors import CuemarkError, NotFoundError, OptionError
from cuemark.library.edits import ITEMS, apply, ids_of, item_of, row_of

_PREFIX = {"moment": "m", "chapter": "c"}


@dataclass(frozen=True)
class EditLog:
    """An analysis as it was found, and everything that was done to it by number, in order.

    `unreadable` edits stand in the library and make no sense; what builds on them is left out as they are.
    """

    base: Analysis
    entries: Mapping[int, LoggedEdit]
    unreadable: int = 0

    @property
    def in_force(self) -> dict[int, Edit]:
        """The edits that were not taken back, as far as they can be made."""
        return self._made[0]

    @property
    def edited(self) -> Analysis:
        """The analysis with the edits that are in force."""
        return self._made[1]

    @property
    def lost(self) -> int:
        """How many edits are not in force though nobody took them back."""
        return self.unreadable + len(self._meant) - len(self.in_force)

    @functools.cached_property
    def _made(self) -> tuple[dict[int, Edit], Analysis]:
        """The edits that can be made one after another, and what they make of the analysis."""
        made, analysis = dict[int, Edit](), self.base
        for number, edit in self._meant.items():
            try:
                analysis = apply(analysis, edit)
            except CuemarkError:  # it builds on one that cannot be read
                continue
            made[number] = edit
        return made, analysis

    @functools.cached_property
    def _meant(self) -> dict[int, Edit]:
        """The edits that were not taken back."""
        taken_back: set[int] = set()
        found: dict[int, Edit] = {}
        for number in sorted(self.entries, reverse=True):
            edit = self.entries[number]
            if number in taken_back:
                continue
            if isinstance(edit, UndoEdit):
                taken_back.update(edit.numbers)
            else:
                found[number] = edit
        return dict(sorted(found.items()))

    @functools.cached_property
    def ids(self) -> frozenset[str]:
        """Every id that a moment or chapter of the analysis has, or ever had."""
        edits = (edit for edit in self.entries.values() if not isinstance(edit, UndoEdit))
        return frozenset(ids_of(self.base)) | {name for edit in edits for name in edit.names if name}

    @functools.cached_property
    def _steps(self) -> tuple[list[int], list[int]]:
        """The numbers of what can be taken back, and of the steps back that can be gone forward again; last is next."""
        done, undone = list[int](), list[int]()
        for number in sorted(self.entries):
            edit = self.entries[number]
            step = edit.step if isinstance(edit, UndoEdit) else ""
            if step == "back" and done:
                done.pop()
                undone.append(number)
            elif step == "forward" and undone:
                done.extend(_undo(self.entries[undone.pop()]).numbers)
            elif not step:
                done.append(number)
                undone.clear()
        return done, undone

    @property
    def steps(self) -> EditSteps:
        """How far one can go back and forward."""
        done, undone = self._steps
        return EditSteps(len(done), len(undone))

    def stepped(self, step: Literal["back", "forward"]) -> UndoEdit:
        """What takes back the last thing that was done, or the last step back; a new edit ends what is forward.

        Raises OptionError `edit_no_step` where there is none.
        """
        numbers = self._steps[0 if step == "back" else 1]
        if not numbers:
            what = "was changed that could be undone" if step == "back" else "was undone that could be done again"
            message = f"Nothing of analysis {self.base.id} {what}."
            raise OptionError("edit_no_step", message, f"See cuemark analyses show {self.base.id}.")
        return UndoEdit((numbers[-1],), step)

    def completed(self, edit: Edit) -> Edit:
        """The edit as it is kept; see `completed`."""
        return completed(edit, self.edited, self.ids)

    def undone(self, item_id: str) -> tuple[UndoEdit, Analysis]:
        """What takes back every edit of a moment or chapter, and what deleted, merged or made it; what is left then.

        Raises NotFoundError `item_unknown`, or OptionError `edit_built_on` where an edit of another one could not be
        without one of these.
        """
        if not item_id or item_id not in self.ids:
            message = f"Analysis {self.base.id} has no moment or chapter {item_id!r}."
            raise NotFoundError("item_unknown", message, f"See cuemark analyses show {self.base.id}.")
        numbers = {number for number, edit in self.in_force.items() if item_id in edit.names}
        numbers.update(self._taking_out(item_id))
        left = self.base
        for number, edit in self.in_force.items():
            if number not in numbers:
                left = self._without(left, edit, item_id)
        return UndoEdit(tuple(sorted(numbers))), left

    def _without(self, left: Analysis, edit: Edit, item_id: str) -> Analysis:
        try:
            return apply(left, edit)
        except CuemarkError as error:
            other = next(name for name in edit.names if name)
            message = f"What was changed of {item_id} cannot be taken back: a change of {other} builds on it."
            step = f"Take that one back first: cuemark analyses edit {self.base.id} {other} --undo"
            raise OptionError("edit_built_on", message, step) from error

    def _taking_out(self, item_id: str) -> list[int]:
        """The edits that took something out without naming it, as a chapter does that is added in its place."""
        found, analysis = [], self.base
        for number, edit in self.in_force.items():
            edited = apply(analysis, edit)
            if item_id in ids_of(analysis) and item_id not in ids_of(edited):
                found.append(number)
            analysis = edited
        return found


def _undo(edit: LoggedEdit) -> UndoEdit:
    assert isinstance(edit, UndoEdit)
    return edit


def completed(edit: Edit, analysis: Analysis, used: Iterable[str]) -> Edit:
    """The edit as it is kept: with the neighbour that is meant, and with ids that are none of the `used` ones."""
    if isinstance(edit, MergeEdit) and not edit.other_id:
        return replace(edit, other_id=_next(analysis, edit.item_id))
    if isinstance(edit, SplitEdit):
        item = "moment" if isinstance(item_of(analysis, edit.item_id), Moment) else "chapter"
        return replace(edit, new_id=_fresh(item, used)[0])
    if isinstance(edit, AddEdit) and edit.item in ITEMS:
        new, rest = _fresh(edit.item, used)
        return replace(edit, new_id=new, rest_id=rest if edit.item == "chapter" else "")
    return edit


def _fresh(item: str, used: Iterable[str]) -> tuple[str, str]:
    """Two ids for moments or chapters."""
    prefix = _PREFIX[item]
    numbers = [int(id_[1:]) for id_ in used if id_[:1] == prefix and id_[1:].isascii() and id_[1:].isdigit()]
    last = max(numbers, default=0)
    return f"{prefix}{last + 1}", f"{prefix}{last + 2}"


def _next(analysis: Analysis, item_id: str) -> str:
    """The one that follows in order of time."""
    row = row_of(analysis, item_of(analysis, item_id))
    place = [item.id for item in row].index(item_id)
    if place + 1 < len(row):
        return row[place + 1].id
    what = "chapter" if isinstance(row[place], Chapter) else "moment"
    step = f"Name the one to merge it with: {row[place - 1].id}." if place else f"There is no other {what}."
    raise OptionError("edit_not_neighbours", f"No {what} follows {item_id}.", step)
