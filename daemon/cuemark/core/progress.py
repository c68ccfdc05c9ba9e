"""How long work reports itself and learns that it must stop."""

from __future__ import annotations

from typing import Protocol

DECODED_ON = "Frames were decoded on"
"""How a note begins that is a detail of the machine and no news: shown where somebody asked for it (`-v`)."""


class Progress(Protocol):
    """The listener a stage of work is handed; implementations may raise `JobCancelled` from any method."""

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        """Say that `done` of `total` `unit`s of `stage` are finished; monotonic within a stage."""

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a named counter of the job ("frames_decoded", "frames_encoded", "chunks_from_cache")."""

    def note(self, message: str) -> None:
        """Leave one line for the reader of the job's events."""

    def check(self) -> None:
        """Raise `JobCancelled` when the job was cancelled; cheap, to be called at least twice a second."""


class SilentProgress:
    """A listener that hears nothing and never cancels."""

    def update(self, stage: str, done: int, total: int, unit: str) -> None: ...

    def count(self, name: str, amount: int = 1) -> None: ...

    def note(self, message: str) -> None: ...

    def check(self) -> None: ...


class OnlyChecks:
    """Passes on only the question whether to stop: the stages of a part are not those of the whole around it."""

    def __init__(self, outer: Progress) -> None:
        self._outer = outer

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self._outer.check()

    def count(self, name: str, amount: int = 1) -> None: ...

    def note(self, message: str) -> None: ...

    def check(self) -> None:
        self._outer.check()
