"""The causal text tower of a CLIP, run piecewise: suffixes of many texts on top of prefixes they share.

In a causal tower the state of a token depends only on the tokens before it, and the text's vector is read at one
token (end of text), so keys and values of a shared prefix are computed once and used by every text that begins with
it.  This is exact: only the order of floating-point sums differs from the plain way.

Shapes: G rows, each with one past; M texts a row; S suffix tokens a text; H heads of d numbers; C = H * d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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

    def __init__(self, tower: Any) -> None:
        """`tower` is whatever holds `token_embedding`, `transformer`, `ln_final`...; use `causal_tower` to find it."""
        self._embedding: nn.Embedding = tower.token_embedding
        self._positions: Tensor = tower.positional_embedding
        self._blocks: list[Any] = list(tower.transformer.resblocks)
        self._ln_final: nn.Module = tower.ln_final
        self._projection: Any = tower.text_projection
        self._heads = int(self._blocks[0].attn.num_heads)
        self._width = int(self._embedding.embedding_dim)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._embedding.weight.device

    def empty_past(self) -> Past:
        """The past of a text that begins from nothing."""
        shape = (len(self._blocks), self._heads, 0, self._width // self._heads)
        return Past(self._positions.new_empty(shape), self._positions.new_empty(shape))

    def vectors(self, pasts: list[Past], texts: list[list[list[int]]]) -> Tensor:
        """Unit vectors of texts, read at each text's last token: [number of texts, D], row by row.

        `texts[g]` are the suffixes (token ids, at least one each) that continue `pasts[g]`.
        """
        run = _Run(self, pasts, texts)
        for block in range(len(self._blocks) - 1):
            run.block(block)
        pooled = self._ln_final(run.last_block())
        if isinstance(self._projection, nn.Module):
            pooled = self._projection(pooled)
        elif self._projection is not None:
            pooled = pooled @ self._projection
        return F.normalize(pooled, dim=-1)

    def extend(self, pasts: list[Past], suffixes: list[list[int]]) -> list[Past]:
        """The pasts after `suffixes[g]` has been added to `pasts[g]`."""
        run = _Run(self, pasts, [[suffix] for suffix in suffixes])
        kept = [run.block(block) for block in range(len(self._blocks))]
        extended = []
        for row, (past, suffix) in enumerate(zip(pasts, suffixes, strict=True)):
            keys = torch.stack([k[row, :, 0, : len(suffix)] for k, _ in kept])
            values = torch.stack([v[row, :, 0, : len(suffix)] for _, v in kept])
            extended.append(Past(torch.cat([past.keys, keys], 2), torch.cat([past.values, values], 2)))
        return extended


def causal_tower(model: Any) -> CausalTower | None:
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
    return CausalTower(tower)


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
    """One pass through the blocks.  Linear layers see only real tokens (packed); attention sees padded rows."""

    def __init__(self, tower: CausalTower, pasts: list[Past], texts: list[list[list[int]]]) -> None:
        self._tower = tower
        self._shape = (len(texts), max(map(len, texts)), max(len(text) for row in texts for text in row))
        device = tower.device
        self._past_length = max(past.length for past in pasts)
        self._keys, self._values = (self._stack(pasts, part) for part in ("keys", "values"))
        starts = torch.tensor([past.length for past in pasts])
        lengths = torch.zeros(self._shape[:2], dtype=torch.long)
        tokens = torch.zeros(self._shape, dtype=torch.long)
        for g, row in enumerate(texts):
            for m, text in enumerate(row):
                lengths[g, m] = len(text)
                tokens[g, m, : len(text)] = torch.tensor(text)
        steps = torch.arange(self._shape[2])
        real = steps < lengths[..., None]
        self._slots = real.flatten().nonzero().squeeze(1).to(device)
        self._packed = bool((~real).any())
        ends = lengths.flatten()[lengths.flatten() > 0].cumsum(0) - 1
        self._ends = ends.to(device)
        self._text_slots = (lengths.flatten() > 0).nonzero().squeeze(1).to(device)
        positions = (starts[:, None, None] + steps).expand(self._shape)
        self._x = tower._embedding(tokens[real].to(device)) + tower._positions[positions[real].to(device)]
        self._masks(starts.to(device), lengths.to(device))

    def _stack(self, pasts: list[Past], part: str) -> Tensor:
        """[layers, G, H, P, d], zero where a row's past is shorter."""
        tensors = [getattr(past, part) for past in pasts]
        if all(tensor.shape[2] == self._past_length for tensor in tensors):
            return torch.stack(tensors, 1)
        return torch.stack([F.pad(t, (0, 0, 0, self._past_length - t.shape[2])) for t in tensors], 1)

    def _masks(self, starts: Tensor, lengths: Tensor) -> None:
        low = float("-inf")
        span = self._shape[2]
        past = torch.arange(self._past_length, device=starts.device) >= starts[:, None]
        self._past_mask = torch.zeros(past.shape, device=starts.device).masked_fill_(past, low)[:, None, None]
        self._own_mask = torch.full((span, span), low, device=starts.device).triu_(1)
        beyond = torch.arange(span, device=starts.device) >= lengths.clamp(min=1)[..., None]
        self._end_mask = torch.zeros(beyond.shape, device=starts.device).masked_fill_(beyond, low)[:, None, :, None]

    def block(self, index: int) -> tuple[Tensor, Tensor]:
        """Run a block over all tokens; returns its own keys and values [G, H, M, S, d]."""
        block = self._tower._blocks[index]
        attn = block.attn
        qkv = F.linear(block.ln_1(self._x), attn.in_proj_weight, attn.in_proj_bias)
        q, k, v = self._spread(qkv, 3)
        q, k = _optional(attn, "ln_q", q), _optional(attn, "ln_k", k)
        mixed = self._attend(index, q, k, v, self._own_mask)
        flat = mixed.permute(0, 2, 3, 1, 4).reshape(-1, self._tower._width)
        self._x = _finish(block, self._x, flat[self._slots] if self._packed else flat)
        return k, v

    def last_block(self) -> Tensor:
        """Run the last block for each text's last token alone: [texts, C] (the others would not be read)."""
        index = len(self._tower._blocks) - 1
        block, width = self._tower._blocks[index], self._tower._width
        attn = block.attn
        normed = block.ln_1(self._x)
        bias = attn.in_proj_bias
        k, v = self._spread(F.linear(normed, attn.in_proj_weight[width:], None if bias is None else bias[width:]), 2)
        q = F.linear(normed[self._ends], attn.in_proj_weight[:width], None if bias is None else bias[:width])
        rows, texts, _ = self._shape
        spread = q.new_zeros(rows * texts, width).index_copy_(0, self._text_slots, q)
        q = spread.view(rows, texts, 1, self._tower._heads, -1).permute(0, 3, 1, 2, 4)
        q, k = _optional(attn, "ln_q", q), _optional(attn, "ln_k", k)
        mixed = self._attend(index, q, k, v, self._end_mask)
        flat = mixed.permute(0, 2, 3, 1, 4).reshape(-1, width)
        result: Tensor = _finish(block, self._x[self._ends], flat[self._text_slots])
        return result

    def _spread(self, packed: Tensor, parts: int) -> tuple[Tensor, ...]:
        """Packed tokens [T, parts * C] to `parts` tensors [G, H, M, S, d]."""
        if self._packed:
            rows, texts, span = self._shape
            packed = packed.new_zeros(rows * texts * span, packed.shape[1]).index_copy_(0, self._slots, packed)
        return packed.view(*self._shape, parts, self._tower._heads, -1).permute(3, 0, 4, 1, 2, 5).unbind(0)

    def _attend(self, index: int, q: Tensor, k: Tensor, v: Tensor, own_mask: Tensor) -> Tensor:
        """Attention of the texts' tokens to their row's past and to their own text: [G, H, M, S', d]."""
        rows, heads, texts, span, size = q.shape
        q = q * size**-0.5
        flat = q.reshape(rows, heads, texts * span, size)
        past = flat @ self._keys[index].transpose(-1, -2) + self._past_mask
        own = q @ k.transpose(-1, -2) + own_mask
        weights = torch.cat([past.view(rows, heads, texts, span, -1), own], -1).softmax(-1)
        cut = self._past_length
        seen = weights[..., :cut].reshape(rows, heads, texts * span, cut) @ self._values[index]
        mixed = seen.view(rows, heads, texts, span, size) + weights[..., cut:] @ v
        scale = getattr(self._tower._blocks[index].attn, "head_scale", None)
        return mixed if scale is None else mixed * scale[:, None]


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
