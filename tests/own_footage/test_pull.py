"""The pull that is offered: asked once on a terminal, or answered in advance; the work goes on with what came."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.own_footage.conftest import Machine

if TYPE_CHECKING:
    from tests.cli.conftest import VideoMaker

WEIGHTS = "/tests/clip/open_clip_model.safetensors"
posix = pytest.mark.skipif(os.name == "nt", reason="needs a pseudo terminal")


@pytest.fixture
def video(tmp_path: Path, make_video: VideoMaker) -> Path:
    return make_video(tmp_path / "mine.mp4")


def used(found: Any) -> set[str]:
    """Names of the models that `--json` tells of."""
    return {model["name"] for model in found["models"].values()}


@posix
def test_yes_at_the_terminal_and_the_work_goes_on_with_what_came(machine: Machine, video: Path) -> None:
    asked = machine.terminal("analyze", video, "--preset", "fast", "--moments", "1")
    asked.wait_for("[y/N]")
    assert "[pocket_models]" in asked.shown and "Pull `light` now" in asked.shown
    asked.type("yes")
    assert asked.end() == 0, asked.shown
    assert "Model light is ready." in asked.shown and "image model light, language model light" in asked.shown
    again = machine.analyze(video, "--json")
    assert used(again.json) == {"light"} and "pocket" not in again.err + again.out


@posix
def test_no_at_the_terminal_is_asked_once(machine: Machine, video: Path, server: Any) -> None:
    asked = machine.terminal("analyze", video, "--preset", "fast", "--moments", "1")
    asked.wait_for("[y/N]")
    asked.type("maybe")
    asked.type("n")
    assert asked.end() == 0, asked.shown
    assert asked.shown.count("[y/N]") == 2 and "image model pocket" in asked.shown
    again = machine.terminal("analyze", video, "--preset", "fast", "--moments", "1")
    assert again.end() == 0 and "[y/N]" not in again.shown and "[pocket_models]" in again.shown
    assert server.requests == []
    assert machine("uninstall", "--yes").code == 0 and not machine.home.exists(), "the answer is uninstalled too"


@posix
def test_nobody_is_asked_where_there_is_nothing_to_analyse(machine: Machine) -> None:
    asked = machine.terminal("analyze", "nowhere.mp4")
    assert asked.end() == 1 and "[y/N]" not in asked.shown and "[media_not_found]" in asked.shown


@posix
def test_ctrl_c_at_the_question_leaves_without_an_answer(machine: Machine, video: Path) -> None:
    asked = machine.terminal("analyze", video, "--preset", "fast")
    asked.wait_for("[y/N]")
    os.kill(asked.process.pid, signal.SIGINT)
    assert asked.end() == 130 and not (machine.home / "data" / "answers.json").exists()


def test_a_hub_that_dies_in_the_middle_and_comes_back(machine: Machine, video: Path, server: Any) -> None:
    size = len(server.files[WEIGHTS])
    server.cut_after = [10**9, size // 2]
    server.dies_after = 2
    failed = machine.analyze(video, "--pull", "--json")
    assert failed.code == 0, failed.err
    assert used(failed.json) == {"pocket"} and "model_download_failed" in failed.err
    server.dies_after = None
    done = machine.analyze(video, "--json", CUEMARK_PULL="1")
    assert done.code == 0 and used(done.json) == {"light"}, done.err
    assert "pocket_models" not in {warning["code"] for warning in done.json["warnings"]}
    assert server.sent(WEIGHTS) == size, "what had arrived is not asked for again"


@posix
def test_a_daemon_killed_in_the_middle_of_the_pull(machine: Machine, video: Path, server: Any) -> None:
    server.delay = 0.05
    running = machine.start("analyze", video, "--preset", "fast", "--moments", "1", "--pull", "--json")
    _wait_until(lambda: any(path.stat().st_size > 500_000 for path in machine.home.rglob("*.part")))
    os.kill(machine("daemon", "status", "--json").json["pid"], signal.SIGKILL)
    server.delay = 0.0
    out, err = running.communicate(timeout=170)
    assert running.returncode == 0, err.decode()
    assert used(json.loads(out)) == {"light"}
    assert server.sent(WEIGHTS) < 2 * len(server.files[WEIGHTS]), "it went on where it was"


def test_a_named_pair_is_pulled_where_that_was_answered_in_advance(machine: Machine, video: Path) -> None:
    ran = machine.analyze(video, "--clip", "light", "--pull", "--json")
    assert ran.code == 0, ran.err
    assert used(ran.json) == {"light"}, "the language model is that of the pair that is here now"


@posix
def test_the_offer_by_itself_as_the_set_up_makes_it(machine: Machine) -> None:
    asked = machine.terminal("models", "offer")
    asked.wait_for("[y/N]")
    asked.type("y")
    assert asked.end() == 0 and "Model light is ready." in asked.shown
    again = machine("models", "offer", "--pull", "--json")
    assert again.json == {"model": "light", "pulled": False, "warnings": []} and again.code == 0


def _wait_until(what: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
