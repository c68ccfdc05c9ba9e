"""`cuemark resolve uninstall` ends the script that runs, and asks nobody who is not there."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from cuemark.cli.main import app
from cuemark.rpc.contract.endpoint import lock_is_held
from tests.resolve.conftest import wait_until
from tests.resolve.simulated.worlds import TimelineWorld, world

if TYPE_CHECKING:
    from tests.resolve.editor import Editor

EMPTY = world(TimelineWorld("Edit", Fraction(25), [[]]))


@pytest.mark.parametrize("flavour", ["free-21.1", "studio-18"])
def test_a_running_script_ends_and_is_told_of(editor: Editor, flavour: str) -> None:
    assert editor("install", "--json").code == 0
    resolve = editor.open(flavour, EMPTY)
    ran = editor("uninstall", "--json")
    assert ran.code == 0 and ran.json["script_ended"] is True and len(ran.json["files"]) == 1, ran.err
    wait_until(lambda: resolve.state()["running"] == 0)
    # Clicked and ended once more, now for people to read.
    resolve.click(editor.script)
    assert "Ended the script that ran in Resolve." in editor("uninstall").out
    wait_until(lambda: resolve.state()["running"] == 0)
    begun = time.monotonic()
    again = editor("uninstall", "--json")
    assert again.code == 0 and again.json["script_ended"] is False and not again.err
    assert time.monotonic() - begun < 3


def test_scripts_in_two_resolves_end_both(editor: Editor) -> None:
    resolves = [editor.open("free-21.1", EMPTY) for _ in range(2)]
    assert editor("uninstall", "--json").json["script_ended"] is True
    wait_until(lambda: all(resolve.state()["running"] == 0 for resolve in resolves))


def test_without_resolve_or_daemon_nothing_is_asked_or_started(editor: Editor) -> None:
    assert editor("install").code == 0
    ran = editor("uninstall", "--json")
    assert ran.code == 0 and ran.json["script_ended"] is False and len(ran.json["files"]) == 1 and not ran.err
    assert editor("install").code == 0
    editor.daemon.end()
    done = CliRunner().invoke(app, ["resolve", "uninstall"])
    assert done.exit_code == 0 and "Removed" in done.stdout and "Ended" not in done.stdout and not done.stderr
    assert not lock_is_held(editor.settings.lock_file)


def test_removing_all_of_cuemark_ends_the_script_too(editor: Editor) -> None:
    resolve = editor.open("free-21.1", EMPTY)
    editor.start()
    done = CliRunner().invoke(app, ["uninstall", "--yes", "--json"])
    assert done.exit_code == 0, done.stderr
    wait_until(lambda: resolve.state()["running"] == 0)
    assert not lock_is_held(editor.settings.lock_file)
