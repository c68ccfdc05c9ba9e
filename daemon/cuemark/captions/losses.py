"""The losses of the method (arXiv 2307.02682) and the frame-wise mixture likelihood that localises."""

from __future__ import annotations

import torch
from torch import Tensor


def vision_loss(log_q: Tensor, scores: Tensor, tokens: Tensor) -> Tensor:
    """Cross-entropy between what CLIP says of the candidate tokens and what the language model says.

    `log_q` [P, V] log-probabilities of the full vocabulary at P positions, `tokens` [P, K] candidate ids, `scores`
    [P, K] CLIP logits of the candidate texts.  Gradient reaches whatever `scores` was made from (the masks, in the
    paper's mode); detach it to keep the ancestor's behaviour.
    """
    target = torch.softmax(scores, dim=1)
    return -(target * log_q.gather(1, tokens)).sum(dim=1).mean()


def language_loss(log_q: Tensor, log_p0: Tensor) -> Tensor:
    """Cross-entropy of the language model with prefix against the one without, [P, V] each, mean over positions."""
    return -(log_p0.exp() * log_q).sum(dim=1).mean()


def overlap_loss(masks: Tensor) -> Tensor:
    """Pairwise temporal IoU: mean soft IoU of all pairs of masks [N, T]; 0 for fewer than two."""
    count = masks.shape[0]
    if count < 2:
        return masks.sum() * 0
    rows, columns = torch.triu_indices(count, count, offset=1)
    # min and max of a pair are (a + b -+ |a - b|) / 2: so many masks never stand beside each other in full.
    apart = torch.cdist(masks, masks, p=1)[rows, columns]
    areas = masks.sum(dim=1)
    both = areas[rows] + areas[columns]
    return ((both - apart) / (both + apart).clamp(min=1e-6)).mean()


def mixture_loss(masks: Tensor, log_likelihood: Tensor) -> Tensor:
    """Negative mean log-likelihood of the frames as a mixture of the captions, weighted by the masks.

    `masks` [N, T]; `log_likelihood` [T, 1 + N], log-softmax over "nothing" (column 0) and the N captions.  Nothing
    has the weight prod(1 - m_i); weights are normalised at every frame.
    """
    nothing = torch.log1p(-masks.clamp(max=1 - 1e-6)).sum(dim=0)
    weights = torch.cat([nothing[None], torch.log(masks.clamp(min=1e-9))]).T
    weights = weights - torch.logsumexp(weights, dim=1, keepdim=True)
    return -torch.logsumexp(weights + log_likelihood, dim=1).mean()
