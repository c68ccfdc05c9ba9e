"""Footage that was moved or copied: whatever is written of it names the file that the user named."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from cuemark.core import settings as configuration
from cuemark.core.errors import OptionError
from cuemark.rpc.client.client import CuemarkClient

if TYPE_CHECKING:
    from tests.cli.conftest import Shell, VideoMaker

NAMING = ("fcpxml", "fcp7xml", "otio", "shotcut", "json")


def named_in(form: str, text: str) -> str:
    """The media's path as a file of that format has it."""
    if form == "json":
        return str(json.loads(text)["media"]["path"])
    if form == "otio":
        return str(re.findall(r'"target_url": "([^"]*)"', text)[0])
    root = ET.fromstring(text)
    if form == "shotcut":
        (found,) = root.iterfind("producer[@id='clip']/property[@name='resource']")
        return found.text or ""
    url = next(root.iter("media-rep")).get("src") if form == "fcpxml" else next(root.iter("pathurl")).text
    return unquote((url or "").removeprefix("file://").removeprefix("localhost"))


@pytest.fixture(scope="module")
def places(busy: Shell, tmp_path_factory: pytest.TempPathFactory, make_video: VideoMaker) -> tuple[Path, Path, Path]:
    """Where footage was analysed, where it was moved to, and where a copy of it was analysed last."""
    folder = tmp_path_factory.mktemp("moved")
    old, new, copy = folder / "old" / "clip.mp4", folder / "new" / "renamed.mp4", folder / "nas" / "backup.mp4"
    make_video(old, seconds=35, rate=5)
    assert busy("analyze", old, "--preset", "fast", "--moments", "2").code == 0
    for each in (new, copy):
        each.parent.mkdir()
    os.replace(old, new)
    shutil.copyfile(new, copy)
    assert busy("analyze", copy, "--preset", "fast", "--moments", "3").code == 0
    return old, new, copy


@pytest.mark.parametrize("form", NAMING)
def test_an_export_names_the_file_that_the_user_named(busy: Shell, places: tuple[Path, Path, Path], form: str) -> None:
    _, new, copy = places
    for each in (new, copy):
        ran = busy("export", each, "-f", form, "-o", "-")
        assert ran.code == 0, ran.err
        assert named_in(form, ran.out) == str(each)


def test_its_name_and_every_heading_too(busy: Shell, places: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, new, _ = places
    assert busy("export", new, "-f", "edl", "-o", f"{tmp_path}/").code == 0
    assert busy("resolve", "script", new, "-o", tmp_path).code == 0
    assert sorted(os.listdir(tmp_path)) == ["renamed.markers.edl", "renamed.marks.lua"]
    assert (tmp_path / "renamed.markers.edl").read_text().startswith("TITLE: renamed\n")
    shown = busy("analyses", "show", new)
    assert shown.out.startswith("renamed.mp4 ") and "backup" not in shown.out + shown.err
    edited = busy("analyses", "edit", new, "c1", "--title", "Mine")
    assert edited.out.startswith("renamed.mp4 ")
    listed = busy("analyses", "list", new, "--json").json
    assert [each["path"] for each in listed] == [str(new)] * 2


def test_an_analysis_named_by_its_id_is_of_the_file_it_was_made_of(
    busy: Shell, places: tuple[Path, Path, Path], tmp_path: Path, make_video: VideoMaker
) -> None:
    first, copy = make_video(tmp_path / "first.mp4", seconds=3), tmp_path / "copy.mp4"
    assert busy("analyze", first, "--preset", "fast").code == 0
    analysis = busy("analyses", "list", first, "--json").json[0]["id"]
    shutil.copyfile(first, copy)
    assert busy("analyze", copy, "--preset", "fast").code == 0
    assert named_in("otio", busy("export", analysis, "-f", "otio", "-o", "-").out) == str(first)
    # Once it is gone, its content is where it was last seen.
    first.unlink()
    assert named_in("otio", busy("export", analysis, "-f", "otio", "-o", "-").out) == str(copy)


def test_over_rpc_too(busy: Shell, places: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _, new, copy = places
    monkeypatch.setenv("CUEMARK_HOME", str(busy.home))
    with CuemarkClient.connect(configuration.load()) as client:
        found = client.list_analyses(new)
        assert {each.path for each in found} == {new}
        for each in found:
            assert client.get_analysis(each.id, path=new).media.path == new
            file = client.export(each.id, "shotcut", path=new)
            assert named_in("shotcut", file.data.decode()) == str(new) and file.name == "renamed.mlt"
            assert client.marks_file("resolve", each.id, path=new).name == "renamed.marks.lua"
            # Nothing is at the place where the first was made any more.
            assert client.get_analysis(each.id).media.path == copy
        with pytest.raises(OptionError) as caught:
            client.export(found[0].id, "json", path=Path("a\0b"))
        assert caught.value.code == "option_path"
