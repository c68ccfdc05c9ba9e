"""The second engine: tokens with times become words with times, by the real onnx-asr."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cuemark.media.sound import SAMPLE_RATE
from cuemark.models.speech.options import SpeechOptions
from cuemark.models.speech.recogniser import open_recogniser
from cuemark.models.speech.transducer import words_of
from tests.speech.small_models import transducer_folder


def test_words_out_of_tokens() -> None:
    tokens = [" hel", "lo", ",", " wor", "ld", "."]
    found = words_of(tokens, [0.4, 0.56, 2.0, 2.4, 2.64, 6.0], [-0.1, -0.1, -0.1, -0.5, -0.5, -0.5])
    assert [word.text for word in found] == [" hello,", " world."]
    assert found[0].start == 0.4
    assert found[0].end == pytest.approx(0.88), "a comma may come long after its word"
    assert found[1].end == pytest.approx(2.96) and found[1].probability == pytest.approx(0.6065, abs=1e-3)
    assert words_of([], [], []) == ()
    assert len(words_of(["a"], [0.0], [])) == 1 and words_of([" "], [0.0], []) == ()


@pytest.mark.parametrize("ending", [".int8", ""])
def test_it_hears_where_it_is_loud(tmp_path: Path, ending: str) -> None:
    recogniser = open_recogniser(transducer_folder(tmp_path / "model", ending))
    noise = np.random.default_rng(0)
    samples = noise.normal(0, 0.0005, 6 * SAMPLE_RATE).astype(np.float32)
    samples[2 * SAMPLE_RATE : 3 * SAMPLE_RATE] = noise.normal(0, 0.3, SAMPLE_RATE)
    heard = recogniser.transcribe(samples, "de", SpeechOptions(), lambda: None)
    (segment,) = heard.segments
    assert segment.words[0].text.strip() == "hello" and segment.words[1].text.strip() == "world."
    assert segment.words[0].start == pytest.approx(2.0, abs=0.2) and segment.words[-1].end < 3.5
    assert heard.language == "de" and recogniser.languages_heard(samples, lambda: None) == {}
    assert "int8" in recogniser.device_reason or not ending
