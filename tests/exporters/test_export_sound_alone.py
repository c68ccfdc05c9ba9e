"""Sound alone in every format: clock times as they are, frames of the timeline it is for, an asset without pictures."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cuemark.core.analysis import Analysis
from cuemark.core.export_formats import EXPORT_FORMATS, ExportOptions
from cuemark.core.media import NOMINAL_RATE
from cuemark.export import base

CLOCK = {"json", "youtube", "ffmetadata", "webvtt", "matroska", "podcast"}
ALONE: dict[str, Any] = {
    "path": Path("/talks/episode 7.m4a"), "container": "mov", "codec": "aac", "width": 0, "height": 0,
    "rate": NOMINAL_RATE, "frame_count": None, "has_picture": False, "duration": Fraction(90 * 48_000 + 1001, 48_000),
}  # fmt: skip


@pytest.fixture
def alone(make_analysis: Callable[..., Analysis]) -> Callable[..., Analysis]:
    return lambda **media: make_analysis(**{**ALONE, **media})


def codes(file: base.ExportFile) -> list[str]:
    return [notice.code for notice in file.warnings]


@pytest.mark.parametrize("name", list(EXPORT_FORMATS))
def test_every_format_holds_it(alone: Callable[..., Analysis], name: str) -> None:
    file = base.get(name).export(alone())
    assert b"Red dog on the beach" in file.data or b"Red dog" in file.data
    assert file.suggested_name.startswith("episode 7")
    assert ("export_rate_assumed" in codes(file)) is (name not in CLOCK), "a nominal rate is said where it counts"
    told = base.get(name).export(alone(), ExportOptions(rate=Fraction(30_000, 1001)))
    assert "export_rate_assumed" not in codes(told)


def test_final_cut_is_told_of_an_asset_without_pictures(alone: Callable[..., Analysis], tmp_path: Path) -> None:
    data = base.get("fcpxml").export(alone(), ExportOptions(rate=Fraction(25))).data
    root = ET.fromstring(data)
    asset, clip, shown = root.find(".//asset"), root.find(".//asset-clip"), root.findall(".//format")
    assert asset is not None and clip is not None
    assert asset.get("hasAudio") == "1" and asset.get("format") is None and asset.get("hasVideo") is None
    assert asset.get("duration") == "4321001/48000s"
    assert [(one.get("frameDuration"), one.get("width"), one.get("height")) for one in shown] == [
        ("1/25s", "1920", "1080")
    ]
    assert clip.get("duration") == "2250/25s" and clip.get("audioRole") == "dialogue"
    assert [one.get("start") for one in root.iter("chapter-marker")] == ["0s", "500/25s", "1375/25s"]
    if (xmllint := shutil.which("xmllint")) is not None:
        (tmp_path / "x.fcpxml").write_bytes(data)
        dtd = Path(__file__).with_name("fcpxml-subset.dtd")
        subprocess.run([xmllint, "--noout", "--dtdvalid", dtd, tmp_path / "x.fcpxml"], check=True)


def test_premiere_gets_a_sound_track(alone: Callable[..., Analysis]) -> None:
    root = ET.fromstring(base.get("fcp7xml").export(alone(), ExportOptions(rate=Fraction(30))).data)
    assert root.find(".//sequence/media/video/track") is None
    item = root.find(".//sequence/media/audio/track/clipitem")
    assert item is not None and item.findtext("end") == "2700" and item.findtext("sourcetrack/mediatype") == "audio"
    assert item.find("file/media/audio") is not None and item.find("file/media/video") is None
    assert root.findtext(".//sequence/media/video/format/samplecharacteristics/width") == "1920"


def test_otio_has_a_sound_track(alone: Callable[..., Analysis]) -> None:
    written = json.loads(base.get("otio").export(alone()).data)
    (track,) = written["tracks"]["children"]
    assert (track["kind"], track["name"]) == ("Audio", "A1")
    marked = [one["marked_range"]["start_time"] for one in track["children"][0]["markers"]]
    assert {one["rate"] for one in marked} == {24.0} and marked[0]["value"] == 0


def test_shotcut_has_a_sound_track_in_an_ordinary_profile(alone: Callable[..., Analysis]) -> None:
    root = ET.fromstring(base.get("shotcut").export(alone()).data)
    profile = root.find("profile")
    assert profile is not None and (profile.get("width"), profile.get("height")) == ("1920", "1080")
    assert (profile.get("frame_rate_num"), profile.get("display_aspect_num")) == ("24", "16")
    assert root.findtext(".//playlist[@id='track']/property[@name='shotcut:audio']") == "1"
    assert root.findall(".//tractor/track")[-1].get("hide") == "video"


def test_json_says_that_there_are_no_pictures(
    alone: Callable[..., Analysis], make_analysis: Callable[..., Analysis]
) -> None:
    assert json.loads(base.get("json").export(alone()).data)["media"]["has_picture"] is False
    assert "has_picture" not in json.loads(base.get("json").export(make_analysis()).data)["media"]


@pytest.mark.parametrize(("rate", "start"), [(Fraction(24), "10:00:00:12"), (Fraction(30), "10:00:00:15")])
def test_a_recorders_timecode_names_the_same_second_at_any_rate(
    alone: Callable[..., Analysis], rate: Fraction, start: str
) -> None:
    analysis = alone(start_timecode="10:00:00:12")
    rows = base.get("csv").export(analysis, ExportOptions(rate=rate)).data.decode().splitlines()
    assert start in rows[1]
