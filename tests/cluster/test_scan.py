"""`cuemark scan`, as a user runs it: what it makes is what the daemon makes, whatever is killed meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

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
