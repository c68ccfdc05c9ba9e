"""Language models of other scripts, and ones that cannot say anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cuemark.captions.vocabulary import CaptionVocabulary
from cuemark.core.errors import ModelError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.find import find_moments
from cuemark.moments.options import from_preset


class _Mute:
    """A real language model in whose vocabulary no token is a word."""

    def __init__(self, lm: Any) -> None:
        self._lm = lm
        self.token_text = ["1"] * lm.vocab_size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lm, name)


def _vocabulary(texts: list[str]) -> CaptionVocabulary:
    lm: Any = SimpleNamespace(token_text=texts, eos_id=None, device=torch.device("cpu"), context_length=None)
    return CaptionVocabulary(lm)


def test_words_of_another_script_are_words_where_there_are_hardly_others() -> None:
    found = _vocabulary([" кот", " на", "猫", "が", "12", "。", "x"])
    assert found.wordlike.tolist() == [True] * 4 + [False, False, True] and found.ends(5)
    english = _vocabulary([" cat", " dog", " on", "猫", "12", "."])
    assert english.wordlike.tolist() == [True] * 3 + [False] * 3


@pytest.mark.parametrize("preset", ["fast", "paper"])
def test_a_model_without_words_is_named_as_the_reason(pair: Any, three_scenes: FeatureTrack, preset: str) -> None:
    mute: Any = _Mute(pair.lm)
    with pytest.raises(ModelError) as caught:
        find_moments(EvidenceBundle(three_scenes), pair.clip.text, mute, from_preset(preset, 2, 0), SilentProgress())
    assert caught.value.code == "lm_writes_nothing"
