"""Soft masks are segments with a gradient; the losses do what their names say."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cuemark.captions.prefix import language_loss, vision_loss
from cuemark.core.progress import SilentProgress
from cuemark.segmentation.masks import (
    SoftMasks,
    mixture_loss,
    moment_vectors,
    optimise_masks,
    overlap_loss,
    sharpness_at,
)
from cuemark.segmentation.options import MaskOptions
from cuemark.segmentation.segments import even_extents

POSITIONS = (torch.arange(200) + 0.5) / 200


@st.composite
def segments(draw: st.DrawFn) -> tuple[float, float]:
    start = draw(st.floats(0.0, 0.9))
    return start, draw(st.floats(start + 0.02, 1.0))


@given(segments(), st.floats(10, 400))
def test_a_mask_is_high_inside_its_segment_and_low_outside(segment: tuple[float, float], sharpness: float) -> None:
    values = SoftMasks([segment]).values(POSITIONS, sharpness)[0].detach()
    inside = (segment[0] < POSITIONS) & (segment[1] > POSITIONS)
    assert bool(((values >= 0) & (values <= 1)).all())
    if inside.any() and (~inside).any():
        assert values[inside].min() >= values[~inside].max() - 1e-3


@given(segments())
def test_the_segment_read_back_is_the_one_put_in(segment: tuple[float, float]) -> None:
    start, end = SoftMasks([segment]).extents()[0]
    assert start == pytest.approx(segment[0], abs=2e-3)
    assert end == pytest.approx(segment[1], abs=2e-3)


def test_even_parts_tile_the_media() -> None:
    parts = even_extents(7)
    assert parts[0][0] == 0
    assert parts[-1][1] == 1
    assert all(one[1] == other[0] for one, other in itertools.pairwise(parts))


def test_sharpness_runs_from_first_to_last() -> None:
    schedule = [sharpness_at(step, 20, 20, 160) for step in range(20)]
    assert schedule[0] == pytest.approx(20)
    assert schedule[-1] == pytest.approx(160)
    assert schedule == sorted(schedule)


def test_overlap_of_equal_masks_is_one_and_of_distant_ones_nothing() -> None:
    equal = SoftMasks([(0.2, 0.4), (0.2, 0.4)]).values(POSITIONS, 300)
    apart = SoftMasks([(0.1, 0.2), (0.7, 0.9)]).values(POSITIONS, 300)
    assert overlap_loss(equal).item() == pytest.approx(1, abs=1e-4)
    assert overlap_loss(apart).item() < 0.01
    assert overlap_loss(equal[:1]).item() == 0


def test_vision_loss_is_least_where_the_language_model_agrees_with_clip() -> None:
    tokens = torch.tensor([[0, 1]])
    scores = torch.tensor([[10.0, 0.0]])
    agree = torch.log_softmax(torch.tensor([[9.0, 0.0, 0.0]]), dim=1)
    differ = torch.log_softmax(torch.tensor([[0.0, 9.0, 0.0]]), dim=1)
    assert vision_loss(agree, scores, tokens) < vision_loss(differ, scores, tokens)


def test_language_loss_is_least_for_the_same_distribution() -> None:
    plain = torch.log_softmax(torch.tensor([[1.0, 2.0, 0.5]]), dim=1)
    other = torch.log_softmax(torch.tensor([[2.0, 0.0, 0.5]]), dim=1)
    assert language_loss(plain, plain) < language_loss(other, plain)


def test_the_clip_target_carries_gradient_into_the_masks() -> None:
    """The paper's mode: without it masks could never learn from words (arXiv 2307.02682)."""
    masks = SoftMasks([(0.1, 0.6)])
    frames = torch.nn.functional.normalize(torch.randn(200, 8, generator=torch.Generator().manual_seed(1)), dim=1)
    moments = moment_vectors(masks.values(POSITIONS, 20), frames)
    candidates = frames[[3, 150]]
    log_q = torch.log_softmax(torch.tensor([[1.0, 0.0]]), dim=1)
    vision_loss(log_q, 5 * moments @ candidates.T, torch.tensor([[0, 1]])).backward()
    assert masks.centre_logit.grad is not None
    assert float(masks.centre_logit.grad.abs().sum() + masks.width_logit.grad.abs().sum()) > 1e-4  # type: ignore[union-attr]


def test_masks_move_to_where_their_captions_fit() -> None:
    """From equal parts, far from the truth, the likelihood finds [20, 60) and [140, 190) of 200 frames."""
    captions = torch.zeros(200, 2)
    empty = torch.full((200,), 6.0)
    captions[20:60, 0] = 12.0
    captions[140:190, 1] = 12.0
    masks = optimise_masks(even_extents(2), captions, empty, MaskOptions(steps=150), SilentProgress())
    one, other = masks.extents()
    assert one == pytest.approx((0.1, 0.3), abs=0.03)
    assert other == pytest.approx((0.7, 0.95), abs=0.03)


def test_mixture_loss_is_lower_for_the_right_masks_than_for_shifted_ones() -> None:
    captions = torch.zeros(200, 2)
    captions[20:60, 1] = 10.0
    captions[:20, 0] = captions[60:, 0] = 10.0
    log_likelihood = torch.log_softmax(captions, dim=1)
    right = SoftMasks([(0.1, 0.3)]).values(POSITIONS, 200)
    shifted = SoftMasks([(0.2, 0.4)]).values(POSITIONS, 200)
    shrunk = SoftMasks([(0.15, 0.2)]).values(POSITIONS, 200)
    assert mixture_loss(right, log_likelihood) < mixture_loss(shifted, log_likelihood)
    assert mixture_loss(right, log_likelihood) < mixture_loss(shrunk, log_likelihood)


def test_in_long_footage_many_short_masks_stay_on_their_events() -> None:
    """Ten minutes, a hundred events of 3 s, some seen again: no step throws a mask past its neighbours."""
    captions = 2 * torch.randn(1500, 100, generator=torch.Generator().manual_seed(1))
    empty = torch.full((1500,), 8.0)
    spans = [(15 * number + 4, 15 * number + 12) for number in range(100)]
    for number, (first, last) in enumerate(spans):
        for other in range(100):
            near, again = abs(other - number) == 1, other != number and (other - number) % 20 == 0
            captions[first:last, other] += 12.0 if other == number else 9.5 * near + 11.0 * again
    start = [(first / 1500, last / 1500) for first, last in spans]
    moved = optimise_masks(start, captions, empty, MaskOptions(), SilentProgress()).extents()
    for (first, last), (begin, end) in zip(spans, moved, strict=True):
        assert (begin * 1500, end * 1500) == pytest.approx((first, last), abs=2)
