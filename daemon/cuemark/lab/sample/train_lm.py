"""Training of the sample language model: a small GPT-2, fluent in the sample world's captions, blind to its images."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cuemark.lab.sample.lexicon import Lexicon, Slots, caption, partial_caption, with_prompt

END = "<|endoftext|>"
EMPTY_SHARE = 0.12


@dataclass(frozen=True)
class LmTraining:
    """Settings of one training run; the defaults made the shipped weights."""

    steps: int = 1500
    batch: int = 64
    vocabulary: int = 480
    context: int = 48
    width: int = 128
    layers: int = 4
    heads: int = 4
    learning_rate: float = 2e-3
    seed: int = 1


def draw_sentence(rng: random.Random, lexicon: Lexicon, combinations: list[tuple[str, str, str]]) -> str:
    """One finished sentence about something the training split may show."""
    if rng.random() < EMPTY_SHARE:
        text = caption(Slots(rng.choice(lexicon.places).name), rng, lexicon)
    else:
        attribute, subject, place = rng.choice(combinations)
        slots = Slots(place, subject, attribute, rng.choice(lexicon.relations).name)
        text = caption(slots, rng, lexicon) if rng.random() < 0.9 else partial_caption(slots, rng, lexicon)[0]
    return (with_prompt(text, rng) if rng.random() < 0.6 else text) + "."


def train_lm(folder: Path, settings: LmTraining, say: Callable[[str], None]) -> None:
    """Train and write a Hugging Face GPT-2 directory with its tokenizer into `folder`."""
    import torch

    from cuemark.models.runtime.safe_imports import mend_torchvision

    mend_torchvision()
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    torch.manual_seed(settings.seed)
    rng, lexicon = random.Random(settings.seed), Lexicon()
    combinations = lexicon.allowed("train")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer([draw_sentence(rng, lexicon, combinations) for _ in range(20_000)], settings),
        bos_token=END,
        eos_token=END,
        pad_token=END,
        model_max_length=settings.context,
    )
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=settings.context,
        n_embd=settings.width,
        n_layer=settings.layers,
        n_head=settings.heads,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = GPT2LMHeadModel(config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, settings.steps)
    model.train()
    for step in range(settings.steps):
        sentences = [f"{END}{draw_sentence(rng, lexicon, combinations)}{END}" for _ in range(settings.batch)]
        batch = tokenizer(sentences, return_tensors="pt", padding=True)
        # Padding and end share one token: the mask, not the id, tells which is which.
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        loss = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == settings.steps - 1:
            say(f"lm: step {step + 1} of {settings.steps}, loss {loss.item():.3f}")
    model.eval()
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)


def _tokenizer(corpus: list[str], settings: LmTraining):  # type: ignore[no-untyped-def]
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocabulary,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer
