"""Training of the pocket pair's language model: a small GPT-2, byte-level vocabulary of its own, fluent in captions.

It only puts words into form: which words, CLIP says.  Bytes are part of the vocabulary, so any word can be spelled.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuemark.lab.pocket.captions import CaptionMaker

END = "<|endoftext|>"
#: A search begins every sentence behind this many beginnings (`cuemark.models.lm`): training has met them.
_MOST_BEGINNINGS = 5


@dataclass(frozen=True)
class LanguageTraining:
    """Settings of one run."""

    steps: int = 4000
    batch: int = 512
    vocabulary: int = 8192
    context: int = 96
    width: int = 192
    layers: int = 4
    heads: int = 6
    learning_rate: float = 2e-3
    seed: int = 1


def train_language_model(
    maker: CaptionMaker, folder: Path, training: LanguageTraining, device: str, say: Callable[[str], None]
) -> None:
    """Train and write a Hugging Face folder, in float16, with its tokenizer."""
    import torch

    from cuemark.models.runtime.safe_imports import mend_torchvision

    mend_torchvision()
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    torch.manual_seed(training.seed)
    words = caption_tokenizer(maker, training)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token=END, eos_token=END, pad_token=END, model_max_length=training.context
    )
    end = int(tokenizer.eos_token_id)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=training.context, n_embd=training.width, n_layer=training.layers,
        n_head=training.heads, bos_token_id=end, eos_token_id=end, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=training.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, training.learning_rate, training.steps)
    for step in range(training.steps):
        ids, labels = (one.to(device) for one in _batch(maker, words, end, training, step))
        with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
            loss = model(input_ids=ids, labels=labels).loss
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == training.steps - 1:
            say(f"lm: step {step + 1} of {training.steps}, loss {loss.item():.3f}")
    model.to("cpu").eval().half().save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)


def caption_tokenizer(maker: CaptionMaker, training: LanguageTraining) -> Any:
    """A byte-level BPE of captions and of every name they may hold."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    rng = random.Random(training.seed)
    corpus = [maker.draw(rng) for _ in range(60_000)] + [f" {name}" for name in maker.names()] * 2
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=training.vocabulary,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def _batch(maker: CaptionMaker, words: Any, end: int, training: LanguageTraining, step: int) -> tuple[Any, Any]:
    """ids and labels [B, L] of one step's captions; what stands behind an end is no label."""
    import torch

    rng = random.Random(training.seed * 1_000_003 + step)
    encoded = words.encode_batch_fast([maker.draw(rng) for _ in range(training.batch)])
    beginnings = [rng.choice((1, 1, _MOST_BEGINNINGS)) for _ in encoded]
    rows = [[end] * count + one.ids + [end] for count, one in zip(beginnings, encoded, strict=True)]
    longest = min(training.context, max(map(len, rows)))
    ids = torch.full((len(rows), longest), end)
    labels = torch.full((len(rows), longest), -100)
    for at, (row, count) in enumerate(zip(rows, beginnings, strict=True)):
        kept = torch.tensor(row[:longest])
        ids[at, : len(kept)] = kept
        labels[at, count : len(kept)] = kept[count:]
    return ids, labels
