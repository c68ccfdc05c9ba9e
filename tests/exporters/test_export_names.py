"""How exports name the media file: to the very byte, for names that people and machines really give."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis
from cuemark.export import ExportFile, get

MakeAnalysis = Callable[..., Analysis]

NAMES = (
    "Screen Recording 2026-01-02 at 9.41.00\u202fAM.mov", "two  spaces.mp4", "no\xa0break.mp4", " x .mp4", "100%.mp4",
    "a%20b.mp4", "a%2Fb.mp4", "a#b.mp4", "a?b&c;d.mp4", "<&>\"'.mp4", "\u72ac e\u0301.mp4", "tab\there.mp4",
    "a\nb\rc.mp4", "a\u2028b\u2029c\x85d.mp4", "evil\u202e4pm.mp4", "file:x.mp4", "a\\b.mp4",
)  # fmt: skip


def named(form: str, exported: ExportFile) -> bytes:
    """The path a reader of that format opens."""
    text = exported.data.decode("utf-8")
    if form == "otio":
        timeline = otio.adapters.read_from_string(text, "otio_json")
        url = timeline.find_clips()[0].media_reference.target_url
        assert otio.url_utils.filepath_from_url(url).encode("utf-8", "replace") or url
        return unquote_to_bytes(url.removeprefix("file://")) if url.startswith("file://") else url.encode()
    if form == "json":
        return str(json.loads(text)["media"]["path"]).encode()
    root = ET.fromstring(text)
    if form == "shotcut":
        (found,) = root.iterfind("producer[@id='clip']/property[@name='resource']")
        return (found.text or "").encode()
    url = (next(root.iter("media-rep")).get("src") if form == "fcpxml" else next(root.iter("pathurl")).text) or ""
    return unquote_to_bytes(url.removeprefix("file://").removeprefix("localhost"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["fcpxml", "fcp7xml", "otio", "shotcut", "json"])
def test_the_file_is_named_as_it_is(form: str, name: str, make_analysis: MakeAnalysis) -> None:
    exported = get(form).export(make_analysis(path=Path("/footage") / name))
    assert named(form, exported) == f"/footage/{name}".encode()
    assert "export_path_unwritable" not in {notice.code for notice in exported.warnings}


@pytest.mark.parametrize("form", ["fcpxml", "fcp7xml", "otio", "shotcut"])
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.binary(min_size=1, max_size=40).filter(
        lambda name: not {0, ord("/")} & set(name) and name not in (b".", b"..")
    )
)
def test_any_bytes_are_named_or_said_to_be_impossible(form: str, name: bytes, make_analysis: MakeAnalysis) -> None:
    exported = get(form).export(make_analysis(path=Path("/footage") / os.fsdecode(name)))
    told = "export_path_unwritable" in {notice.code for notice in exported.warnings}
    assert told != (named(form, exported) == b"/footage/" + name)
    assert not told or form == "shotcut"


@pytest.mark.parametrize("form", ["fcpxml", "fcp7xml", "otio"])
def test_a_title_keeps_the_spaces_of_the_name(form: str, make_analysis: MakeAnalysis) -> None:
    name = "at 9.41\u202fAM  (2).mov"
    text = get(form).export(make_analysis(path=Path("/footage") / name)).data.decode("utf-8")
    assert name in text.replace(f"/{name}", "")


@pytest.mark.parametrize("form", ["fcpxml", "fcp7xml", "otio", "shotcut"])
def test_a_path_of_other_bytes_is_a_url_where_the_format_has_one(form: str, make_analysis: MakeAnalysis) -> None:
    exported = get(form).export(make_analysis(path=Path(os.fsdecode(b"/footage/\xff.mp4"))))
    if form == "shotcut":
        (notice,) = [each for each in exported.warnings if each.code == "export_path_unwritable"]
        assert "rename it" in notice.message
    else:
        assert b"%FF.mp4" in exported.data
