"""`cuemark eval`: from the command line to a folder with a report, and what it refuses before any work."""

from __future__ import annotations

import json
import os
import re
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from cuemark.cli.main import app
from cuemark.core.errors import OptionError
from cuemark.core.progress import Progress
from cuemark.core.settings import load
from cuemark.lab.evaluate import run
from cuemark.lab.evaluate.outcome import Found, Outcome, System
from cuemark.lab.evaluate.request import EvalRequest, chosen_settings
from cuemark.lab.evaluate.run import EvalSettings, Results
from cuemark.lab.evaluate.systems import all_systems
from cuemark.lab.evaluate.truth import Dataset

if TYPE_CHECKING:
    from tests.cli.conftest import Shell, VideoMaker

TRUTH = {
    "version": 1,
    "videos": {"a.mp4": {"events": [{"start_s": 0, "end_s": 1, "captions": ["a red screen"]}]}},
}


@pytest.fixture
def footage(tmp_path: Path, make_video: VideoMaker) -> Path:
    """A folder with one video of 2 s and what is true of it."""
    folder = tmp_path / "footage"
    make_video(folder / "a.mp4")
    (folder / "truth.json").write_text(json.dumps(TRUTH))
    return folder


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def answer(dataset: Dataset, settings: EvalSettings, work: Path, progress: Progress) -> Results:
    """In place of minutes of search: one row that is right, one that is not."""
    progress.update("evaluate", 0, 1, "searches")
    right = Outcome((Found(Fraction(0), Fraction(1), "a red screen"),))
    rows = (System("balanced", "ours", {"a": right}), System("shots", "theirs", {"a": Outcome()}))
    return Results(rows, (), "c" * 64, "l" * 64)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "run_systems", answer)


def test_a_folder_of_footage_becomes_a_report(quick: None, footage: Path, tmp_path: Path) -> None:
    ran = invoke(footage, "-o", tmp_path / "out", "--seed", "3", "--clip", "sample", "--lm", "sample")
    assert ran.exit_code == 0, ran.output
    assert "balanced" in ran.stdout and "1.000" in ran.stdout and "report.md" in ran.stdout
    assert "evaluate" in ran.stderr, "progress goes to stderr"
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["command"].startswith("cuemark eval ") and "--seed 3" in report["command"]
    assert report["models"]["clip"] == {"name": "sample", "id": "c" * 64}
    assert [row["figures"]["f1"]["value"] for row in report["rows"]] == [1.0, 0.0]
    assert (tmp_path / "out" / "masks" / "a.png").is_file()
    assert invoke(footage, "-o", tmp_path / "out").exit_code == 0, "a second report replaces the first"


def test_json_is_one_value_with_all_figures(quick: None, footage: Path, tmp_path: Path) -> None:
    ran = invoke(footage, "-o", tmp_path / "out", "--json")
    told = json.loads(ran.stdout)
    assert told["folder"] == str(tmp_path / "out") and told["schema"] == "cuemark-eval"
    assert told["rows"][0]["figures"]["recall"]["value"] == 1.0 and "videos" not in told["rows"][0]


def test_files_of_the_user_stop_it_before_any_work(monkeypatch: pytest.MonkeyPatch, footage: Path) -> None:
    monkeypatch.setattr(run, "run_systems", None)  # calling it would be an internal error
    ran = invoke(footage, "-o", footage)
    assert ran.exit_code == 4 and "a.mp4" in ran.stderr
    assert sorted(os.listdir(footage)) == ["a.mp4", "truth.json"]


def test_ctrl_c_says_that_nothing_is_lost(monkeypatch: pytest.MonkeyPatch, footage: Path, tmp_path: Path) -> None:
    def interrupted(*_: object) -> Results:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_systems", interrupted)
    ran = invoke(footage, "-o", tmp_path / "out")
    assert ran.exit_code == 130 and "goes on from there" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--rows", "balanced,nonsense"], 2, "nonsense"),
        (["--preset", "best"], 2, "best"),
        (["--videos", "0"], 2, "--videos"),
        (["sample:rain"], 2, "sample:cuts"),
        (["/nowhere/at/all"], 1, "/nowhere/at/all"),
        (["youcook2:x.json"], 2, "--videos-folder"),
        (["--clip", "unknown-model"], 1, "unknown-model"),
    ],
)
def test_what_cannot_be_is_told_at_once(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    ran = invoke(*arguments, "-o", tmp_path / "out")
    assert ran.exit_code == code, ran.output
    assert said in ran.stderr


def test_presets_and_rows() -> None:
    known = load()
    assert chosen_settings(EvalRequest(), known).rows is None
    assert chosen_settings(EvalRequest(rows=("all", "shots")), known).rows is None
    fast = chosen_settings(EvalRequest(presets=("fast",), rows=("ours", "shots")), known)
    assert fast.presets == ("fast", "balanced"), "other rows are built on the default's"
    assert fast.rows == ("fast", "balanced", "shots")
    with pytest.raises(OptionError) as caught:
        chosen_settings(EvalRequest(presets=("fast",), rows=("thorough",)), known)
    assert caught.value.code == "eval_row_unknown"


def test_the_command_in_the_report_does_the_same_again() -> None:
    asked = EvalRequest(
        "a folder", videos=2, presets=("fast",), rows=("ours", "shots"), annotations=("x y.json",), ablate=True
    )
    assert asked.command() == (
        "cuemark eval 'a folder' --videos 2 --preset fast --annotations 'x y.json' --rows ours,shots --ablate"
    )
    assert EvalRequest().command() == "cuemark eval sample"


def test_the_page_of_measures_names_every_row_and_its_example_is_valid() -> None:
    page = (Path(__file__).parents[2] / "daemon" / "MEASURED.md").read_text(encoding="utf-8")
    rows = [row.name for row in all_systems("4 equal parts", ("fast", "balanced", "thorough", "joint", "paper"))]
    missing = [row for row in rows if f"`{row}`" not in page and not row.endswith(("/beam", "/prefix"))]
    assert not missing
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    schema = resources.files("cuemark.lab.evaluate").joinpath("truth.schema.json").read_text("utf-8")
    assert example
    jsonschema.validate(json.loads(example[1]), json.loads(schema))


@pytest.mark.slow
def test_the_sample_world_for_real(cuemark: Shell, tmp_path: Path) -> None:
    rows = "equal-same-count,balanced,oracle-segments"
    arguments = ("eval", "sample:cuts", "--videos", "1", "--rows", rows, "-o", tmp_path / "out", "--json")
    ran = cuemark(*arguments, timeout=1500)
    assert ran.code == 0, ran.err
    blind, ours, oracle = (row["figures"]["f1"]["value"] for row in ran.json["rows"])
    assert blind < ours <= oracle == 1.0
    again = cuemark(*arguments, timeout=1500)
    assert again.json["rows"] == ran.json["rows"], "what is kept is the same"
