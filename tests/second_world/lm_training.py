"""Trains the second language model: a small Llama with grouped heads, fluent in the second world, blind to it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.second_world.tokens import any_sentence, write_lm_tokenizer


@dataclass(frozen=True)
class LmTraining:
    """Settings of one run."""

    steps: int = 700
    batch: int = 48
    context: int = 64
    width: int = 112
    layers: int = 3
    heads: int = 4
    key_heads: int = 2
    learning_rate: float = 3e-3
    seed: int = 2


def train_lm(folder: Path, settings: LmTraining, say: Callable[[str], None]) -> None:
    """Train and write a Hugging Face directory with its tokenizer; config.json appears last."""
    import torch

    torch.manual_seed(settings.seed)
    rng = random.Random(settings.seed)
    tokenizer = write_lm_tokenizer(folder, settings.context, settings.seed)
    model = _fresh_model(tokenizer, settings)
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, settings.steps)
    model.train()
    for step in range(settings.steps):
        loss = _loss(model, tokenizer, [any_sentence(rng) for _ in range(settings.batch)])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == settings.steps - 1:
            say(f"lm: step {step + 1} of {settings.steps}, loss {loss.item():.3f}")
    model.eval()
    model.save_pretrained(folder, safe_serialization=True)


def _fresh_model(tokenizer: Any, settings: LmTraining) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.width,
            intermediate_size=settings.width * 2,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.key_heads,
            max_position_embeddings=settings.context,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )


def _loss(model: Any, tokenizer: Any, sentences: list[str]) -> Any:
    framed = [f"{tokenizer.bos_token}{sentence}{tokenizer.eos_token}" for sentence in sentences]
    batch = tokenizer(framed, return_tensors="pt", padding=True)
    # Padding and end share a token: the mask tells which is which.
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
