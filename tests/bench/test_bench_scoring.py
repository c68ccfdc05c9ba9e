"""`cuemark bench scoring` on the sample pair: what it compares is the same, and it says of what mix."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cuemark.core.progress import SilentProgress
from cuemark.lab.bench.comparison import BenchOptions, Comparison
from cuemark.lab.bench.models import pair_of
from cuemark.lab.bench.scoring import CANDIDATES, Candidates, compare, encode_plainly
from cuemark.models.clip.continuations import ContinuationEncoder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    (comparison,) = compare(BenchOptions(tmp_path_factory.mktemp("work"), pairs=2), SilentProgress())
    return comparison


def test_both_ways_give_the_same_vectors_and_ours_is_faster(found: Comparison) -> None:
    assert 0 < float(found.facts["largest difference of a cosine"]) < 1e-5
    assert found.kind == "faster" and len(found.ratios) == 2
    assert found.goal is None, "the goal is for models of a real size"


def test_the_mix_of_candidates_is_told(found: Comparison) -> None:
    one, two = (
        float(found.facts[f"share of candidates of {count} CLIP token{s}"]) for count, s in (("one", ""), ("two", "s"))
    )
    assert one > two > 0.05 and one + two == pytest.approx(1, abs=0.01)
    assert found.facts["method"] == "prefix"


def test_the_rival_and_ours_name_the_same_sentences(tmp_path: Path) -> None:
    text, lm = pair_of(BenchOptions(tmp_path), SilentProgress())
    steps = Candidates(text, lm, seed=4).sentence()
    assert [len(step.row) for step in steps] == list(range(len(steps[0].row), 16))
    step = steps[3]
    assert len(set(step.tokens)) == len(step.tokens) <= CANDIDATES
    plain = encode_plainly(text, lm, step.row, step.tokens)
    ours = ContinuationEncoder(text, lm).encode([step.row], torch.tensor([step.tokens]))[0]
    assert float((plain - ours).abs().max()) < 1e-5
    assert Candidates(text, lm, seed=4).sentence() == steps != Candidates(text, lm, seed=5).sentence()


def test_pieces_are_counted_as_the_tokenizer_counts(tmp_path: Path) -> None:
    text, lm = pair_of(BenchOptions(tmp_path), SilentProgress())
    made = Candidates(text, lm)
    step = made.sentence()[-1]
    before = len(text.pieces(lm.decode(step.row)[: lm.decode(step.row).rfind(" ")]) or ())
    last = len(text.pieces(lm.decode(step.row)) or ()) - before
    for token, count in zip(step.tokens, made.pieces(step), strict=True):
        whole = len(text.pieces(lm.decode([*step.row, token])) or ())
        assert whole == before + count + (last if lm.token_text[token].startswith(" ") else 0)
