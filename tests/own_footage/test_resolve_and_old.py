"""Own footage on a timeline, and what an older library has of it: nothing that the sample models said goes unmarked."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.core.model_notices import REMARK
from tests.cli.conftest import stopped
from tests.own_footage.conftest import NOWHERE, Machine, Pairs
from tests.resolve.simulated.client import PREFS, SimulatedResolve
from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world

if TYPE_CHECKING:
    from tests.cli.conftest import VideoMaker

OLD = Path(__file__).parents[1] / "library" / "version_1"
RATE = Fraction(25)
QUICK = ("--preset", "fast", "--moments", "1")

linux = pytest.mark.skipif(sys.platform != "linux", reason="a home as on Linux")


def opened(machine: Machine, root: Path, video: Path) -> SimulatedResolve:
    """A Resolve of this machine's user, with one clip of own footage, and the script running."""
    machine.more = {"HOME": str(root / "user"), "RESOLVE_SCRIPT_API": str(root / "user")}
    assert machine("resolve", "install").code == 0
    shown = TimelineWorld("cut", RATE, [[Item("mine", 0, 50, Media(video, RATE, 50))]])
    resolve = SimulatedResolve(root / "resolve", "free-21.1", world(shown), root / "user" / PREFS).start()
    resolve.click(next((root / "user").rglob("Utility/Cuemark.lua")))
    return resolve


@pytest.fixture(scope="module")
def editor(
    tmp_path_factory: pytest.TempPathFactory, pairs: Pairs, make_video: VideoMaker
) -> Iterator[tuple[Machine, SimulatedResolve]]:
    """A machine whose hub cannot be reached, and its Resolve."""
    root = tmp_path_factory.mktemp("editor")
    made = Machine(root / "machine", pairs, NOWHERE)
    resolve = opened(made, root, make_video(root / "mine.mp4", rate=25))
    yield made, resolve
    resolve.kill()
    stopped(made)


def codes(warnings: Any) -> list[str]:
    """The codes of a list of notices."""
    return [warning["code"] for warning in warnings]


@linux
def test_a_timeline_of_own_footage_with_nothing_pulled(editor: tuple[Machine, SimulatedResolve]) -> None:
    cuemark, resolve = editor
    sampled = cuemark("resolve", "analyze", *QUICK, "--clip", "sample", "--lm", "sample", "--json")
    assert sampled.code == 0, sampled.err
    assert codes(sampled.json["warnings"]) == ["sample_models"] == codes(sampled.json["files"][0]["warnings"])
    notes = [marker["note"] for marker in resolve.markers("cut").values()]
    assert notes and all(note.endswith(REMARK) for note in notes)
    sent = cuemark("resolve", "send", sampled.json["markers"][0]["analysis"])
    assert sent.code == 0 and sent.err.count("[sample_models]") == 1

    ran = cuemark("resolve", "analyze", *QUICK)
    assert ran.code == 0 and ran.err.count("[pocket_models]") == 1, ran.err
    assert "new analysis" in ran.err, "what the sample models said is not taken for known"
    assert "sample" not in ran.out + ran.err
    assert not any(REMARK in marker["note"] for marker in resolve.markers("cut").values())
    told = cuemark("resolve", "analyze", *QUICK, "--json")
    assert told.code == 0 and {model["name"] for model in told.json["files"][0]["models"].values()} == {"pocket"}
    assert told.json["added"] == told.json["removed"] == 0 and told.json["warnings"] == []


@linux
def test_a_timeline_and_a_hub_that_cannot_be_reached(editor: tuple[Machine, SimulatedResolve]) -> None:
    cuemark, _ = editor
    ran = cuemark("resolve", "analyze", *QUICK, "--again", "--pull", "--json")
    assert ran.code == 0 and "[model_download_failed]" in ran.err, ran.err
    assert {"model_download_failed", "pocket_models"} <= set(codes(ran.json["files"][0]["warnings"]))


@linux
def test_a_timeline_and_a_hub_that_answers(machine: Machine, tmp_path: Path, make_video: VideoMaker) -> None:
    resolve = opened(machine, tmp_path, make_video(tmp_path / "mine.mp4", rate=25))
    try:
        before = machine("resolve", "analyze", *QUICK, "--json").json
        after = machine("resolve", "analyze", *QUICK, "--json", CUEMARK_PULL="1")
        again = machine("resolve", "analyze", *QUICK, "--json")
    finally:
        resolve.kill()
    assert codes(before["files"][0]["warnings"]) == ["pocket_models"]
    assert after.code == again.code == 0, after.err + again.err
    for told in (after.json, again.json):
        assert {model["name"] for model in told["files"][0]["models"].values()} == {"light"}
        assert told["files"][0]["warnings"] == told["warnings"] == []
    assert after.json["markers"][0]["analysis"] == again.json["markers"][0]["analysis"], "known from now on"


@linux
def test_a_timeline_and_a_pair_that_is_not_here(editor: tuple[Machine, SimulatedResolve]) -> None:
    cuemark, _ = editor
    ran = cuemark("resolve", "analyze", *QUICK, "--clip", "light")
    assert ran.code == 1 and "[models_needed]" in ran.err and "cuemark models pull light" in ran.err
    told = cuemark("resolve", "analyze", *QUICK, "--clip", "light", "--json")
    assert told.code == 1 and told.json["files"][0]["error"]["code"] == "models_needed"


def test_an_older_library_that_ends_on_sample_analyses(machine: Machine) -> None:
    shutil.copytree(OLD, machine.home / "data")
    listed = machine("analyses", "list")
    assert listed.code == 0 and "[sample_models]" in listed.err
    newest = machine("analyses", "list", "--json").json[0]
    assert codes(newest["warnings"]) == ["sample_models"]
    shown = machine("analyses", "show", newest["id"])
    assert shown.code == 0 and "[sample_models]" in shown.err
    assert "sample_models" in codes(machine("analyses", "show", newest["id"], "--json").json["warnings"])
    written = machine("export", newest["id"], "--format", "otio", "-o", "-")
    assert written.code == 0 and "[sample_models]" in written.err and REMARK in written.out
