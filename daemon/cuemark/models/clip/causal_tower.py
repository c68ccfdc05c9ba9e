"""The causal text tower of a CLIP, run piecewise: suffixes of many texts on top of prefixes they share.

In a causal tower the state of a token depends only on the tokens before it, and the text's vector is read at one
token (end of text), so keys and values of a shared prefix are computed once and used by every text that begins with
it.  This is exact: only the order of floating-point sums differs from the plain way.

A row holds one past and the suffixes of several texts one behind the other; a mask lets a token see the past and the
tokens of its own text before it.  Dense attention over such short rows is far cheaper than a tiny product a text.

Shapes: R rows, N suffix tokens a row (padded at its end), P tokens of past; H heads of d numbers; C = H * d.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cuemark.models.runtime.memory import ModelRuntime
from cuemark.models.runtime.precision import FULL, Precision, lowered

_BLOCK_PARTS = ("ln_1", "attn", "ls_1", "ln_2", "mlp", "ls_2")
_ATTENTION_PARTS = ("in_proj_weight", "in_proj_bias", "num_heads", "out_proj")


@dataclass(frozen=True)
class Past:
    """Keys and values of one prefix, each [layers, H, P, d]."""

    keys: Tensor
    values: Tensor

    @property
    def length(self) -> int:
        """Tokens of the prefix."""
        return int(self.keys.shape[2])

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return self.keys.nbytes + self.values.nbytes


class CausalTower:
    """The parts of an open_clip text tower (CLIP's own, or a TextTransformer under `.text`) with a causal mask."""

    def __init__(self, tower: Any, runtime: ModelRuntime) -> None:
        """`tower` is whatever holds `token_embedding`, `transformer`, `ln_final`...; use `causal_tower` to find it."""
        self._embedding: nn.Embedding = tower.token_embedding
        self._positions: Tensor = tower.positional_embedding
        self._blocks: list[Any] = list(tower.transformer.resblocks)
        self._ln_final: nn.Module = tower.ln_final
        self._projection: Any = tower.text_projection
        self._heads = int(self._blocks[0].attn.num_heads)
        self._width = int(self._embedding.embedding_dim)
        self._precision = FULL
        self._batches = runtime.batches("rows of texts", device=str(self.device))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._embedding.weight.device

    def empty_past(self) -> Past:
        """The past of a text that begins from nothing."""
        shape = (len(self._blocks), self._heads, 0, self._width // self._heads)
        empty = self._positions.new_empty(shape, dtype=self._precision.dtype)
        return Past(empty, empty)

    def lowered(self, precision: Precision) -> CausalTower:
        """The same tower in half precision: its blocks' products; what is added up and the last layer stay float32."""
        assert precision.dtype is not None
        made = copy.copy(self)
        made._blocks = list(lowered(nn.ModuleList(self._blocks), precision.dtype))
        made._precision = precision
        return made

    def vectors(self, pasts: list[Past], texts: list[list[list[int]]]) -> Tensor:
        """Unit vectors of texts, read at each text's last token: [number of texts, D], row by row.

        `texts[g]` are the suffixes (token ids, at least one each) that continue `pasts[g]`.
        """
        return torch.cat(self._batches.run(len(pasts), lambda part: self._vectors(pasts[part], texts[part])))

    def _vectors(self, pasts: list[Past], texts: list[list[list[int]]]) -> Tensor:
        run = _Run(self, pasts, texts)
        with self._precision.on(self.device):
            for block in range(len(self._blocks)):
                run.block(block, pool=block == len(self._blocks) - 1)
        pooled: Tensor = self._ln_final(run.x)
        if isinstance(self._projection, nn.Module):
            pooled = self._projection(pooled)
        elif self._projection is not None:
            pooled = pooled @ self._projection
        return F.normalize(pooled, dim=-1)

    def extend(self, pasts: list[Past], suffixes: list[list[int]]) -> list[Past]:
        """The pasts after `suffixes[g]` has been added to `pasts[g]`."""
        parts = self._batches.run(len(pasts), lambda part: self._extend(pasts[part], suffixes[part]))
        return [past for part in parts for past in part]

    def _extend(self, pasts: list[Past], suffixes: list[list[int]]) -> list[Past]:
        run = _Run(self, pasts, [[suffix] for suffix in suffixes])
        with self._precision.on(self.device):
            kept = [run.block(block) for block in range(len(self._blocks))]
        extended = []
        for row, (past, suffix) in enumerate(zip(pasts, suffixes, strict=True)):
            keys = torch.stack([k[row, :, : len(suffix)] for k, _ in kept])
            values = torch.stack([v[row, :, : len(suffix)] for _, v in kept])
            extended.append(Past(torch.cat([past.keys, keys], 2), torch.cat([past.values, values], 2)))
        return extended


def causal_tower(model: Any, runtime: ModelRuntime) -> CausalTower | None:
    """The model's text tower when it is one this module understands, else None.

    It must have a causal mask, no extra class token (CoCa), and blocks of open_clip's two attention kinds.
    """
    tower = getattr(model, "text", model)
    parts = ("token_embedding", "positional_embedding", "transformer", "ln_final")
    if not all(hasattr(tower, part) for part in parts) or getattr(tower, "cls_emb", None) is not None:
        return None
    if getattr(tower, "use_pad_mask", False) or not _is_causal(getattr(tower, "attn_mask", None)):
        return None
    blocks = getattr(tower.transformer, "resblocks", ())
    if not blocks or not all(_is_known_block(block) for block in blocks):
        return None
    return CausalTower(tower, runtime)


def _is_causal(mask: Any) -> bool:
    if not isinstance(mask, Tensor) or mask.ndim != 2:
        return False
    expected = torch.full_like(mask, float("-inf")).triu_(1)
    return bool(torch.equal(mask, expected))


def _is_known_block(block: Any) -> bool:
    known = all(hasattr(block, part) for part in _BLOCK_PARTS)
    known = known and all(hasattr(block.attn, part) for part in _ATTENTION_PARTS)
    return known and block.attn.in_proj_weight is not None and getattr(block.attn, "logit_scale", None) is None


class _Run:
    """One pass through the blocks; `x` is [R, N, C], and after a pooling block [texts, C]."""

    def __init__(self, tower: CausalTower, pasts: list[Past], texts: list[list[list[int]]]) -> None:
        self._tower = tower
        width = max(sum(map(len, row)) for row in texts)
        tokens, positions, owners, ends = _lay_out(pasts, texts, width)
        device = tower.device
        self._ends = ends.to(device)
        self._keys, self._values = (_stack(pasts, part) for part in ("keys", "values"))
        starts = torch.tensor([past.length for past in pasts])
        self._mask = _mask(owners, starts, int(starts.max())).to(device)
        self.x = tower._embedding(tokens.to(device)) + tower._positions[positions.to(device)]

    def block(self, index: int, pool: bool = False) -> tuple[Tensor, Tensor]:
        """Run a block over all tokens; returns its own keys and values [R, H, N, d].

        With `pool` what follows attention is run for each text's last token alone (the others would not be read).
        """
        block = self._tower._blocks[index]
        attn, (rows, length, width) = block.attn, self.x.shape
        qkv = F.linear(block.ln_1(self.x), attn.in_proj_weight, attn.in_proj_bias)
        q, k, v = qkv.view(rows, length, 3, self._tower._heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = _optional(attn, "ln_q", q), _optional(attn, "ln_k", k)
        keys, values = torch.cat([self._keys[index], k], 2), torch.cat([self._values[index], v], 2)
        weights = (q * q.shape[-1] ** -0.5) @ keys.transpose(-1, -2)
        mixed = weights.add_(self._mask).softmax(-1, dtype=torch.float32) @ values
        scale = getattr(attn, "head_scale", None)
        mixed = (mixed if scale is None else mixed * scale).transpose(1, 2).reshape(rows, length, width)
        if pool:
            mixed, self.x = mixed.flatten(0, 1)[self._ends], self.x.flatten(0, 1)[self._ends]
        self.x = _finish(block, self.x, mixed)
        return k, v


def _lay_out(pasts: list[Past], texts: list[list[list[int]]], width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tokens, positions and owners (which text of the row; -1: padding) [R, N], and where texts end in R * N."""
    tokens, positions, owners, ends = [], [], [], []
    for number, (past, row) in enumerate(zip(pasts, texts, strict=True)):
        padding = width - sum(map(len, row))
        tokens.append([token for text in row for token in text] + [0] * padding)
        positions.append([past.length + step for text in row for step in range(len(text))] + [0] * padding)
        owners.append([owner for owner, text in enumerate(row) for _ in text] + [-1] * padding)
        end = number * width - 1
        for text in row:
            end += len(text)
            ends.append(end)
    return torch.tensor(tokens), torch.tensor(positions), torch.tensor(owners), torch.tensor(ends)


def _stack(pasts: list[Past], part: str) -> Tensor:
    """[layers, R, H, P, d], zero where a row's past is shorter."""
    tensors = [getattr(past, part) for past in pasts]
    longest = max(past.length for past in pasts)
    if any(past.length < longest for past in pasts):
        tensors = [F.pad(tensor, (0, 0, 0, longest - tensor.shape[2])) for tensor in tensors]
    return torch.stack(tensors, 1)


def _mask(owners: Tensor, starts: Tensor, longest: int) -> Tensor:
    """Additive mask [R, 1, N, P + N]: a token sees its row's past and its own text up to itself."""
    rows, length = owners.shape
    past = (torch.arange(longest) < starts[:, None])[:, None].expand(rows, length, longest)
    own = (owners[:, :, None] == owners[:, None, :]).tril()
    seen = torch.cat([past, own], 2)[:, None]
    return torch.zeros(seen.shape).masked_fill_(~seen, float("-inf"))


def _optional(holder: Any, part: str, x: Tensor) -> Tensor:
    module = getattr(holder, part, None)
    result: Tensor = x if module is None else module(x)
    return result


def _finish(block: Any, x: Tensor, mixed: Tensor) -> Tensor:
    """The rest of a block after its attention's mixing: projection, residuals, MLP."""
    out = block.attn.out_proj(_optional(block.attn, "ln_inner", mixed))
    x = x + block.ls_1(_optional(block, "ln_attn", out))
    result: Tensor = x + block.ls_2(block.mlp(block.ln_2(x)))
    return result
