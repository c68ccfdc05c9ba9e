"""Moves soft moment masks by the frame-wise mixture likelihood of the captions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cuemark.captions.losses import mixture_loss, overlap_loss
from cuemark.core.progress import Progress
from cuemark.moments.options import MaskOptions
from cuemark.segmentation.masks import SoftMasks, sharpness_at

#: The last sharpness lets an edge rise within about three samples, whatever the length of the footage.
_SAMPLES_SHARPNESS = 1.5


#: A step moves a centre by at most about one and a half samples: in long footage a fixed rate would throw masks about.
_SAMPLES_A_STEP = 1.5
#: Sharpness times width below which a mask is too blurred to know its own segment.
_LEAST_SHARPNESS_IN_WIDTHS = 2.0


def first_sharpness(options: MaskOptions, masks: SoftMasks) -> float:
    """Where the schedule begins: sharp enough for the masks as they are, many and narrow in long footage."""
    return max(options.sharpness[0], _LEAST_SHARPNESS_IN_WIDTHS / float(masks.widths.detach().median()))


def last_sharpness(options: MaskOptions, samples: int) -> float:
    """Where the schedule ends for a track of `samples` frames."""
    return max(options.sharpness[1], _SAMPLES_SHARPNESS * samples)


def move_masks(
    segments: Sequence[tuple[float, float]], captions: Tensor, empty: Tensor, options: MaskOptions, progress: Progress
) -> SoftMasks:
    """Masks started at `segments` and moved to where their captions explain the frames best.

    `captions` [T, N] logits of each mask's own caption, `empty` [T] logits of the best statement that nothing is
    there.
    """
    masks = SoftMasks(segments)
    positions = (torch.arange(len(captions)) + 0.5) / len(captions)
    log_likelihood = torch.log_softmax(torch.cat([empty[:, None], captions], dim=1), dim=1)
    # A centre moves by at most a quarter of the rate: that is the steepest slope of a sigmoid.
    rate = min(options.learning_rate, 4 * _SAMPLES_A_STEP / len(captions))
    optimiser = torch.optim.AdamW(masks.parameters(), lr=rate, weight_decay=0.0)
    last = last_sharpness(options, len(captions))
    first = min(first_sharpness(options, masks), last)
    for step in range(options.steps):
        progress.check()
        values = masks.values(positions, sharpness_at(step, options.steps, first, last))
        loss = mixture_loss(values, log_likelihood)
        if options.overlap:
            loss = loss + options.overlap * overlap_loss(values)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return masks
