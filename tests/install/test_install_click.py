"""What was installed is what Resolve runs: a click on it, and the daemon's question comes back answered."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cuemark.hosts.resolve.host import ResolveHost
from cuemark.hosts.resolve.mailbox import Mailbox
from cuemark.hosts.resolve.places import prefs_files
from cuemark.hosts.resolve.script_transport import ScriptTransport, mailbox_folder
from cuemark.hosts.resolve.studio_transport import StudioTransport, child_environment
from cuemark.setup.doctor import resolve as doctor_resolve
from tests.resolve.simulated.client import SimulatedResolve
from tests.resolve.simulated.worlds import world

if TYPE_CHECKING:
    from tests.install.conftest import Computer


def test_the_installed_script_answers_the_doctor(any_computer: Computer, tmp_path: Path) -> None:
    script = any_computer.setup().install().path
    prefs = script.parents[2] / "Profiles" / "Default" / "Fusion.prefs"
    resolve = SimulatedResolve(tmp_path / "resolve", "free-21.1", world(current=0), prefs).start()
    try:
        resolve.click(script)
        machine = any_computer.machine
        link = ScriptTransport(
            Mailbox(mailbox_folder(any_computer.settings)),
            lambda: prefs_files(machine.platform, machine.environ),
            lambda: frozenset({resolve.pid}),
        )
        environ = child_environment(machine.platform, machine.environ)
        finding = doctor_resolve.talk(ResolveHost(link, StudioTransport(environ, lambda: frozenset({resolve.pid}))))
        assert finding.state == "OK" and "21.1" in finding.text and "script" in finding.text, finding
        answers = doctor_resolve.answers(machine)
        assert answers.state == "OK" and "before" in answers.text
    finally:
        resolve.kill()
    # Resolve's own files are nobody's to remove.
    any_computer.setup().uninstall()
    assert prefs.is_file() and not script.exists()


@pytest.mark.slow
def test_what_runs_at_login_is_a_daemon(tmp_path: Path) -> None:
    home = tmp_path / "my home"
    launch = [sys.executable, "-m", "cuemark.autostart.launch", f"CUEMARK_HOME={home}", "CUEMARK_DAEMON_IDLE_S=0"]
    daemon = subprocess.Popen(launch)
    try:
        deadline = time.monotonic() + 60
        while not (home / "runtime" / "endpoint.json").exists():
            assert time.monotonic() < deadline and daemon.poll() is None
            time.sleep(0.05)
        ready = [sys.executable, "-m", "cuemark.cli.main", "daemon"]
        environ = {**os.environ, "CUEMARK_HOME": str(home)}
        assert subprocess.run([*ready, "start"], env=environ, check=False, timeout=60).returncode == 0
        assert subprocess.run(launch, check=False, timeout=60).returncode == 0  # one that runs already is as good
        assert daemon.poll() is None
        subprocess.run([*ready, "stop"], env=environ, check=True, timeout=60)
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()
        daemon.wait()
