"""Language models: the soft prompt, step-by-step decoding and the vocabulary, against the plain Hugging Face model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cuemark.core.errors import ModelError
from cuemark.models.lm.lm import BOS_POSITIONS, LanguageModel, PrefixOffsets, load_lm
from cuemark.models.runtime.devices import DeviceChoice
from cuemark.models.runtime.precision import Precision

KINDS = ["gpt2", "llama", "mistral"]
SAME = 2e-5


@pytest.fixture(scope="module", params=KINDS)
def lm(request: pytest.FixtureRequest, build: Any) -> LanguageModel:
    return LanguageModel(build.lm(request.param), build.tokenizer(eos_token="<|end|>"))


@pytest.fixture(scope="module")
def ids(lm: LanguageModel) -> torch.Tensor:
    sentences = ["a red cat sits on the mat", "the blue dog runs near a tree", "a dog sits on the red mat"]
    rows = [lm.encode(sentence) for sentence in sentences]
    return torch.tensor([row[: min(map(len, rows))] for row in rows])


def some_prefix(lm: LanguageModel, batch: int, positions: int = BOS_POSITIONS) -> PrefixOffsets:
    torch.manual_seed(3)
    prefix = lm.new_prefix(batch, positions)
    with torch.no_grad():
        for tensor in prefix.parameters():
            tensor.normal_(std=0.5)
    return prefix


def plain(lm: LanguageModel, ids: torch.Tensor, positions: int = BOS_POSITIONS) -> torch.Tensor:
    """The Hugging Face model on the BOS tokens and the ids, in one go, no cache."""
    start = torch.tensor(lm.bos_ids * positions).expand(len(ids), -1)
    with torch.no_grad():
        out: torch.Tensor = lm._model(torch.cat([start, ids], 1), use_cache=False).logits[:, positions:]
    return out


def test_no_prefix_and_zero_offsets_are_the_plain_model(lm: LanguageModel, ids: torch.Tensor) -> None:
    assert torch.allclose(lm.logits(ids), plain(lm, ids), atol=SAME)
    assert torch.allclose(lm.logits(ids, lm.new_prefix(3)), plain(lm, ids), atol=SAME)


def test_the_number_of_soft_positions_is_free(lm: LanguageModel, ids: torch.Tensor) -> None:
    for positions in (1, 9):
        assert torch.allclose(lm.logits(ids, lm.new_prefix(3, positions)), plain(lm, ids, positions), atol=SAME)


def test_offsets_of_a_row_change_that_row_alone(lm: LanguageModel, ids: torch.Tensor) -> None:
    prefix = lm.new_prefix(3)
    with torch.no_grad():
        prefix.keys[:, 1].normal_()
        prefix.values[:, 1].normal_()
    moved = (lm.logits(ids, prefix) - lm.logits(ids)).abs().amax((1, 2))
    assert moved[1] > 1e-3 and moved[0] < SAME and moved[2] < SAME


def test_gradients_reach_every_offset_and_are_right(lm: LanguageModel, ids: torch.Tensor) -> None:
    prefix = some_prefix(lm, 3)
    weights = torch.randn(lm.logits(ids).shape, generator=torch.Generator().manual_seed(0))
    (lm.logits(ids, prefix) * weights).sum().backward()
    for tensor in prefix.parameters():
        assert tensor.grad is not None
        assert bool((tensor.grad.abs().amax((-1, -2)) > 0).all()), "every layer, sentence and head learns"
        spot, step = (1, 2, 0, 3, 1), 0.02
        with torch.no_grad():
            tensor[spot] += step
            up = (lm.logits(ids, prefix) * weights).sum()
            tensor[spot] -= 2 * step
            down = (lm.logits(ids, prefix) * weights).sum()
            tensor[spot] += step
        measured = float((up - down) / (2 * step))
        assert measured == pytest.approx(float(tensor.grad[spot]), rel=0.05, abs=2e-3)


def test_the_models_weights_take_no_gradient(lm: LanguageModel, ids: torch.Tensor) -> None:
    lm.logits(ids, some_prefix(lm, 3)).sum().backward()
    assert all(parameter.grad is None for parameter in lm._model.parameters())


def test_a_descent_step_on_the_prefix_lowers_the_loss(lm: LanguageModel, ids: torch.Tensor) -> None:
    prefix = lm.new_prefix(3)
    optimiser = torch.optim.AdamW(prefix.parameters(), lr=0.05)
    losses = []
    for _ in range(8):
        logits = lm.logits(ids, prefix)[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.01


def test_stepping_gives_the_same_logits(lm: LanguageModel, ids: torch.Tensor) -> None:
    for prefix in (None, some_prefix(lm, 3)):
        expected = lm.logits(ids, prefix).detach()
        state = lm.start(3, prefix)
        for position in range(ids.shape[1]):
            state, logits = lm.step(state, ids[:, position])
            assert torch.allclose(logits, expected[:, position], atol=SAME)
            assert not logits.requires_grad
        assert state.length == BOS_POSITIONS + ids.shape[1]


def test_several_tokens_in_one_step(lm: LanguageModel, ids: torch.Tensor) -> None:
    state, logits = lm.step(lm.start(3), ids)
    assert torch.allclose(logits, lm.logits(ids)[:, -1], atol=SAME) and torch.equal(state.logits, logits)


def test_beams_are_selected_repeated_and_leave_the_old_state_alone(lm: LanguageModel, ids: torch.Tensor) -> None:
    prefix = some_prefix(lm, 3)
    before, _ = lm.step(lm.start(3, prefix), ids[:, :4])
    kept = torch.tensor([2, 0, 0])
    after, logits = lm.step(before.select(kept), ids[:, 4])
    rows = torch.cat([ids[kept, :4], ids[:, 4:5]], 1)
    assert torch.allclose(logits, lm.logits(rows, prefix.select(kept))[:, -1].detach(), atol=SAME)
    _, again = lm.step(before, ids[:, 4])
    assert torch.allclose(again, lm.logits(ids[:, :5], prefix)[:, -1].detach(), atol=SAME)
    assert after.length == before.length + 1


def test_padding_on_the_right_changes_nothing(lm: LanguageModel, ids: torch.Tensor) -> None:
    prefix, lengths = some_prefix(lm, 3), torch.tensor([4, ids.shape[1], 2])
    padded = ids.clone()
    for row, length in enumerate(lengths.tolist()):
        padded[row, length:] = 7
    last = lm.logits(padded, prefix, last_only=True, lengths=lengths)
    assert last.shape == (3, 1, lm.vocab_size)
    for row, length in enumerate(lengths.tolist()):
        alone = lm.logits(ids[row : row + 1, :length], prefix.select(torch.tensor([row])), last_only=True)
        assert torch.allclose(last[row], alone[0], atol=SAME)


def test_token_texts_are_what_a_sentence_gains(lm: LanguageModel) -> None:
    texts = lm.token_text
    assert len(texts) == lm.vocab_size == 340 and " cat" in texts and " the" in texts
    assert lm.eos_id is not None and texts[lm.eos_id] == "" and texts[339] == "", "marks and ids without text"
    sentence = "the blue dog sits on a red mat"
    assert "".join(texts[i] for i in lm.encode(sentence)) == sentence == lm.decode(lm.encode(sentence))
    assert lm.decode([*lm.encode("a cat"), lm.eos_id]) == "a cat"


def test_bos_is_bos_or_eos_or_a_line_break(build: Any) -> None:
    model = build.lm("llama")
    both = LanguageModel(model, build.tokenizer(bos_token="<s>", eos_token="<|end|>"))
    assert both.bos_ids == [both.vocabulary._tokenizer.bos_token_id] != [both.eos_id]
    ended = LanguageModel(model, build.tokenizer(eos_token="<|end|>"))
    assert ended.bos_ids == [ended.eos_id]
    model.config.eos_token_id = None
    bare = LanguageModel(model, build.tokenizer())
    assert bare.eos_id is None and bare.decode(bare.bos_ids) == "\n"


def test_a_tokenizer_that_drops_the_first_space(build: Any) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["<s>", "</s>", "▁a", "▁cat", "s", "▁sits", ".", "\n"]
    raw = Tokenizer(models.Unigram([(piece, -math.log(len(pieces))) for piece in pieces], unk_id=0))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, bos_token="<s>", eos_token="</s>")
    lm = LanguageModel(build.lm("llama", 9), tokenizer)
    assert lm.token_text == ["", "", " a", " cat", "s", " sits", ".", "\n", ""]


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_folder_is_loaded_and_known_by_its_content(lm_folder: Callable[..., Path], kind: str) -> None:
    folder = lm_folder(kind)
    first, again = load_lm(folder), load_lm(folder)
    assert first.id == again.id and len(first.id) == 64
    assert first.context_length == 128 and first.device_reason
    ids = torch.tensor([first.encode("a red cat")])
    assert torch.equal(first.logits(ids), again.logits(ids))
    (folder / "config.json").write_text((folder / "config.json").read_text() + "\n")
    assert load_lm(folder).id != first.id


def test_ids_the_model_lacks_are_never_fed(build: Any) -> None:
    model = build.lm("llama", 280)
    model.config.eos_token_id, model.config.bos_token_id = 128001, 128000
    lm = LanguageModel(model, build.tokenizer())
    assert lm.eos_id is None and max(lm.bos_ids) < 280 and len(lm.token_text) == 280
    ids = lm.encode("a red cat sits on the mat near a tree")
    assert max(ids) < 280 <= max(lm.vocabulary._tokenizer.encode("a red cat sits on the mat near a tree"))
    assert bool(lm.logits(torch.tensor([ids])).isfinite().all())


def test_a_text_longer_than_the_context_is_refused_by_name(lm: LanguageModel) -> None:
    with pytest.raises(ModelError, match="takes 128 tokens") as caught:
        lm.logits(torch.zeros((1, 128 - BOS_POSITIONS + 1), dtype=torch.long))
    assert caught.value.code == "lm_context_too_short"
    lm.logits(torch.zeros((1, 128 - BOS_POSITIONS), dtype=torch.long))


@pytest.fixture(scope="module", params=KINDS)
def half(request: pytest.FixtureRequest, build: Any) -> LanguageModel:
    asked = Precision(torch.bfloat16, "asked for")
    return LanguageModel(build.lm(request.param), build.tokenizer(eos_token="<|end|>"), precision=asked)


def test_half_precision_stays_near_and_is_said(half: LanguageModel, ids: torch.Tensor, lm: LanguageModel) -> None:
    assert half.precision.dtype == torch.bfloat16 and "probabilities within" in str(half.precision)
    assert lm.precision.dtype is None
    logits = half.logits(ids)
    assert logits.dtype == torch.float32
    head = half._model.get_output_embeddings().head
    assert head.weight.dtype == torch.float32, "a logit of 30 in bfloat16 would be off by an eighth"
    state, stepped = half.step(half.start(3), ids)
    assert torch.allclose(stepped, logits[:, -1], atol=0.02) and state.length == BOS_POSITIONS + ids.shape[1]


def test_half_precision_is_that_of_the_same_model(build: Any, ids: torch.Tensor) -> None:
    asked = Precision(torch.bfloat16, "asked for")
    for kind in KINDS:
        pair = [LanguageModel(build.lm(kind), build.tokenizer(eos_token="<|end|>"), precision=p) for p in (None, asked)]
        full, half = (made.logits(ids).softmax(-1) for made in pair)
        assert 1e-7 < float((full - half).abs().max()) < 0.02


def test_a_prefix_learns_in_half_precision(half: LanguageModel, ids: torch.Tensor) -> None:
    prefix = half.new_prefix(3)
    optimiser = torch.optim.AdamW(prefix.parameters(), lr=0.05)
    losses = []
    for _ in range(8):
        logits = half.logits(ids, prefix)[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert all(tensor.dtype == torch.float32 for tensor in prefix.parameters())
    assert losses[-1] < losses[0] - 0.01


@pytest.mark.cuda
def test_on_cuda_it_runs_there_and_says_in_which_precision(build: Any, ids: torch.Tensor) -> None:
    tokenizer = build.tokenizer(eos_token="<|end|>")
    made = LanguageModel(build.lm("gpt2"), tokenizer, choice=DeviceChoice("cuda", "asked for"))
    logits = made.logits(ids)
    assert logits.is_cuda and logits.dtype == torch.float32 and str(made.precision) in made.device_reason
    here = LanguageModel(build.lm("gpt2"), tokenizer)
    assert float((logits.cpu().softmax(-1) - here.logits(ids).softmax(-1)).abs().max()) < 0.02


def test_half_precision_that_overflows_is_not_used(build: Any, ids: torch.Tensor) -> None:
    model = build.lm("llama")
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight.mul_(1e12)
    asked = Precision(torch.float16, "asked for")
    made = LanguageModel(model, build.tokenizer(eos_token="<|end|>"), precision=asked)
    assert made.precision.dtype is None and "float16 gave" in made.precision.reason
    assert torch.allclose(made.logits(ids), plain(made, ids), atol=SAME)


def test_keys_and_values_may_differ_in_width(build: Any) -> None:
    lm = LanguageModel(build.lm("deepseek"), build.tokenizer(eos_token="<|end|>"))
    ids = torch.tensor([lm.encode("a red cat")] * 2)
    prefix = lm.new_prefix(2)
    assert prefix.keys.shape[-1] != prefix.values.shape[-1]
    assert torch.allclose(lm.logits(ids, prefix), plain(lm, ids), atol=SAME)


def test_a_model_without_keys_and_values_is_refused(build: Any) -> None:
    with pytest.raises(ModelError, match="A mamba model keeps no keys") as caught:
        LanguageModel(build.lm("mamba"), build.tokenizer(eos_token="<|end|>"))
    assert caught.value.code == "model_unsupported"


def test_a_folders_own_code_is_neither_run_nor_asked_about(
    lm_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, trace = lm_folder(), tmp_path / "ran"
    config = json.loads((folder / "config.json").read_text())
    names = {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "own", "auto_map": names}))
    (folder / "own.py").write_text(f"open({str(trace)!r}, 'w').close()\n")
    asked: list[str] = []

    def answer(text: str = "") -> str:
        asked.append(text)
        return "y"

    monkeypatch.setattr("builtins.input", answer)
    with pytest.raises(ModelError) as caught:
        load_lm(folder)
    assert caught.value.code == "model_folder_invalid" and not asked and not trace.exists()
