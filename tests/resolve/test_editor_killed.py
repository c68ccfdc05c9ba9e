"""Daemon, script or Resolve killed at any step of a command: the next one works, no marker is lost or doubled."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.resolve.conftest import wait_until
from tests.resolve.simulated.client import SimulatedResolve
from tests.resolve.simulated.worlds import world
from tests.resolve.test_editor_markers import simple, users_markers

if TYPE_CHECKING:
    from tests.resolve.editor import Editor

STEPS = [
    pytest.param("DeleteMarkerAtFrame", 2, id="removing"),
    pytest.param("AddMarker", 2, id="adding"),
    pytest.param("GetStartFrame", 0, id="describing", marks=pytest.mark.slow),
    pytest.param("GetMarkers", 0, id="listing", marks=pytest.mark.slow),
    pytest.param("DeleteMarkerAtFrame", 0, id="first removal", marks=pytest.mark.slow),
    pytest.param("AddMarker", 0, id="first addition", marks=pytest.mark.slow),
    pytest.param("AddMarker", 4, id="last addition", marks=pytest.mark.slow),
    pytest.param("GetMarkers", 3, id="reading back", marks=pytest.mark.slow),
]
RECOLOURED = ("analyze", "--moment-color", "Mint", "--chapter-color", "Rose", "--json")
"""A command that takes off and puts on every marker of ours that `analyze` has put there."""

Held = dict[int, dict[str, Any]]


def marked(editor: Editor) -> tuple[SimulatedResolve, Held]:
    """A timeline with the user's markers and ours, and what it shows when all of ours have other colours."""
    resolve = editor.open("free-21.1", world(simple(editor, markers=users_markers())))
    assert editor("analyze", "--json").code == 0
    colours = {"Sky": "Mint", "Purple": "Rose"}
    wanted = {frame: {**m, "color": colours.get(m["color"], m["color"])} for frame, m in resolve.markers().items()}
    assert len(wanted) > 24
    return resolve, wanted


def then_all_is_well(editor: Editor, resolve: SimulatedResolve, wanted: Held) -> None:
    """The next command does what the killed one was to do; undo leaves the user's markers."""
    ran = editor(*RECOLOURED)
    assert ran.code == 0, ran.err
    assert resolve.markers() == wanted == resolve.saved_markers()
    assert not ran.json["edits"] and not ran.json["dropped"]
    assert editor("undo", "--json").code == 0
    assert resolve.markers() == users_markers()


@pytest.mark.parametrize(("method", "after"), STEPS)
def test_resolve_dies(editor: Editor, method: str, after: int) -> None:
    resolve, wanted = marked(editor)
    resolve.ask("fault", kind="die", method=method, after=after)
    assert editor(*RECOLOURED).error == "resolve_gone"
    resolve.wait_killed()
    assert editor(*RECOLOURED).error == "resolve_not_running"
    resolve.start()
    assert editor(*RECOLOURED).error == "resolve_no_script"
    resolve.click(editor.script)
    then_all_is_well(editor, resolve, wanted)


@pytest.mark.parametrize(("method", "after"), STEPS)
def test_the_script_dies(editor: Editor, monkeypatch: pytest.MonkeyPatch, method: str, after: int) -> None:
    monkeypatch.setenv("TEST_PATIENCE_S", "2")
    resolve, wanted = marked(editor)
    resolve.ask("fault", kind="end script", method=method, after=after)
    assert editor(*RECOLOURED).error == "resolve_no_answer"
    assert editor(*RECOLOURED).error == "resolve_no_script"
    resolve.click(editor.script)
    then_all_is_well(editor, resolve, wanted)


def stopped_at(editor: Editor, resolve: SimulatedResolve, method: str, after: int) -> Any:
    """A command that waits for Resolve, which has opened a dialog in the middle of it."""
    before = resolve.state()["calls"].get(method, 0)
    resolve.ask("fault", kind="hang", method=method, after=after)
    command = editor.begin(*RECOLOURED)
    wait_until(lambda: resolve.state()["calls"].get(method, 0) > before + after)
    return command


@pytest.mark.parametrize(("method", "after"), STEPS)
def test_the_daemon_dies_and_so_does_the_command(editor: Editor, method: str, after: int) -> None:
    """Its last request is still carried out, when nobody waits for it any more."""
    resolve, wanted = marked(editor)
    command = stopped_at(editor, resolve, method, after)
    command.kill()
    command.wait()
    editor.daemon.kill_daemon()
    resolve.ask("release")
    then_all_is_well(editor, resolve, wanted)


def test_the_daemon_dies_and_the_command_goes_on_with_the_next(editor: Editor) -> None:
    resolve, wanted = marked(editor)
    command = stopped_at(editor, resolve, "AddMarker", 2)
    editor.daemon.kill_daemon()
    resolve.ask("release")
    assert command.wait(60) == 0
    assert resolve.markers() == wanted
    then_all_is_well(editor, resolve, wanted)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent there")
def test_ctrl_c_ends_the_command_while_resolve_is_busy(editor: Editor) -> None:
    resolve, wanted = marked(editor)
    command = stopped_at(editor, resolve, "AddMarker", 2)
    command.send_signal(signal.SIGINT)
    assert command.wait(60) == 130
    resolve.ask("release")
    then_all_is_well(editor, resolve, wanted)


@pytest.mark.parametrize("who", ["command", "daemon", "resolve"])
def test_killed_while_undoing(editor: Editor, who: str) -> None:
    resolve, _ = marked(editor)
    resolve.ask("fault", kind="die" if who == "resolve" else "hang", method="DeleteMarkerAtFrame", after=3)
    command = editor.begin("undo")
    kills: dict[str, Callable[[], object]] = {
        "command": command.kill,
        "daemon": editor.daemon.kill_daemon,
        "resolve": resolve.wait_killed,
    }
    if who != "resolve":
        wait_until(lambda: resolve.state()["calls"].get("DeleteMarkerAtFrame", 0) > 3)
    kills[who]()
    if who == "resolve":
        resolve.start()
        resolve.click(editor.script)
    else:
        resolve.ask("release")
    command.wait(60)
    assert editor("undo", "--json").json["left"] == 20
    assert resolve.markers() == users_markers() == resolve.saved_markers()
