"""What all parts of one search share: the evidence, the pair of models, and what is computed only once with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.captions.vocabulary import CaptionVocabulary
from cuemark.captions.word_vectors import WordVectors
from cuemark.core.progress import Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.models.clip.continuations import ContinuationEncoder
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel, LMState, PrefixOffsets
from cuemark.models.runtime.caches import MOST_BYTES, Ids, PrefixCache


@dataclass(frozen=True)
class SearchContext:
    """One search: the evidence of a media, the frozen models, their caches, and who listens.

    `vectors` [T, D] are the unit frame vectors of the evidence, for torch.  `words` is the lexicon as the CLIP sees it,
    None where the CLIP does not know its words.
    """

    evidence: EvidenceBundle
    vectors: Tensor
    text: TextEncoder
    lm: LanguageModel
    caches: SearchCaches
    progress: Progress
    words: WordVectors | None = None

    @classmethod
    def of(
        cls,
        evidence: EvidenceBundle,
        text: TextEncoder,
        lm: LanguageModel,
        progress: Progress,
        words: WordVectors | None = None,
    ) -> SearchContext:
        """With caches of its own; the vectors of texts themselves are kept by `text`, also between searches."""
        vectors = torch.from_numpy(evidence.frames.vectors.copy())
        return cls(evidence, vectors, text, lm, SearchCaches.of(text, lm), progress, words)

    def begin(self, lead: list[int], count: int, prefix: PrefixOffsets | None) -> LMState:
        """The state behind `lead` for `count` sentences; without prefixes they are the same, so one is computed."""
        if prefix is None:
            return self.caches.unprefixed.state(lead).select([0] * count)
        state = self.lm.start(count, prefix)
        return self.lm.step(state, torch.tensor([lead] * count, dtype=torch.long))[0] if lead else state

    def agreement(self, vectors: Tensor, goals: Tensor) -> Tensor:
        """CLIP's logits [...] of text vectors [..., D] for goals of a shape that goes with theirs."""
        return self.text.logit_scale * (vectors * goals.to(vectors)).sum(dim=-1)

    @property
    def samples(self) -> int:
        """T, the number of samples."""
        return len(self.vectors)


@dataclass(frozen=True)
class SearchCaches:
    """For a pair of models: vectors of sentences with one more token, LM passes without a prefix, usable tokens."""

    continuations: ContinuationEncoder
    unprefixed: UnprefixedPass
    vocabulary: CaptionVocabulary

    @classmethod
    def of(cls, text: TextEncoder, lm: LanguageModel) -> SearchCaches:
        """Empty ones."""
        return cls(ContinuationEncoder(text, lm), UnprefixedPass(lm), CaptionVocabulary(lm, text.context_length))


class UnprefixedPass:
    """What the language model says of texts without any prefix, read once and kept (keys, values, logits).

    Without a prefix nothing ever changes what the model says of a text, so sentences that begin alike (every one begins
    with one of a few prompts) share that part, and a sentence that grew by a token is read on from there.
    """

    def __init__(self, lm: LanguageModel, most_bytes: int = MOST_BYTES) -> None:
        """States of at most `most_bytes` are kept; the one used longest ago is forgotten first."""
        self._lm = lm
        self._kept: PrefixCache[LMState] = PrefixCache(most_bytes)

    def log_probabilities(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """Log-probabilities [N, V] of the token behind each of N texts; no gradient."""
        logits = torch.cat([state.logits for state in self._all(rows)])
        return torch.log_softmax(logits.float(), dim=-1)

    def state(self, row: Sequence[int]) -> LMState:
        """The state of one sentence behind a text, as `LanguageModel.step` gives it."""
        return self._all([row])[0]

    @torch.no_grad()
    def _all(self, rows: Sequence[Sequence[int]]) -> list[LMState]:
        wanted = [tuple(row) for row in rows]
        known: dict[Ids, LMState] = {}
        for row in wanted:
            if row in self._kept:
                known[row] = self._kept[row]
        for start, group in self._groups([row for row in dict.fromkeys(wanted) if row not in known]):
            known.update(self._read_on(start, group))
        return [known[row] for row in wanted]

    def _groups(self, rows: Sequence[Ids]) -> list[tuple[int, list[tuple[Ids, LMState]]]]:
        """Texts that can be read in one pass, each with the state it is read on from: (tokens known of each, texts).

        The states are held here: what is kept meanwhile may push them out of memory.
        """
        groups: dict[tuple[int, int], list[tuple[Ids, LMState]]] = {}
        for row in rows:
            part, state = self._kept.longest(row) or ((), self._lm.start(1))
            groups.setdefault((len(row), len(part)), []).append((row, state))
        return [(start, group) for (_, start), group in groups.items()]

    def _read_on(self, start: int, group: Sequence[tuple[Ids, LMState]]) -> dict[Ids, LMState]:
        state = _together([state for _, state in group])
        if group[0][0]:
            state, _ = self._lm.step(state, torch.tensor([row[start:] for row, _ in group]))
        found = {row: state.select([place]) for place, (row, _) in enumerate(group)}
        for row, one in found.items():
            self._kept.keep(row, one)
        return found


def _together(states: Sequence[LMState]) -> LMState:
    """States of single sentences of one length as one batch."""
    layers = zip(*(state.cache for state in states), strict=True)
    cache = tuple(
        (torch.cat([keys for keys, _ in layer]), torch.cat([values for _, values in layer])) for layer in layers
    )
    return LMState(cache, torch.cat([state.logits for state in states]))
