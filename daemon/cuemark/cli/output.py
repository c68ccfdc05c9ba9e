"""Where words go: results to stdout, progress and warnings to stderr; JSON, a drawn table or plain columns.

rich is used on a terminal only.  A pipe or a file gets plain text that is never cut or wrapped.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cuemark.cli.streams import written
from cuemark.cli.text import spelled
from cuemark.core.text import json_safe, terminal_path, terminal_safe

if TYPE_CHECKING:
    from rich.console import Console


def is_terminal(stream: IO[str]) -> bool:
    """Whether bars and colours make sense on `stream`."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def console(stream: IO[str]) -> Console:
    """A rich console that takes text literally: captions and file names may look like markup or emoji codes."""
    from rich.console import Console

    return Console(file=stream, markup=False, emoji=False, highlight=False)


def say(text: str = "") -> None:
    """One line of result, to stdout."""
    print(terminal_safe(text), flush=True)


def say_lines(text: str) -> None:
    """A result of several lines, to stdout."""
    for line in text.split("\n"):
        say(line)


def say_path(path: Path) -> None:
    """A path alone, to stdout: the very name for programs (`cd "$(cuemark cache path)"`), a safe one on a terminal."""
    print(terminal_path(path) if is_terminal(sys.stdout) else os.fspath(path), flush=True)


def say_bytes(data: bytes) -> None:
    """A result that is no text, to stdout as it is."""
    sys.stdout.flush()
    written(lambda: sys.stdout.buffer.write(data))


def tell(text: str = "") -> None:
    """One line about the work, to stderr."""
    print(spelled(terminal_safe(text)), file=sys.stderr, flush=True)


def hint(text: str) -> None:
    """What to do next, to stdout, with commands as this user has to type them."""
    say(spelled(text))


def heading(text: str) -> None:
    """A line that starts a part of the result; bold on a terminal."""
    if is_terminal(sys.stdout):
        console(sys.stdout).print(terminal_safe(text), style="bold", soft_wrap=True)
    else:
        say(text)


def note(text: str, code: str = "") -> None:
    """What is worth knowing and no warning, to stderr."""
    _marked("note", "cyan", text, code)


def warn(text: str, code: str = "") -> None:
    """A warning, to stderr."""
    _marked("warning", "yellow", text, code)


def complain(text: str, code: str = "") -> None:
    """An error in one line, to stderr, with its reason code."""
    _marked("error", "bold red", text, code)


def _marked(word: str, style: str, text: str, code: str) -> None:
    line = spelled(terminal_safe(text)) + (f" [{code}]" if code else "")
    if not is_terminal(sys.stderr):
        return tell(f"{word}: {line}")
    from rich.text import Text

    console(sys.stderr).print(Text.assemble((f"{word}: ", style), line), soft_wrap=True)


def json_text(value: Any) -> str:
    """`value` as JSON that is valid in any encoding of stdout.

    What would harm a terminal is written as an escape, which every reader of JSON turns back.  Bytes of a file name
    that are no UTF-8 come out as lone escapes (`\\udcff`), which Python's `json` and `os.fsencode` turn back into the
    very bytes.
    """
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    if encoding != "utf8":
        return json.dumps(value, indent=2)
    return json_safe(json.dumps(value, indent=2, ensure_ascii=False))


def say_json(value: Any) -> None:
    """The result as one JSON value, to stdout."""
    print(json_text(value), flush=True)


def say_json_line(value: Any) -> None:
    """One of many JSON values, each on a line of its own."""
    print(json.dumps(value), flush=True)


class Quiet(str):
    """A cell of a table that is read after the others; dim on a terminal."""

    __slots__ = ()


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A table on stdout; `right` names the columns that hold numbers."""
    if is_terminal(sys.stdout):
        _drawn(columns, rows, right)
    else:
        _plain(columns, [[terminal_safe(cell) for cell in row] for row in rows], right)


def _drawn(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    whole = [_is_whole([row[index] for row in rows]) for index in range(len(columns))]
    widths = [max(len(name), *(len(row[index]) for row in rows), 0) for index, name in enumerate(columns)]
    least = sum(width if kept else min(width, _LEAST_TEXT) for width, kept in zip(widths, whole, strict=True))
    screen = console(sys.stdout)
    if least + 2 * len(columns) > screen.width:
        return _narrow(columns, rows, screen.width)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, kept in zip(columns, whole, strict=True):
        drawn.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=kept)
    for row in rows:
        drawn.add_row(*(Text(terminal_safe(cell), "dim" if isinstance(cell, Quiet) else "") for cell in row))
    screen.print(drawn)


_LEAST_TEXT, _LONGEST_WORD = 12, 24


def _is_whole(cells: Sequence[str]) -> bool:
    """Whether a column holds ids, times and numbers, which are no use in two parts."""
    return all(len(cell) <= _LONGEST_WORD and " " not in cell for cell in cells)


def _narrow(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> None:
    """What does not fit beside each other: a row after another, with line breaks between words only."""
    for row in (columns, *rows):
        words = "  ".join(filter(None, map(terminal_safe, row)))
        for line in textwrap.wrap(words, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False):
            say(line)


def _plain(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    lines = [list(columns), *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        cells = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(columns, line, widths, strict=True)
        ]
        say("  ".join(cells).rstrip())


def facts(pairs: Mapping[str, str]) -> None:
    """Names and values below each other, aligned."""
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        say(f"{name + ':':<{width + 1}} {value}")
