"""The file a command writes for its user: where it goes, what is in the way, and what happened to it."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from cuemark.core.errors import InputError, StoreError
from cuemark.core.files import is_disk_full, standard_stream, write_named
from cuemark.core.text import file_name, terminal_path

STDOUT = "-"


def goes_to_stdout(out: str | None, *, json_output: bool) -> bool:
    """Whether `-o` means stdout: `-`, or /dev/stdout by any of its names; typer.BadParameter for what it cannot mean.

    Nothing else may be printed there then.
    """
    if out is None:
        return False
    if not out:
        raise typer.BadParameter("It is empty; name a file, a folder, or - for stdout.", param_hint="--output")
    to_stdout = out == STDOUT or standard_stream(Path(out)) == 1
    if to_stdout and json_output:
        raise typer.BadParameter(
            f"The file itself goes to stdout with -o {out}; leave out --json.", param_hint="--json"
        )
    return to_stdout


def destination(name: str, out: str | None) -> Path:
    """Where the file goes: `out`, or the name the daemon suggests in `out` when that is a folder, else here.

    A suggestion is a name, never a way to another folder, whoever made it.
    """
    name = file_name(name)
    if out is None:
        return Path(name)
    if out.endswith(("/", os.sep)):
        _make(Path(out))
    if os.path.isdir(out):
        return Path(out) / name
    return Path(out)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(folder, error) from error


def check_free(path: Path, *, force: bool) -> None:
    """Says before long work what `write` would say behind it; raises as it does."""
    if path.is_dir() or (path.is_file() and not force):
        raise _in_the_way(path)
    if not path.parent.exists():
        raise _not_written(path, FileNotFoundError())


def write(path: Path, data: bytes, *, force: bool) -> None:
    """The whole file or none of it; a file that is there is left alone without `force`.

    A link is followed, a pipe or a device written into.

    Errors: InputError file_exists, StoreError disk_full, file_not_written.
    """
    try:
        write_named(path, data, overwrite=force)
    except (FileExistsError, IsADirectoryError):
        raise _in_the_way(path) from None
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.filename is None:
            raise  # the folder the user is in is gone, which the command's edge says
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> StoreError:
    if isinstance(error, FileNotFoundError) and not path.parent.exists():
        message = f"{terminal_path(path)} could not be written: there is no folder {terminal_path(path.parent)}."
        return StoreError("file_not_written", message, "Make the folder first, or choose another place with -o.")
    reason = error.strerror or str(error)
    message = f"{terminal_path(path)} could not be written: {reason}."
    if is_disk_full(error):
        return StoreError("disk_full", message, "Free some space, or choose another place with -o.")
    return StoreError("file_not_written", message, "Choose another place with -o.")


def _in_the_way(path: Path) -> InputError:
    if path.is_dir():
        return InputError("file_exists", f"{terminal_path(path)} is a folder.", "Name a file in it with -o.")
    if path.is_block_device():
        message = f"{terminal_path(path)} is a whole disk and was left as it is."
        return InputError("file_exists", message, "Use -o for another name.")
    return InputError(
        "file_exists",
        f"{terminal_path(path)} exists and was left as it is.",
        "Use --force to overwrite it, or -o for another name.",
    )
