"""Whatever is wrong with the editor's machine: one clear message, what to do next, and a reason code."""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.resolve.simulated.worlds import Item, Media, TimelineWorld, world
from tests.resolve.test_editor_markers import footage, simple, users_markers
from tests.resolve.test_resolve_truth import FRAMES

if TYPE_CHECKING:
    from tests.resolve.editor import Editor

ASKS = (["status"], ["analyze"], ["undo"], ["goto", "1"])
"""Commands that need a Resolve that answers."""


def all_say(editor: Editor, code: str, *words: str) -> None:
    """Every command ends with this reason, in JSON and in words."""
    for arguments in ASKS:
        ran = editor(*arguments, "--json")
        assert ran.error == code, (arguments, ran.out)
        assert all(word in ran.err for word in words), ran.err


def test_no_resolve_and_no_script(editor: Editor) -> None:
    all_say(editor, "resolve_not_running", "Workspace > Scripts > Cuemark")
    resolve = editor.open("free-21.1", world(simple(editor)), click=False)
    resolve.ask("state")
    editor.prefs.unlink(missing_ok=True)
    assert editor("status", "--json").error == "resolve_prefs_missing"
    editor.prefs.write_text("{}\n")
    all_say(editor, "resolve_no_script", "Workspace > Scripts > Cuemark")
    state = editor("status", "--json").json
    assert state["way"] == "script" and state["reason"] and state["timeline"] is None


def test_no_project_no_timeline_no_clips(editor: Editor) -> None:
    empty = TimelineWorld("Empty", Fraction(25), [[]])
    resolve = editor.open("free-21.1", world(empty, project=None))
    all_say(editor, "resolve_no_project")
    resolve.ask("set", project="Film", current=0)
    all_say(editor, "resolve_no_timeline")
    resolve.ask("set", current=1)
    assert editor("analyze", "--json").error == "resolve_timeline_empty"
    assert editor("status").code == 0 and editor("undo", "--json").json["removed"] == []
    ran = editor("analyze", "--timeline", "Nothing", "--json")
    assert ran.error == "resolve_timeline_unknown" and "Empty" in ran.err


def test_offline_footage(editor: Editor) -> None:
    gone = Media(editor.footage / "gone.mov", Fraction(25), 500)
    editor.open("free-21.1", world(TimelineWorld("Edit", Fraction(25), [[Item("a", 0, 100, gone)]])))
    ran = editor("analyze", "--json")
    assert ran.error == "resolve_no_footage" and "Relink" in ran.err
    assert 'a (V1 at 01:00:00:00): offline: "gone.mov" is not there' in ran.err


def test_an_analysis_no_clip_shows(editor: Editor) -> None:
    other = footage(editor, "other.mov", Fraction(25))
    edit = replace(simple(editor), name="Other", tracks=[[Item("a", 0, 300, Media(other, Fraction(25), FRAMES))]])
    resolve = editor.open("free-21.1", world(simple(editor), edit))
    assert editor("analyze", "--json").code == 0
    ran = editor("send", str(editor.footage / "B001.mov"), "--timeline", "Other", "--json")
    assert ran.error == "host_footage_unused" and "B001.mov" in ran.err and not resolve.markers("Other")
    assert editor("send", str(other), "--json").error == "analysis_not_found"


@pytest.mark.parametrize("flavour", ["free-21.1", "studio-18"])
def test_a_locked_timeline(editor: Editor, flavour: str) -> None:
    resolve = editor.open(flavour, world(simple(editor, markers=users_markers())))
    resolve.ask("timeline", locked=True)
    ran = editor("analyze", "--json")
    assert ran.error == "resolve_markers_refused" and "locked" in ran.err
    assert resolve.markers() == users_markers()
    resolve.ask("timeline", locked=False)
    added = editor("analyze", "--json").json["added"]
    assert added == len(resolve.markers()) - 20 and editor.analysed() == ["B001.mov"]
    resolve.ask("timeline", locked=True)
    assert editor("undo", "--json").error == "resolve_markers_refused"
    resolve.ask("timeline", locked=False)
    assert editor("undo", "--json").json["left"] == 20 and resolve.markers() == users_markers()


def test_two_resolves(editor: Editor) -> None:
    editor.open("free-21.1", world(simple(editor)))
    second = editor.open("free-20", world(simple(editor)))
    all_say(editor, "resolve_two_running", "Quit one")
    second.quit()
    assert editor("status").code == 0


def test_a_script_of_another_version(editor: Editor) -> None:
    resolve = editor.open("free-21.1", world(simple(editor)), click=False)
    old = editor.folder / "old.lua"
    old.write_bytes(editor.script.read_bytes().replace(b"local PROTOCOL = 1", b"local PROTOCOL = 0"))
    resolve.click(old)
    all_say(editor, "resolve_script_version", "cuemark resolve install")


def test_selection_of_a_version_that_does_not_tell_it(editor: Editor) -> None:
    editor.open("free-20", world(simple(editor)))
    assert editor("analyze", "--selected", "--json").error == "resolve_selection_unknown"


def test_a_dialog_open_in_resolve_is_waited_for_and_said(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cuemark.cli.resolve.options.AFTER_S", 0.5)
    resolve = editor.open("free-21.1", world(simple(editor)))
    assert "not answered" not in editor("status").err
    resolve.ask("fault", kind="hang", method="GetMarkers")
    threading.Timer(2.0, resolve.ask, ["release"]).start()
    ran = editor("status")
    assert ran.code == 0 and ran.err.count("has not answered yet. Close any dialog") == 1


def test_goto_where_there_is_no_playhead(editor: Editor) -> None:
    resolve = editor.open("free-21.1", world(simple(editor)))
    resolve.ask("set", page="fusion")
    ran = editor("goto", "30f", "--json")
    assert ran.error == "resolve_goto_refused" and "Edit page" in ran.err
    assert editor("goto", "soon").code == 2
    assert editor("goto", "1", "--json").error == "host_marker_unknown"
