"""The prefix: frozen models, a soft prompt that learns at test time."""

from __future__ import annotations

from typing import Any

import torch

from cuemark.captions.beam_search import BeamSearch
from cuemark.captions.joint import JointOptimiser, _padded
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.options import SearchOptions, from_preset


def test_steps_on_the_prefix_lower_the_loss_of_its_sentence(three_scenes: FeatureTrack, pair: Any) -> None:
    vectors = torch.from_numpy(three_scenes.vectors.copy())
    joint = JointOptimiser(vectors, pair.clip.text, pair.lm, from_preset("joint"), SilentProgress())
    rows = [pair.lm.encode("Video of a red cat on a crate in the kitchen.")]
    ids, lengths = _padded(rows)
    moment = torch.nn.functional.normalize(vectors[:18].mean(dim=0, keepdim=True), dim=1)
    prefix = pair.lm.new_prefix(1)
    optimiser = torch.optim.AdamW(prefix.parameters(), lr=0.02)
    losses = []
    for _ in range(12):
        loss = joint._sentence_loss(ids, lengths, 2, prefix, moment)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.01
    assert prefix.keys.detach().abs().max().item() > 0


def test_the_frozen_models_stay_as_they_are(three_scenes: FeatureTrack, pair: Any) -> None:
    before = pair.lm.logits(torch.tensor([pair.lm.encode("Video of a")])).clone()
    vectors = torch.from_numpy(three_scenes.vectors.copy())
    joint = JointOptimiser(vectors, pair.clip.text, pair.lm, from_preset("joint"), SilentProgress())
    prefix = pair.lm.new_prefix(1)
    ids, lengths = _padded([pair.lm.encode("Video of a red cat.")])
    joint._sentence_loss(ids, lengths, 2, prefix, vectors[:1]).backward()
    assert torch.equal(pair.lm.logits(torch.tensor([pair.lm.encode("Video of a")])), before)


def test_the_search_is_led_by_the_frames(three_scenes: FeatureTrack, pair: Any) -> None:
    search = BeamSearch(pair.clip.text, pair.lm, SearchOptions(beams=4, candidates=16))
    vectors = torch.from_numpy(three_scenes.vectors.copy())
    found = search.search(torch.stack([vectors[:18].mean(dim=0), vectors[30:].mean(dim=0)]), "Video of")
    assert "red cat" in found[0][0].sentence.caption.lower()
    assert "yellow boat" in found[1][0].sentence.caption.lower()
    assert all(one.sentence.text.startswith("Video of") and one.sentence.text.endswith(".") for one in found[0])
