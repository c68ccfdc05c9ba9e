"""CLIP's text tower as the optimiser uses it: many candidate texts, exact vectors, no work done twice.

Token ids are exactly those of open_clip's tokenizers, but cheap when asked for the same words again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cuemark.models.clip.causal_tower import causal_tower
from cuemark.models.clip.prefix_sharing import SequencePasses
from cuemark.models.runtime.caches import Ids, VectorCache
from cuemark.models.runtime.devices import DeviceChoice
from cuemark.models.runtime.memory import ModelRuntime
from cuemark.models.runtime.precision import FULL, Precision, checked, for_vectors
from cuemark.models.runtime.proof import settled

_PROBES = ("a red ball", "a red ball on the beach at night", "two dogs!", "", "a", "a red ballerina (1984): what?")
_SAME = 1e-5  # largest difference of unit vectors that counts as the same value
_HALF_SAME = 2e-3  # and in half precision
_DEVICE_SAME = 1e-3  # and on another device in single precision
_PLAIN_BATCH = 64
_SHORT = 7  # tokens, marks included: a prompt of two or three words and one more


class TextEncoder:
    """Texts to unit vectors.

    `encode` gives the value of `encode_plain` (open_clip's own way) within 1e-5.  How it gets there is chosen when
    the model is loaded, proved on a few texts and kept in `method`:
    "prefix"   a causal tower: keys and values of shared prefixes are computed once, each text runs its rest alone;
    "cropped"  padding behind the longest text is left away (Hugging Face towers, which mask it);
    "plain"    everything else, such as SigLIP's tower, which attends to the padding.
    On CUDA it runs in half precision where that keeps unit vectors within 2e-3; `precision` says so, and why.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        memory: int = 16384,
        precision: Precision | None = None,
        runtime: ModelRuntime | None = None,
    ) -> None:
        """`model` is any open_clip model (its image tower is not touched); `memory` is how many vectors are kept.

        `precision` is what to try, by default what suits the device.
        """
        self._model = model
        self._tokens = CachedTokenizer(tokenizer, int(tokenizer.context_length))
        self._device = model.logit_scale.device
        runtime = runtime or ModelRuntime()
        self._batches = runtime.batches("texts", _PLAIN_BATCH, str(self._device))
        self._place = _reading_place(model)
        self._reads_padding = _pooling(model) == "last"
        self._pad = _masked_padding(model)
        tower = causal_tower(model, runtime)
        self._passes = SequencePasses(tower) if tower else None
        self.precision = FULL
        self.method = self._choose_method()
        self.precision = self._lowered(precision or for_vectors(self.device))
        self._capacity = memory
        self._by_text: VectorCache[str] = VectorCache(memory)
        self._by_ids: VectorCache[Ids] = VectorCache(memory, _is_short)
        self.knows_emptiness: Callable[[], bool] = lambda: False
        """Whether statements that nothing is there can be believed: proved with the image tower (`ClipModel.text`)."""

    @property
    def context_length(self) -> int:
        """Tokens a text may have, marks of start and end included."""
        return self._tokens.context_length

    @property
    def device(self) -> torch.device:
        """Where vectors are made."""
        device: torch.device = self._device
        return device

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied by before a softmax, as the model was trained (CLIP: 100)."""
        return float(self._model.logit_scale.detach().exp().flatten()[0])

    def truncates(self, text: str) -> bool:
        """Whether the text is longer than the context, so that its end is not seen."""
        return self._tokens.truncates(text)

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors [n, D], float32, one for each text in order; texts may repeat, n >= 1."""
        if self.method == "prefix":
            return self.encode_ids(self.ids(texts))
        return self._by_text.through(texts, self._compute)

    def ids(self, texts: Sequence[str]) -> list[Ids]:
        """What each text is to a tower of method "prefix": its token ids up to the one it is read at."""
        return [self._cut(row) for row in self._tokens.rows(texts)]

    def pieces(self, text: str) -> Ids | None:
        """Token ids of a part of a text, without marks; None where a text's parts are not tokenised on their own.

        Where given: the ids of texts joined by spaces are the ids of the texts behind each other.
        """
        return self._tokens.pieces(text) if self.method == "prefix" else None

    def close(self, pieces: Ids) -> Ids:
        """What `ids` gives for the text of these pieces."""
        closed = self._tokens.close(pieces)
        if self._reads_padding:
            closed += (0,) * (self.context_length - len(closed))
        return self._cut(closed)

    @torch.no_grad()
    def encode_ids(self, sequences: Sequence[Ids]) -> Tensor:
        """Unit vectors [n, D] of texts given as their `ids`; for method "prefix" alone."""
        return self._by_ids.through(sequences, self._compute_ids)

    def forget(self) -> None:
        """Drop every kept vector and prefix: for fair timing, and to give memory back."""
        self._by_text, self._by_ids = VectorCache(self._capacity), VectorCache(self._capacity, _is_short)
        if self._passes:
            self._passes.forget()

    @torch.no_grad()
    def encode_plain(self, texts: Sequence[str]) -> Tensor:
        """The reference: open_clip's tokenizer and `encode_text` at the full context, [n, D] unit vectors."""
        rows = torch.tensor(self._tokens.slow_rows(texts), device=self._device)
        return torch.cat(self._batches.run(len(rows), lambda part: self._encode_rows(rows[part])))

    def _compute(self, texts: Sequence[str]) -> Tensor:
        """By the chosen method, in the chosen precision."""
        if self.method == "prefix":
            return self._encode_prefix(texts)
        with self.precision.on(self.device):
            return self._encode_cropped(texts) if self.method == "cropped" else self.encode_plain(texts)

    def _compute_ids(self, sequences: Sequence[Ids]) -> Tensor:
        assert self._passes is not None
        return self._passes.vectors(sequences)

    def _cut(self, row: Sequence[int]) -> Ids:
        assert self._place is not None
        return tuple(row[: self._place(row) + 1])

    @torch.no_grad()
    def _choose_method(self) -> str:
        reference = self.encode_plain(_PROBES)
        attempts: list[tuple[str, bool, Callable[[Sequence[str]], Tensor]]] = [
            ("prefix", self._passes is not None and self._place is not None, self._encode_prefix),
            ("cropped", self._pad is not None, self._encode_cropped),
        ]
        for method, possible, attempt in attempts:
            if possible and float((attempt(_PROBES) - reference).abs().max()) < _SAME:
                return method
        return "plain"

    @torch.no_grad()
    def _lowered(self, tried: Precision) -> Precision:
        """Go over to the precision tried if its vectors are good enough; what is used from here on."""
        if tried.dtype is None:
            return tried
        reference, full = self.encode_plain(_PROBES), self._passes
        self._passes, self.precision = full and SequencePasses(full.tower.lowered(tried)), tried
        difference = float((self._compute(_PROBES) - reference).abs().max())
        found = checked(tried, difference, _HALF_SAME, "unit vectors")
        if found.dtype is None:
            self._passes = full
        return found

    def _encode_rows(self, rows: Tensor) -> Tensor:
        vectors: Tensor = self._model.encode_text(rows, normalize=False)
        return F.normalize(vectors.float(), dim=-1)

    def _encode_cropped(self, texts: Sequence[str]) -> Tensor:
        rows = torch.tensor(self._tokens.rows(texts), device=self._device)
        places = torch.arange(1, rows.shape[1] + 1, device=rows.device)
        lengths = ((rows != self._pad) * places).amax(1).clamp(min=1)
        order = lengths.argsort()
        together = torch.cat(
            self._batches.run(
                len(order), lambda part: self._encode_rows(rows[order[part], : int(lengths[order[part]].max())])
            )
        )
        return torch.empty_like(together).index_copy_(0, order, together)

    def _encode_prefix(self, texts: Sequence[str]) -> Tensor:
        cut = self.ids(texts)
        place = {sequence: index for index, sequence in enumerate(dict.fromkeys(cut))}
        return self._compute_ids(list(place))[torch.tensor([place[one] for one in cut], device=self._device)]


def prove_device(model: Any, tokenizer: Any, choice: DeviceChoice) -> DeviceChoice:
    """Move an open_clip model (on the processor) to a device, if its text tower gives the same vectors there."""
    rows = tokenizer(list(_PROBES), context_length=int(tokenizer.context_length))

    def vectors(device: torch.device) -> Tensor:
        return F.normalize(model.encode_text(rows.to(device), normalize=False).float(), dim=-1)

    return settled(model, choice, vectors, _DEVICE_SAME, "unit vectors")


def _is_short(sequence: Ids) -> bool:
    """Whether it is hardly longer than a prompt: every search begins with the same few of them."""
    return len(sequence) <= _SHORT


def _pooling(model: Any) -> str:
    tower = getattr(model, "text", model)
    return str(getattr(tower, "text_pool_type", None) or getattr(tower, "pool_type", None))


def _reading_place(model: Any) -> Callable[[Sequence[int]], int] | None:
    """Where in a row of ids the text's vector is read, or None where it is not one token's state."""
    tower = getattr(model, "text", model)
    eos = getattr(tower, "text_eos_id", None) if tower is model else getattr(tower, "eos_id", None)
    places: dict[str, Callable[[Sequence[int]], int]] = {
        "argmax": lambda row: row.index(max(row)),
        "eos": lambda row: row.index(eos) if eos in row else 0,
        "last": lambda row: len(row) - 1,
        "first": lambda row: 0,
    }
    return places.get(_pooling(model))


def _masked_padding(model: Any) -> int | None:
    """The padding id of a Hugging Face text tower, which hides padding from attention and from pooling."""
    config = getattr(getattr(model, "text", None), "config", None)
    pad = getattr(config, "pad_token_id", None)
    return pad if isinstance(pad, int) else None


# Printable ASCII without "&": text that open_clip's cleaning (ftfy, HTML entities) leaves as it is.
_PLAIN = re.compile(r"[ -%'-~]*")
_CACHED_WORDS = 100_000
_CACHED_ROWS = 20_000


class CachedTokenizer:
    """An open_clip tokenizer that remembers, within bounds: rows of token ids, padded to the context length."""

    def __init__(self, tokenizer: Any, context_length: int) -> None:
        self._tokenizer = tokenizer
        self.context_length = context_length
        self._rows: dict[str, list[int]] = {}
        self._words: dict[str, list[int]] = {}
        self._fast = _is_simple(tokenizer)

    def rows(self, texts: Sequence[str]) -> list[list[int]]:
        """For each text the ids the tokenizer gives, [context_length] each."""
        if self._fast:
            return [self._fast_row(text) for text in texts]
        missing = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if len(self._rows) + len(missing) > _CACHED_ROWS:
            self._rows.clear()
            missing = list(dict.fromkeys(texts))
        for text, row in zip(missing, self.slow_rows(missing), strict=True):
            self._rows[text] = row
        return [self._rows[text] for text in texts]

    def slow_rows(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokenizer's own answer, the tested reference of `rows`."""
        if not texts:
            return []
        rows: list[list[int]] = self._tokenizer(list(texts), context_length=self.context_length).tolist()
        return rows

    def pieces(self, text: str) -> Ids | None:
        """Ids of the text alone, without marks, where those of "a b" are those of "a" and then those of "b".

        None where that does not hold: for other tokenizers, and for text that cleaning might change as a whole.
        """
        if not self._fast or not _PLAIN.fullmatch(text):
            return None
        return tuple(self._plain_ids(text))

    def close(self, pieces: Ids) -> Ids:
        """Pieces between the marks of start and end, cut to the context as the tokenizer cuts."""
        end: int = self._tokenizer.eot_token_id
        return (self._tokenizer.sot_token_id, *pieces[: self.context_length - 2], end)

    def truncates(self, text: str) -> bool:
        """Whether the text does not fit into the context and would be cut."""
        inner = getattr(self._tokenizer, "tokenizer", None)
        if callable(inner):  # a Hugging Face tokenizer inside open_clip's wrapper
            extra = 1 if getattr(self._tokenizer, "tokenizer_mode", "") == "clips" else 0
            cleaned = self._tokenizer.clean_fn(text)
            return len(inner(cleaned, truncation=False).input_ids) + extra > self.context_length
        return len(self._tokenizer.encode(text)) + 2 > self.context_length

    def _fast_row(self, text: str) -> list[int]:
        pieces = self._plain_ids(text) if _PLAIN.fullmatch(text) else self._tokenizer.encode(text)
        closed = self.close(tuple(pieces))
        return [*closed, *[0] * (self.context_length - len(closed))]

    def _plain_ids(self, text: str) -> list[int]:
        ids: list[int] = []
        for word in self._tokenizer.pat.findall(" ".join(text.split()).lower()):
            ids += self._words.get(word) or self._learn(word)
        return ids

    def _learn(self, word: str) -> list[int]:
        if len(self._words) >= _CACHED_WORDS:
            self._words.clear()
        ids = [self._tokenizer.encoder[piece] for piece in self._tokenizer.bpe(word).split(" ")]
        self._words[word] = ids
        return ids


def _is_simple(tokenizer: Any) -> bool:
    """Whether it is CLIP's own tokenizer with its usual cleaning, whose words are independent of one another."""
    clean = getattr(getattr(tokenizer, "clean_fn", None), "__name__", "")
    return (
        type(tokenizer).__name__ == "SimpleTokenizer"
        and clean == "_clean_lower"
        and getattr(tokenizer, "reduction_fn", None) is None
    )
