"""All watched folders of the daemon: adding and ending them, and taking them up again when it starts."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

from cuemark.core.errors import InputError, NotFoundError, OptionError, StoreError
from cuemark.core.files import unreadable
from cuemark.core.settings import Settings
from cuemark.core.text import printable_path, shell_path
from cuemark.core.watches import WatchedFolder, WatchEvent, WatchRequest
from cuemark.daemon.job_kinds import absolute, kind_of
from cuemark.daemon.watching.folder_watch import FolderWatch
from cuemark.daemon.watching.work import Desk, spec_of
from cuemark.library.watches import WatchRow

log = logging.getLogger("cuemark.watching")


class FolderWatches:
    """The watches at work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn: asyncio.Semaphore | None = None
        self._watches: dict[Path, FolderWatch] = {}
        self._adding = asyncio.Lock()

    @property
    def any(self) -> bool:
        """Whether anything is watched."""
        return bool(self._watches)

    def start(self) -> None:
        """Takes up what the library knows to be watched."""
        try:
            rows = self._desk.library.watches.rows()
        except StoreError as error:
            log.error("the watched folders cannot be read: %s", error)
            return
        for row in rows:
            self._begin(row)

    def _begin(self, row: WatchRow) -> FolderWatch:
        self._turn = self._turn or asyncio.Semaphore(1)
        self._watches[row.request.path] = watch = FolderWatch(row, self._desk, self._turn)
        watch.start()
        return watch

    def wake(self) -> None:
        """Has every listener look around."""
        for watch in self._watches.values():
            watch.bulletin.wake()

    async def stop(self) -> None:
        """Ends all tasks; what is watched stays so."""
        await asyncio.gather(*(watch.close() for watch in self._watches.values()))

    async def add(self, request: WatchRequest) -> WatchedFolder:
        """Watches a folder; one that is watched with the same request stays as it is.

        Raises InputError `watch_folder_not_found`, `watch_not_a_folder`, `watch_unreadable`, `watch_own_folder`,
        OptionError `watch_differs`, `watch_overlaps`, `option_path`, or what the check of the options raises.
        """
        absolute(request.path)
        asked = spec_of(request, request.path)
        kind_of(asked).check(asked)
        async with self._adding:
            real = await asyncio.to_thread(_checked, request.path)
            known = self._watches.get(request.path)
            if known is not None:
                _same(known.row.request, request)
                return known.standing()
            await asyncio.to_thread(self._refuse_overlap, request.path, real)
            await asyncio.to_thread(self._refuse_own, request.path, real)
            return self._begin(self._desk.library.watches.add(request)).standing(known=False)

    def _refuse_overlap(self, path: Path, real: str) -> None:
        for watched in list(self._watches):
            there = os.path.realpath(watched)
            if real == there or _is_inside(real, there):
                where = "is" if real == there else "lies in"
                message = f"{_named(path)} {where} {_named(watched)}, which is watched already."
            elif _is_inside(there, real):
                message = f"{_named(watched)}, which lies in {_named(path)}, is watched already."
            else:
                continue
            raise OptionError(
                "watch_overlaps", message, f"Stop that one first: cuemark watch --stop {shell_path(watched)}"
            )

    def _refuse_own(self, path: Path, real: str) -> None:
        for own in _own_folders(self._desk.settings):
            there = os.path.realpath(own)
            if real == there or _is_inside(real, there):
                message = f"{_named(path)} is a folder in which Cuemark keeps its own files."
                raise InputError("watch_own_folder", message, "Name a folder of your footage.")

    async def remove(self, path: Path) -> WatchedFolder:
        """Ends a watch, and cancels its job at work; how it stood.  Raises NotFoundError `watch_not_found`."""
        watch = await self._at(path)
        standing = watch.standing()
        self._desk.library.watches.remove(watch.row.number)
        self._watches.pop(watch.root, None)
        await watch.end()
        return standing

    def list(self) -> list[WatchedFolder]:
        """All watches, the oldest first."""
        return [watch.standing() for watch in self._watches.values()]

    async def follow(self, path: Path) -> AsyncGenerator[WatchEvent, None]:
        """How everything in a watched folder stands, then each change.  Raises NotFoundError `watch_not_found`."""
        watch = await self._at(path)
        async for event in watch.follow():
            yield event

    async def _at(self, path: Path) -> FolderWatch:
        """The watch of a folder, whichever of its names is used."""
        if (named := self._watches.get(path)) is not None:
            return named
        real = await asyncio.to_thread(os.path.realpath, path)
        for watched, watch in self._watches.items():
            if await asyncio.to_thread(os.path.realpath, watched) == real:
                return watch
        raise NotFoundError("watch_not_found", f"{_named(path)} is not watched.", "See cuemark watch --list.")


def _named(path: Path) -> str:
    """The whole path: two folders of one name are easily taken for each other."""
    return f'"{printable_path(path)}"'


def _own_folders(settings: Settings) -> tuple[Path, ...]:
    own = (settings.data, settings.cache, settings.models, settings.runtime, settings.log)
    home = settings.data.parent
    return (*own, home) if settings.runtime.parent == home else own


def _checked(path: Path) -> str:
    """The folder without links in its name; raises InputError where there is none that can be read."""
    try:
        found = os.stat(path)
        if not stat.S_ISDIR(found.st_mode):
            message = f"{_named(path)} is not a folder."
            raise InputError("watch_not_a_folder", message, "Name the folder it is in, or use cuemark index FILE.")
        with os.scandir(path):
            return os.path.realpath(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"There is no folder {_named(path)}."
        raise InputError("watch_folder_not_found", message, "Check the path.") from error
    except OSError as error:
        raise InputError("watch_unreadable", unreadable(path, error).message, "Let it be read.") from error


def _same(known: WatchRequest, asked: WatchRequest) -> None:
    if (known.analyze, known.options) != (asked.analyze, asked.options):
        how = "to be analysed" if known.analyze else "to be indexed"
        message = f"{_named(asked.path)} is watched already, {how} and with other options."
        raise OptionError("watch_differs", message, f"Stop that first: cuemark watch --stop {shell_path(asked.path)}")


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
