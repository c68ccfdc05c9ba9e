"""A linear probe on frozen frame vectors: a few frames that show a label teach what its words do not say.

Logistic regression on top of the label's text score: log-odds f(x) = z(x) + w (x - m), with z the score of the words, m
the mean frame of the footage, and w as short as it can be (ridge) while the examples are above the threshold and the
rest of the footage is below.  The rest carries no labels, so frames that look like an example as much as examples look
like one another, or that the words find, have no part in it.  Words that do not tell the examples from the rest (a name
that the CLIP has never read) are left out.  Newton's method on a convex loss: deterministic.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

#: Weight of |w|^2 beside a loss of one unit for all examples and one for all of the rest (measured).
_RIDGE = 0.016
_STEPS = 30
#: How often words must score an example above another frame to be believed; a label's log-odds where they are not.
_TOLD = 0.8
_UNTOLD = -1.0
#: What examples are alike by where there is only one, and the least that counts as alike.
_ALIKE = 0.9
_LEAST_ALIKE = 0.6


def taught(log_odds: Tensor, vectors: Tensor, examples: Tensor, words: Tensor, least: float) -> Tensor:
    """Log-odds [T] of one label, `least` of which it counts from, once `examples` [n, D] have taught it.

    `log_odds` [T] and `words` [n] are what its words say of the frames and of the examples; `vectors` [T, D] are the
    frames.  All vectors are unit.
    """
    likeness = (vectors @ examples.T).amax(dim=1)
    apart = likeness < _alike(examples)
    if not bool(apart.any()):
        return log_odds + _above(words, least)
    if not _tell_apart(words, log_odds[apart]):
        log_odds, words = torch.full_like(log_odds, _UNTOLD), torch.full_like(words, _UNTOLD)
    weights = apart * torch.sigmoid(-(log_odds - least))
    centre = vectors[apart].mean(dim=0)
    inputs = torch.cat([examples, vectors[apart]]).double() - centre.double()
    start = torch.cat([words, log_odds[apart]]).double() - least
    truth = torch.cat([torch.ones(len(examples)), torch.zeros(int(apart.sum()))]).double()
    part = weights[apart].double()
    shares = torch.cat([torch.full((len(examples),), 1 / len(examples)).double(), part / part.sum().clamp(min=1e-9)])
    direction = _fitted(inputs, start, truth, shares)
    return log_odds + ((vectors.double() - centre.double()) @ direction).float()


def _tell_apart(examples: Tensor, rest: Tensor) -> bool:
    """Whether the words' scores of the examples [n] lie above those of the rest [m] (AUC); a made-up name's do not."""
    return float((examples[:, None] > rest[None]).float().mean()) >= _TOLD


def _alike(examples: Tensor) -> float:
    """How alike the least alike example is to the one nearest to it."""
    if len(examples) < 2:
        return _ALIKE
    cosines = examples @ examples.T
    cosines.fill_diagonal_(-1)
    return max(_LEAST_ALIKE, float(cosines.amax(dim=1).min()))


def _above(words: Tensor, least: float) -> Tensor:
    """Where all of the footage is like the examples: what raises these above the threshold."""
    return (least + 1 - words.mean()).clamp(min=0)


def _fitted(inputs: Tensor, start: Tensor, truth: Tensor, shares: Tensor) -> Tensor:
    """The direction w [D] of the ridge-penalised logistic regression with offsets `start` [n]; float64."""
    direction = torch.zeros(inputs.shape[1], dtype=torch.float64)
    ridge = _RIDGE * torch.eye(inputs.shape[1], dtype=torch.float64)
    loss = _loss(inputs, start, truth, shares, direction)
    for _ in range(_STEPS):
        chances = torch.sigmoid(start + inputs @ direction)
        gradient = inputs.T @ (shares * (chances - truth)) + _RIDGE * direction
        curvature = inputs.T @ (inputs * (shares * chances * (1 - chances))[:, None]) + ridge
        step, size = torch.linalg.solve(curvature, gradient), 1.0
        while size > 1e-3 and _loss(inputs, start, truth, shares, direction - size * step) > loss:
            size /= 2
        direction = direction - size * step
        before, loss = loss, _loss(inputs, start, truth, shares, direction)
        if before - loss < 1e-9:
            break
    return direction


def _loss(inputs: Tensor, start: Tensor, truth: Tensor, shares: Tensor, direction: Tensor) -> float:
    missed = F.binary_cross_entropy_with_logits(start + inputs @ direction, truth, weight=shares, reduction="sum")
    return float(missed + _RIDGE / 2 * direction @ direction)
