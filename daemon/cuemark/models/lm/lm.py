"""Any Hugging Face causal language model, with the soft prompt of the method: offsets on the keys and values of BOS.

Every text is preceded by P BOS positions.  Their keys and values are computed once; a prefix adds its offsets to them
at every layer, and that is all that is ever optimised.  No prefix is the same as zero offsets.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cuemark.core.errors import ModelError
from cuemark.models.lm.vocabulary import Vocabulary
from cuemark.models.runtime.devices import DeviceChoice, choose_device, prepare_torch
from cuemark.models.runtime.memory import ModelRuntime
from cuemark.models.runtime.precision import FULL, FullPrecisionHead, Precision, checked, for_language, lowered
from cuemark.models.runtime.proof import settled
from cuemark.models.runtime.safe_imports import transformers_module
from cuemark.models.runtime.weight_budget import WithinWeights
from cuemark.models.store import folders
from cuemark.models.store.folder_files import tensors


@dataclass(frozen=True)
class PrefixOffsets:
    """Offsets for the keys and values of the soft prompt: each [layers, B, heads, P, dim] (`dim` may differ)."""

    keys: Tensor
    values: Tensor

    @property
    def positions(self) -> int:
        """P, the number of soft prompt positions."""
        return int(self.keys.shape[3])

    def parameters(self) -> list[Tensor]:
        """What an optimiser updates."""
        return [self.keys, self.values]

    def select(self, indices: Tensor) -> PrefixOffsets:
        """The offsets of some rows of the batch (repeats allowed), differentiable."""
        rows = indices.to(self.keys.device)
        return PrefixOffsets(self.keys.index_select(1, rows), self.values.index_select(1, rows))


@dataclass(frozen=True)
class LMState:
    """Sentences under way: keys and values per layer ([B, heads, length, dim] pairs); never changed in place.

    `logits` [B, V] are those of the last token fed (of the last BOS for a new state).
    """

    cache: tuple[tuple[Tensor, Tensor], ...]
    logits: Tensor

    @property
    def length(self) -> int:
        """Positions fed so far, the soft prompt included."""
        return int(self.cache[0][0].shape[2])

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return self.logits.nbytes + sum(keys.nbytes + values.nbytes for keys, values in self.cache)

    def select(self, indices: Tensor | Sequence[int]) -> LMState:
        """The state of some rows of the batch, repeats allowed: what a beam search keeps."""
        rows = torch.as_tensor(indices, dtype=torch.long, device=self.logits.device)
        cache = tuple((keys.index_select(0, rows), values.index_select(0, rows)) for keys, values in self.cache)
        return LMState(cache, self.logits.index_select(0, rows))


__all__ = ["BOS_POSITIONS", "LMState", "LanguageModel", "PrefixOffsets", "load_lm"]

BOS_POSITIONS = 5  # of the ancestor of the method (EPT)
_PROBE = "Video of a red ball on the beach at night"
_HALF_SAME = 0.02  # largest difference of a probability in half precision
_DEVICE_SAME = 1e-3  # and on another device in single precision


class LanguageModel:
    """A frozen causal language model with its tokenizer.

    Float32; on CUDA its products are in bfloat16 where that keeps probabilities within 0.02, logits stay float32.
    `precision` says which, and why.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        model_id: str = "",
        choice: DeviceChoice | None = None,
        precision: Precision | None = None,
        runtime: ModelRuntime | None = None,
    ) -> None:
        """`model` is a Hugging Face causal LM able to use a key/value cache; `tokenizer` is its own.

        `precision` is what to try, by default what suits the device.
        """
        self._model = model.float().eval().requires_grad_(False)
        self.runtime = runtime or ModelRuntime()
        self.vocabulary = Vocabulary(tokenizer, _end_of(model), int(model.get_input_embeddings().num_embeddings))
        self._choice = settled(
            self._model, choice or DeviceChoice("cpu", "not asked"), self._probabilities, _DEVICE_SAME, "probabilities"
        )
        self.device = torch.device(self._choice.device)
        self.id = model_id
        self._batches = self.runtime.batches("sentences", device=self._choice.device)
        self._contexts: dict[int, LMState] = {}
        self.vocab_size = 0
        self.precision = FULL
        self.vocab_size = int(self._context(BOS_POSITIONS).logits.shape[1])
        self.precision = self._lowered(precision or for_language(self.device))

    @property
    def device_reason(self) -> str:
        """Why it runs where it runs, and off the CPU in which precision."""
        reason = self._choice.reason
        return reason if self.device.type == "cpu" else f"{reason}; {self.precision}"

    @property
    def context_length(self) -> int | None:
        """Positions the model can take (soft prompt included), None where its config names no limit."""
        config = self._model.config.get_text_config()
        limit = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        return int(limit) if limit else None

    @property
    def bos_ids(self) -> list[int]:
        """Tokens a text starts from: BOS if the tokenizer has one, else EOS, else a line break."""
        return self.vocabulary.bos_ids

    @property
    def eos_id(self) -> int | None:
        """The token that ends a text, if any."""
        return self.vocabulary.eos_id

    @property
    def token_text(self) -> list[str]:
        """For each id the text it adds to a sentence (" cat"); "" for special tokens and ids without text."""
        return self.vocabulary.token_text(self.vocab_size)

    def encode(self, text: str) -> list[int]:
        """Token ids of the text, no special tokens added."""
        return self.vocabulary.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the ids, special tokens left away, spaces as they are."""
        return self.vocabulary.decode(ids)

    def new_prefix(self, batch: int, positions: int = BOS_POSITIONS) -> PrefixOffsets:
        """Zero offsets for `batch` sentences, requiring gradient."""
        keys, values = zip(*self._context(positions).cache, strict=True)
        if any(len({layer.shape for layer in part}) != 1 for part in (keys, values)):
            raise ModelError("model_unsupported", "The language model's layers differ in shape.", "Use another --lm.")
        shapes = [(len(part), batch, *part[0].shape[1:]) for part in (keys, values)]
        made = [torch.zeros(shape, device=self.device, requires_grad=True) for shape in shapes]
        return PrefixOffsets(made[0], made[1])

    def logits(
        self,
        ids: Tensor,
        prefix: PrefixOffsets | None = None,
        last_only: bool = False,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Next-token logits after each of `ids` [B, L], run behind the soft prompt: [B, L, V].

        `last_only` gives [B, 1, V], the logits after the last token (after token lengths - 1 where `lengths` [B] is
        given, for rows padded on the right).  Padding on the right changes nothing before it.  Differentiable with
        respect to the prefix.
        """
        keep = 1 if last_only and lengths is None else 0
        result = self._forward(ids.to(self.device), self._prompt(ids.shape[0], prefix), keep)[0]
        if last_only and lengths is not None:
            rows = torch.arange(ids.shape[0], device=self.device)
            result = result[rows, lengths.to(self.device) - 1][:, None]
        return result

    @torch.no_grad()
    def start(self, batch: int, prefix: PrefixOffsets | None = None) -> LMState:
        """The state behind the soft prompt, for `batch` sentences; no gradient from here on."""
        positions = BOS_POSITIONS if prefix is None else prefix.positions
        cache = tuple((keys.detach(), values.detach()) for keys, values in self._prompt(batch, prefix))
        return LMState(cache, self._context(positions).logits.expand(batch, -1))

    @torch.no_grad()
    def step(self, state: LMState, ids: Tensor) -> tuple[LMState, Tensor]:
        """Feed one token a sentence (`ids` [B], or [B, L] to feed several) and return the logits [B, V] after it."""
        tokens = ids.to(self.device)
        tokens = tokens[:, None] if tokens.ndim == 1 else tokens
        result, cache = self._forward(tokens, state.cache, 1)
        stepped = LMState(cache, result[:, -1])
        return stepped, stepped.logits

    def _probabilities(self, device: torch.device) -> Tensor:
        """Of what may follow each token of a probe, with the model on that device."""
        probe = torch.tensor([self.encode(_PROBE) or self.bos_ids], device=device)
        probabilities: Tensor = self._model(input_ids=probe).logits.float().softmax(-1)
        return probabilities

    @torch.no_grad()
    def _lowered(self, tried: Precision) -> Precision:
        """Go over to the precision tried if what it says is close enough; what is used from here on."""
        if tried.dtype is None:
            return tried
        probe = torch.tensor([self.encode(_PROBE) or self.bos_ids])
        reference, full, contexts = self.logits(probe).softmax(-1), self._model, self._contexts
        head = full.get_output_embeddings()
        self._model = lowered(full, tried.dtype, keep=[head])
        self._model.set_output_embeddings(FullPrecisionHead(head))
        self._contexts, self.precision = {}, tried
        difference = float((self.logits(probe).softmax(-1) - reference).abs().max())
        found = checked(tried, difference, _HALF_SAME, "probabilities")
        if found.dtype is None:
            self._model, self._contexts = full, contexts
        return found

    def _prompt(self, batch: int, prefix: PrefixOffsets | None) -> tuple[tuple[Tensor, Tensor], ...]:
        base = self._context(BOS_POSITIONS if prefix is None else prefix.positions).cache
        if prefix is None:
            return tuple((k.expand(batch, -1, -1, -1), v.expand(batch, -1, -1, -1)) for k, v in base)
        return tuple((k + prefix.keys[i], v + prefix.values[i]) for i, (k, v) in enumerate(base))

    @torch.no_grad()
    def _context(self, positions: int) -> LMState:
        """The state of one sentence after `positions` BOS tokens, computed once."""
        if positions not in self._contexts:
            bos = self.bos_ids
            ids = (bos * positions)[:positions]
            result, cache = self._forward(torch.tensor([ids], device=self.device), (), 1)
            self._contexts[positions] = LMState(cache, result[:, -1])
        return self._contexts[positions]

    def _forward(
        self, ids: Tensor, past: tuple[tuple[Tensor, Tensor], ...], keep: int
    ) -> tuple[Tensor, tuple[tuple[Tensor, Tensor], ...]]:
        """Logits (of the last `keep` positions, 0 for all) and the grown cache."""
        parts = self._batches.run(
            len(ids), lambda rows: self._pass(ids[rows], tuple((k[rows], v[rows]) for k, v in past), keep)
        )
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _pass(
        self, ids: Tensor, past: tuple[tuple[Tensor, Tensor], ...], keep: int
    ) -> tuple[Tensor, tuple[tuple[Tensor, Tensor], ...]]:
        """`_forward` of rows that fit into memory together."""
        cache = importlib.import_module("transformers").DynamicCache()
        for layer, (keys, values) in enumerate(past):
            cache.update(keys, values, layer)
        before = past[0][0].shape[2] if past else 0
        batch, length = ids.shape
        self._check_room(before + length)
        with self.precision.on(self.device):
            out = self._model(
                input_ids=ids,
                attention_mask=torch.ones(batch, before + length, dtype=torch.long, device=self.device),
                position_ids=torch.arange(before, before + length, device=self.device).expand(batch, -1),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=keep,
            )
        layers = getattr(getattr(out, "past_key_values", None), "layers", ())
        if not layers or not all(isinstance(getattr(layer, "keys", None), Tensor) for layer in layers):
            kind = getattr(self._model.config, "model_type", "this")
            message = f"A {kind} model keeps no keys and values of every layer, which the search works on."
            raise ModelError("model_unsupported", message, "Use a transformer (GPT-2, Llama, Qwen, ...) as --lm.")
        return out.logits, tuple((layer.keys, layer.values) for layer in layers)

    def _check_room(self, positions: int) -> None:
        limit = self.context_length
        if limit is not None and positions > limit:
            message = f"The language model takes {limit} tokens at a time; {positions} are needed."
            raise ModelError("lm_context_too_short", message, "Use another --lm.")


def _joined(
    parts: Sequence[tuple[Tensor, tuple[tuple[Tensor, Tensor], ...]]],
) -> tuple[Tensor, tuple[tuple[Tensor, Tensor], ...]]:
    """The results of passes over consecutive rows as that of one pass."""
    layers = zip(*(cache for _, cache in parts), strict=True)
    cache = tuple((torch.cat([k for k, _ in layer]), torch.cat([v for _, v in layer])) for layer in layers)
    return torch.cat([logits for logits, _ in parts]), cache


def load_lm(folder: Path, runtime: ModelRuntime | None = None) -> LanguageModel:
    """The language model in a Hugging Face folder; raises ModelError with a code for each way it cannot be one."""
    folders.check(folder, "lm")
    weights = folders.lm_weights(folder)
    choice, runtime = choose_device(), runtime or ModelRuntime()
    prepare_torch(choice, runtime.limits)
    transformers = transformers_module()
    with folders.loading(folder, "language model"):
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **local)
        with WithinWeights(tensors(weights).values(), f"The language model in {folder}"):
            model, told = transformers.AutoModelForCausalLM.from_pretrained(
                str(folder), use_safetensors=True, dtype=torch.float32, output_loading_info=True, **local
            )
        folders.check_complete(told)
        identity = folders.identity(folder, weights)
        made = LanguageModel(model, tokenizer, model_id=identity, choice=choice, runtime=runtime)
        if made.start(1).logits.softmax(-1).isnan().any():
            raise ValueError("it gives no numbers, so its weights are damaged")
        _ = made.encode("a"), made.token_text  # what its tokenizer cannot do is known before any search
        return made


def _end_of(model: Any) -> int | None:
    """EOS as the model's config names it (some name several)."""
    end = getattr(model.config, "eos_token_id", None)
    if isinstance(end, list):
        end = end[0] if end else None
    return None if end is None else int(end)
