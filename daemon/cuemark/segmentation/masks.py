"""Soft moment masks: differentiable segments of the feature track (arXiv 2307.02682), and their optimisation.

Masks are moved by a frame-wise mixture likelihood of the captions, with a class for "nothing here": the paper's own
vision loss, on the pooled vector of a mask, does not localise (a mask inside an event scores as well as the event).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cuemark.core.progress import Progress
from cuemark.segmentation.options import MaskOptions
from cuemark.segmentation.segments import Extent

_EDGE = 1e-3
#: The last sharpness lets an edge rise within about three samples, whatever the length of the footage.
_SAMPLES_SHARPNESS = 1.5
#: A step moves a centre by at most about one and a half samples: in long footage a fixed rate would throw masks about.
_SAMPLES_A_STEP = 1.5
#: Sharpness times width below which a mask is too blurred to know its own segment.
_LEAST_SHARPNESS_IN_WIDTHS = 2.0


class SoftMasks:
    """N masks with free centre and width, both in fractions of the media.

    m_i(t) = sigmoid(g (p_t - c_i + w_i / 2)) * sigmoid(g (c_i + w_i / 2 - p_t)), g the sharpness: smooth at the
    centre, and with a gradient for both edges everywhere.
    """

    def __init__(self, segments: Sequence[Extent]) -> None:
        """`segments` are (start, end) in fractions of the media, start < end."""
        starts, ends = torch.tensor(segments, dtype=torch.float32).T
        self.centre_logit = torch.logit(((starts + ends) / 2).clamp(_EDGE, 1 - _EDGE)).requires_grad_()
        self.width_logit = torch.logit((ends - starts).clamp(_EDGE, 1 - _EDGE)).requires_grad_()

    @property
    def centres(self) -> Tensor:
        """[N], in (0, 1)."""
        return torch.sigmoid(self.centre_logit)

    @property
    def widths(self) -> Tensor:
        """[N], in (0, 1)."""
        return torch.sigmoid(self.width_logit)

    def parameters(self) -> list[Tensor]:
        """What an optimiser updates."""
        return [self.centre_logit, self.width_logit]

    def values(self, positions: Tensor, sharpness: float) -> Tensor:
        """m [N, T] at relative times `positions` [T]."""
        offset = positions[None] - self.centres[:, None]
        half = self.widths[:, None] / 2
        return torch.sigmoid(sharpness * (offset + half)) * torch.sigmoid(sharpness * (half - offset))

    def at_samples(self, count: int, sharpness: float) -> Tensor:
        """m [N, T] at the middles of `count` samples, taken as evenly spread over the media."""
        return self.values((torch.arange(count) + 0.5) / count, sharpness)

    def extents(self) -> list[Extent]:
        """(start, end) of each mask in fractions of the media, cut to it."""
        centres, widths = self.centres.tolist(), self.widths.tolist()
        return [(max(0.0, c - w / 2), min(1.0, c + w / 2)) for c, w in zip(centres, widths, strict=True)]


def moment_vectors(masks: Tensor, vectors: Tensor) -> Tensor:
    """Unit moment vectors [N, D]: frames [T, D] weighted by masks [N, T]."""
    weighted = masks @ vectors / masks.sum(dim=1, keepdim=True).clamp(min=1e-6)
    return torch.nn.functional.normalize(weighted, dim=-1)


def optimise_masks(
    segments: Sequence[Extent], captions: Tensor, empty: Tensor, options: MaskOptions, progress: Progress
) -> SoftMasks:
    """Mask optimisation: AdamW from `segments` to where the captions explain the frames best.

    `captions` [T, N] logits of each mask's own caption, `empty` [T] logits of the background class.
    """
    masks = SoftMasks(segments)
    log_likelihood = torch.log_softmax(torch.cat([empty[:, None], captions], dim=1), dim=1)
    # A centre moves by at most a quarter of the rate: that is the steepest slope of a sigmoid.
    rate = min(options.learning_rate, 4 * _SAMPLES_A_STEP / len(captions))
    optimiser = torch.optim.AdamW(masks.parameters(), lr=rate, weight_decay=0.0)
    last = last_sharpness(options, len(captions))
    first = min(first_sharpness(options, masks), last)
    for step in range(options.steps):
        progress.check()
        values = masks.at_samples(len(captions), sharpness_at(step, options.steps, first, last))
        loss = mixture_loss(values, log_likelihood)
        if options.overlap:
            loss = loss + options.overlap * overlap_loss(values)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return masks


def sharpness_at(step: int, steps: int, first: float, last: float) -> float:
    """The schedule of mask optimisation: geometric from `first` to `last`."""
    share = step / max(1, steps - 1)
    return float(first * (last / first) ** share)


def first_sharpness(options: MaskOptions, masks: SoftMasks) -> float:
    """Where the schedule begins: sharp enough for the masks as they are, many and narrow in long footage."""
    return max(options.sharpness[0], _LEAST_SHARPNESS_IN_WIDTHS / float(masks.widths.detach().median()))


def last_sharpness(options: MaskOptions, samples: int) -> float:
    """Where the schedule ends for a track of `samples` frames."""
    return max(options.sharpness[1], _SAMPLES_SHARPNESS * samples)


def mixture_loss(masks: Tensor, log_likelihood: Tensor) -> Tensor:
    """Negative mean log-likelihood of the frames as a mixture of the captions, weighted by the masks.

    `masks` [N, T]; `log_likelihood` [T, 1 + N], log-softmax over "nothing" (column 0) and the N captions.  Nothing
    has the weight prod(1 - m_i); weights are normalised at every frame.
    """
    nothing = torch.log1p(-masks.clamp(max=1 - 1e-6)).sum(dim=0)
    weights = torch.cat([nothing[None], torch.log(masks.clamp(min=1e-9))]).T
    weights = weights - torch.logsumexp(weights, dim=1, keepdim=True)
    return -torch.logsumexp(weights + log_likelihood, dim=1).mean()


def overlap_loss(masks: Tensor) -> Tensor:
    """Pairwise temporal IoU loss: mean soft IoU of all pairs of masks [N, T]; 0 for fewer than two."""
    count = masks.shape[0]
    if count < 2:
        return masks.sum() * 0
    rows, columns = torch.triu_indices(count, count, offset=1)
    # min and max of a pair are (a + b -+ |a - b|) / 2: so many masks never stand beside each other in full.
    apart = torch.cdist(masks, masks, p=1)[rows, columns]
    areas = masks.sum(dim=1)
    both = areas[rows] + areas[columns]
    return ((both - apart) / (both + apart).clamp(min=1e-6)).mean()
