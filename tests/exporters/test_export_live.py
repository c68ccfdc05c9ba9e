"""Exports read back by the programs themselves, where they are installed: xmllint, melt, Blender.

CUEMARK_INSTALL_EDITORS=1 lets apt-get install what is missing (needs root and a network).  Kdenlive has no way to
import guides without its window, so its file is only checked against its rules, in test_export_editors.py.
"""

from __future__ import annotations

import ctypes.util
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
from PIL import Image

from cuemark.core.analysis import Analysis
from cuemark.core.timebase import clock
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


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 29.97 that melt itself has made."""
    path = tmp_path_factory.mktemp("drawn") / "clip.mp4"
    source = ("-profile", "atsc_720p_2997", "color:red", "out=89")
    run(program("melt"), *source, "-consumer", f"avformat:{path}", "vcodec=mpeg4", "an=1", "real_time=-1")
    return path


@pytest.fixture
def clip(drawn: Path, tmp_path: Path) -> Path:
    """A copy of that clip."""
    return Path(shutil.copy(drawn, tmp_path))


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
    assert found == [("All", "0"), ("middle", "30")]


class Mlt:
    """MLT's own library, by which Shotcut opens a project and reads its markers."""

    def __init__(self) -> None:
        program("melt")
        name = ctypes.util.find_library("mlt-7") or ctypes.util.find_library("mlt")
        if name is None:
            pytest.skip("the library of melt cannot be found")
        self._lib = ctypes.CDLL(name)
        for function in ("factory_init", "profile_init", "factory_producer", "properties_get_properties"):
            getattr(self._lib, f"mlt_{function}").restype = ctypes.c_void_p
        for function in ("properties_get", "properties_get_name"):
            getattr(self._lib, f"mlt_{function}").restype = ctypes.c_char_p
        self._lib.mlt_factory_init(None)

    def open(self, project: Path) -> ctypes.c_void_p:
        """The tractor of a project."""
        profile = ctypes.c_void_p(self._lib.mlt_profile_init(None))
        return ctypes.c_void_p(self._lib.mlt_factory_producer(profile, b"xml", os.fsencode(project)))

    def frames(self, producer: ctypes.c_void_p, text: bytes) -> int:
        """What MLT takes a time for."""
        return int(self._lib.mlt_properties_time_to_frames(producer, text))

    def markers(self, tractor: ctypes.c_void_p) -> list[tuple[int, int]]:
        """Start and end of every marker, as Shotcut asks for them."""
        rows = ctypes.c_void_p(self._lib.mlt_properties_get_properties(tractor, b"shotcut:markers"))
        found = []
        for index in range(self._lib.mlt_properties_count(rows)):
            name = self._lib.mlt_properties_get_name(rows, index)
            row = ctypes.c_void_p(self._lib.mlt_properties_get_properties(rows, name))
            if not row:  # what MLT itself keeps there
                continue
            start, end = (self._lib.mlt_properties_get(row, edge) for edge in (b"start", b"end"))
            found.append((self.frames(tractor, start), self.frames(tractor, end)))
        return found

    def length(self, tractor: ctypes.c_void_p) -> int:
        """How many frames it plays."""
        return int(self._lib.mlt_producer_get_playtime(tractor))


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), NTSC30, Fraction(60000, 1001), Fraction(25)])
def test_libmlt_finds_every_marker_of_two_and_a_half_hours_on_its_frame(
    rate: Fraction, make_analysis: MakeAnalysis, tmp_path: Path
) -> None:
    mlt, total = Mlt(), int(9000 * rate)
    frames = [*range(1, 3000, 7), *range(3000, total - 100, 211)]
    moments = [(frame / rate, (frame + 5) / rate, "m") for frame in frames]
    media = {"path": tmp_path / "a.mp4", "rate": rate, "duration": total / rate, "frame_count": total}
    analysis = make_analysis([(0, total / rate, "All")], moments, **media)
    project = tmp_path / "x.mlt"
    project.write_bytes(get("shotcut").export(analysis).data)
    tractor = mlt.open(project)
    assert mlt.length(tractor) == total
    assert mlt.markers(tractor) == [(0, 0), *((frame, frame + 5) for frame in frames)]
    # The reader can tell: by its clock many of these would come a frame early at NTSC rates.
    early = sum(mlt.frames(tractor, clock(frame / rate, "hh:mm:ss.mmm").encode()) < frame for frame in frames)
    assert (early > len(frames) / 4) == (rate.denominator != 1)


NAMES = (
    "Screen Recording 2026-01-02 at 9.41.00\u202fAM.mov", "two  spaces.mp4", "no\xa0break .mp4", " x .mp4",
    "tab\there.mp4", "line\nbreak.mp4", "return\rhere.mp4", "100%.mp4", "a%20b.mp4", "a#b?c&d.mp4", "<&>\"'.mp4",
    "e\u0301 \u00e9 \u72ac \U0001f3ac.mp4", "a\u2028b\x85c.mp4", "$x`y`.mp4",
)  # fmt: skip
"""Of files that there are: macOS' screen recordings have a narrow no-break space before AM."""


@pytest.mark.parametrize("name", NAMES)
def test_melt_opens_the_very_file(name: str, make_analysis: MakeAnalysis, tmp_path: Path, clip: Path) -> None:
    path = tmp_path / name
    clip.rename(path)
    media = {"path": path, "rate": NTSC30, "duration": 90 / NTSC30, "frame_count": 90, "width": 1280, "height": 720}
    analysis = make_analysis([(0, Fraction("3.003"), "All")], [], **media)
    exported = get("shotcut").export(analysis)
    assert "export_path_unwritable" not in {notice.code for notice in exported.warnings}
    project, picture = tmp_path / "project.mlt", tmp_path / "picture.png"
    project.write_bytes(exported.data)
    run(program("melt"), project, "in=10", "out=10", "-consumer", f"avformat:{picture}", "vcodec=png", "an=1")
    with Image.open(picture) as image:
        red, green, blue = image.convert("RGB").getpixel((640, 360))  # type: ignore[misc]
    assert red > 200 and green < 60 and blue < 60, "the clip's own red, not the black behind it"


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
