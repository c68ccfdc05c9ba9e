"""What is known of the files of a watched folder, and what follows from a new look at it: no clock, no disk, no jobs.

A file goes WAITING or COPYING -> INDEXING -> DONE, FAILED or INCOMPLETE; whatever changes it begins again.  Times are
monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cuemark.core.watches import WatchState
from cuemark.daemon.watching.scan import Scan
from cuemark.library.watches import FileMark, WatchedFile
from cuemark.media.folder import may_be_other_than_footage

POLITE_S = 600.0
"""What grows for longer is a recording or a very slow copy: the others do not wait for it."""
UNSETTLED = (WatchState.WAITING, WatchState.COPYING, WatchState.RECORDING)
ARRIVING = (WatchState.COPYING, WatchState.RECORDING)

Tell = Callable[[WatchedFile, Path | None], None]
"""Is called with each file whose state has changed, and where it was before if it was moved."""


@dataclass
class Growth:
    """Since when a file has been seen to grow, and to stand still."""

    begun: float
    still_since: float


class Arrivals:
    """The files of one watched folder, by path.

    `changed`, `forgotten` and `moved` are what has to be written down; who does it empties them.
    """

    def __init__(self, files: dict[Path, WatchedFile], settle_s: float, tell: Tell) -> None:
        self.files = files
        self.changed: set[Path] = set()
        self.forgotten: set[Path] = set()
        self.moved: list[tuple[Path, Path]] = []
        self.growth: dict[Path, Growth] = {}
        self.growing: set[Path] = set()
        """Files that are indexed while they grow: they stay at work."""
        self._settle_s = settle_s
        self._tell = tell
        self._copies: dict[Path, tuple[FileMark, Growth]] = {}

    def take(self, found: Scan, now: float) -> None:
        """Takes in a new look at the folder."""
        missing = {path: file for path, file in self.files.items() if path not in found.files and path not in found.raw}
        moved = {(file.mark.device, file.mark.inode): file for file in missing.values()}
        for path, mark in found.files.items():
            known = self.files.get(path)
            if known is None:
                self._come(path, mark, moved.get((mark.device, mark.inode)), now)
            elif _is_gone(known):
                self._come_back(known, mark, now)
            elif not known.mark.same_content(mark):
                self._grow(known, mark, now)
            elif known.mark != mark:  # copied elsewhere and back, or another disk under the same name
                self.set(path, mark=mark)
        for path, mark in found.raw.items():
            if path not in self.files:
                self.add(WatchedFile(path, mark, WatchState.PASSED_OVER, note=_RAW))
        for path, file in missing.items():
            if path in self.files and not _is_gone(file):
                self._go(file)
        self._look_at_copies(found.copies, now)

    def _come(self, path: Path, mark: FileMark, before: WatchedFile | None, now: float) -> None:
        """A file of a new name: one that was moved, or a new one."""
        if before is not None and before.path in self.files and before.mark.same_file(mark):
            self._move(before, path, mark)
        else:
            self.growth[path] = Growth(now, now)
            self.add(WatchedFile(path, mark, WatchState.WAITING), quietly=may_be_other_than_footage(path.name))

    def _go(self, file: WatchedFile) -> None:
        """A file that is there no more; of one that was not indexed nothing is kept."""
        self.growth.pop(file.path, None)
        if file.note == NO_FOOTAGE:
            return self._forget(file.path)
        note = _GONE if file.indexed is not None else ""
        self.tell_state(file.path, WatchState.GONE, before=file.state, error=None, note=note)
        if file.state in (*UNSETTLED, WatchState.INDEXING) and file.indexed is None:
            self._forget(file.path)

    def _forget(self, path: Path) -> None:
        del self.files[path]
        self.changed.discard(path)
        self.forgotten.add(path)

    def _move(self, file: WatchedFile, path: Path, mark: FileMark) -> None:
        state = file.before if _is_gone(file) else file.state
        moved = replace(file, path=path, mark=mark, state=state)
        del self.files[file.path]
        self.forgotten.add(file.path)
        self.forgotten.discard(path)
        self.changed.discard(file.path)
        self.moved.append((file.path, path))
        self.files[path] = moved
        self.changed.add(path)
        if growth := self.growth.pop(file.path, None):
            self.growth[path] = growth
        self._tell(replace(moved, state=WatchState.MOVED), file.path)

    def _come_back(self, file: WatchedFile, mark: FileMark, now: float) -> None:
        """A file that was gone: as it was, or another one."""
        if file.mark.same_content(mark) and file.before not in (*UNSETTLED, WatchState.INDEXING):
            self.tell_state(file.path, file.before, mark=mark, note="It is there again.")
        else:
            self.growth[file.path] = Growth(now, now)
            self.tell_state(file.path, WatchState.WAITING, mark=mark, error=None, note="")

    def _grow(self, file: WatchedFile, mark: FileMark, now: float) -> None:
        growth = self.growth.setdefault(file.path, Growth(now, now))
        growth.still_since = now
        at_work = file.state is WatchState.INDEXING and file.path in self.growing
        if at_work or file.state in ARRIVING:
            self.set(file.path, mark=mark)
        elif file.note == NO_FOOTAGE:
            self.set(file.path, mark=mark, state=WatchState.WAITING, note="")
        else:
            growth.begun = now
            self.tell_state(file.path, WatchState.COPYING, mark=mark, error=None, note="")

    def _look_at_copies(self, copies: dict[Path, FileMark], now: float) -> None:
        """Footage that arrives under another name: nothing is told of it, but the folder is not quiet."""
        before, self._copies = self._copies, {}
        for path, mark in copies.items():
            known = before.get(path)
            growth = Growth(now, now) if known is None else known[1]
            if known is not None and not known[0].same_content(mark):
                growth.still_since = now
            self._copies[path] = (mark, growth)

    def settled(self, now: float) -> list[Path]:
        """Files that have not changed for long enough, in the order of their names."""
        waiting = (path for path, file in self.files.items() if file.state in UNSETTLED)
        return sorted(path for path in waiting if now - self._growth(path, now).still_since >= self._settle_s)

    def _growth(self, path: Path, now: float) -> Growth:
        return self.growth.setdefault(path, Growth(now, now))

    def is_quiet(self, now: float) -> bool:
        """Whether nothing is being copied into the folder, as far as can be seen; recordings do not count."""
        copying = (self._growth(path, now) for path, file in self.files.items() if file.state is WatchState.COPYING)
        return not any(
            self._is_lively(growth, now) for growth in (*copying, *(own for _, own in self._copies.values()))
        )

    def _is_lively(self, growth: Growth, now: float) -> bool:
        return now - growth.still_since < self._settle_s and growth.still_since - growth.begun < POLITE_S

    def is_settled(self, ready: Container[Path]) -> bool:
        """Whether nothing, less what is ready, is left that will be looked at again without a change on the disk."""
        return not any(file.state in UNSETTLED and path not in ready for path, file in self.files.items())

    def told(self) -> list[WatchedFile]:
        """The files of which anything is said: of those that may be no footage, what was looked into and is."""
        return [file for file in self.files.values() if not _is_unsaid(file)]

    def add(self, file: WatchedFile, *, quietly: bool = False) -> None:
        """Takes in a file that was not known; nothing is said of one that may be no footage."""
        self.files[file.path] = file
        self.forgotten.discard(file.path)
        self.changed.add(file.path)
        if not quietly:
            self._tell(file, None)

    def set(self, path: Path, **values: Any) -> WatchedFile:
        """Changes what is known of a file, and says nothing of it."""
        self.files[path] = file = replace(self.files[path], **values)
        self.changed.add(path)
        return file

    def tell_state(self, path: Path, state: WatchState, **values: Any) -> None:
        """Changes the state of a file, and tells it."""
        self._tell(self.set(path, state=state, **values), None)


NO_FOOTAGE = "It is no footage."
_RAW = "Footage of this camera's own kind cannot be read here: export it as ProRes or H.264."
_GONE = "What is known of it stays in the library, as offline."


def _is_unsaid(file: WatchedFile) -> bool:
    return file.note == NO_FOOTAGE or (file.state in UNSETTLED and may_be_other_than_footage(file.path.name))


def _is_gone(file: WatchedFile) -> bool:
    return file.state is WatchState.GONE
