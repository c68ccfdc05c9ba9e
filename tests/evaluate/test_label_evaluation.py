"""Labels on drawn footage with known actions: the threshold that nobody chose, and what three frames teach."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuemark.core import settings
from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate.label_evaluation import LabelEvaluation, evaluate_labels


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> LabelEvaluation:
    """Six drawn videos of the split for reporting: what is in them, and what it stands under, on or in."""
    root: Path = tmp_path_factory.mktemp("labels")
    known = settings.load({"CUEMARK_HOME": str(root / "home")})
    return evaluate_labels("sample", None, 2, known, SilentProgress(), root / "work")


@pytest.mark.slow
def test_the_automatic_threshold_comes_near_to_the_best_there_is(evaluation: LabelEvaluation) -> None:
    assert evaluation.automatic.true > 40
    assert evaluation.automatic.f1 > 0.9
    assert evaluation.automatic.f1 > evaluation.best.f1 - 0.05
    assert min(row.f1 for row in evaluation.fixed) < evaluation.automatic.f1, "thresholds matter here"


@pytest.mark.slow
def test_three_frames_of_other_videos_raise_f1(evaluation: LabelEvaluation) -> None:
    assert evaluation.named.f1 < 0.3, "no words find these"
    assert evaluation.taught.f1 > evaluation.named.f1 + 0.1
