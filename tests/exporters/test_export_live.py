"""Exports read back by the programs themselves, where they are installed: xmllint, melt, Blender.

CUEMARK_INSTALL_EDITORS=1 lets apt-get install what is missing (needs root and a network).  Kdenlive has no way to
import guides without its window, so its file is only checked against its rules, in test_export_editors.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cuemark.core.analysis import Analysis
from cuemark.export import ExportOptions, get

MakeAnalysis = Callable[..., Analysis]

NTSC30 = Fraction(30000, 1001)
DTD = Path(__file__).with_name("fcpxml-subset.dtd")
PACKAGES = {"xmllint": "libxml2-utils", "melt": "melt", "blender": "blender"}

pytestmark = [pytest.mark.editors, pytest.mark.timeout(600)]


def program(name: str) -> str:
    """The program's path; installed when asked, else the test is skipped."""
    if shutil.which(name) is None and os.environ.get("CUEMARK_INSTALL_EDITORS") == "1":
        # The tests' own proxy settings keep children off the network; this one is allowed out.
        environ = {key: value for key, value in os.environ.items() if not key.upper().endswith("_PROXY")}
        environ["DEBIAN_FRONTEND"] = "noninteractive"
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGES[name]]
        subprocess.run(command, check=True, env=environ, capture_output=True)
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; CUEMARK_INSTALL_EDITORS=1 installs it")
    return found


def run(*command: str | Path, cwd: Path | None = None) -> str:
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "SDL_AUDIODRIVER": "dummy"}
    ran = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environ, cwd=cwd, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


@pytest.mark.parametrize("rate", [Fraction(25), NTSC30, Fraction(24)])
@pytest.mark.parametrize("own", [Fraction(25), NTSC30, Fraction(14)])
def test_xmllint_finds_the_fcpxml_as_the_element_rules_say(
    rate: Fraction, own: Fraction, make_analysis: MakeAnalysis, tmp_path: Path
) -> None:
    analysis = make_analysis(rate=own, frame_count=None, path=Path('/f/"Ünï" & <co>.mov'))
    (tmp_path / "x.fcpxml").write_bytes(get("fcpxml").export(analysis, ExportOptions(rate=rate)).data)
    run(program("xmllint"), "--noout", "--dtdvalid", DTD, tmp_path / "x.fcpxml")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Three seconds at 29.97 that melt itself has made."""
    path = tmp_path / "clip.mp4"
    source = ("-profile", "atsc_720p_2997", "color:red", "out=89")
    run(program("melt"), *source, "-consumer", f"avformat:{path}", "vcodec=mpeg4", "an=1", "real_time=-1")
    return path


def test_melt_opens_the_shotcut_project_with_its_markers(
    make_analysis: MakeAnalysis, tmp_path: Path, clip: Path
) -> None:
    analysis = make_analysis(
        [(0, Fraction("3.003"), "All")], [(1, 2, "middle")],
        path=clip, rate=NTSC30, duration=90 / NTSC30, frame_count=90, width=1280, height=720,
    )  # fmt: skip
    project, again = tmp_path / "x.mlt", tmp_path / "again.mlt"
    project.write_bytes(get("shotcut").export(analysis).data)
    run(program("melt"), project, "-consumer", f"xml:{again}", "time_format=frames", "no_meta=1")
    root = ET.parse(again).getroot()
    profile = root.find("profile")
    assert profile is not None and profile.get("frame_rate_num") == "30000" and profile.get("width") == "1280"
    (opened,) = [node for node in root if node.get("id") == "tractor"]
    assert (opened.get("in"), opened.get("out")) == ("0", "89"), "all ninety frames are there"
    markers = opened.findall("properties[@name='shotcut:markers']/properties")
    read = [{p.get("name"): p.text for p in marker} for marker in markers]
    found = [(marker["text"], marker["start"]) for marker in read]
    assert found == [("All", "00:00:00.000"), ("middle", "00:00:01.001")]


def test_blender_runs_the_script_on_its_own_scene(make_analysis: MakeAnalysis, tmp_path: Path) -> None:
    script = tmp_path / "markers.py"
    script.write_bytes(get("blender").export(make_analysis([(0, 90, "Café 犬")], [(60, 62, "m")])).data)
    before = (
        "import bpy; s = bpy.context.scene; s.render.fps = 30; s.render.fps_base = 1.001; s.frame_start = 101; "
        "s.timeline_markers.new('mine', frame=7)"
    )
    after = (
        "import bpy, json; print('FOUND', json.dumps([[m.name, m.frame] for m in bpy.context.scene.timeline_markers]))"
    )
    options = ("--background", "--factory-startup", "--python-exit-code", "3")
    scripts = ("--python-expr", before, "--python", script, "--python", script, "--python-expr", after)
    out = run(program("blender"), *options, *scripts, cwd=tmp_path)
    found = re.search(r"^FOUND (.*)$", out, re.MULTILINE)
    assert found, out[-1000:]
    assert json.loads(found[1]) == [["mine", 7], ["Cuemark chapter: Café 犬", 101], ["Cuemark: m", 101 + 1798]]
