"""Shots on their way out of an analysis: markers of their own where they are asked for, rows, JSON, messages."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction

import pytest

from cuemark.core import serialise
from cuemark.core.analysis import Analysis, Chapter, Moment
from cuemark.core.analysis_json import analysis_object
from cuemark.core.errors import OptionError
from cuemark.core.markers import MarkerColours, MarkerOptions
from cuemark.core.shots import CameraMove, Shot, ShotSize
from cuemark.export import ExportOptions, get, names
from cuemark.markers.build import markers_for, on_whole_media, one_a_frame, segments_of
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import analyses_pb2
from tests.exporters.conftest import MEDIA

S = Fraction(1)
SHOTS = (
    Shot(0 * S, 4 * S, ShotSize.WIDE, CameraMove.PAN_LEFT),
    Shot(4 * S, 6 * S, None, CameraMove.STATIC),
    Shot(6 * S, 9 * S),
)
ANALYSIS = Analysis(
    "a1",
    MEDIA,
    {},
    {},
    (Moment("m1", 0 * S, 5 * S, "a dog", 0.9),),
    (Chapter(0 * S, 9 * S, "Beach", "c1"),),
    shots=SHOTS,
)


def markers(analysis: Analysis = ANALYSIS, **more: object) -> list[tuple[int, str, str, str]]:
    """Frame, kind, name and colour of the markers."""
    options = MarkerOptions(**more)  # type: ignore[arg-type]
    placed = on_whole_media(segments_of(analysis, options), analysis.media, analysis.media.rate)
    made = one_a_frame(markers_for(analysis.id, placed, options.colours))
    return [(one.frame, one.kind, one.name, one.color) for one in made]


def test_shots_are_not_marked_unless_asked_for() -> None:
    assert [kind for _, kind, _, _ in markers()] == ["chapter", "moment"]


def test_shots_have_a_name_a_colour_and_a_frame_of_their_own() -> None:
    frame = round(4 * MEDIA.rate)
    assert markers(shots=True) == [
        (0, "chapter", "Beach", "Purple"),
        (1, "moment", "a dog", "Sky"),
        (2, "shot", "Shot 1: wide, pan left", "Sand"),
        (frame, "shot", "Shot 2: static", "Sand"),
        (round(6 * MEDIA.rate), "shot", "Shot 3", "Sand"),
    ]


def test_shots_alone() -> None:
    found = markers(moments=False, chapters=False, shots=True)
    assert [name for _, _, name, _ in found] == ["Shot 1: wide, pan left", "Shot 2: static", "Shot 3"]


def test_the_colour_of_shots_is_one_that_nothing_else_has() -> None:
    assert MarkerColours.named("sand", "cocoa").of("shot") == "Cream"
    assert MarkerColours.named(shot="red").of("shot") == "Red"
    with pytest.raises(OptionError) as error:
        MarkerColours.named("Red", shot="red")
    assert error.value.code == "marker_colours_equal"


@pytest.mark.parametrize("name", names())
def test_every_format_of_markers_carries_shots_where_asked(name: str) -> None:
    exporter = get(name)
    long = replace(ANALYSIS, chapters=tuple(Chapter(12 * S * n, 12 * S * (n + 1), f"Part {n}") for n in range(3)))
    plain, asked = exporter.export(long), exporter.export(long, ExportOptions(shots=True))
    told = [b"Shot 1: wide, pan left" in file.data for file in (plain, asked)]
    if name in ("json", "csv"):  # everything found
        assert told == [True, True]
    elif plain.data == asked.data:  # chapters alone
        assert told == [False, False]
    else:
        assert told == [False, True]


def test_an_export_says_where_there_are_no_shots() -> None:
    file = get("otio").export(replace(ANALYSIS, shots=()), ExportOptions(shots=True))
    assert [notice.code for notice in file.warnings if notice.code == "shots_missing"]
    assert file.data == get("otio").export(replace(ANALYSIS, shots=())).data


def test_json_and_tables_have_shots_only_where_there_are_any() -> None:
    shots = analysis_object(ANALYSIS)["shots"]
    assert [(one["number"], one["start_s"], one["size"], one["camera"]) for one in shots] == [
        (1, 0.0, "wide", "pan left"), (2, 4.0, None, "static"), (3, 6.0, None, None)
    ]  # fmt: skip
    assert "shots" not in analysis_object(replace(ANALYSIS, shots=()))
    rows = list(csv.DictReader(io.StringIO(get("csv").export(ANALYSIS).data.decode())))
    assert [row["text"] for row in rows if row["kind"] == "shot"] == [
        "Shot 1: wide, pan left", "Shot 2: static", "Shot 3"
    ]  # fmt: skip


def test_shots_travel_and_are_kept() -> None:
    message = to_message(analyses_pb2.Analysis, ANALYSIS)
    assert from_message(Analysis, message).shots == SHOTS
    assert serialise.decode(Analysis, json.loads(json.dumps(serialise.encode(ANALYSIS)))).shots == SHOTS


def test_what_was_kept_without_shots_is_still_read() -> None:
    kept = serialise.encode(ANALYSIS)
    del kept["shots"]
    assert serialise.decode(Analysis, kept) == replace(ANALYSIS, shots=())
