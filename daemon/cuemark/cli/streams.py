"""The three standard streams of a command, whatever the shell made of them.

Results that cannot be written to stdout (a full disk, a closed descriptor) end the command with an error; words on
stderr that cannot be written are nobody's loss, and end nothing.  What a stream's encoding cannot say is written as an
escape.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from typing import TextIO, TypeVar

from cuemark.core.errors import StoreError

Result = TypeVar("Result")


class ReaderLeft(Exception):
    """Whoever read the results went away (`cuemark ... | head`)."""


class Results(io.TextIOWrapper):
    """stdout.  Raises StoreError `output_not_written`, and ReaderLeft."""

    def write(self, text: str) -> int:
        """See TextIOWrapper."""
        return written(lambda: super(Results, self).write(text))

    def flush(self) -> None:
        """See TextIOWrapper."""
        if not self.closed:
            written(super().flush)


class Remarks(io.TextIOWrapper):
    """stderr: what cannot be written is dropped."""

    def write(self, text: str) -> int:
        """See TextIOWrapper."""
        try:
            return super().write(text)
        except OSError:
            _silence(2)
            return len(text)

    def flush(self) -> None:
        """See TextIOWrapper."""
        try:
            super().flush()
        except (OSError, ValueError):
            _silence(2)


def prepare() -> None:
    """Make the streams of this process such ones.  To be called once, before anything is printed."""
    _reopen_closed()
    sys.stdout = _wrapped(Results, sys.stdout)
    sys.stderr = _wrapped(Remarks, sys.stderr)


def written(act: Callable[[], Result]) -> Result:
    """The result of an act that writes to stdout; raises what `Results` raises."""
    try:
        return act()
    except BrokenPipeError:
        raise ReaderLeft from None
    except OSError as error:
        _silence(1)
        is_closed = error.errno == errno.EBADF
        reason = "it is closed" if is_closed else (error.strerror or str(error))
        step = "Send it to a file or to /dev/null." if is_closed else "Make room there, or send it somewhere else."
        message = f"The result could not be written to the standard output: {reason}."
        raise StoreError("output_not_written", message, step) from error


def give_up_stdout() -> None:
    """Nothing can be printed any more; the interpreter must not try to, either, when it ends."""
    _silence(1)


def _silence(number: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def _wrapped(kind: type[io.TextIOWrapper], stream: object) -> io.TextIOWrapper:
    """The stream as one of ours; the old one stays open, as the buffer is its own."""
    buffer, encoding = getattr(stream, "buffer", None), getattr(stream, "encoding", None)
    assert buffer is not None
    is_line_buffered = bool(getattr(stream, "line_buffering", False))
    return kind(buffer, encoding=encoding or "utf-8", errors="backslashreplace", line_buffering=is_line_buffered)


def _reopen_closed() -> None:
    """Put the null device where a descriptor is closed, so that no file of ours takes its number.

    One for stdout is opened for reading only: what is written to it fails, as it should.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    if sys.stdout is None:
        sys.stdout = _kept(open(1, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = _kept(open(2, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


_KEPT: list[TextIO] = []
"""Streams of which only the buffer is used: one that is let go closes it."""


def _kept(stream: TextIO) -> TextIO:
    _KEPT.append(stream)
    return stream
