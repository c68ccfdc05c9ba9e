"""Vectors of sentences under way with each token that may follow: those of the texts, computed without them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.models.clip.continuations import ContinuationEncoder
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel
from cuemark.models.runtime.safe_imports import open_clip_module

ODD = ["<|end|>", "naïve", "日本", "&amp", ";", "  two", " spaces", "\n", "'s", " don't", "1984", " <end_of_text>", "—"]


def encoder(build: Any, **config: Any) -> TextEncoder:
    length = {**build.text, **config.get("text", {})}["context_length"]
    return TextEncoder(build.clip(**config), open_clip_module().tokenizer.SimpleTokenizer(context_length=length))


def words_tokenizer(build: Any) -> Any:
    """A tokenizer in Llama's manner: a mark for a space, the first one dropped, bytes for what it does not know."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    open_clip_module()
    from transformers import PreTrainedTokenizerFast

    pieces = ["<s>", "</s>", "<unk>", *[f"<0x{byte:02X}>" for byte in range(256)]]
    pieces += [
        "▁",
        *[f"▁{word}" for word in ("a", "red", "cat", "sits", "video", "of")],
        *"abcdefghijklmnopqrstuvwxyz,.",
    ]
    raw = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, [], byte_fallback=True, unk_token="<unk>"))
    raw.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    replace = decoders.Replace("▁", " ")
    raw.decoder = decoders.Sequence([replace, decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return PreTrainedTokenizerFast(tokenizer_object=raw, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


@pytest.fixture(scope="module")
def pair(build: Any) -> Any:
    @cache
    def make(kind: str) -> ContinuationEncoder:
        tokenizer = build.tokenizer(eos_token="<|end|>") if kind != "llama" else words_tokenizer(build)
        lm = LanguageModel(build.lm("llama" if kind == "llama" else "gpt2"), tokenizer)
        towers: dict[str, dict[str, Any]] = {
            "short": {"text": {"context_length": 9}},
            "last": {"custom_text": True, "text": {"pool_type": "last", "context_length": 12}},
            "plain": {"custom_text": True, "text": {"no_causal_mask": True, "pool_type": "last", "proj_bias": True}},
        }
        return ContinuationEncoder(encoder(build, **towers.get(kind, {})), lm)

    return make


def worst(made: ContinuationEncoder, rows: Sequence[Sequence[int]], tokens: torch.Tensor) -> float:
    """Largest difference to open_clip's own encoding of the decoded texts."""
    lm, text = made._lm, made._text
    spelled = [lm.decode([*row, t]).strip() for row, follow in zip(rows, tokens.tolist(), strict=True) for t in follow]
    assert [one for texts in made.texts(rows, tokens) for one in texts] == spelled
    vectors = made.encode(rows, tokens)
    assert vectors.shape[:2] == tokens.shape
    return float((vectors.flatten(0, 1) - text.encode_plain(spelled)).abs().max())


tokens_of_a_sentence = st.lists(st.integers(0, 339), max_size=7)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "short", "last", "plain"])
@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.builds(
            lambda words, more: (" ".join(words), more),
            st.lists(st.sampled_from([*ODD, "a", "red", "cat"])),
            tokens_of_a_sentence,
        ),
        min_size=1,
        max_size=3,
    ),
    follow=st.data(),
)
def test_any_tokens_behind_any_rows_get_the_vectors_of_their_texts(
    pair: Any, kind: str, rows: list[tuple[str, list[int]]], follow: st.DataObject
) -> None:
    made = pair(kind)
    size = made._lm.vocab_size
    ids = [made._lm.encode(words) + [token % size for token in more] for words, more in rows]
    width = follow.draw(st.integers(1, 6))
    drawn = [follow.draw(st.lists(st.integers(0, size - 1), min_size=width, max_size=width)) for _ in ids]
    assert worst(made, ids, torch.tensor(drawn)) < 1e-5


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_every_token_behind_a_word_and_behind_nothing(pair: Any, kind: str) -> None:
    made = pair(kind)
    tokens = torch.arange(made._lm.vocab_size)
    rows: list[list[int]] = [[], made._lm.encode("a red cat"), made._lm.encode("a re")]
    for row in rows:
        assert worst(made, [row], tokens[None]) < 1e-5


def test_words_are_not_spelled_out(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = pair("gpt2")
    lm = made._lm
    words = [i for i, text in enumerate(lm.token_text) if text.isascii() and text.strip().isalpha()]
    assert len(words) > 50
    decoded: list[Sequence[int]] = []
    plain = lm.decode

    def decode(ids: Sequence[int]) -> str:
        decoded.append(ids)
        return str(plain(ids))

    monkeypatch.setattr(lm, "decode", decode)
    made.encode([lm.encode("the blue dog")], torch.tensor([words]))
    assert len(decoded) <= 4, "the sentence, and a proof that tokens only add to it"


def test_equal_texts_are_computed_once_on_any_row_and_in_any_call(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ContinuationEncoder(encoder(build), LanguageModel(build.lm("gpt2"), build.tokenizer(eos_token="<|end|>")))
    computed: list[int] = []
    compute = made._text._compute_ids

    def counted(asked: Sequence[tuple[int, ...]]) -> torch.Tensor:
        computed.append(len(asked))
        return compute(asked)

    monkeypatch.setattr(made._text, "_compute_ids", counted)
    row = made._lm.encode("a red cat")
    tokens = torch.arange(40, 90).expand(2, -1)
    first = made.encode([row, row], tokens)
    assert torch.equal(first[0], first[1]) and sum(computed) <= 50
    computed.clear()
    again = made.encode([row], tokens[:1])
    assert torch.equal(again[0], first[0]) and not computed
    spelled = made.texts([row], tokens[:1])[0]
    assert torch.equal(made._text.encode(spelled), first[0]) and not computed, "texts and tokens share the memory"


def test_vectors_go_into_a_loss(pair: Any) -> None:
    made = pair("gpt2")
    direction = torch.randn(48, requires_grad=True)
    (made.encode([[50, 60]], torch.tensor([[70, 80]])) @ direction).sum().backward()
    assert direction.grad is not None and float(direction.grad.abs().sum()) > 0
