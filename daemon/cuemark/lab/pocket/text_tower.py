"""Training of the text tower: a small causal transformer on CLIP's tokens learns what sentences mean.

There are no pictures in it: a sentence's vector is drawn to its meaning (`sentences`), which lives in the space that
the image tower puts pictures into.  Step n of a run draws sentences from the seed and n alone, on any number of
processes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cuemark.lab.pocket.image_tower import ARCHITECTURE, DIMENSION, IMAGE_SIZE, MEAN, MEANING, STD, Vectors
from cuemark.lab.pocket.sentences import SentenceMaker, parts_of

if TYPE_CHECKING:
    import torch

_LONGEST = 30  # tokens of a sentence in training, its marks included
_MOST_PARTS = 8


@dataclass(frozen=True)
class TextTraining:
    """Settings of one run."""

    steps: int = 5500
    batch: int = 2048
    width: int = 256
    layers: int = 3
    learning_rate: float = 1.5e-3
    warmup: int = 300
    #: How much the agreement with each class counts beside that with the meaning.
    class_weight: float = 20.0
    processes: int = 0
    seed: int = 1


def clip_config(training: TextTraining) -> dict[str, Any]:
    """The open_clip configuration of the whole model."""
    return {
        "model_cfg": {
            "embed_dim": DIMENSION,
            "vision_cfg": {
                "timm_model_name": ARCHITECTURE,
                "timm_model_pretrained": False,
                "timm_pool": "",
                "timm_proj": "mlp",
                "timm_proj_bias": True,
                "image_size": IMAGE_SIZE,
            },
            "text_cfg": {
                "context_length": 77,
                "vocab_size": 49408,
                "width": training.width,
                "heads": training.width // 64,
                "layers": training.layers,
            },
        },
        "preprocess_cfg": {
            "mean": list(MEAN),
            "std": list(STD),
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


def empty_clip(training: TextTraining) -> Any:
    """The model with random weights from the seed."""
    import torch

    from cuemark.models.runtime.safe_imports import open_clip_module

    open_clip = open_clip_module()
    torch.manual_seed(training.seed)
    return open_clip.CLIP(**clip_config(training)["model_cfg"])


class Tokens:
    """CLIP's tokens of sentences; each word is tokenised once, since it reads what stands between spaces by itself."""

    def __init__(self) -> None:
        from cuemark.models.runtime.safe_imports import open_clip_module

        tokenizer = open_clip_module().SimpleTokenizer()
        self._start, self._end = tokenizer.sot_token_id, tokenizer.eot_token_id
        self._word = lru_cache(maxsize=200_000)(lambda word: tuple(tokenizer.encode(word)))

    def of(self, text: str) -> list[int]:
        """Ids with start and end."""
        inner = [token for word in text.split() for token in self._word(word)]
        return [self._start, *inner[: _LONGEST - 2], self._end]


class Batches:
    """A dataset of batches: item n holds the token ids of its sentences and the rows and weights of what they mean."""

    def __init__(self, maker: SentenceMaker, training: TextTraining) -> None:
        self._maker, self._training = maker, training
        self._tokens: Tokens | None = None

    def __len__(self) -> int:
        return self._training.steps

    def __getitem__(self, step: int) -> tuple[Any, Any, Any]:
        """ids [B, L] padded with 0; rows [B, parts]; weights [B, parts], 0 where there is no part."""
        import torch

        self._tokens = self._tokens or Tokens()
        rng = random.Random(self._training.seed * 1_000_003 + step)
        batch = self._training.batch
        ids = np.zeros((batch, _LONGEST), np.int64)
        rows = np.zeros((batch, _MOST_PARTS), np.int64)
        weights = np.zeros((batch, _MOST_PARTS), np.float32)
        for at in range(batch):
            pieces = self._maker.draw(rng)
            tokens = self._tokens.of(" ".join(piece.text for piece in pieces))
            ids[at, : len(tokens)] = tokens
            found = list(zip(*parts_of(pieces), strict=True))[:_MOST_PARTS]
            for part, (row, weight) in enumerate(found):
                rows[at, part], weights[at, part] = row, weight
        longest = int((ids != 0).sum(axis=1).max())
        return torch.from_numpy(ids[:, :longest]), torch.from_numpy(rows), torch.from_numpy(weights)


def encode(model: Any, ids: torch.Tensor) -> torch.Tensor:
    """[B, D] of the ids [B, L], padded behind the end: what open_clip computes for 77 positions, on L of them."""
    import torch

    length = ids.shape[1]
    hidden = model.token_embedding(ids) + model.positional_embedding[:length]
    hidden = model.ln_final(model.transformer(hidden, attn_mask=model.attn_mask[:length, :length]))
    ends = hidden[torch.arange(len(ids), device=ids.device), ids.argmax(dim=-1)]
    vectors: torch.Tensor = ends @ model.text_projection
    return vectors


def train_text_tower(
    maker: SentenceMaker, class_vectors: Vectors, training: TextTraining, device: str, say: Callable[[str], None]
) -> Any:
    """The model, its text tower trained on `device`, back on the CPU."""
    import torch

    model = empty_clip(training).to(device).train()
    meanings = torch.from_numpy(maker.meanings.vectors).to(device)
    classes = torch.from_numpy(class_vectors).to(device)
    table = model.token_embedding
    # Few of the tokens stand in a batch: on a processor their gradient alone is computed.
    table.sparse = device == "cpu"
    rest = [
        value
        for name, value in model.named_parameters()
        if not name.startswith(("visual.", "token_embedding.", "logit_scale"))
    ]
    optimisers: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, lr=training.learning_rate, weight_decay=0.01)]
    kind: Any = torch.optim.SparseAdam if table.sparse else torch.optim.Adam
    optimisers.append(kind(list(table.parameters()), lr=training.learning_rate))
    for step, (ids, rows, weights) in enumerate(_drawn(maker, training)):
        ids, rows, weights = (one.to(device, non_blocking=True) for one in (ids, rows, weights))
        wanted = torch.nn.functional.normalize((meanings[rows] * weights[..., None]).sum(dim=1), dim=1)
        with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
            said = encode(model, ids)
        said = torch.nn.functional.normalize(said.float(), dim=1)
        # What lies outside the meanings' dimensions is lost to every picture: the cosine takes care of it.
        cosine = (said[:, :MEANING] * wanted).sum(dim=1)
        apart = ((said[:, :MEANING] - wanted) @ classes.T).square().mean(dim=1)
        loss = (1 - cosine + training.class_weight * apart).mean()
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = training.learning_rate * _schedule(step, training)
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        for optimiser in optimisers:
            optimiser.step()
        if step % 100 == 0 or step == training.steps - 1:
            say(f"text: step {step + 1} of {training.steps}, loss {loss.item():.4f}, cosine {cosine.mean().item():.4f}")
    return model.to("cpu").eval()


def _drawn(maker: SentenceMaker, training: TextTraining) -> Iterator[Any]:
    import torch

    loader: Any = torch.utils.data.DataLoader(
        Batches(maker, training),  # type: ignore[arg-type]  # has what a map-style dataset needs
        batch_size=None,
        num_workers=training.processes,
        prefetch_factor=8 if training.processes else None,
    )
    return iter(loader)


def _schedule(step: int, training: TextTraining) -> float:
    if step < training.warmup:
        return (step + 1) / training.warmup
    done = (step - training.warmup) / max(1, training.steps - training.warmup)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
