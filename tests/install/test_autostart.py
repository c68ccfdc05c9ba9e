"""The daemon at login: on, off and status with each system's own means."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from cuemark.core.errors import CuemarkError
from cuemark.setup.autostart.switch import Autostart, daemon_command
from cuemark.setup.autostart.unix import unit_text

if TYPE_CHECKING:
    from tests.install.conftest import Computer


def ready(computer: Computer) -> Computer:
    """A Linux that systemd runs."""
    if computer.machine.platform == "linux":
        computer.machine.at("run/systemd/system").mkdir(parents=True)
    return computer


def test_off_until_asked_for_and_off_again_without_a_trace(any_computer: Computer) -> None:
    machine = ready(any_computer).machine
    before = any_computer.tree()
    assert not Autostart(machine).status().is_on
    on = Autostart(machine).on()
    assert on.is_on and on.is_ours
    assert all(path.exists() for path in on.files)
    assert Autostart(machine).on() == on  # twice is once
    assert Autostart(machine).off()
    assert not Autostart(machine).status().is_on and not Autostart(machine).off()
    assert any_computer.tree() == before and not any_computer.programs.tasks


def test_another_installation_or_other_settings_are_noticed(any_computer: Computer) -> None:
    machine = ready(any_computer).machine
    Autostart(machine, ["/gone/python", "-m", "cuemark.autostart.launch"]).on()
    status = Autostart(machine).status()
    assert status.is_on and not status.is_ours
    assert Autostart(machine).on().is_ours


def test_the_settings_of_the_moment_go_with_it(any_computer: Computer) -> None:
    command = daemon_command(any_computer.machine.platform, any_computer.machine.environ)
    assert f"CUEMARK_HOME={any_computer.machine.environ['CUEMARK_HOME']}" in command
    assert "CUEMARK_DAEMON_IDLE_S=0" in command  # started at login to be there, not to leave when idle
    assert "CUEMARK_DAEMON_IDLE_S=60" in daemon_command("linux", {"CUEMARK_DAEMON_IDLE_S": "60"})


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_understands_the_unit(new_computer: Callable[[str], Computer], tmp_path: Path) -> None:
    machine = ready(new_computer("linux")).machine
    odd = 'a b "c" \\d %h $HOME ü\t'
    python = tmp_path / 'my %i $x "quoted" py'
    python.symlink_to(sys.executable)
    unit = Autostart(machine, [str(python), "-m", "cuemark.autostart.launch", f"CUEMARK_HOME={odd}"]).on().files[0]
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(unit)],
        capture_output=True, text=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert ran.returncode == 0 and "cuemark.service" not in ran.stderr, ran.stderr
    assert "%%h" in unit.read_text() and "$$HOME" in unit.read_text() and "\\x09" in unit.read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_would_find_fault_with_a_unit_that_is_wrong(tmp_path: Path) -> None:
    unit = tmp_path / "cuemark.service"
    unit.write_text(unit_text(["/not/there/python"]))
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(unit)],
        capture_output=True, text=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert ran.returncode != 0 and "/not/there/python" in ran.stderr


def test_without_systemd_it_says_what_else_to_do(new_computer: Callable[[str], Computer]) -> None:
    linux = new_computer("linux")
    before = linux.tree()
    with pytest.raises(CuemarkError) as caught:
        Autostart(linux.machine).on()
    assert caught.value.code == "autostart_unavailable" and "cuemark daemon start" in caught.value.next_step
    assert linux.tree() == before


def test_users_own_units_stay(new_computer: Callable[[str], Computer]) -> None:
    linux = ready(new_computer("linux"))
    mine = linux.home / ".config/systemd/user/default.target.wants/mine.service"
    mine.parent.mkdir(parents=True)
    mine.touch()
    before = linux.tree()
    Autostart(linux.machine).on()
    Autostart(linux.machine).off()
    assert linux.tree() == before
    configured = replace(linux.machine, environ={**linux.machine.environ, "XDG_CONFIG_HOME": str(linux.home / "etc")})
    assert Autostart(configured).on().files[0] == linux.home / "etc/systemd/user/cuemark.service"


def test_launchd_gets_a_list_it_can_read(new_computer: Callable[[str], Computer]) -> None:
    mac = new_computer("darwin")
    (file,) = Autostart(mac.machine).on().files
    assert file == mac.home / "Library/LaunchAgents/cuemark.daemon.plist"
    agent = plistlib.loads(file.read_bytes())
    assert agent["RunAtLoad"] is True and agent["ProgramArguments"][2] == "cuemark.autostart.launch"
    assert Path(agent["ProgramArguments"][0]).is_file()


def test_windows_task_is_for_this_user_and_never_timed_out(new_computer: Callable[[str], Computer]) -> None:
    windows = new_computer("win32")
    Autostart(windows.machine).on()
    task = ElementTree.fromstring(windows.programs.tasks["Cuemark"])
    told = {element.tag.split("}")[1]: element.text for element in task.iter()}
    assert told["UserId"] == "DESK\\Jörg" and told["ExecutionTimeLimit"] == "PT0S"
    assert told["RunLevel"] == "LeastPrivilege" and "cuemark.autostart.launch" in (told["Arguments"] or "")


def test_windows_refusal_is_passed_on(new_computer: Callable[[str], Computer]) -> None:
    windows = new_computer("win32")
    windows.programs.refuses = True
    with pytest.raises(CuemarkError) as caught:
        Autostart(windows.machine).on()
    assert caught.value.code == "autostart_refused" and "Access is denied" in caught.value.message
