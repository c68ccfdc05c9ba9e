"""Training of the sample CLIP, and the single frames with known slots that it learns from and is measured on.

Architecture: open_clip, with a causal text tower and CLIP's own tokenizer.  The contrastive loss knows that captions
may tell less than the frame shows: a frame fits every caption consistent with it, and prefers those that tell at least
as much as its own.  Linear heads for the slots help the image tower along and are thrown away.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cuemark.lab.sample.lexicon import Lexicon, Slots, caption, partial_caption, slots_in, with_prompt
from cuemark.lab.sample.paint import Image
from cuemark.lab.sample.scene import add_actor, background, cast, grain, random_camera, shoot

if TYPE_CHECKING:
    import torch

IMAGE_SIZE = 96
EMPTY_SHARE = 0.12
#: Frames that share one painted place: painting it is most of the cost.
_FRAMES_PER_PLACE = 4
_FRAMES_PER_TASK = 500


@dataclass(frozen=True)
class FramePool:
    """`images` uint8 [N, IMAGE_SIZE, IMAGE_SIZE, 3] RGB and the slots each shows."""

    images: NDArray[np.uint8]
    slots: tuple[Slots, ...]


def render_pool(count: int, split: str, seed: int, *, only_held_out: bool = False) -> FramePool:
    """`count` frames of a split ("train", "dev", "test"); `only_held_out` keeps to combinations never trained on."""
    tasks = [
        (seed * 100_003 + start, min(_FRAMES_PER_TASK, count - start), split, only_held_out)
        for start in range(0, count, _FRAMES_PER_TASK)
    ]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_render_task, tasks))
    images = np.concatenate([part[0] for part in parts])
    return FramePool(images, tuple(slots for part in parts for slots in part[1]))


def shrink(frame: Image) -> Image:
    """A finished frame squashed to the image tower's size, as its preprocessing does."""
    from PIL import Image as Pictures

    picture = Pictures.fromarray(frame).resize((IMAGE_SIZE, IMAGE_SIZE), Pictures.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.uint8)


def _render_task(task: tuple[int, int, str, bool]) -> tuple[NDArray[np.uint8], list[Slots]]:
    import cv2

    cv2.setNumThreads(1)
    seed, count, split, only_held_out = task
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    lexicon = Lexicon()
    combinations = sorted(lexicon.held_out()[split]) if only_held_out else lexicon.allowed(split)
    by_place: dict[str, list[tuple[str, str, str]]] = {}
    for combination in combinations:
        by_place.setdefault(combination[2], []).append(combination)
    images: list[Image] = []
    all_slots: list[Slots] = []
    while len(images) < count:
        place = rng.choice(sorted(by_place))
        canvas = background(Slots(place), rng)
        for _ in range(min(_FRAMES_PER_PLACE, count - len(images))):
            slots = _draw_slots(place, by_place[place], lexicon, rng, allow_empty=not only_held_out)
            images.append(_render_one(canvas, slots, rng, noise))
            all_slots.append(slots)
    return np.stack(images), all_slots


def _draw_slots(
    place: str, combinations: list[tuple[str, str, str]], lexicon: Lexicon, rng: random.Random, *, allow_empty: bool
) -> Slots:
    if allow_empty and rng.random() < EMPTY_SHARE:
        return Slots(place)
    attribute, subject, _ = rng.choice(combinations)
    return Slots(place, subject, attribute, rng.choice(lexicon.relations).name)


def _render_one(canvas: Image, slots: Slots, rng: random.Random, noise: np.random.Generator) -> Image:
    actor = None if slots.empty else cast(slots, rng)
    presence = rng.uniform(0.75, 1.0) if rng.random() < 0.1 else 1.0
    painted = canvas if actor is None else add_actor(canvas, actor, rng.uniform(0, 5), presence)
    seen = shoot(painted, random_camera(rng, actor))
    brightness = rng.uniform(0.55, 1.1) if rng.random() < 0.15 else rng.uniform(0.92, 1.08)
    return shrink(grain(seen, rng.uniform(1, 8), brightness, noise))


SLOT_NAMES = ("subject", "attribute", "place", "relation")
MEAN, STD = (0.45, 0.45, 0.45), (0.26, 0.26, 0.26)
CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 128,
        "vision_cfg": {"layers": [1, 1, 2, 1], "width": 24, "head_width": 64, "image_size": IMAGE_SIZE},
        "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 128, "heads": 4, "layers": 3},
    },
    "preprocess_cfg": {"mean": list(MEAN), "std": list(STD), "interpolation": "bicubic", "resize_mode": "squash"},
}


@dataclass(frozen=True)
class ClipTraining:
    """Settings of one training run; the defaults made the shipped weights."""

    steps: int = 1100
    batch: int = 256
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    warmup: int = 100
    head_weight: float = 0.3
    seed: int = 1


@dataclass(frozen=True)
class LabelledCaption:
    """A caption and what it tells: an index for each slot, -1 where it is silent."""

    text: str
    slots: tuple[int, ...]


class SlotIndex:
    """Slots as integers; the last subject, attribute and relation index stands for "nobody"."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.names = {slot: [word.name for word in getattr(lexicon, f"{slot}s")] for slot in SLOT_NAMES}

    def sizes(self) -> list[int]:
        """How many values each slot has, "nobody" included."""
        return [len(self.names[slot]) + 1 for slot in SLOT_NAMES]

    def of(self, slots: Slots) -> tuple[int, ...]:
        """Indices of what a frame shows, in the order of SLOT_NAMES."""
        return tuple(self._one(slot, getattr(slots, slot)) for slot in SLOT_NAMES)

    def told(self, slots: Slots, names: frozenset[str]) -> tuple[int, ...]:
        """Indices of the slots in `names`, -1 for the others."""
        return tuple(index if slot in names else -1 for slot, index in zip(SLOT_NAMES, self.of(slots), strict=True))

    def _one(self, slot: str, name: str | None) -> int:
        return self.names[slot].index(name) if name else len(self.names[slot])


def draw_caption(slots: Slots, rng: random.Random, lexicon: Lexicon, index: SlotIndex) -> LabelledCaption:
    """A caption for one frame: whole, partial, or broken off in the middle as half-written sentences are."""
    draw = rng.random()
    if slots.empty:
        return LabelledCaption(_perhaps_prompted(caption(slots, rng, lexicon), rng), index.of(slots))
    if draw < 0.25:
        text, names = partial_caption(slots, rng, lexicon)
        return LabelledCaption(_perhaps_prompted(text, rng), index.told(slots, names))
    text = caption(slots, rng, lexicon)
    if draw < 0.45:
        words = text.split()
        text = " ".join(words[: rng.randint(2, len(words) - 1)])
        seen = slots_in(text, lexicon).as_dict()
        names = frozenset(name for name, value in seen.items() if value)
        return LabelledCaption(_perhaps_prompted(text, rng), index.told(slots, names))
    if rng.random() < 0.5:
        text += "."
    return LabelledCaption(_perhaps_prompted(text, rng), index.of(slots))


def contrast(
    image: torch.Tensor, text: torch.Tensor, scale: torch.Tensor, shown: torch.Tensor, told: torch.Tensor
) -> torch.Tensor:
    """Contrastive loss of a batch: unit vectors [B, D] each, slot indices `shown` and `told` [B, slots]."""
    import torch

    silent = told < 0
    consistent = ((shown[:, None] == told[None]) | silent[None]).all(dim=2)
    telling = (~silent).sum(dim=1)
    full_enough = consistent & (telling[None] >= telling[:, None])
    logits = scale * image @ text.T

    def spread(scores: torch.Tensor, fits: torch.Tensor) -> torch.Tensor:
        target = fits.float() / fits.float().sum(dim=1, keepdim=True)
        return -(target * torch.log_softmax(scores, dim=1)).sum(dim=1).mean()

    return 0.5 * (spread(logits, full_enough) + spread(logits.T, consistent.T))


def train_clip(pool: FramePool, folder: Path, settings: ClipTraining, say: Callable[[str], None]) -> None:
    """Train on `pool` and write an open_clip local directory (float16 safetensors) into `folder`."""
    import torch

    from cuemark.models.runtime.safe_imports import open_clip_module

    torch.manual_seed(settings.seed)
    rng, lexicon = random.Random(settings.seed), Lexicon()
    index = SlotIndex(lexicon)
    open_clip = open_clip_module()
    model = open_clip.model.CLIP(**CONFIG["model_cfg"])
    tokenizer = open_clip.SimpleTokenizer(context_length=CONFIG["model_cfg"]["text_cfg"]["context_length"])
    heads = torch.nn.ModuleList(torch.nn.Linear(CONFIG["model_cfg"]["embed_dim"], size) for size in index.sizes())
    parameters = [*model.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(
        parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
    )
    shown = torch.tensor([index.of(slots) for slots in pool.slots])
    # Weights in the images' memory format: without it the backward pass is several times slower on a CPU.
    model.visual.to(memory_format=torch.channels_last)
    model.train()
    for step in range(settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * _schedule(step, settings)
        chosen = [rng.randrange(len(pool.slots)) for _ in range(settings.batch)]
        captions = [draw_caption(pool.slots[one], rng, lexicon, index) for one in chosen]
        told = torch.tensor([one.slots for one in captions])
        images = _augmented(pool.images[chosen], settings.seed * 1_000_003 + step).contiguous(
            memory_format=torch.channels_last
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            raw = model.encode_image(images)
            words = model.encode_text(tokenizer([one.text for one in captions]))
        raw = raw.float()
        loss = contrast(_unit(raw), _unit(words.float()), model.logit_scale.exp().clamp(max=100), shown[chosen], told)
        for column, head in enumerate(heads):
            guess = head(_unit(raw) * math.sqrt(raw.shape[1]))
            loss = loss + settings.head_weight * torch.nn.functional.cross_entropy(guess, shown[chosen][:, column])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        if step % 50 == 0 or step == settings.steps - 1:
            say(f"clip: step {step + 1} of {settings.steps}, loss {loss.item():.3f}")
        if step and step % 200 == 0:
            write_clip(model, folder)
    write_clip(model, folder)


def write_clip(model: torch.nn.Module, folder: Path) -> None:
    """Write an open_clip local directory: config, and the weights in float16 (statistics stay float32)."""
    import json

    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")
    state = {}
    for name, value in model.state_dict().items():
        keep = "running_" in name or not value.is_floating_point() or value.ndim == 0
        state[name] = value.contiguous() if keep else value.to(torch.float16).contiguous()
    save_file(state, folder / "open_clip_model.safetensors")


def _schedule(step: int, settings: ClipTraining) -> float:
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.nn.functional.normalize(vectors, dim=-1)


def _perhaps_prompted(text: str, rng: random.Random) -> str:
    return with_prompt(text, rng) if rng.random() < 0.4 else text


def _augmented(images: np.ndarray[Any, np.dtype[np.uint8]], seed: int) -> torch.Tensor:
    """Normalised float32 [B, 3, S, S] with small shifts, brightness, contrast, mirroring and noise."""
    import torch

    noise = np.random.default_rng(seed)
    batch = images.astype(np.float32) / 255
    shifted = np.empty_like(batch)
    for row in range(len(batch)):
        dx, dy = noise.integers(-5, 6, size=2)
        moved = np.roll(batch[row], (int(dy), int(dx)), axis=(0, 1))
        shifted[row] = moved[:, ::-1] if noise.random() < 0.5 else moved
    gain = noise.uniform(0.85, 1.15, size=(len(batch), 1, 1, 1)).astype(np.float32)
    bias = noise.uniform(-0.05, 0.05, size=(len(batch), 1, 1, 1)).astype(np.float32)
    shifted = np.clip(shifted * gain + bias + noise.standard_normal(shifted.shape, dtype=np.float32) * 0.015, 0, 1)
    normalised = (shifted - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return torch.from_numpy(np.ascontiguousarray(normalised.transpose(0, 3, 1, 2)))
