"""Carrying differences out on an editor that changes under our hands, refuses, or keeps something else than given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cuemark.core.markers import HostMarker, TimelineMarker
from cuemark.core.timeline import OPEN, Delivery, HostTimeline, Removal, TimelineAddress, TimelineSubtitle
from cuemark.hosts.bridge import Changes, Refusal
from cuemark.hosts.delivery import deliver, withdraw
from cuemark.library.database import Database
from cuemark.library.sent_markers import SentMarkers
from tests.hosts.example import TIMELINE

T = TypeVar("T")
EDIT = HostTimeline(TIMELINE, "p1", "t1", True, None)
MINE = HostMarker(300, 1, "Green", "mine", "", "")


class Editor:
    """An editor in memory; `before` is called ahead of every step with the step's name."""

    def __init__(self, *markers: HostMarker) -> None:
        self.held = {marker.frame: marker for marker in markers}
        self.before: Callable[[str], None] = lambda step: None
        self.refuses: set[int] = set()
        self.keeps: Callable[[HostMarker], HostMarker] = lambda marker: marker
        self.steps: list[str] = []

    def _step(self, name: str) -> None:
        self.steps.append(name)
        self.before(name)

    async def describe(self, address: TimelineAddress = OPEN) -> HostTimeline:
        return EDIT

    async def markers(self, timeline: HostTimeline) -> list[HostMarker]:
        self._step("markers")
        return [self.held[frame] for frame in sorted(self.held)]

    async def subtitles(self, timeline: HostTimeline) -> list[TimelineSubtitle]:
        return []

    async def add(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        self._step("add")
        changes = Changes()
        for marker in markers:
            why = "occupied" if marker.frame in self.held else "refused" if marker.frame in self.refuses else ""
            if why:
                changes += Changes(refused=(Refusal(marker.frame, marker.custom_data, why),))
            else:
                self.held[marker.frame] = self.keeps(marker)
                changes += Changes((marker.custom_data,))
        return changes

    async def remove(self, timeline: HostTimeline, markers: Sequence[HostMarker]) -> Changes:
        self._step("remove")
        changes = Changes()
        for marker in markers:
            held = self.held.get(marker.frame)
            if held is not None and held.custom_data == marker.custom_data:
                del self.held[marker.frame]
                changes += Changes((marker.custom_data,))
            else:
                changes += Changes(refused=(Refusal(marker.frame, marker.custom_data, "absent"),))
        return changes

    async def go_to(self, timeline: HostTimeline, frame: int) -> None:
        raise NotImplementedError


def wanted(*frames: int, name: str = "cat") -> list[TimelineMarker]:
    return [
        TimelineMarker(frame, 10, "Sky", f"{name} {frame}", "", f"cuemark:a1:m{frame}", f"m{frame}", "moment")
        for frame in frames
    ]


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def store(tmp_path: Path) -> SentMarkers:
    return SentMarkers(Database(tmp_path / "library.sqlite"))


def sent(editor: Editor, store: SentMarkers, *frames: int, name: str = "cat") -> Delivery:
    return run(deliver(editor, EDIT, wanted(*frames, name=name), store))


def undone(editor: Editor, store: SentMarkers, analysis: str = "") -> Removal:
    return run(withdraw(editor, EDIT, store, analysis))


def test_a_delivery_is_read_back_and_counted(store: SentMarkers) -> None:
    editor = Editor(MINE)
    done = sent(editor, store, 10, 50)
    assert (done.added, done.changed, done.removed, done.unchanged) == (2, 0, 0, 0)
    assert editor.steps == ["markers", "add", "markers"]
    again = sent(editor, store, 50, 90, name="dog")
    assert (again.added, again.changed, again.removed, again.unchanged) == (1, 1, 1, 0)
    assert sorted(editor.held) == [50, 90, 300] and editor.held[300] == MINE
    assert sent(editor, store, 50, 90, name="dog").unchanged == 2
    assert len(undone(editor, store).removed) == 2 and editor.held == {300: MINE}


def test_a_frame_the_user_takes_meanwhile_stays_the_users(store: SentMarkers) -> None:
    editor = Editor()
    users = replace(MINE, frame=50)
    editor.before = lambda step: editor.held.update({50: users}) if step == "add" and 50 not in editor.held else None
    done = sent(editor, store, 10, 50)
    assert editor.held[50] == users
    assert sorted(marker.frame for marker in done.markers) == [10, 51] and done.added == 2


def test_a_marker_the_user_deletes_meanwhile_stays_deleted_the_next_time(store: SentMarkers) -> None:
    editor = Editor()
    sent(editor, store, 10, 50)
    del editor.held[50]
    done = sent(editor, store, 10, 50, name="dog")
    assert [dropped.marker.segment_id for dropped in done.dropped] == ["m50"] and sorted(editor.held) == [10]


def test_what_the_editor_refuses_is_told_and_tried_again(store: SentMarkers) -> None:
    editor = Editor()
    editor.refuses = {50}
    done = sent(editor, store, 10, 50)
    assert [(each.marker.segment_id, each.reason) for each in done.dropped] == [("m50", "the editor refused it")]
    assert [marker.segment_id for marker in done.markers] == ["m10"] and done.added == 1
    editor.refuses = set()
    assert sent(editor, store, 10, 50).added == 1 and sorted(editor.held) == [10, 50]


def test_an_editor_that_changes_what_it_is_given_is_not_fought(store: SentMarkers) -> None:
    editor = Editor()
    editor.keeps = lambda marker: replace(marker, name=marker.name[:3])
    sent(editor, store, 10, 50)
    steps = len(editor.steps)
    done = sent(editor, store, 10, 50)
    assert (done.added, done.changed, done.removed) == (0, 0, 0) and editor.steps[steps:] == ["markers"]


def test_a_delivery_that_dies_at_any_step_is_finished_by_the_next(tmp_path: Path) -> None:
    class Died(Exception):
        pass

    for fatal in range(4):  # reading, removing, adding, reading again
        editor, own = Editor(MINE), SentMarkers(Database(tmp_path / f"{fatal}.sqlite"))
        sent(editor, own, 10, 50, 90)
        first = len(editor.steps)

        def dies(step: str, editor: Editor = editor, last: int = first + fatal) -> None:
            if len(editor.steps) > last:
                raise Died

        editor.before = dies
        with pytest.raises(Died):
            sent(editor, own, 10, 90, 130, name="dog")
        editor.before = lambda step: None
        done = sent(editor, own, 10, 90, 130, name="dog")
        assert not done.edits and not done.dropped
        assert {m.name for m in editor.held.values()} == {"mine", "dog 10", "dog 90", "dog 130"}


def test_one_analysis_goes_by_the_start_of_its_id(store: SentMarkers) -> None:
    other = HostMarker(20, 1, "Sky", "x", "", "cuemark:b2:m1")
    editor = Editor(MINE, other)
    sent(editor, store, 10)
    gone = undone(editor, store, "a1")
    assert [marker.frame for marker in gone.removed] == [10] and gone.left == 2
    assert undone(editor, store).left == 1 and editor.held == {300: MINE}
