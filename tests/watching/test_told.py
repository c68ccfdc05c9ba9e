"""What is said of files that may be no footage (programs and streams both end in .ts): nothing, until they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuemark.core.watches import WatchState
from cuemark.daemon.watching.arrivals import NO_FOOTAGE, Arrivals
from cuemark.library.watches import FileMark, WatchedFile

MARK = FileMark(10, 20, 1, 2)


@pytest.mark.parametrize(
    ("name", "state", "note", "is_said"),
    [
        ("types.ts", WatchState.WAITING, "", False),
        ("types.ts", WatchState.PASSED_OVER, NO_FOOTAGE, False),
        ("stream.ts", WatchState.DONE, "", True),
        ("clip.mkv", WatchState.WAITING, "", True),
    ],
)
def test_who_comes_to_listen_hears_of_footage_alone(name: str, state: WatchState, note: str, is_said: bool) -> None:
    file = WatchedFile(Path("/card") / name, MARK, state, note=note)
    arrivals = Arrivals({file.path: file}, 1.0, lambda told, before: None)
    assert arrivals.told() == ([file] if is_said else [])
