"""`cuemark uninstall`: everything of ours is listed with its size and goes; nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from cuemark.cli.main import app
from cuemark.setup.autostart.switch import Autostart
from cuemark.setup.uninstall import Uninstall

if TYPE_CHECKING:
    from tests.install.conftest import Computer, Tree


def fill(computer: Computer) -> dict[str, int]:
    """What a daemon leaves behind, with autostart and script; sizes by path from the home folder."""
    home = computer.settings
    files = {
        home.library_file: 500, home.data / "library.sqlite-wal": 5, home.data / "sent" / "ab.json": 7,
        home.index / "3f" / ("3f" * 16) / "entry.json": 50,
        home.cache / "features" / "ab" / "ab.npz": 3000, home.cache / "CACHEDIR.TAG": 4,
        home.cache / "bench" / "long.mp4": 70, home.cache / "hardware.json": 30, home.cache / "speeds.json": 20,
        home.cache / "words" / "ab" / "0.npy": 40,
        home.models / "light" / "clip" / "weights": 10_000, home.models / ".partial" / "x.part": 60,
        home.runtime / "resolve" / "next.lua": 8, home.runtime / ".cuemark-00ff.new": 6, home.log_file: 90,
        home.log / "daemon.log.1": 9,
    }  # fmt: skip
    for path, size in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    computer.setup().install()
    computer.machine.at("run/systemd/system").mkdir(parents=True, exist_ok=True)
    Autostart(computer.machine).on()
    return {str(path.relative_to(computer.home)): size for path, size in files.items()}


def started(computer: Computer) -> Tree:
    """The disk before anything of ours was on it."""
    computer.machine.at("run/systemd/system").mkdir(parents=True, exist_ok=True)
    return computer.tree()


def test_all_of_it_is_listed_and_goes(any_computer: Computer) -> None:
    before = started(any_computer)
    sizes = fill(any_computer)
    work = Uninstall(any_computer.settings, any_computer.machine)
    items = work.items()
    script = any_computer.script.stat().st_size
    assert sum(item.size for item in items) >= sum(sizes.values()) + script
    assert {item.what for item in items if item.path == any_computer.script} == {"Resolve script"}
    listed = {item.path for item in items}
    paths = [any_computer.home / name for name in sizes]
    assert all(listed & {path, *path.parents} for path in paths)
    assert not work.kept() and not work.remove()
    assert any_computer.tree() == before and not any_computer.programs.tasks
    assert not Uninstall(any_computer.settings, any_computer.machine).items()


def test_models_can_stay(any_computer: Computer) -> None:
    fill(any_computer)
    work = Uninstall(any_computer.settings, any_computer.machine, keep_models=True)
    kept = work.remove()
    models = any_computer.settings.models
    assert {each.path for each in kept} == {models / "light", models / ".partial"}
    assert (models / "light" / "clip" / "weights").stat().st_size == 10_000
    left = [path for path in any_computer.settings.data.parent.rglob("*") if path.is_file()]
    assert all(models in path.parents for path in left)


def test_what_is_not_ours_stays_and_is_named(any_computer: Computer) -> None:
    fill(any_computer)
    mine = [
        any_computer.settings.data / "wedding.mov", any_computer.settings.models / "my-own" / "weights",
        any_computer.settings.data.parent / "notes.txt",
    ]  # fmt: skip
    elsewhere = any_computer.home / "big disk"
    elsewhere.mkdir()
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    (elsewhere / "footage").write_text("mine")
    (any_computer.settings.cache / "eval").symlink_to(elsewhere)
    kept = {each.path for each in Uninstall(any_computer.settings, any_computer.machine).remove()}
    assert kept == {mine[0], mine[1].parent}
    assert all(path.read_text() == "mine" for path in [*mine, elsewhere / "footage"])


@pytest.fixture
def command(any_computer: Computer, monkeypatch: pytest.MonkeyPatch) -> Computer:
    """The command line on that computer."""
    monkeypatch.setenv("CUEMARK_HOME", any_computer.machine.environ["CUEMARK_HOME"])
    monkeypatch.setattr("cuemark.setup.machine.this_machine", lambda: any_computer.machine)
    return any_computer


def cuemark(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_fresh_home_through_the_command_line(command: Computer) -> None:
    """What it must show 6: install, look, uninstall, and each said exactly what it left."""
    command.add_resolve()
    before = started(command)
    ran = cuemark("resolve", "install", "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["path"] == str(command.script) and command.script.is_file() and len(told["resolve"]) == 1
    on = json.loads(cuemark("daemon", "autostart", "on", "--json").stdout)
    assert on["on"] and on["current"] and all(Path(path).exists() for path in on["files"])

    full = command.tree()
    refused = cuemark("uninstall")
    assert refused.exit_code == 2 and str(command.script) in refused.output.replace("\n", "")
    listed = json.loads(cuemark("uninstall", "--dry-run", "--json").stdout)
    assert not listed["removed"] and command.tree() == full
    done = json.loads(cuemark("uninstall", "--yes", "--json").stdout)
    assert done["removed"] and done["items"] == listed["items"] and not done["kept"]
    assert command.tree() == before
    files = {path for path in full if full[path] is not None} - set(before)
    top = command.home.parent
    assert {str(top / path) for path in files} <= {item["path"] for item in done["items"]}


def test_the_plugin_alone_through_the_command_line(command: Computer) -> None:
    before = command.tree()
    assert "Installed" in cuemark("resolve", "install").output
    assert "There already" in cuemark("resolve", "install").output
    gone = json.loads(cuemark("resolve", "uninstall", "--json").stdout)
    assert gone["files"] == [str(command.script)] and gone["folders"] and command.tree() == before
    assert "was not installed" in cuemark("resolve", "uninstall").output


def test_a_script_for_all_users_that_would_never_hear_us(command: Computer) -> None:
    """The fixture's CUEMARK_HOME is a folder that a script without a baked-in mailbox cannot know."""
    assert "resolve_mailbox_elsewhere" in cuemark("resolve", "install", "--all-users").output
    cuemark("resolve", "uninstall")
    assert "resolve_mailbox_elsewhere" not in cuemark("resolve", "install").output
