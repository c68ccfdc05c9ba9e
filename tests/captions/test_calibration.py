"""The curve from a word's chance to a confidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.captions.calibration import CALIBRATION_FILE, USUAL, Calibration
from cuemark.core.errors import ModelError


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_likelier_word_is_never_less_sure(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= USUAL.probability(low) <= USUAL.probability(high) <= 1


def test_a_model_folder_may_bring_its_own_curve(tmp_path: Path) -> None:
    assert Calibration.of(tmp_path) == USUAL
    (tmp_path / CALIBRATION_FILE).write_text(json.dumps({"slope": 1, "offset": 0}))
    assert Calibration.of(tmp_path).probability(0.3) == pytest.approx(0.3)


@pytest.mark.parametrize("told", ["", "[]", '{"slope": 1}', '{"slope": "steep", "offset": 0}'])
def test_a_file_that_is_no_curve_is_named(tmp_path: Path, told: str) -> None:
    (tmp_path / CALIBRATION_FILE).write_text(told)
    with pytest.raises(ModelError) as refused:
        Calibration.of(tmp_path)
    assert refused.value.code == "model_calibration" and CALIBRATION_FILE in str(refused.value)
