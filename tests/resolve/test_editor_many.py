"""A long timeline: 200 clips on three tracks, 500 markers of ours beside those of the user."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world
from tests.resolve.test_editor_markers import footage, users_markers

if TYPE_CHECKING:
    from tests.resolve.editor import Editor

CLIPS, MARKERS, LENGTH = 200, 500, 90


@pytest.mark.parametrize("flavour", ["free-21.1", pytest.param("studio-18", marks=pytest.mark.slow)])
def test_five_hundred_markers_on_two_hundred_clips(
    editor: Editor, flavour: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rate = Fraction(30000, 1001)
    # Each clip shows two or three moments: five of every two clips.
    moments = [(clip * LENGTH + start, clip * LENGTH + start + 25) for clip in range(CLIPS) for start in _starts(clip)]
    path = footage(editor, "long.mov", rate, CLIPS * LENGTH, moments=moments)
    media = Media(path, rate, CLIPS * LENGTH, "10:00:00;00")
    items = [Item(f"clip {n}", n * LENGTH, LENGTH, media, first=n * LENGTH) for n in range(CLIPS)]
    tracks = [items[n::3] for n in range(3)]
    timeline = TimelineWorld("Long", rate, tracks, "01:00:00;00", markers=users_markers())
    resolve = editor.open(flavour, world(timeline))
    assert editor("status").code == 0
    times = {}
    for name, arguments in {
        "analyse and send": ["analyze", "--json"],
        "send again": ["analyze", "--json"],
        "recolour": ["analyze", "--moment-color", "Mint", "--json"],
        "undo": ["undo", "--json"],
    }.items():
        began = time.perf_counter()
        ran = editor(*arguments)
        times[name] = time.perf_counter() - began
        assert ran.code == 0, ran.err
        if name != "undo":
            assert len(ran.json["markers"]) == MARKERS and len(resolve.markers()) == MARKERS + 20
            assert not ran.json["dropped"]
    assert resolve.markers() == users_markers()
    with capsys.disabled():
        figures = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in times.items())
        print(f"\n{MARKERS} markers, {CLIPS} clips, 3 tracks, {flavour}: {figures}")
    # Seconds on an idle machine; others may be at work on this one.
    assert max(times.values()) < 60


def _starts(clip: int) -> list[int]:
    return [2, 32, 62] if clip % 2 else [2, 47]
