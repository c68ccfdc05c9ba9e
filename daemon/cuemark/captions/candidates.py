"""One pool of candidate texts for all moments of a token step: each text once, all moments by one product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.models.clip.continuations import Continuations


@dataclass(frozen=True)
class Pool:
    """P candidate texts as unit vectors [P, D], and which of them are the K candidates of each moment: [N, K]."""

    vectors: Tensor
    places: Tensor

    def scores(self, moments: Tensor, scale: float) -> Tensor:
        """CLIP logits [N, K] of each moment's own candidates; differentiable in the moment vectors [N, D]."""
        return (scale * moments @ self.vectors.to(moments).T).gather(1, self.places.to(moments.device))


def pool_candidates(continuations: Continuations, rows: Sequence[Sequence[int]], tokens: Tensor) -> Pool:
    """The union of the candidates of N sentences under way: `tokens` [N, K] may follow `rows`.

    Moments whose sentences are still the same share their candidates; in the first step behind a prompt all do.
    """
    places: dict[tuple[int, ...], dict[int, int]] = {}
    for row, follow in zip(rows, tokens.tolist(), strict=True):
        known = places.setdefault(tuple(row), {})
        for token in follow:
            known.setdefault(token, len(known))
    width = max(len(known) for known in places.values())
    # A shorter list is filled up with a token of its own: equal texts are computed once.
    table = torch.tensor([[*known, *[next(iter(known))] * (width - len(known))] for known in places.values()])
    vectors = continuations.encode(list(places), table).flatten(0, 1)
    first = {row: number * width for number, row in enumerate(places)}
    return Pool(
        vectors,
        torch.tensor(
            [
                [first[tuple(row)] + places[tuple(row)][token] for token in follow]
                for row, follow in zip(rows, tokens.tolist(), strict=True)
            ]
        ),
    )
