"""What the sample models wrote says so in every format, whoever reads it and however old the analysis is."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cuemark.core.analysis import Analysis, ModelUse
from cuemark.core.errors import Notice
from cuemark.core.model_notices import REMARK, SAMPLE_MODELS
from cuemark.export import get, names

if TYPE_CHECKING:
    from tests.exporters.conftest import MakeAnalysis

OLD = Notice("sample_models", "The sample models know -- as of old -- the sample world only.")


@pytest.fixture
def by_sample(make_analysis: MakeAnalysis) -> Analysis:
    use = ModelUse("sample", "0", "cpu")
    return replace(make_analysis(), models={"clip": use, "lm": use}, warnings=())


@pytest.mark.parametrize("name", names())
def test_every_format_says_it_in_the_file_and_beside_it(by_sample: Analysis, name: str) -> None:
    file = get(name).export(by_sample)
    assert file.warnings[0] == SAMPLE_MODELS
    text = file.data.decode()
    assert "sample models" in text, text
    clean = get(name).export(replace(by_sample, models={"clip": ModelUse("light", "0", "cpu")}))
    assert "sample models" not in clean.data.decode() and SAMPLE_MODELS not in clean.warnings


@pytest.mark.parametrize("name", names())
def test_a_warning_that_an_older_version_wrote_is_kept_as_it_is(by_sample: Analysis, name: str) -> None:
    file = get(name).export(replace(by_sample, warnings=(OLD,)))
    assert file.warnings[0] == OLD and file.data


def test_editors_show_it_beside_the_words(by_sample: Analysis) -> None:
    timeline: Any = json.loads(get("otio").export(by_sample).data)
    assert timeline["metadata"]["cuemark"]["warning"] == SAMPLE_MODELS.message
    (clip,) = timeline["tracks"]["children"][0]["children"]
    assert clip["markers"] and all(marker["comment"].endswith(REMARK) for marker in clip["markers"])
    edl = get("edl").export(by_sample).data.decode()
    notes = [line.partition(" |C:")[0] for line in edl.splitlines() if "|M:" in line]
    assert notes and all(note.count(REMARK) == 1 for note in notes), "also of markers that were joined"


def test_a_table_has_it_in_a_column(by_sample: Analysis) -> None:
    rows = list(csv.DictReader(io.StringIO(get("csv").export(by_sample).data.decode(), newline="")))
    assert rows and all(row["warning"] == SAMPLE_MODELS.message for row in rows)
