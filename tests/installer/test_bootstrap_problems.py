"""A set-up that cannot go well: each reason has its own code, message and next step, and is over once mended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.installer.conftest import Ran, SmallCheckout

OLD_PYTHONS = ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9")
WITHOUT_ENSUREPIP = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "ensurepip" else found(name, package)
"""
SMALL_DISK = """
import collections, shutil
usage = collections.namedtuple("usage", "total used free")
shutil.disk_usage = lambda path: usage(9 << 30, 8 << 30, 1 << 30)
"""


def assert_problem(ran: Ran, code: int, *words: str) -> None:
    """One message, one next step, nothing like a traceback."""
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err
    message, step = [line for line in ran.err.splitlines() if line.startswith(("cuemark set-up: ", "  next step: "))]
    for word in words:
        assert word in message + step


@pytest.mark.parametrize("name", OLD_PYTHONS)
def test_python_too_old(checkout: SmallCheckout, name: str) -> None:
    found = _pyenv(name) or shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine")
    script = str(checkout.root / "installer" / "bootstrap.py")
    ran = subprocess.run([found, script, "demo"], capture_output=True, text=True, env=checkout.environ, check=False)
    assert ran.returncode == 10
    assert "is too old" in ran.stderr and "needs 3.10 or newer" in ran.stderr and "next step: " in ran.stderr
    assert "Traceback" not in ran.stderr and "SyntaxError" not in ran.stderr


def _pyenv(name: str) -> str | None:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(root.glob(f"versions/*/bin/{name}"))
    return str(found[-1]) if found else None


def test_no_venv_module(checkout: SmallCheckout) -> None:
    checkout.patch_python(WITHOUT_ENSUREPIP)
    assert_problem(checkout("demo"), 11, "ensurepip", "sudo apt install python3.")


def test_not_enough_disk_is_seen_before_anything_is_written(checkout: SmallCheckout) -> None:
    checkout.patch_python(SMALL_DISK)
    assert_problem(checkout("demo"), 12, "needs about 3.2 GiB", str(checkout.root), "has 1.0 GiB free")
    assert not (checkout.root / ".bootstrap" / "env").exists()


def test_no_network_then_goes_on_where_it_stopped(checkout: SmallCheckout) -> None:
    online = dict(checkout.environ)
    del checkout.environ["PIP_NO_INDEX"]
    checkout.environ |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    assert_problem(checkout("demo"), 13, "could not reach the package index", "setup.log", "goes on where it stopped")
    kept = checkout.root / ".bootstrap" / "env" / "kept"
    kept.touch()
    checkout.environ = online
    assert checkout("demo").out == "cuemark demo\n"
    assert kept.exists()


def test_no_build_for_this_machine(checkout: SmallCheckout) -> None:
    for wheel in checkout.wheels.glob("torch-*"):
        wheel.unlink()
    assert_problem(checkout("demo"), 14, "torch==2.13.0", "Try another Python")


@pytest.mark.slow
def test_a_failing_build_names_the_step_and_the_log(checkout: SmallCheckout) -> None:
    backend = checkout.root / "backend.py"
    good = backend.read_text()
    backend.write_text("raise RuntimeError('broken backend')")
    assert_problem(checkout("demo"), 16, "`packages` failed", "setup.log")
    assert "broken backend" in (checkout.root / ".bootstrap" / "setup.log").read_text()
    backend.write_text(good)
    assert checkout("demo").out == "cuemark demo\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere, Windows has no modes")
def test_not_writable(checkout: SmallCheckout) -> None:
    checkout.root.chmod(0o555)
    assert_problem(checkout("demo"), 15, str(checkout.root))
    checkout.root.chmod(0o755)


def held(checkout: SmallCheckout) -> subprocess.Popen[str]:
    """A set-up that has come to the middle of its last install and stays there."""
    (checkout.root / "hold").touch()
    process = checkout.start("demo")
    while not checkout.builds:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_interrupted_politely(checkout: SmallCheckout, number: signal.Signals, code: int) -> None:
    process = held(checkout)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert "interrupted during the step `packages`" in err and "Run the same command again" in err
    (checkout.root / "hold").unlink()
    again = checkout("demo")
    assert again.out == "cuemark demo\n", again.err
    assert "made anew: an earlier set-up was cut off during `packages`" in again.err


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_killed_outright_with_its_pip_still_writing(checkout: SmallCheckout) -> None:
    process = held(checkout)
    process.kill()
    process.communicate(timeout=30)
    mark = checkout.root / ".bootstrap" / "env" / "mark"
    mark.touch()
    # The orphaned pip is still at work, so the next one must leave the environment alone until it ends ...
    second = checkout.start("demo")
    time.sleep(2)
    assert second.poll() is None
    assert mark.exists()
    # ... and then not trust what it left.
    (checkout.root / "hold").unlink()
    out, err = second.communicate(timeout=170)
    assert (second.returncode, out) == (0, "cuemark demo\n"), err
    assert not mark.exists()
    assert "cut off during `packages`" in err


@pytest.mark.slow
def test_a_damaged_marker_is_not_trusted(checkout: SmallCheckout) -> None:
    assert checkout("setup").code == 0
    (checkout.root / ".bootstrap" / "state.json").write_text('{"ready": true, "surp')
    ran = checkout("demo")
    assert (ran.out, checkout.builds) == ("cuemark demo\n", 2), ran.err


@pytest.mark.slow
def test_an_environment_whose_python_is_gone_is_made_anew(checkout: SmallCheckout) -> None:
    assert checkout("setup").code == 0
    for python in (checkout.root / ".bootstrap" / "env" / "bin").glob("python*"):
        python.unlink()
    ran = checkout("demo")
    assert ran.out == "cuemark demo\n", ran.err
    assert "its Python is gone" in ran.err
