"""The text encoder gives open_clip's own vectors, whatever the tower, and does less work for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.models.clip.prefix_sharing import group_by_prefix
from cuemark.models.clip.text_encoder import CachedTokenizer, TextEncoder
from cuemark.models.runtime.caches import VectorCache
from cuemark.models.runtime.precision import Precision
from cuemark.models.runtime.safe_imports import open_clip_module

COCA = {
    "vision_cfg": {
        "image_size": 32, "patch_size": 16, "layers": 1, "width": 64, "head_width": 32,
        "attentional_pool": True, "attn_pooler_heads": 4, "output_tokens": True,
    },
    "multimodal_cfg": {"context_length": 20, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 1},
}  # fmt: skip
CAUSAL: dict[str, dict[str, Any]] = {
    "clip": {},
    "narrow": {"text": {"width": 48, "heads": 2, "layers": 1, "context_length": 16}},
    "quick_gelu": {"quick_gelu": True, "text": {"context_length": 24}},
    "custom_text": {"custom_text": True, "text": {"proj_bias": True, "ls_init_value": 0.1}},
    "no_projection": {"custom_text": True, "text": {"proj_type": "none"}},
    "eos": {"text": {"pool_type": "eos", "eos_id": 49407}},
    "last": {"custom_text": True, "text": {"pool_type": "last", "context_length": 12}},
    "first": {"text": {"pool_type": "first"}},
    "norms": {"text": {"qk_norm": True, "scale_heads": True, "scale_attn_inner": True}},
    "scales": {"text": {"scale_attn": True, "scale_fc": True, "norm_kwargs": {"eps": 1e-3}}},
}
OTHER: dict[str, dict[str, Any]] = {
    "not_causal": {"custom_text": True, "text": {"no_causal_mask": True, "pool_type": "last", "proj_bias": True}},
    "coca": {**COCA, "text": {"embed_cls": True, "output_tokens": True, "context_length": 20}},
}


Encoders = Callable[[str], TextEncoder]


@pytest.fixture(scope="module")
def encoder(build: Any) -> Encoders:
    """The encoder of a configuration above, made once."""

    @cache
    def make(name: str) -> TextEncoder:
        config = {**CAUSAL, **OTHER}[name]
        length = {**build.text, **config.get("text", {})}["context_length"]
        tokenizer = open_clip_module().tokenizer.SimpleTokenizer(context_length=length)
        return TextEncoder(build.clip(**config), tokenizer)

    return make


def difference(made: TextEncoder, texts: list[str]) -> float:
    return float((made.encode(texts) - made.encode_plain(texts)).abs().max())


WORDS = [
    "red",
    "fox",
    "running",
    "Video",
    "of",
    "don't",
    "1984",
    "beach",
    ",",
    ".",
    "naïve",
    "日本",
    "&amp;",
    "<end_of_text>",
]
phrases = st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=9).map(" ".join)


@pytest.mark.parametrize("name", [*CAUSAL, *OTHER])
@settings(max_examples=12, deadline=None)
@given(start=phrases, ends=st.lists(phrases, min_size=1, max_size=14), alone=st.lists(phrases, max_size=3))
def test_any_texts_get_the_plain_vectors(
    encoder: Encoders, name: str, start: str, ends: list[str], alone: list[str]
) -> None:
    texts = [f"{start} {end}" for end in ends] + [start + end for end in ends] + alone
    assert difference(encoder(name), texts) < 1e-5


@pytest.mark.parametrize("name", CAUSAL)
def test_causal_towers_share_prefixes(encoder: Encoders, name: str) -> None:
    assert encoder(name).method == "prefix"


@pytest.mark.parametrize("name", OTHER)
def test_towers_that_see_all_tokens_fall_back(encoder: Encoders, name: str) -> None:
    assert encoder(name).method == "plain"


def test_vectors_differ_between_texts_and_have_length_one(encoder: Encoders) -> None:
    vectors = encoder("clip").encode(["a red fox", "a blue fox", "the beach at night"])
    assert torch.allclose(vectors.norm(dim=-1), torch.ones(3), atol=1e-5)
    assert float((vectors[0] - vectors[1]).abs().max()) > 1e-3


def test_candidates_on_several_sentences_in_one_call(build: Any) -> None:
    made = TextEncoder(build.clip(), open_clip_module().tokenizer.SimpleTokenizer(), memory=50)
    sentences = [
        "Video of a man who walks slowly along",
        "A red",
        "Photo of two dogs on the wet grass near a house with",
    ]
    for word in ("very", "old", "tall"):
        texts = [f"{s} {word} {w}" for s in sentences for w in WORDS * 3 + ["trees", "wind", "extraordinarily"]]
        assert difference(made, texts) < 1e-5
        sentences = [f"{s} {word}" for s in sentences]


def test_a_shared_prefix_is_run_once(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = TextEncoder(build.clip(), open_clip_module().tokenizer.SimpleTokenizer())
    assert made._passes is not None
    first = made._passes.tower._blocks[0]
    seen: list[int] = []
    plain = first.mlp.forward

    def count(x: torch.Tensor) -> Any:
        seen.append(x.shape[0])
        return plain(x)

    monkeypatch.setattr(first.mlp, "forward", count)
    sentence = "Video of a man who walks slowly along the river and looks at"
    made.encode([f"{sentence} {word}" for word in ["trees", "boats", "birds", "water", "houses", "people"]])
    assert sum(seen) < 14 + 6 * 3, "13 tokens and the start once, then one word and the end for each text"
    seen.clear()
    made.encode([f"{sentence} {word}" for word in ["stones", "clouds", "dogs", "cars", "leaves"]])
    assert sum(seen) <= 5 * 2 + 1, "the sentence is remembered"


def test_repeated_texts_are_computed_once(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = TextEncoder(build.clip(), open_clip_module().tokenizer.SimpleTokenizer())
    first = made.encode(["a cat", "a dog", "a cat"])
    assert torch.equal(first[0], first[2]) and not torch.equal(first[0], first[1])
    monkeypatch.setattr(made, "_compute_ids", lambda texts: pytest.fail(f"computed again: {texts}"))
    assert torch.equal(made.encode(["a dog", "a cat"]), first[[1, 0]])


HALF = {
    "clip": Precision(torch.float16, "asked for"),
    "norms": Precision(torch.bfloat16, "asked for"),
    "no_projection": Precision(torch.float16, "asked for"),
    "coca": Precision(torch.float16, "asked for"),
}


def lowered(build: Any, name: str, precision: Precision) -> TextEncoder:
    config = {**CAUSAL, **OTHER}[name]
    length = {**build.text, **config.get("text", {})}["context_length"]
    tokenizer = open_clip_module().tokenizer.SimpleTokenizer(context_length=length)
    return TextEncoder(build.clip(**config), tokenizer, precision=precision)


@pytest.mark.parametrize("name", HALF)
def test_half_precision_is_used_where_it_proves_itself_and_said(build: Any, name: str) -> None:
    made = lowered(build, name, HALF[name])
    texts = ["Video of a man on the beach", "Video of a man on the beach at", "Video of a red", "a dog", ""]
    vectors = made.encode(texts)
    assert vectors.dtype == torch.float32
    assert torch.allclose(vectors.norm(dim=1), torch.ones(5), atol=1e-5)
    distance = float((vectors - made.encode_plain(texts)).abs().max())
    if name == "norms":  # bfloat16 has too few bits for this tower
        assert made.precision.dtype is None and distance < 1e-5 and "more than 2e-03" in str(made.precision)
    else:
        assert made.precision.dtype == torch.float16 and "within" in str(made.precision)
        assert 1e-6 < distance < 4e-3


def test_half_precision_that_overflows_is_not_used(build: Any) -> None:
    model = build.clip()
    with torch.no_grad():
        model.transformer.resblocks[0].mlp.c_fc.weight.mul_(1e6)
    made = TextEncoder(model, open_clip_module().tokenizer.SimpleTokenizer(), precision=HALF["clip"])
    assert made.precision.dtype is None and "float16 gave" in made.precision.reason
    assert difference(made, ["a cat", "a dog on the mat"]) < 1e-5


@pytest.mark.cuda
def test_on_cuda_vectors_are_made_in_half_precision(build: Any) -> None:
    made = TextEncoder(build.clip().cuda(), open_clip_module().tokenizer.SimpleTokenizer())
    texts = [f"Video of a man on the {word}" for word in ["beach", "roof", "street", "extraordinarily"] * 50]
    vectors = made.encode(texts)
    assert vectors.is_cuda and vectors.dtype == torch.float32 and made.precision.dtype == torch.float16
    assert float((vectors - made.encode_plain(texts)).norm(dim=1).max()) < 4e-3


def test_on_a_cpu_nothing_is_lowered(encoder: Encoders) -> None:
    assert str(encoder("clip").precision).startswith("float32 (")


def test_vectors_can_enter_a_differentiable_loss(encoder: Encoders) -> None:
    direction = torch.randn(48, requires_grad=True)
    (encoder("clip").encode(["a cat", "a dog"]) @ direction).sum().backward()
    assert direction.grad is not None and float(direction.grad.abs().sum()) > 0


@pytest.mark.parametrize("name", ["clip", "narrow"])
def test_truncation_is_announced(encoder: Encoders, name: str) -> None:
    made = encoder(name)
    fits = made.context_length - 2
    assert not made.truncates(" ".join(["cat"] * fits)) and made.truncates(" ".join(["cat"] * (fits + 1)))
    assert difference(made, ["cat " * 200, "cat " * 200 + "dog", "cat " * (fits - 1) + "dog"]) < 1e-5


def test_logit_scale_is_the_models(encoder: Encoders) -> None:
    assert encoder("clip").logit_scale == pytest.approx(float(encoder("clip")._model.logit_scale.detach().exp()))


def hf_tokenizer(build: Any, folder: Path, length: int) -> Any:
    """open_clip's wrapper around a small Hugging Face tokenizer that marks the end and pads."""
    from tokenizers.processors import TemplateProcessing

    made = build.tokenizer(pad_token="<pad>", eos_token="<|end|>", bos_token="<s>")
    marks = [("<s>", made.bos_token_id), ("<|end|>", made.eos_token_id)]
    made.backend_tokenizer.post_processor = TemplateProcessing(single="<s> $A <|end|>", special_tokens=marks)
    made.save_pretrained(folder)
    return open_clip_module().tokenizer.HFTokenizer(str(folder), context_length=length)


@pytest.mark.parametrize(("no_mask", "pool", "method"), [(True, "last", "plain"), (False, "eos", "prefix")])
def test_other_tokenizers_and_vocabularies(build: Any, tmp_path: Path, no_mask: bool, pool: str, method: str) -> None:
    tokenizer = hf_tokenizer(build, tmp_path, 24)
    end = tokenizer.tokenizer.eos_token_id
    text = {"vocab_size": 333, "context_length": 24, "no_causal_mask": no_mask, "pool_type": pool, "eos_id": end}
    made = TextEncoder(build.clip(text=text, custom_text=True), tokenizer)
    assert made.method == method
    assert difference(made, ["a red cat", "a red cat sits", "", "日本", "the blue dog " * 20]) < 1e-5
    assert made.truncates("the blue dog " * 20) and not made.truncates("a red cat")


def test_a_hugging_face_text_tower_is_cropped(build: Any, tmp_path: Path) -> None:
    tokenizer = hf_tokenizer(build, tmp_path, 20)
    config = {"model_type": "roberta", "vocab_size": 333, "hidden_size": 32, "num_hidden_layers": 2}
    config |= {"num_attention_heads": 2, "intermediate_size": 40, "max_position_embeddings": 40}
    (tmp_path / "config.json").write_text(json.dumps({**config, "pad_token_id": tokenizer.tokenizer.pad_token_id}))
    text = {"hf_model_name": str(tmp_path), "hf_model_pretrained": False, "hf_proj_type": "linear"}
    made = TextEncoder(build.clip(text={**text, "hf_pooler_type": "mean_pooler"}, custom_text=True), tokenizer)
    assert made.method == "cropped"
    assert difference(made, ["a red cat", "a red cat sits on the mat", "", "the blue dog " * 20]) < 1e-5


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(phrases | st.text(max_size=40), min_size=1, max_size=6))
def test_fast_tokens_are_the_tokenizers_own(texts: list[str]) -> None:
    tokens = CachedTokenizer(open_clip_module().tokenizer._tokenizer, 20)
    assert tokens._fast and tokens.rows(texts) == tokens.slow_rows(texts)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=7).map(tuple), min_size=1, max_size=30, unique=True))
def test_groups_partition_the_sequences_and_share_what_they_say(sequences: list[tuple[int, ...]]) -> None:
    groups = group_by_prefix(sequences)
    assert sorted(member for group in groups for member in group.members) == list(range(len(sequences)))
    for group in groups:
        prefixes = {sequences[member][: group.prefix_length] for member in group.members}
        assert len(prefixes) == 1
        assert all(len(sequences[member]) > group.prefix_length for member in group.members)


@pytest.mark.parametrize("lasting", [None, lambda text: text < "c"])
@settings(max_examples=100, deadline=None)
@given(calls=st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=10), min_size=1, max_size=8))
def test_a_small_memory_forgets_but_never_mixes_up(
    lasting: Callable[[str], bool] | None, calls: list[list[str]]
) -> None:
    memory: VectorCache[str] = VectorCache(4, lasting)
    for texts in calls:
        got = memory.through(texts, lambda asked: torch.tensor([[float(ord(text))] for text in asked]))
        assert got[:, 0].tolist() == [float(ord(text)) for text in texts]
    assert len(memory._slots) <= 4


def test_beginnings_outlast_the_sentences_that_follow(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = TextEncoder(build.clip(), open_clip_module().tokenizer.SimpleTokenizer(), memory=16)
    first = made.encode(["Video of cats", "Video of dogs"])
    for place in ("beach", "street", "roof"):
        made.encode([f"Video of cats and dogs that sit on the {place} {word}" for word in WORDS])
    monkeypatch.setattr(made, "_compute_ids", lambda asked: pytest.fail(f"computed again: {asked}"))
    assert torch.equal(made.encode(["Video of cats", "Video of dogs"]), first)
