"""Studio's Python API from outside: the same verbs and the same answers, and every way in which it can let us down."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.markers import HostMarker
from cuemark.hosts.resolve import studio_transport as studio_module
from tests.resolve.conftest import Desk, refused, run
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, marker, world

NTSC = Fraction(30000, 1001)
STUDIOS = ("studio-21.1", "studio-18")
TEXT = 'Zoë "x"\\ 🎬\nline'


def film(tmp_path: Path) -> dict[str, Any]:
    clip = tmp_path / "Ünterwegs.mp4"
    clip.touch()
    media = Media(clip, Fraction(25), 9000, "10:00:00:00")
    track = [
        Item("one", 0, 300, media, first=100, speed=2),
        Item("dissolve", 290, 20, extra={"transition": True}),
        Item("title", 300, 300),
    ]
    mine = {frame: marker(f"mine {frame}", note=TEXT) for frame in (1, 2, 3, 500)}
    return world(TimelineWorld("Cut 1", NTSC, [track, []], "01:00:00;00", mine), TimelineWorld("Cut 2", NTSC, [[]]))


def ours(frame: int, number: int) -> HostMarker:
    return HostMarker(frame, 3, "Sky", TEXT, TEXT, f"cuemark:a1:m{number}")


@pytest.mark.parametrize("flavour", STUDIOS)
@pytest.mark.parametrize("name", [None, "Cut 1", "Cut 2"])
def test_tells_what_the_script_tells(desk: Desk, tmp_path: Path, flavour: str, name: str | None) -> None:
    resolve = desk.open(flavour, film(tmp_path))
    by_script, by_python = run(desk.bridge().describe(name)), run(desk.studio(resolve).describe(name))
    told = replace(by_script.description, script_version="")
    assert by_python == replace(by_script, description=told)
    assert run(desk.bridge().markers(by_script)) == run(desk.studio(resolve).markers(by_python))


@pytest.mark.parametrize("flavour", STUDIOS)
def test_adds_and_removes_its_own(desk: Desk, tmp_path: Path, flavour: str) -> None:
    resolve = desk.open(flavour, film(tmp_path), click=False)
    before = resolve.markers()

    async def work() -> None:
        bridge = desk.studio(resolve)
        timeline = await bridge.describe()
        wanted = [ours(2, 0), ours(10, 1), ours(597, 2)]
        changes = await bridge.add(timeline, wanted)
        assert changes.done == ("cuemark:a1:m1", "cuemark:a1:m2")
        assert [(item.frame, item.why) for item in changes.refused] == [(2, "occupied")]
        assert [item.why for item in (await bridge.add(timeline, wanted)).refused] == ["occupied", "exists", "exists"]
        assert [held for held in await bridge.markers(timeline) if held.custom_data] == wanted[1:]
        await bridge.go_to(timeline, 345)
        changes = await bridge.remove(timeline, [ours(1, 1), *wanted[1:]])
        assert len(changes.done) == 2 and [item.why for item in changes.refused] == ["absent"]

    run(work())
    assert resolve.markers() == before
    assert resolve.state()["playhead"] == 345


def test_what_is_not_open(desk: Desk, tmp_path: Path) -> None:
    resolve = desk.open("studio-21.1", film(tmp_path), click=False)
    studio = desk.studio(resolve)
    error = refused(studio.describe("Cut 7"))
    assert error.code == "resolve_timeline_unknown" and "Cut 1, Cut 2" in error.message
    assert refused(studio.go_to(run(studio.describe("Cut 2")), 0)).code == "resolve_timeline_not_open"
    timeline = run(studio.describe())
    resolve.ask("timeline", locked=True)
    assert refused(studio.add(timeline, [ours(10, 1)])).code == "resolve_markers_refused"
    resolve.ask("set", project_id="another")
    assert refused(studio.markers(timeline)).code == "resolve_timeline_gone"
    resolve.ask("set", current=0)
    assert refused(studio.describe()).code == "resolve_no_timeline"
    resolve.ask("set", project=None)
    assert refused(studio.describe()).code == "resolve_no_project"


def test_free_lets_nobody_in(desk: Desk, tmp_path: Path) -> None:
    resolve = desk.open("free-21.1", film(tmp_path), click=False)
    assert refused(desk.studio(resolve).describe()).code == "resolve_studio_refused"


def test_studio_that_is_set_to_let_nobody_in(desk: Desk, tmp_path: Path) -> None:
    resolve = desk.open("studio-21.1", {**film(tmp_path), "external": "none"}, click=False)
    assert refused(desk.studio(resolve).describe()).code == "resolve_studio_refused"


def test_the_module_is_missing_or_crashes(desk: Desk, tmp_path: Path) -> None:
    resolve = desk.open("studio-21.1", film(tmp_path), click=False)
    nowhere = desk.studio(resolve, RESOLVE_SCRIPT_API=str(tmp_path))
    assert refused(nowhere.describe()).code == "resolve_studio_missing"
    crashing = desk.studio(resolve, SIMULATED_CRASH="import")
    assert refused(crashing.describe()).code == "resolve_studio_import"
    run(desk.studio(resolve).describe())


def test_resolve_goes_away(desk: Desk, tmp_path: Path) -> None:
    resolve = desk.open("studio-21.1", film(tmp_path), click=False)
    studio = desk.studio(resolve)
    timeline = run(studio.describe())
    resolve.ask("fault", kind="die", method="AddMarker", after=2)
    error = refused(studio.add(timeline, [ours(frame, frame) for frame in range(10, 20)]))
    assert error.code in {"resolve_gone", "resolve_failed", "resolve_not_running"}
    resolve.wait_killed()
    assert refused(studio.describe()).code == "resolve_not_running"
    assert sorted(resolve.saved_markers()) == [1, 2, 3, 10, 11, 500]
    resolve.start()
    run(studio.add(timeline, [ours(frame, frame) for frame in range(10, 20)]))
    assert sorted(resolve.markers()) == [1, 2, 3, *range(10, 20), 500]


def test_a_call_that_takes_too_long_ends(desk: Desk, tmp_path: Path) -> None:
    """The child is killed; the next one works."""
    resolve = desk.open("studio-21.1", film(tmp_path), click=False)
    link = studio_module.StudioTransport(
        studio_module.child_environment(environ={**resolve.environment(), "SIMULATED_CRASH": "sleep"}), desk.processes
    )
    begun = time.monotonic()
    assert refused(link.call("describe", timeout=1.0)).code == "resolve_no_answer"
    assert time.monotonic() - begun < 5
    run(desk.studio(resolve).describe())


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_child_binds_our_python(platform: str) -> None:
    """And finds Resolve's module; what the user set wins."""
    found = studio_module.child_environment(platform, {"PYTHONHOME": "/other", "PATH": "x"})
    assert found["PYTHONHOME"] == found["FUSION_PYTHON3_HOME"] != "/other" and found["PATH"] == "x"
    assert "Scripting" in found["PYTHONPATH"] and "fusionscript" in found["RESOLVE_SCRIPT_LIB"]
    mine = studio_module.child_environment(platform, {"RESOLVE_SCRIPT_API": "/mine", "RESOLVE_SCRIPT_LIB": "/lib"})
    assert Path(mine["PYTHONPATH"]) == Path("/mine/Modules") and mine["RESOLVE_SCRIPT_LIB"] == "/lib"
