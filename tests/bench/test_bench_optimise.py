"""`cuemark bench optimise`: both loops score the same candidates alike, and the plain one is what it claims to be."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from cuemark.core.progress import SilentProgress
from cuemark.lab.bench import optimise
from cuemark.lab.bench.comparison import BenchOptions
from cuemark.lab.bench.plain_loop import PlainLoop, PlainOptions, PlainWords, distinct
from cuemark.lab.sample.train import WEIGHTS
from cuemark.models.clip.clip import load_clip
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel, load_lm


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> TextEncoder:
    return load_clip(WEIGHTS / "clip", tmp_path_factory.mktemp("onnx")).text


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return load_lm(WEIGHTS / "lm")


@pytest.fixture
def frames(text: TextEncoder) -> torch.Tensor:
    """What CLIP would see of a red cat, as words."""
    return text.encode(["Video of a red cat in the kitchen."])


def test_both_loops_score_the_same_candidates_alike(tmp_path: Path) -> None:
    found = optimise.compare(BenchOptions(work=tmp_path, pairs=1), SilentProgress())
    assert [one.name for one in found] == ["optimise", "optimise/fast"]
    facts = found[0].facts
    assert float(facts["largest difference of a candidate's cosine"]) < 1e-5
    assert int(facts["candidates scored by both"]) > 500
    assert found[0].unit == "s a moment and token" and found[0].goal is None
    assert found[1].facts["moments found"] == 4
    # The plain loop's share of the second is twelve sentences of twenty of the token steps measured for the first.
    assert found[1].rival[0] == pytest.approx(12 * 20 * found[0].rival[0])


def test_the_plain_loop_lowers_its_loss_and_leaves_the_models_alone(
    text: TextEncoder, lm: LanguageModel, frames: torch.Tensor
) -> None:
    row = lm.encode("Video of a red")
    before = lm.logits(torch.tensor([row])).clone()
    loop = PlainLoop(frames, text, lm, PlainOptions(candidates=16, learning_rate=0.02))
    losses = [loop.step(row).loss for _ in range(8)]
    assert losses[-1] < losses[0]
    assert torch.equal(lm.logits(torch.tensor([row])), before)


def test_a_step_scores_every_candidate_by_its_whole_text(
    text: TextEncoder, lm: LanguageModel, frames: torch.Tensor
) -> None:
    scores = PlainLoop(frames, text, lm, PlainOptions(candidates=16)).step(lm.encode("Video of a red")).scores
    assert 0 < len(scores) <= 16
    for spelled, score in scores.items():
        assert spelled.startswith("Video of a red")
        assert score == pytest.approx(float(text.logit_scale * text.encode_plain([spelled]) @ frames[0]), abs=1e-3)


def test_the_plain_loop_writes_the_sentence_that_clip_likes_best(
    text: TextEncoder, lm: LanguageModel, frames: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = PlainLoop(frames, text, lm, PlainOptions(candidates=16, sentences=3, tokens=6))
    written = []
    sentence = loop.sentence

    def kept(prompt: str) -> Any:
        written.append(sentence(prompt))
        return written[-1]

    monkeypatch.setattr(loop, "sentence", kept)
    best = loop.run(seed=1)
    assert len(written) == 3
    assert best.score == max(one.score for one in written)
    assert float(loop.prefix.keys.detach().abs().max()) > 0


def test_of_alike_frames_the_first_is_kept() -> None:
    angles = [0.0, 0.1, 0.2, 1.0, 1.1, 0.0]  # in radians: 0.9 is the cosine of 0.45
    frames = torch.tensor([[math.cos(angle), math.sin(angle)] for angle in angles])
    assert torch.allclose(distinct(frames), frames[[0, 3, 5]])


def test_the_adjustments_of_the_plain_loop(lm: LanguageModel) -> None:
    words = PlainWords(lm)
    red, cat = lm.encode("Video of a red cat")[-2:]
    row = [*lm.encode("Video of a"), red, cat, red]
    logits = torch.full((lm.vocab_size,), 4.0)
    early = words.adjusted(logits, row[:2], first=True, late=False)
    assert early[words.end] == -math.inf  # too short to end
    later = words.adjusted(logits, row, first=False, late=False)
    assert later[words.end] == 6.0  # 2 on top of it
    assert later[red] == 2.0 and later[cat] == 2.0  # said already
    repeated = words.adjusted(logits, [*row, cat, red], first=False, late=False)
    assert repeated[cat] == -math.inf  # "red cat red" stands already, as does "cat red cat"
    allowed = torch.arange(lm.vocab_size, dtype=torch.float)
    late = words.adjusted(allowed, row, first=False, late=True)
    assert int(late.isfinite().sum()) <= 4 and bool(late[words.end].isfinite())
    assert words.draw(late) in late.topk(3).indices.tolist()
