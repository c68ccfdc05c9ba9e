"""What `cuemark scan` refuses before any work, and that Ray stays out of every other process."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from cuemark.cluster import ray_session
from cuemark.cluster.order import LOCAL, Places, ScanOrder
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, OptionError
from cuemark.core.extras import install_command
from cuemark.core.settings import load
from tests.cluster.homes import Home


def order(address: str = LOCAL, workers: int | None = None) -> ScanOrder:
    """Of no files."""
    return ScanOrder((), AnalysisOptions(), load(), Path("/"), address, workers)


@pytest.mark.parametrize("missing", ["ray", "pyarrow", "pandas"])
def test_without_the_extra_it_is_said_how_to_get_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(CuemarkError, match=missing) as told:
        ray_session.require_ray()
    assert told.value.code == "cluster_extra_missing" and install_command("cluster") in told.value.next_step


@pytest.mark.parametrize(
    "address", ["", "here", "host", "host:", ":6379", "host:port", "host:0", "host:99999", "ray://host:10001", "auto"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(OptionError) as told:
        ray_session.check_address(address)
    assert told.value.code == "option_cluster" and "HOST:PORT" in told.value.next_step


@pytest.mark.parametrize("address", ["local", "10.0.0.5:6379", "render-1:6379", "[::1]:6379"])
def test_an_address_is_taken(address: str) -> None:
    ray_session.check_address(address)


@pytest.mark.parametrize(
    ("gpus", "cores", "workers", "found"),
    [
        (0, 1, None, Places(1)),
        (0, 2, None, Places(1)),
        (0, 16, None, Places(8, 0, 2)),
        (0, 2, 2, Places(2, 0, 1)),
        (0, 16, 1, Places(1)),
        (4, 64, None, Places(4, 4)),
        (4, 64, 2, Places(2, 4)),
        (4, 64, 9, Places(4, 4)),
    ],
)
def test_a_worker_a_gpu_or_two_processors(gpus: int, cores: int, workers: int | None, found: Places) -> None:
    assert ray_session.places(order(workers=workers), gpus, cores) == found


def test_a_cluster_has_as_many_workers_as_fit() -> None:
    assert ray_session.places(order("host:6379"), 0, 32) == Places(16, 0, 2)
    assert ray_session.places(order("host:6379", 64), 0, 32) == Places(16, 0, 2)


def test_ray_is_nowhere_else() -> None:
    code = (
        "import importlib, pkgutil, sys, cuemark\n"
        "import cuemark.cli.main, cuemark.cli.library.scan, cuemark.rpc.server.main, cuemark.worker.runner\n"
        "import cuemark.cluster.actor, cuemark.cluster.driver, cuemark.cluster.scan, cuemark.lab.bench.cluster\n"
        "sys.exit([name for name in ('ray', 'pyarrow', 'pandas') if name in sys.modules] or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_refuses_before_it_starts_anything(tmp_path: Path) -> None:
    home = Home(tmp_path)
    code, told, _ = home.run("scan", tmp_path, "--cluster", "nowhere")
    assert code == 2 and told["error"]["code"] == "option_cluster"
    assert not (tmp_path / "runtime").exists(), "no daemon was started"
    process = home.start("scan", tmp_path, "--workers", "0")
    assert "--workers" in process.communicate(timeout=60)[1] and process.returncode == 2
