"""The shipped pair: small enough, described, and as good as its card says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from cuemark.lab.sample.train import WEIGHTS, slot_accuracy
from cuemark.lab.sample.train_clip import ClipTraining, render_pool, train_clip
from cuemark.lab.sample.train_lm import LmTraining, train_lm
from cuemark.models.clip.clip import load_clip
from cuemark.models.lm.lm import load_lm


def test_the_weights_are_safetensors_under_30_mb_with_a_card() -> None:
    files = [file for file in WEIGHTS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 30_000_000
    assert not [file for file in files if file.suffix in {".bin", ".pt", ".pth", ".pkl"}]
    card = (WEIGHTS / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert all(word in card for word in ("## Data", "held-out combinations", "## Limits"))


def test_fresh_frames_are_read_about_as_well_as_the_card_says() -> None:
    """200 frames of combinations never trained on: the card's figure may miss by sampling error only."""
    card = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    scores = slot_accuracy(WEIGHTS / "clip", render_pool(200, "test", 77, only_held_out=True))
    for slot, promised in card["held_out_combinations"].items():
        assert abs(scores[slot] - promised) < 0.12, slot


def test_the_language_model_is_fluent_in_captions() -> None:
    """It finds the world's sentences far likelier than the same words shuffled."""
    lm = load_lm(WEIGHTS / "lm")

    def loss(text: str) -> float:
        ids = torch.tensor([lm.encode(text)])
        log_p = torch.log_softmax(lm.logits(ids)[0, :-1], dim=-1)
        return float(-log_p.gather(1, ids[0, 1:, None]).mean())

    assert loss("Video of a red cat on a crate in the kitchen.") < 2
    assert loss("Video crate a the of in kitchen cat red on a.") > 4


def test_training_writes_a_pair_the_product_can_load(tmp_path: Path) -> None:
    """Three steps of each: not good models, but whole ones, the same for the same seed."""
    pool = render_pool(64, "train", 1)
    for name in ("one", "other"):
        train_clip(pool, tmp_path / name / "clip", ClipTraining(steps=3, batch=16), lambda line: None)
        train_lm(tmp_path / name / "lm", LmTraining(steps=3, batch=4), lambda line: None)
    clip, lm = load_clip(tmp_path / "one" / "clip", tmp_path / "onnx"), load_lm(tmp_path / "one" / "lm")
    assert clip.image.encode(np.stack([clip.image.preprocess(pool.images[0])])).shape == (1, 128)
    assert lm.decode(lm.encode("Video of a red cat")) == "Video of a red cat"
    for file in ("clip/open_clip_model.safetensors", "lm/model.safetensors"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes(), file
