"""An analysis on a timeline, from moments to markers: what the user will read, in which colour, under which id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.analysis import Analysis
from cuemark.core.errors import StoreError
from cuemark.core.markers import MarkerColours, MarkerOptions
from cuemark.hosts.reconcile import reconcile
from cuemark.hosts.timeline_map import place
from cuemark.library.database import Database
from cuemark.library.sent_markers import SentMarkers
from cuemark.markers.build import PlacedSegment, markers_for, one_a_frame, segments_of
from tests.hosts.example import MEDIA, analysis

Make = Callable[..., Any]


def placed(timeline: Any, found: Analysis, options: MarkerOptions | None = None) -> tuple[PlacedSegment, ...]:
    return place(timeline.clips, timeline.rate, MEDIA, segments_of(found, options)).placed


FOUND = analysis(
    [(0, 10, "a red dog runs on the beach"), (20, 30, "two people in a boat"), (60, 62, "x" * 90 + " end")],
    [(0, 20, "Red dog"), (20, 100, "Boat")],
)


def test_names_notes_lengths_colours_and_ids(make_clip: Make, make_timeline: Make) -> None:
    timeline = make_timeline(make_clip(start=100))
    dog, runs, boat, rows, long = one_a_frame(markers_for("a1", placed(timeline, FOUND)))
    assert (dog.frame, dog.duration, dog.color, dog.name) == (100, 1, "Purple", "Red dog")
    assert dog.note == "a red dog runs on the beach"
    assert (dog.custom_data, dog.segment_id, dog.kind, dog.merged) == ("cuemark:a1:c1", "c1", "chapter", ())
    assert (runs.frame, runs.duration, runs.color, runs.name) == (101, 249, "Sky", dog.note)
    assert (boat.frame, boat.name) == (600, "Boat") and boat.note.startswith("two people in a boat; x")
    assert (rows.frame, rows.end, rows.custom_data) == (601, 850, "cuemark:a1:m2")
    assert (long.frame, long.duration, long.color, long.custom_data) == (1600, 50, "Sky", "cuemark:a1:m3")
    assert len(long.name) == 80 and long.note == "x" * 90 + " end"


def test_moments_alone_with_other_colours(make_clip: Make, make_timeline: Make) -> None:
    options = MarkerOptions(MarkerColours("Mint", "Red"), chapters=False)
    timeline = make_timeline(make_clip())
    markers = markers_for("a1", placed(timeline, FOUND, options), options.colours)
    assert [(m.frame, m.kind, m.color) for m in markers] == [(f, "moment", "Mint") for f in (0, 500, 1500)]
    assert placed(timeline, FOUND, replace(options, moments=False)) == ()


def test_each_use_has_an_id_of_its_own_and_two_tracks_make_one_marker(make_clip: Make, make_timeline: Make) -> None:
    clips = [
        make_clip(duration=250, source_end=250, start=s, track=t, index=i)
        for s, t, i in ((0, 1, 1), (0, 2, 1), (700, 1, 2))
    ]
    markers = markers_for("a1", placed(make_timeline(*clips), FOUND, MarkerOptions(chapters=False)))
    assert [(m.frame, m.custom_data) for m in markers] == [(0, "cuemark:a1:m1"), (700, "cuemark:a1:m1:2")]


def test_what_has_no_ascii_spelling_has_a_number(make_clip: Make, make_timeline: Make) -> None:
    found = analysis([(1, 10, "🐶"), (20, 30, "ein Hündchen"), (40, 50, "犬")], [(0, 100, "🐶🐶")])
    options = MarkerOptions(transliterate=True)
    names = [m.name for m in markers_for("a1", placed(make_timeline(make_clip()), found, options))]
    assert names == ["Chapter 1", "Moment 1", "ein Hundchen", "Quan"]


def test_from_a_description_to_a_record_and_back_from_disk(
    make_clip: Make, make_timeline: Make, tmp_path: Path
) -> None:
    timeline = make_timeline(make_clip())
    wanted = one_a_frame(markers_for("a1", placed(timeline, FOUND)))
    difference = reconcile([], wanted, rate=timeline.rate, length=timeline.duration)
    store = SentMarkers(Database(tmp_path / "library.sqlite"))
    names = ("resolve", "project 1", "Ünï 犬")
    assert store.load(*names) == ()
    store.save(*names, difference.after)
    assert store.load(*names) == difference.after
    assert store.load("resolve", "project 2", "Ünï 犬") == ()
    again = reconcile(difference.add, wanted, rate=timeline.rate, length=timeline.duration, sent=store.load(*names))
    assert (again.remove, again.add) == ((), ())


def test_a_broken_record_is_ignored_and_a_full_disk_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path / "library.sqlite")
    store, names = SentMarkers(database), ("resolve", "p", "t")
    store.save(*names, ())
    with database.write() as connection:
        connection.execute("""UPDATE sent_markers SET markers = '[{"ours"'""")
    assert store.load(*names) == () and "cannot be read" in caplog.text
    full = StoreError("disk_full", "No space is left.", "Free some.")
    monkeypatch.setattr(database, "write", lambda: _raise(full))
    with pytest.raises(StoreError) as caught:
        store.save(*names, ())
    assert caught.value.code == "sent_record_not_written" and "No space is left" in caught.value.message


def _raise(error: StoreError) -> None:
    raise error
