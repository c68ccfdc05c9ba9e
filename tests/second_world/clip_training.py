"""Trains the second CLIP: a RegNet of timm as image tower, a small text tower with a WordPiece tokenizer.

Sentences may be whole, broken off (the search for words scores half sentences) or wrong in one slot.  A picture fits
every sentence that says nothing false of it, and best those that say at least as much as its own.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tests.second_world.speech import named_in, opened, sentence
from tests.second_world.stills import IMAGE_SIZE, Stills
from tests.second_world.tokens import CLIP_VOCABULARY, END_ID, PAD_ID, write_clip_tokenizer
from tests.second_world.words import SLOTS, WORLD, Slots

if TYPE_CHECKING:
    import torch

CONTEXT = 24
WEIGHTS = "open_clip_model.safetensors"
_MEAN, _STD = (0.3, 0.27, 0.27), (0.25, 0.24, 0.24)
CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 112,
        "custom_text": True,
        "vision_cfg": {
            "timm_model_name": "regnetx_002", "timm_model_pretrained": False, "timm_pool": "avg",
            "timm_proj": "linear", "image_size": IMAGE_SIZE,
        },
        "text_cfg": {
            "context_length": CONTEXT, "vocab_size": CLIP_VOCABULARY, "hf_tokenizer_name": "local",
            "width": 144, "heads": 6, "layers": 2, "pad_id": PAD_ID, "eos_id": END_ID, "pool_type": "eos",
        },
    },
    "preprocess_cfg": {"mean": _MEAN, "std": _STD, "interpolation": "bicubic", "resize_mode": "squash"},
}  # fmt: skip


@dataclass(frozen=True)
class ClipTraining:
    """Settings of one run; it ends after `steps` or `minutes`, whichever is first, the learning rate with it."""

    steps: int = 1400
    minutes: float = 17.0
    batch: int = 192
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    heads: float = 0.4
    seed: int = 2


@dataclass(frozen=True)
class Told:
    """A text and what it tells: for each slot an index, -1 where it is silent, the last index for "nothing there"."""

    text: str
    slots: tuple[int, ...]


def numbered(slots: Slots) -> tuple[int, ...]:
    """The slots as indices in the order of SLOTS."""
    return tuple(_index(slot, getattr(slots, slot)) for slot in SLOTS)


def tell(slots: Slots, rng: random.Random) -> Told:
    """Some text about `slots`: mostly whole, sometimes broken off, with or without an opening."""
    text = opened(slots, rng) if rng.random() < 0.35 else sentence(slots, rng)
    if rng.random() < 0.6:
        if "{" not in text and len(named_in(text)) == len(slots.named()):
            return Told(text if rng.random() < 0.7 else text.rstrip("."), numbered(slots))
        return Told(text, _named(text, slots))
    words = text.split()
    text = " ".join(words[: rng.randint(min(3, len(words) - 1), len(words) - 1)]).rstrip(",")
    return Told(text, _named(text, slots))


def wrong(slots: Slots, rng: random.Random) -> Told:
    """A whole sentence that is false in exactly one slot, or in whether anything is there."""
    if slots.empty:
        return tell(Slots(rng.choice([name for name in WORLD["place"] if name != slots.place])), rng)
    if rng.random() < 0.15:
        return tell(Slots(slots.place), rng)
    slot = rng.choice(SLOTS)
    other = rng.choice([name for name in WORLD[slot] if name != getattr(slots, slot)])
    return tell(replace(slots, **{slot: other}), rng)


def contrast(
    image: torch.Tensor, text: torch.Tensor, scale: torch.Tensor, shown: torch.Tensor, told: torch.Tensor
) -> torch.Tensor:
    """Loss of unit vectors [B, D] and [C, D] (the first B texts belong to the pictures, the rest are in the way)."""
    import torch

    silent = told < 0
    true = ((shown[:, None] == told[None]) | silent[None]).all(dim=2)
    telling = (~silent).sum(dim=1)
    own = telling[: len(shown)]
    logits = scale * image @ text.T

    def spread(scores: torch.Tensor, fits: torch.Tensor) -> torch.Tensor:
        target = fits.float() / fits.float().sum(dim=1, keepdim=True)
        return -(target * torch.log_softmax(scores, dim=1)).sum(dim=1).mean()

    by_picture = spread(logits, true & (telling[None] >= own[:, None]))
    return 0.5 * (by_picture + spread(logits.T[: len(shown)], true.T[: len(shown)]))


def train_clip(stills: Stills, folder: Path, settings: ClipTraining, say: Callable[[str], None]) -> None:
    """Train on `stills` and write an open_clip local directory; weights that are there are trained further."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / WEIGHTS).exists():  # weights belong to the tokenizer they were trained with
        (folder / "open_clip_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")
        write_clip_tokenizer(folder, CONTEXT, settings.seed)
    run = _Run(stills, folder, settings)
    began, done = time.monotonic(), 0.0
    for step in range(settings.steps):
        done = max(step / settings.steps, (time.monotonic() - began) / (settings.minutes * 60))
        if done >= 1:
            break
        loss = run.step(step, done)
        if step % 50 == 0:
            say(f"clip: step {step}, {100 * done:.0f} %, loss {loss:.3f}")
    write_weights(run.model, folder)
    say(f"clip: {step + 1} steps in {(time.monotonic() - began) / 60:.1f} minutes")


class _Run:
    """The state of one training run."""

    def __init__(self, stills: Stills, folder: Path, settings: ClipTraining) -> None:
        import torch

        from cuemark.models.runtime.safe_imports import open_clip_module

        torch.manual_seed(settings.seed)
        open_clip = open_clip_module()
        self.stills, self.settings, self.rng = stills, settings, random.Random(settings.seed)
        self.model = open_clip.model.CustomTextCLIP(
            **{key: value for key, value in CONFIG["model_cfg"].items() if key != "custom_text"}
        )
        if (folder / WEIGHTS).exists():
            open_clip.load_checkpoint(self.model, str(folder / WEIGHTS))
        self.tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
        width = CONFIG["model_cfg"]["embed_dim"]
        self.heads = torch.nn.ModuleList(torch.nn.Linear(width, len(WORLD[slot]) + 1) for slot in SLOTS)
        self.weights = [*self.model.parameters(), *self.heads.parameters()]
        self.optimiser = torch.optim.AdamW(
            self.weights, lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
        )
        self.shown = torch.tensor([numbered(slots) for slots in stills.slots])
        self.model.visual.to(memory_format=torch.channels_last)
        self.model.train()

    def step(self, number: int, done: float) -> float:
        """One batch; returns its loss."""
        import torch

        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * min(1.0, (number + 1) / 60) * _falling(done)
        chosen = [self.rng.randrange(len(self.stills.slots)) for _ in range(self.settings.batch)]
        texts = [tell(self.stills.slots[one], self.rng) for one in chosen]
        texts += [wrong(self.stills.slots[one], self.rng) for one in chosen[::2]]
        pictures = _varied(self.stills.images[chosen], number).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            image = self.model.encode_image(pictures)
            words = self.model.encode_text(self.tokenizer([one.text for one in texts]))
        image, words = (torch.nn.functional.normalize(one.float(), dim=-1) for one in (image, words))
        told, shown = torch.tensor([one.slots for one in texts]), self.shown[chosen]
        loss = contrast(image, words, self.model.logit_scale.exp().clamp(max=100), shown, told)
        for column, head in enumerate(self.heads):
            guess = head(image * math.sqrt(image.shape[1]))
            loss = loss + self.settings.heads * torch.nn.functional.cross_entropy(guess, shown[:, column])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimiser.step()
        return float(loss.item())


def write_weights(model: Any, folder: Path) -> None:
    """Write the weights as safetensors; the file appears whole or not at all."""
    from safetensors.torch import save_file

    partial = folder / "weights.partial"
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, partial)
    partial.replace(folder / WEIGHTS)


def _index(slot: str, name: str | None) -> int:
    values = list(WORLD[slot])
    return len(values) if name is None else values.index(name)


def _named(text: str, slots: Slots) -> tuple[int, ...]:
    """What a piece of a sentence tells; a piece of a sentence about nothing may have said so already, or not yet."""
    named = named_in(text)
    told = {slot: _index(slot, named[slot]) if slot in named else -1 for slot in SLOTS}
    lower = text.lower()
    if slots.empty and any(word in lower for word in ("nobody", "nothing moves", "deserted", "quiet")):
        told |= {slot: _index(slot, None) for slot in SLOTS if slot != "place"}
    return tuple(told[slot] for slot in SLOTS)


def _falling(done: float) -> float:
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))


def _varied(images: NDArray[np.uint8], seed: int) -> torch.Tensor:
    """Normalised [B, 3, S, S], shifted, mirrored and lit a little differently each time."""
    import torch

    noise = np.random.default_rng(seed)
    batch = images.astype(np.float32) / 255
    for row in range(len(batch)):
        dy, dx = noise.integers(-4, 5, size=2)
        batch[row] = np.roll(batch[row], (int(dy), int(dx)), axis=(0, 1))
        if noise.random() < 0.5:
            batch[row] = batch[row][:, ::-1].copy()
    batch *= noise.uniform(0.85, 1.15, size=(len(batch), 1, 1, 1)).astype(np.float32)
    batch += noise.standard_normal(batch.shape, dtype=np.float32) * 0.012
    normal = (np.clip(batch, 0, 1) - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
    return torch.from_numpy(np.ascontiguousarray(normal.transpose(0, 3, 1, 2)))
