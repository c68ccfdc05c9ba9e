"""`analyze --vram` and `--gentle` as a user meets them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.limits import MemoryLimit

if TYPE_CHECKING:
    from tests.cli.conftest import Asking, Shell, VideoMaker

QUICK = ("--preset", "fast", "--moments", "1")


def test_what_is_said_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, asked: Asking) -> None:
    assert asked() == AnalysisOptions()
    monkeypatch.setenv("CUEMARK_GENTLE", "1")
    monkeypatch.setenv("CUEMARK_VRAM", "50%")
    assert asked() == AnalysisOptions(vram=MemoryLimit.parse("50%"), gentle=True)
    assert asked("--vram", "2G", "--no-gentle") == AnalysisOptions(vram=MemoryLimit(size=2_000_000_000), gentle=False)
    monkeypatch.setenv("CUEMARK_DEFAULT_MODEL", "light")
    assert asked().models == {"clip": "light", "lm": "light"}
    assert asked("--clip", "best").models == {"clip": "best", "lm": "light"}


def test_amounts_of_memory_that_cannot_be(cuemark: Shell) -> None:
    ran = cuemark("analyze", "a.mp4", "--vram", "much", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "option_vram")
    ran = cuemark("analyze", "a.mp4", CUEMARK_VRAM="much")
    assert ran.code == 2 and "CUEMARK_VRAM" in ran.err and "[setting_invalid]" in ran.err


def test_a_memory_limit_without_a_gpu_is_said_to_do_nothing(
    cuemark: Shell, tmp_path: Path, make_video: VideoMaker
) -> None:
    video = make_video(tmp_path / "limited.mp4")
    ran = cuemark("analyze", video, *QUICK, "--vram", "50%", "--json", CUEMARK_DEVICE="cpu")
    assert ran.code == 0, ran.err
    warnings = {warning["code"]: warning["message"] for warning in ran.json["warnings"]}
    assert "--vram 50% has no effect" in warnings["vram_no_effect"]
    status = cuemark("daemon", "status", "--json").json
    assert status["worker_limits"] == "GPU memory up to 50%"
    assert "(GPU memory up to 50%)" in cuemark("daemon", "status").out


def test_a_job_shows_how_it_is_held_back(cuemark: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    # Not to its end: a gentle worker on a busy machine may take as long as it likes.
    video = make_video(tmp_path / "gentle.mp4")
    job = cuemark("analyze", video, *QUICK, "--gentle", "--vram", "2G", "--detach", "--json").json["job"]
    (listed,) = cuemark("jobs", "list", "--json").json
    assert (listed["id"], listed["gentle"], listed["vram"]) == (job, True, "2G")
    assert "(gentle, vram 2G)" in cuemark("jobs", "list").out
    assert cuemark("jobs", "cancel", job).code == 0
