"""Writing and removing the files of a login service, with one error for everything that can go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cuemark.core.errors import StoreError


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turns an OSError at `path` into StoreError `autostart_refused`."""
    try:
        yield
    except OSError as error:
        message = f"{path} cannot be changed: {error.strerror or error}."
        raise StoreError("autostart_refused", message, "Make its folder writable for you.") from error


def text_of(path: Path) -> str | None:
    """What a file says; None where it is not there."""
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError:
        return None


def prune(folder: Path, home: Path) -> None:
    """Removes `folder` and those above it, inside of the home, as far as they are empty."""
    while home in folder.parents:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent
