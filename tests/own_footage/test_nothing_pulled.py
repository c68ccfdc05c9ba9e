"""Footage of one's own with nothing pulled, where nobody is asked: in a pipe, with --json, under CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.core import settings
from cuemark.core.model_notices import REMARK
from cuemark.rpc.client.client import CuemarkClient
from tests.own_footage.conftest import BRINGS, KNOWS, Machine

if TYPE_CHECKING:
    from tests.cli.conftest import VideoMaker


@pytest.fixture
def video(tmp_path: Path, make_video: VideoMaker) -> Path:
    return make_video(tmp_path / "mine.mp4")


def codes(found: Any) -> list[str]:
    """The codes of what `--json` warns of."""
    return [warning["code"] for warning in found["warnings"]]


def test_in_a_pipe_pocket_does_it_at_once_and_one_line_says_what_would_be_better(
    offline: Machine, video: Path, tmp_path: Path, make_video: VideoMaker
) -> None:
    ran = offline.analyze(video, make_video(tmp_path / "other.mp4"))
    assert ran.code == 0, ran.err
    assert ran.out.count("image model pocket, language model pocket") == 2
    (line,) = [line for line in ran.err.splitlines() if "[pocket_models]" in line]
    assert KNOWS in line and "`cuemark models pull light`" in line and BRINGS in line
    assert "MB" in line and "127.0.0.1:9" in line and "CLIP: MIT; SmolLM2: Apache-2.0" in line
    assert "[y/N]" not in ran.err and "sample" not in ran.out + ran.err


def test_json_says_it_too(offline: Machine, video: Path) -> None:
    ran = offline.analyze(video, "--json")
    assert ran.code == 0 and {model["name"] for model in ran.json["models"].values()} == {"pocket"}
    (warning,) = [each for each in ran.json["warnings"] if each["code"] == "pocket_models"]
    assert KNOWS in warning["message"] and "cuemark models pull light" in warning["message"]
    shown = offline("analyses", "show", video)
    assert shown.code == 0 and "[pocket_models]" in shown.err


def test_the_doctor_says_it_too(offline: Machine) -> None:
    checks = {each["name"]: each for each in offline("doctor", "--json").json["checks"]}
    assert checks["your footage"]["state"] == "WARN" and KNOWS in checks["your footage"]["text"]
    assert "cuemark models pull light" in checks["your footage"]["fix"]


def test_a_no_in_advance_and_a_ci_change_nothing_of_it(offline: Machine, video: Path) -> None:
    for words, extra in (((video, "--no-pull"), {}), ((video,), {"CUEMARK_PULL": "0"}), ((video,), {"CI": "true"})):
        ran = offline.analyze(*words, **extra)
        assert ran.code == 0 and "image model pocket" in ran.out and "[y/N]" not in ran.err
    assert offline("models", "offer").err == "", "nobody is there to be asked"


def test_a_hub_that_cannot_be_reached_is_a_notice(offline: Machine, video: Path) -> None:
    ran = offline.analyze(video, "--pull", "--json")
    assert ran.code == 0, ran.err
    assert "127.0.0.1:9 is asked again in" in ran.err, "it must not look as if it hung"
    assert "[model_download_failed]" in ran.err and "goes on where it stopped" in ran.err
    assert codes(ran.json)[:1] == ["model_download_failed"] and "pocket_models" in codes(ran.json)
    assert {model["name"] for model in ran.json["models"].values()} == {"pocket"}


@pytest.mark.parametrize("words", [("--clip", "light"), ("--lm", "light"), ("--clip", "light", "--lm", "light")])
def test_a_pair_asked_for_that_is_not_here(offline: Machine, video: Path, words: tuple[str, ...]) -> None:
    ran = offline.analyze(video, *words)
    assert ran.code == 1 and ran.out.strip() == ""
    assert "[models_needed]" in ran.err and "cuemark models pull light" in ran.err
    assert "[pocket_models]" not in ran.err, "what helps here is to pull, and nothing else"
    told = offline.analyze(video, *words, "--json")
    assert told.code == 1 and told.json["error"]["code"] == "models_needed"
    assert "cuemark models pull light" in told.json["error"]["next_step"]


def test_a_pair_of_the_settings_that_is_not_here(offline: Machine, video: Path) -> None:
    ran = offline.analyze(video, "--json", CUEMARK_DEFAULT_MODEL="best")
    assert (ran.code, ran.json["error"]["code"]) == (1, "models_needed")


def test_a_program_that_asks_for_a_pair_that_is_not_here(offline: Machine, video: Path) -> None:
    from cuemark.core.analysis_options import AnalysisOptions

    assert offline("daemon", "start").code == 0
    with CuemarkClient.connect(settings.load(offline.environment()), start=False) as client:
        job = client.submit_analyze(video, AnalysisOptions(models={"clip": "light"}))
        error = client.wait_job(job.id).error
    assert error is not None and (error.kind, error.code) == ("ModelError", "models_needed")
    assert "cuemark models pull light" in error.next_step


@pytest.mark.parametrize("words", [("--clip", "sample", "--lm", "sample"), ("--lm", "sample")])
def test_the_sample_models_by_name_warn_on_every_way(offline: Machine, video: Path, words: tuple[str, ...]) -> None:
    ran = offline.analyze(video, *words)
    assert ran.code == 0 and ran.err.count("[sample_models]") == 1
    told = offline.analyze(video, *words, "--json")
    assert "sample_models" in codes(told.json)
    newest = offline("analyses", "list", video, "--json").json[0]
    assert codes(newest) == ["sample_models"]
    assert "[sample_models]" in offline("analyses", "list").err
    assert "[sample_models]" in offline("analyses", "show", newest["id"]).err
    exported = offline("export", newest["id"], "--format", "csv", "-o", "-")
    assert "[sample_models]" in exported.err and "sample models" in exported.out
    script = offline("resolve", "script", newest["id"], "-o", "-")
    assert "[sample_models]" in script.err and REMARK.encode().hex() in script.out, "texts in it are hexadecimal"
