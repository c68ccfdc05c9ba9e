"""The search assumes nothing of a language model: any vocabulary, context and habit of ending sentences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from cuemark.core.errors import ModelError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.models.lm.lm import LanguageModel, load_lm
from cuemark.models.runtime.safe_imports import mend_torchvision
from cuemark.moments.find import find_moments
from cuemark.moments.options import from_preset

WORDS = [
    "video",
    "of",
    "showing",
    "a",
    "cat",
    "dog",
    "boat",
    "runs",
    "sleeps",
    "here",
    "nothing",
    "an",
    "empty",
    "nobody",
]


def _stranger(folder: Path, words: list[str], context: int) -> LanguageModel:
    """An untrained Llama with grouped heads over whole words, without BOS, EOS or any end of a sentence."""
    mend_torchvision()
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(["<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary) + 5,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        bos_token_id=None,
        eos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return load_lm(folder)


@pytest.mark.parametrize("preset", ["fast", "joint", "paper"])
@pytest.mark.parametrize("context", [16, 2048])
def test_a_language_model_that_never_ends_a_sentence_still_names_moments(
    three_scenes: FeatureTrack, pair: Any, tmp_path: Path, preset: str, context: int
) -> None:
    lm = _stranger(tmp_path, WORDS, context)
    options = from_preset(preset, moments=2)
    options = replace(options, rounds=1, prefix=replace(options.prefix, sentences=1))
    options = replace(options, search=replace(options.search, beams=2, candidates=8, most_tokens=6))
    moments = find_moments(EvidenceBundle(three_scenes), pair.clip.text, lm, options, SilentProgress()).moments
    assert len(moments) == 2
    assert all(set(moment.caption.lower().split()) <= {*WORDS, "<unk>"} for moment in moments)


def test_a_language_model_without_words_is_named_as_the_reason(
    three_scenes: FeatureTrack, pair: Any, tmp_path: Path
) -> None:
    lm = _stranger(tmp_path, ["1", "2", "3", "#"], 64)
    with pytest.raises(ModelError) as caught:
        find_moments(EvidenceBundle(three_scenes), pair.clip.text, lm, from_preset("fast"), SilentProgress())
    assert caught.value.code == "lm_writes_nothing"
