"""Sound alone is analysed from what is said in it: from a transcript, or not at all and with a word on what to do."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.pipeline import analyse
from cuemark.core import settings
from cuemark.core.analysis import SAID, Analysis
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import MediaError
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import SilentProgress

SUBTITLES = """1
00:00:02,000 --> 00:00:20,000
Today we sharpen a plane iron on the whetstone, and we keep the bevel flat on the stone.

2
00:01:30,000 --> 00:01:50,000
Now the walnut board goes into the vice, and we plane its edge until the shavings run whole.
"""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "workshop.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8_000 * 120))
    return path


def analysed(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: object) -> Analysis:
    monkeypatch.setenv("CUEMARK_HOME", str(tmp_path / "home"))
    chosen = AnalysisOptions(**options)  # type: ignore[arg-type]
    return analyse(path, chosen, ModelCache(settings.load()), None, UNLIMITED, SilentProgress())


def test_moments_and_chapters_are_those_of_the_talk(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.with_suffix(".srt").write_text(SUBTITLES)
    found = analysed(recording, tmp_path, monkeypatch)
    assert not found.media.has_picture and found.media.duration == 120
    first, second = found.moments
    assert [int(one.start) for one in (first, second)] == [2, 90] and {first.source, second.source} == {SAID}
    assert "whetstone" in first.said and "walnut" in second.said
    assert first.caption and second.caption and first.caption != second.caption
    assert found.chapters[0].start == 0 and found.chapters[-1].end == 120
    assert all(chapter.title for chapter in found.chapters)


def test_a_number_of_moments_is_the_most(recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording.with_suffix(".srt").write_text(SUBTITLES)
    (moment,) = analysed(recording, tmp_path, monkeypatch, moments=1).moments
    assert moment.end - moment.start == Fraction(20)


def test_without_words_it_says_what_to_do(recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MediaError) as refused:
        analysed(recording, tmp_path, monkeypatch, speech="off")
    assert refused.value.code == "sound_unheard"
    assert recording.name in refused.value.message and "--transcript" in refused.value.next_step
