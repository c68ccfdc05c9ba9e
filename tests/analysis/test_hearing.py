"""What of the sound is said of an analysis: pictures without it are no news to who asked for nothing."""

from __future__ import annotations

import pytest

from cuemark.analysis.hearing import news
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import Notice

FOUND = (Notice("no_sound", "clip.mp4 has no sound."), Notice("sound_damaged", "3 packets of its sound are damaged."))


@pytest.mark.parametrize("speech", [None, "auto", "off"])
def test_silent_pictures_are_no_news_and_damage_is(speech: str | None) -> None:
    assert [each.code for each in news(FOUND, AnalysisOptions(speech=speech))] == ["sound_damaged"]


def test_who_names_a_model_is_told_that_there_was_nothing_to_hear() -> None:
    assert news(FOUND, AnalysisOptions(speech="whisper-small")) == FOUND
