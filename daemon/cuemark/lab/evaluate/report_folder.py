"""The folder of a report: `report.md`, `report.json`, pictures.  It replaces an earlier report and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cuemark.core.errors import InputError, StoreError
from cuemark.core.progress import Progress
from cuemark.core.text import shown
from cuemark.lab.evaluate.evaluation import Evaluation
from cuemark.lab.evaluate.page import markdown
from cuemark.lab.evaluate.plots import CAPTIONS, CURVES, MASKS, draw_all
from cuemark.lab.evaluate.report import SCHEMA, report_object

PAGE, DATA = "report.md", "report.json"
_FILES, _FOLDERS = (PAGE, DATA, CURVES), (MASKS, CAPTIONS)
_NEXT = "Name another folder with --output."


def prepared(folder: Path) -> Path:
    """The folder, made if need be.

    InputError `file_exists` where it holds anything but an earlier report; StoreError `file_not_written`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stranger = next(_strangers(folder), None)
    except FileExistsError as error:
        raise InputError("file_exists", f"{shown(folder)} is a file.", _NEXT) from error
    except OSError as error:
        raise _not_written(folder, error) from error
    if stranger is not None:
        message = f"The folder {shown(folder)} holds something that is no evaluation's: {shown(stranger)}."
        raise InputError("file_exists", message, _NEXT)
    return folder


def write_report(evaluation: Evaluation, folder: Path, progress: Progress) -> None:
    """Everything into `folder`; what is not finished never takes the place of what was.

    Errors: those of `prepared`, StoreError `file_not_written`, CuemarkError `eval_extra_missing`.
    """
    prepared(folder)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=".drawing-", dir=folder))
        try:
            draw_all(evaluation, fresh, progress)
            (fresh / PAGE).write_text(markdown(evaluation), encoding="utf-8")
            text = json.dumps(report_object(evaluation), indent=1, ensure_ascii=False)
            (fresh / DATA).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
            _move(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise _not_written(folder, error) from error


def _move(fresh: Path, folder: Path) -> None:
    """Names in the order in which they may be missed: the data that says a report is there comes last."""
    for name in (*_FOLDERS, CURVES, PAGE, DATA):
        if name in _FOLDERS and (folder / name).exists():
            shutil.rmtree(folder / name)
        os.replace(fresh / name, folder / name)


def _strangers(folder: Path) -> Iterator[Path]:
    """What no report of ours has; hidden files (a file manager's) do not count."""
    for path in sorted(folder.iterdir()):
        if path.name in _FOLDERS and path.is_dir() and not path.is_symlink():
            yield from (inner for inner in sorted(path.iterdir()) if inner.suffix != ".png" or inner.is_dir())
        elif not path.name.startswith(".") and (path.name not in _FILES or path.is_dir()):
            yield path
    if (folder / DATA).is_file() and not _is_ours(folder / DATA):
        yield folder / DATA
    elif not (folder / DATA).exists():
        # A page or pictures without data: not a whole report of ours, so perhaps somebody's.
        yield from (folder / name for name in (PAGE, CURVES, *_FOLDERS) if (folder / name).exists())


def _is_ours(path: Path) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("schema") == SCHEMA


def _not_written(folder: Path, error: OSError) -> StoreError:
    message = f"The report cannot be written into {shown(folder)}: {error.strerror or error}."
    return StoreError("file_not_written", message, _NEXT)
