"""`cuemark scan`, as a user runs it: what it makes is what the daemon makes, whatever is killed meanwhile."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cuemark.cluster.processes import end_all
from cuemark.cluster.ray_session import environment
from cuemark.core.settings import load
from cuemark.rpc.client.client import CuemarkClient
from tests.cluster.homes import BAD, GOOD, Home, ray_processes

pytest.importorskip("ray", reason="the extra `cluster` is not installed, or Ray has no package for this Python")
pytestmark = pytest.mark.slow

ByDaemon = tuple[Home, int, dict[str, Any]]
PARTS = ("--long", "0.3")
"""Minutes: the two clips of 40 s are encoded in parts."""


def outcomes(told: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What became of each file: its state and, where there is one, its error's code."""
    return {Path(file["path"]).name: (file["state"], file.get("error", {}).get("code", "")) for file in told["files"]}


def waited_for(condition: Callable[[], object], what: str, seconds: float = 240) -> None:
    """Until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)


def below(process: subprocess.Popen[str], beginning: str = "") -> list[psutil.Process]:
    """The processes that a command started, and those they started, whose command line begins so."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if " ".join(child.cmdline()).startswith(beginning):
                found.append(child)
        except psutil.Error:
            continue
    return found


def test_a_scan_makes_what_the_daemon_makes(footage: Path, home: Home, by_daemon: ByDaemon) -> None:
    daemon, code, told = by_daemon
    process = home.start("scan", footage, "--workers", "2", *PARTS, "--json")
    waited_for(lambda: len(home.written()) > 2 or process.poll() is not None, "the first entries")
    listening = list(addresses_of(process))
    out, _ = process.communicate(timeout=600)
    assert process.returncode == code == 1
    found = json.loads(out)
    assert outcomes(found) == outcomes(told)
    assert found["indexed"] == GOOD and found["failed"] == BAD
    assert home.entries == daemon.entries and len(home.written()) == GOOD
    assert listening and set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}, "loopback alone"
    assert not (home.folder / ".ray").exists(), "nothing of Ray in the user's home"
    before, good = home.written(), sorted(footage.glob("clip*"))
    code, again, _ = home.run("scan", *good, "--workers", "2", *PARTS)
    assert code == 0 and again["unchanged"] == GOOD and again["indexed"] == 0
    assert home.written() == before


def addresses_of(process: subprocess.Popen[str]) -> Iterator[str]:
    """Where the processes of a scan listen."""
    for child in below(process):
        try:
            connections = child.net_connections("inet")
        except psutil.Error:
            continue
        yield from (each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN)


def test_an_actor_that_is_killed_costs_nothing(footage: Path, home: Home, by_daemon: ByDaemon) -> None:
    process = home.start("scan", footage, "--workers", "2", *PARTS, "--json")
    waited_for(lambda: len(home.written()) > 2, "the first entries")
    actors = below(process, "ray::MapWorker")
    assert len(actors) == 2
    actors[0].kill()
    out, told = process.communicate(timeout=600)
    assert process.returncode == 1, told
    assert outcomes(json.loads(out)) == outcomes(by_daemon[2])
    assert home.entries == by_daemon[0].entries


def test_a_scan_that_is_killed_goes_on_where_it_was(footage: Path, home: Home, by_daemon: ByDaemon) -> None:
    process = home.start("scan", footage, "--workers", "2", *PARTS)
    waited_for(lambda: len(home.written()) > 2, "the first entries")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    waited_for(lambda: not ray_processes(home), "the end of all processes", 10)
    before = home.written()
    code, told, _ = home.run("scan", footage, "--workers", "2", *PARTS)
    assert code == 1 and told["indexed"] == GOOD and told["failed"] == BAD
    assert home.entries == by_daemon[0].entries
    assert {name: home.written()[name] for name in before} == before, "nothing is done twice"
    with CuemarkClient.connect(load(home.environment)) as client:
        known = client.list_media()
    assert sorted(media.paths[0] for media in known) == sorted(footage.glob("clip*"))
    assert all(len(media.paths) == 1 for media in known)


def test_an_interrupt_leaves_no_process(footage: Path, home: Home) -> None:
    process = home.start("scan", footage, "--workers", "2", *PARTS)
    waited_for(lambda: len(home.written()) > 2, "the first entries")
    started = below(process)
    process.send_signal(signal.SIGINT)
    waited_for(lambda: not ray_processes(home), "the end of all processes of Ray", 5)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "Interrupted" in told, told
    assert len(started) > 5 and "Traceback" not in told


@pytest.fixture
def cluster(tmp_path: Path, by_daemon: ByDaemon, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A Ray cluster of one machine that shares no folder of ours: its address, and the home of its machine."""
    node = tmp_path / "node"
    shutil.copytree(by_daemon[0].folder / "cache" / "image-towers", node / "cache" / "image-towers")
    for name, value in {**environment(is_local=True), "CUEMARK_HOME": str(node)}.items():
        monkeypatch.setenv(name, value)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    scratch = Path(tempfile.mkdtemp(prefix="cm-", dir="/tmp"))
    words = ["start", "--head", "--block", "--node-ip-address", "127.0.0.1", "--port", address.rpartition(":")[2]]
    words += ["--include-dashboard", "false", "--temp-dir", str(scratch), "--num-cpus", "4"]
    words += ["--object-store-memory", str(100 << 20)]
    command = [sys.executable, "-m", "ray.scripts.scripts", *words]
    head = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        waited_for(lambda: reached(address), "the cluster")
        yield address, node
    finally:
        end_all(head.pid)
        head.kill()
        head.wait()
        shutil.rmtree(scratch, ignore_errors=True)


def reached(address: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = address.rpartition(":")
    with socket.socket() as tried:
        return tried.connect_ex((host, int(port))) == 0


def test_a_cluster_that_shares_no_folder_sends_entries(
    footage: Path, home: Home, by_daemon: ByDaemon, cluster: tuple[str, Path]
) -> None:
    address, node = cluster
    some = [footage / name for name in ("clip00.mp4", "clip05.mp4", "clip06.mp4", "text.mp4")]
    code, told, said = home.run("scan", *some, "--cluster", address, *PARTS)
    assert code == 1, said
    assert outcomes(told) == {path.name: outcomes(by_daemon[2])[path.name] for path in some}
    entries = by_daemon[0].entries
    assert home.entries == {name: data for name, data in entries.items() if name in home.entries}
    assert len(home.written()) == 3 and not (node / "data").exists(), "what was made there is here, and not there"


def test_where_nobody_answers_is_said(footage: Path, home: Home) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, told, _ = home.run("scan", footage / "clip05.mp4", "--cluster", address)
    assert code == 1 and told["error"]["code"] == "cluster_unreachable"
    assert address in told["error"]["message"] and "ray start --head" in told["error"]["next_step"]
