"""The folder of a report: what it may replace, and what it leaves alone."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.errors import InputError
from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate import report as report_folder
from cuemark.lab.evaluate.evaluation import Evaluation, Facts, make_row
from cuemark.lab.evaluate.naming_scores import NamingScore
from cuemark.lab.evaluate.outcome import System
from cuemark.lab.evaluate.plot_reliability import RELIABILITY
from cuemark.lab.evaluate.plots import CURVES
from cuemark.lab.evaluate.report import prepared, write_report
from cuemark.lab.evaluate.score import VideoScore
from cuemark.lab.evaluate.truth import Dataset, TrueVideo

FACTS = Facts("cuemark eval", 0, "today", {}, {}, {})
WHOLE = {"report.md", "report.json", CURVES, "masks", "captions"}


def evaluation(*names: str) -> Evaluation:
    """Videos without any row."""
    videos = tuple(TrueVideo(name, Path(name), ((),), duration=Fraction(1)) for name in names)
    return Evaluation(Dataset("d", videos), (), (), (), (), FACTS)


def write(folder: Path, *names: str) -> None:
    write_report(evaluation(*names), folder, SilentProgress())


def test_a_report_replaces_an_earlier_one_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    write(folder, "a", "b")
    assert {path.name for path in folder.iterdir()} == WHOLE
    write(folder, "c")
    assert os.listdir(folder / "masks") == os.listdir(folder / "captions") == ["c.png"]
    assert list(json.loads((folder / "report.json").read_text())["dataset"]["truth"]) == ["c"]


def test_the_picture_of_confidence_is_there_only_while_somebody_states_any(tmp_path: Path) -> None:
    naming = NamingScore(1, 1, 1, 1, 1, None, 1, 1, 1, None, None, ((0.8, True), (0.3, False)))
    score = VideoScore("a", "", 1, 0, 0, (1.0,) * 4, (1.0,) * 4, 1, naming=naming)
    stated = replace(evaluation("a"), rows=(make_row(System("ours", "", {}), [score]),))
    write_report(stated, tmp_path, SilentProgress())
    assert (tmp_path / RELIABILITY).read_bytes().startswith(b"\x89PNG")
    write(tmp_path, "a")
    assert {path.name for path in tmp_path.iterdir()} == WHOLE


@pytest.mark.parametrize(
    "stranger", ["notes.txt", "masks/mine.txt", "more/inside.txt", "captions/deep/x.png", "masks.png"]
)
def test_what_is_not_ours_stays(tmp_path: Path, stranger: str) -> None:
    write(tmp_path, "a")
    (tmp_path / stranger).parent.mkdir(exist_ok=True)
    (tmp_path / stranger).write_text("mine")
    with pytest.raises(InputError) as caught:
        write(tmp_path, "b")
    assert caught.value.code == "file_exists" and caught.value.next_step
    assert (tmp_path / stranger).read_text() == "mine"
    assert os.listdir(tmp_path / "masks").count("a.png") == 1


@pytest.mark.parametrize(
    ("name", "content"), [("report.json", '{"sales": 3}'), ("report.json", "x"), ("report.md", "x")]
)
def test_somebody_elses_report_stays(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=name):
        prepared(tmp_path)
    assert (tmp_path / name).read_text() == content


def test_a_file_in_the_folders_place_stays(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError) as caught:
        prepared(tmp_path / "out")
    assert caught.value.code == "file_exists"


def test_hidden_files_are_no_reason_to_refuse(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    write(tmp_path, "a")
    assert {path.name for path in tmp_path.iterdir()} == WHOLE | {".DS_Store"}


def test_what_fails_leaves_the_earlier_report_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a")
    before = (tmp_path / "report.json").read_bytes()

    def fails(judged: Evaluation) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(report_folder, "markdown", fails)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "b")
    assert {path.name for path in tmp_path.iterdir()} == WHOLE
    assert (tmp_path / "report.json").read_bytes() == before and os.listdir(tmp_path / "masks") == ["a.png"]
