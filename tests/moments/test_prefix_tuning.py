"""The prefix: frozen models, a soft prompt that learns at test time."""

from __future__ import annotations

from typing import Any

import torch

from cuemark.captions.beam import Beam
from cuemark.captions.options import PrefixOptions, SearchOptions
from cuemark.captions.prefix import PrefixTuned
from cuemark.captions.protocols import Sentence
from cuemark.evidence.frames.track import FeatureTrack

CAT = "Video of a red cat on a crate in the kitchen."


def captioner(track: FeatureTrack, pair: Any, **options: Any) -> PrefixTuned:
    context = pair.context(track)
    return PrefixTuned(context, PrefixOptions(**options), Beam(context, SearchOptions()), "Video of")


def test_steps_on_the_prefix_lower_the_loss_of_its_sentence(three_scenes: FeatureTrack, pair: Any) -> None:
    rows = [pair.lm.encode(CAT)]
    vectors = torch.from_numpy(three_scenes.vectors.copy())
    moment = torch.nn.functional.normalize(vectors[:18].mean(dim=0, keepdim=True), dim=1)
    sentence, weights = Sentence(CAT, "A red cat on a crate in the kitchen", -1.0), torch.zeros(1, len(vectors))
    weights[0, :18] = 1.0
    losses = []
    for steps in (0, 12):
        tuning = captioner(three_scenes, pair, steps=steps, learning_rate=0.02)
        prefix = tuning.tuned([sentence], weights)
        losses.append(tuning.loss(rows, prefix, moment).item())
    assert losses[1] < losses[0] - 0.01
    assert prefix.keys.detach().abs().max().item() > 0


def test_the_frozen_models_stay_as_they_are(three_scenes: FeatureTrack, pair: Any) -> None:
    before = pair.lm.logits(torch.tensor([pair.lm.encode("Video of a")])).clone()
    rows, moment = [pair.lm.encode("Video of a red cat.")], torch.from_numpy(three_scenes.vectors[:1].copy())
    captioner(three_scenes, pair).loss(rows, pair.lm.new_prefix(1), moment).backward()
    assert torch.equal(pair.lm.logits(torch.tensor([pair.lm.encode("Video of a")])), before)
