"""`cuemark analyses edit`: what a user changes of the moments and chapters that were found.

One command makes one change, which the words on the command line amount to; the daemon applies and keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from cuemark.cli import options, output
from cuemark.cli.guard import guarded
from cuemark.cli.library.find import AnalysisArgument, find
from cuemark.cli.options import JsonFlag, plain
from cuemark.core.analysis import AddEdit, ChapterEdit, DeleteEdit, MergeEdit, MomentEdit, SplitEdit
from cuemark.core.errors import NotFoundError, OptionError

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis, Edit

_CHANGES = "--title, --caption, --start, --end, --delete, --merge, --split, --add or --undo"


@guarded
def edit(
    analysis: AnalysisArgument,
    item: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="A moment's or a chapter's id, as `analyses show` prints it."),
    ] = None,
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="With --merge: the one to merge it with, if not the next.")
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="A chapter's title.")] = None,
    caption: Annotated[str | None, typer.Option(metavar="TEXT", help="A moment's caption.")] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Where it begins: 75.2, 1:15.2 or 1880f (frame). Moves a neighbour chapter."),
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Where a moment ends.")] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Take it out; a chapter's time goes to its neighbour.")
    ] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Make one of it and the next one, or of it and a second ID.")
    ] = False,
    split: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Cut it in two there; --title or --caption is for the second part."),
    ] = None,
    add: Annotated[
        str | None,
        typer.Option(metavar="START-END", help="A new moment (with --caption) or chapter (with --title); no ID."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back all that was done to it.")] = False,
    json_output: JsonFlag = False,
) -> None:
    """Change, delete, merge, split or add moments and chapters.  The analysis itself is kept; edits lie beside it."""
    from cuemark.cli.library.show import full_analysis_object, print_analysis
    from cuemark.cli.session import connect

    asked = _Asked(item, other, title, caption, start, end, delete, merge, split, add, undo)
    asked.check()
    with connect() as client:
        found = find(client, analysis, brief=True)
        if undo:
            client.undo_edits(found.id, asked.id)
        else:
            client.edit_analysis(found.id, asked.edit_of(found))
        edited = client.get_analysis(found.id, path=found.media.path, brief=not json_output)
    if json_output:
        output.say_json(full_analysis_object(edited))
    else:
        print_analysis(edited, ids=True)


@dataclass(frozen=True)
class _Asked:
    """The words of one command line."""

    item: str | None
    other: str | None
    title: str | None
    caption: str | None
    start: str | None
    end: str | None
    delete: bool
    merge: bool
    split: str | None
    add: str | None
    undo: bool

    @property
    def id(self) -> str:
        """The id that is named."""
        return plain(self.item or "", "ID")

    def check(self) -> None:
        """typer.BadParameter where the words do not amount to one change."""
        if self.title is not None and self.caption is not None:
            raise typer.BadParameter(
                "A moment has a caption, a chapter a title; give one of them.", param_hint="--title"
            )
        words = {"--title": self.title, "--caption": self.caption, "--start": self.start, "--end": self.end}
        changed = [name for name, word in words.items() if word is not None]
        given = {
            "--delete": self.delete,
            "--merge": self.merge,
            "--split": self.split is not None,
            "--add": self.add is not None,
            "--undo": self.undo,
        }
        ways = [name for name, is_given in given.items() if is_given]
        if not ways and not changed:
            raise typer.BadParameter(f"Say what to change: {_CHANGES}.", param_hint="--title")
        if len(ways) > 1:
            raise typer.BadParameter(f"It is another change than {ways[0]}; give one at a time.", param_hint=ways[1])
        takes_text = {"--split", "--add"} & set(ways)
        extra = [name for name in changed if not (takes_text and name in ("--title", "--caption"))]
        if ways and extra:
            raise typer.BadParameter(f"Leave out {' and '.join(extra)}; give one change at a time.", param_hint=ways[0])
        self._check_ids()

    def _check_ids(self) -> None:
        if self.add is not None:
            if self.item is not None:
                raise typer.BadParameter("What is added gets an ID of its own; leave the ID out.", param_hint="--add")
            if self.title is None and self.caption is None:
                message = "Say what it is: --caption TEXT for a moment, --title TEXT for a chapter."
                raise typer.BadParameter(message, param_hint="--add")
        elif self.item is None:
            message = "Name a moment or a chapter; `cuemark analyses show` prints the ids."
            raise typer.BadParameter(message, param_hint="ID")
        if self.other is not None and not self.merge:
            raise typer.BadParameter(f"Only --merge takes a second ID, here {self.other!r}.", param_hint="ID")

    def edit_of(self, found: Analysis) -> Edit:
        """The edit that the words amount to; OptionError, NotFoundError where there is none."""
        rate = found.media.rate
        text = self.title if self.title is not None else self.caption
        text = None if text is None else plain(text, "--title")
        if self.add is not None:
            return self._addition(rate, text or "")
        if self.delete:
            return DeleteEdit(self.id)
        if self.merge:
            return MergeEdit(self.id, plain(self.other or "", "ID"))
        if self.split is not None:
            return SplitEdit(self.id, options.time(self.split, rate), text)
        return self._change(found, text, _time(self.start, rate), _time(self.end, rate))

    def _addition(self, rate: Fraction, text: str) -> AddEdit:
        start, dash, end = (self.add or "").replace("\N{EN DASH}", "-").partition("-")
        if not dash and self.caption is not None:
            raise OptionError(
                "time_invalid", f"{self.add!r} is no span of time.", "Write START-END, such as 1:15-1:30."
            )
        until = options.time(end.strip(), rate) if dash else None
        return AddEdit("moment" if self.title is None else "chapter", options.time(start.strip(), rate), until, text)

    def _change(self, found: Analysis, text: str | None, start: Fraction | None, end: Fraction | None) -> Edit:
        item = self.id
        if any(moment.id == item for moment in found.moments):
            return MomentEdit(item, text, start, end)
        if not any(chapter.id == item for chapter in found.chapters):
            raise _unknown(found, item)
        if end is not None:
            step = "Move the start of the next chapter."
            if found.chapters[-1].id == item:
                step = "The last one ends with the video; add a chapter behind it with --add START --title TEXT."
            raise OptionError("chapter_end", f"Chapter {item} ends where the next one begins.", step)
        return ChapterEdit(item, text, start)


def _unknown(found: Analysis, item: str) -> NotFoundError:
    if item in found.deleted:
        step = f"Bring it back: cuemark analyses edit {found.id} {item} --undo"
        return NotFoundError("item_unknown", f"You deleted {item}, or merged it into another.", step)
    known = [*(moment.id for moment in found.moments), *(chapter.id for chapter in found.chapters)]
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    step = f"It has: {shown}." if known else "Add one with --add START-END."
    return NotFoundError("item_unknown", f"Analysis {found.id} has no moment or chapter {item!r}.", step)


def _time(value: str | None, rate: Fraction) -> Fraction | None:
    return None if value is None else options.time(value, rate)
