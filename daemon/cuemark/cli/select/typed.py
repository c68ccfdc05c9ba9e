"""What people type to say how a selection shall be: formats, lengths, sizes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import typer

from cuemark.cli.options import plain
from cuemark.cli.search.typed import length_of as seconds_of
from cuemark.core.selection import RenderKind
from cuemark.core.string_outs import ALIASES, STRING_OUT_FORMATS
from cuemark.core.text import file_name

_ALL = "all"
_SUFFIXES = {"otio": ".otio", "fcpxml": ".fcpxml", "fcp7xml": ".xml", "edl": ".edl", "shotcut": ".mlt", "mp4": ".mp4"}
_BY_SUFFIX = {suffix: name for name, suffix in _SUFFIXES.items()} | {".mov": "mp4"}
_RENDERS = {"render": "mp4", "mov": "mp4", "movie": "mp4"}
_SIZE = re.compile(r"(\d{2,5})\s*[x×*]\s*(\d{2,5})")
_LINES = re.compile(r"(\d{2,4})p")


@dataclass(frozen=True)
class SelectionFormat:
    """A format by its name, "" where the picks are only listed; `render` where pictures are written."""

    name: str
    render: RenderKind | None = None

    @property
    def is_dataset(self) -> bool:
        """Whether every moment is wanted, unless somebody says otherwise."""
        return self.render in (RenderKind.CLIPS, RenderKind.WEBDATASET)

    def file_name(self, first: Path, files: int) -> str:
        """A name for what is written: that of the first file, and how many more there are."""
        more = f" and {files - 1} more" if files > 1 else ""
        what = {RenderKind.CLIPS: "clips", RenderKind.WEBDATASET: "webdataset"}.get(
            self.render or RenderKind.MOVIE, "string-out"
        )
        return file_name(f"{file_name(first.stem, 160)}{more} {what}{_SUFFIXES.get(self.name, '')}")


def format_of(name: str | None, out: str | None) -> SelectionFormat:
    """The format that is asked for, by its name or by that of the file; typer.BadParameter for one there is not."""
    if name is None and out is None:
        return SelectionFormat("")
    if name is None:
        found = _BY_SUFFIX.get(Path(out or "").suffix.lower())
        if found is None:
            names = ", ".join((*STRING_OUT_FORMATS, *(kind.value for kind in RenderKind)))
            message = f"{out!r} does not tell the format; add --format with one of {names}."
            raise typer.BadParameter(message, param_hint="--output")
        name = found
    told = plain(name, "--format").strip().lower()
    told = ALIASES.get(told, _RENDERS.get(told, told))
    if told in STRING_OUT_FORMATS:
        return SelectionFormat(told)
    if told in {kind.value for kind in RenderKind}:
        return SelectionFormat(told, RenderKind(told))
    names = ", ".join((*STRING_OUT_FORMATS, *(kind.value for kind in RenderKind)))
    raise typer.BadParameter(f"There is no format {name!r}; use one of {names}.", param_hint="--format")


def length_of(text: str | None, option: str, default: Fraction | None) -> Fraction | None:
    """`60`, `60s`, `1.5m`, `1:30`, or `all` for no bound, which is None."""
    if text is None:
        return default
    if text.strip().lower() == _ALL:
        return None
    return seconds_of(text, option)


def size_of(text: str | None, option: str) -> tuple[int | None, int | None]:
    """`1920x1080`, or `720p` for so many lines; (None, None) where nothing is said."""
    if text is None:
        return None, None
    if found := _SIZE.fullmatch(text.strip().lower()):
        wide, tall = int(found[1]), int(found[2])
        if min(wide, tall) >= 16 and max(wide, tall) <= 8192:
            return wide, tall
    if (found := _LINES.fullmatch(text.strip().lower())) and 16 <= int(found[1]) <= 8192:
        return None, int(found[1])
    message = f"{text!r} is no size such as 1920x1080 or 720p, of 16 to 8192 pixels a side."
    raise typer.BadParameter(message, param_hint=option)
