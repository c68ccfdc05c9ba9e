"""A set-up that goes well: first time, second time, after changes, and two at once."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.installer.conftest import SmallCheckout


def test_sets_up_runs_and_then_only_runs(plain_checkout: SmallCheckout) -> None:
    checkout = plain_checkout
    first = checkout("run", "--", "analyze", "a file.mp4", "--json")
    assert (first.code, first.out) == (0, "cuemark analyze a file.mp4 --json\n"), first.err
    for step in ("environment", "torch", "packages"):
        assert f"  {step}: " in first.err

    started = time.monotonic()
    second = checkout("run", "analyze", "--torch-index", "x")
    assert time.monotonic() - started < 3
    # Without a set-up there is nothing to say, and what follows `run` is cuemark's.
    assert (second.code, second.out, second.err) == (0, "cuemark analyze --torch-index x\n", "")
    assert checkout.builds == 1

    failing = checkout("demo", "--fail")
    assert (failing.code, failing.out) == (7, "cuemark demo --fail\n")  # the command's own exit code

    # Cuemark's hints name commands as this user has to type them.
    typed = shlex.join([sys.executable, str(checkout.root / "installer" / "bootstrap.py"), "run", "--"])
    assert checkout("run", "$CUEMARK_COMMAND").out == f"cuemark {typed}\n"


def test_install_offers_models_behind_the_script(checkout: SmallCheckout) -> None:
    script, offer = "cuemark resolve install", "cuemark models offer"
    assert checkout("install", "--all-users").out.splitlines() == [f"{script} --all-users", offer]
    assert checkout("install", "--pull").out.splitlines() == [script, f"{offer} --pull"]
    assert checkout("install", "--no-pull").out.splitlines() == [script, f"{offer} --no-pull"]
    assert checkout("install", "--", "--json").out.splitlines() == [f"{script} --json"]
    failed = checkout("install", "--", "--fail")
    assert (failed.code, failed.out.splitlines()) == (7, [f"{script} --fail"])
    assert checkout("demo", "--pull").code == 2


def test_a_changed_project_is_installed_into_the_same_environment(checkout: SmallCheckout) -> None:
    assert checkout("setup").code == 0
    kept = checkout.root / ".bootstrap" / "env" / "kept"
    kept.touch()
    with (checkout.root / "pyproject.toml").open("a") as file:
        file.write('description = "changed"\n')
    changed = checkout("setup")
    assert (changed.code, checkout.builds) == (0, 2), changed.err
    assert kept.exists() and "  torch: " not in changed.err
    # What `cuemark eval` needs is always there; the tools come when they are first asked for.
    assert list(kept.parent.rglob("matplotlib.py"))
    assert not list(kept.parent.rglob("pytest.py"))
    assert checkout("--tools", "setup").code == 0
    assert list(kept.parent.rglob("pytest.py")) and kept.exists()


@pytest.mark.slow
def test_a_moved_checkout_is_set_up_anew(checkout: SmallCheckout) -> None:
    assert checkout("setup").code == 0
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    moved = checkout("run", "--", "hello")
    assert (moved.code, moved.out, checkout.builds) == (0, "cuemark hello\n", 2), moved.err
    assert "in another place" in moved.err


def test_two_at_once_install_once(checkout: SmallCheckout) -> None:
    (checkout.root / "hold").touch()
    both = [checkout.start("run", "--", name) for name in ("one", "two")]
    while not checkout.builds:
        time.sleep(0.05)
    time.sleep(0.5)  # the other one is at the lock by now, or has gone wrong
    (checkout.root / "hold").unlink()
    ended = [process.communicate(timeout=170) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert [out for out, _ in ended] == ["cuemark one\n", "cuemark two\n"]
    assert checkout.builds == 1


def test_variables_that_divert_python_or_pip_do_no_harm(checkout: SmallCheckout) -> None:
    elsewhere = checkout.root / "elsewhere"
    (elsewhere / "torch").mkdir(parents=True)
    (elsewhere / "torch" / "__init__.py").write_text("raise SystemExit('the wrong torch')")
    paths = [str(elsewhere), checkout.environ["PYTHONPATH"]]
    checkout.environ |= {"PYTHONPATH": os.pathsep.join(paths), "PIP_TARGET": str(elsewhere), "PIP_USER": "1"}
    ran = checkout("exec", "--", "python", "-c", "import torch; print(torch.__version__)")
    assert (ran.code, ran.out) == (0, "2.13.0+cpu\n"), ran.err


def test_a_gpu_gets_the_cuda_builds(checkout: SmallCheckout, make_wheel: Callable[..., None]) -> None:
    for name, version in (("torch", "2.13.0"), ("onnxruntime_gpu", "1.31.1")):
        make_wheel(checkout.wheels, name, version)
    checkout.program("nvidia-smi", "echo 'NVIDIA Test 9000'")
    ran = checkout("setup")
    assert ran.code == 0, ran.err
    assert "because NVIDIA Test 9000 answers" in ran.err
    assert checkout.torch == "2.13.0"
    assert list((checkout.root / ".bootstrap").rglob("onnxruntime_gpu.py"))


def test_without_a_cpu_build_the_default_one_is_taken_and_its_size_said(
    checkout: SmallCheckout, make_wheel: Callable[..., None]
) -> None:
    shutil.rmtree(checkout.wheels)
    make_wheel(checkout.wheels, "torch", "2.13.0")
    make_wheel(checkout.wheels, "torchvision", "0.28.0")
    make_wheel(checkout.wheels, "matplotlib", "3.11.2")
    ran = checkout("setup")
    assert (ran.code, checkout.torch) == (0, "2.13.0"), ran.err
    assert "the default build" in ran.err and "up to 3.6 GiB to download" in ran.err


@pytest.mark.slow
def test_torch_index_wins_and_is_remembered(checkout: SmallCheckout, make_wheel: Callable[..., None]) -> None:
    assert checkout("setup").code == 0
    index = checkout.root / "index"
    for name, version in (("torch", "2.13.0+cu130"), ("torchvision", "0.28.0+cu130")):
        make_wheel(index / name, name, version)
        wheel = next((index / name).glob("*.whl")).name
        (index / name / "index.html").write_text(f'<!DOCTYPE html><a href="{wheel.replace("+", "%2B")}">{wheel}</a>')
    del checkout.environ["PIP_NO_INDEX"]
    # pip's own index stays the one that our wheels folder stands for.
    checkout.environ["PIP_INDEX_URL"] = (checkout.root / "no index").as_uri()
    asked = checkout("setup", "--torch-index", index.as_uri())
    assert (asked.code, checkout.torch) == (0, "2.13.0+cu130"), asked.err
    assert checkout("setup").err == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "the following arguments are required: command"),
        (("dance",), "invalid choice: 'dance'"),
        (("setup", "now"), "setup takes no now"),
        (("exec",), "exec needs a program"),
    ],
)
def test_wrong_usage(checkout: SmallCheckout, words: tuple[str, ...], says: str) -> None:
    ran = checkout(*words)
    assert ran.code == 2
    assert says in ran.err
    assert not (checkout.root / ".bootstrap").exists()
