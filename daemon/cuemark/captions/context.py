"""What all parts of one search share: the evidence, the pair of models, and what is computed only once with them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cuemark.captions.vocabulary import CaptionVocabulary
from cuemark.core.progress import Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.models.clip.continuations import Continuations
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel, LMState

Row = tuple[int, ...]

#: The state of GPT-2 medium behind a sentence of 20 tokens takes 5 MB: some fifty of them are kept.
_MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class SearchContext:
    """One search: the evidence of a media, the frozen models, their caches, and who listens.

    `vectors` [T, D] are the unit frame vectors of the evidence, for torch.
    """

    evidence: EvidenceBundle
    vectors: Tensor
    text: TextEncoder
    lm: LanguageModel
    caches: SearchCaches
    progress: Progress

    @classmethod
    def of(cls, evidence: EvidenceBundle, text: TextEncoder, lm: LanguageModel, progress: Progress) -> SearchContext:
        """With caches of its own; the vectors of texts themselves are kept by `text`, also between searches."""
        vectors = torch.from_numpy(evidence.frames.vectors.copy())
        return cls(evidence, vectors, text, lm, SearchCaches.of(text, lm), progress)

    @property
    def samples(self) -> int:
        """T, the number of samples."""
        return len(self.vectors)


@dataclass(frozen=True)
class SearchCaches:
    """For a pair of models: vectors of sentences with one more token, LM passes without a prefix, usable tokens."""

    continuations: Continuations
    unprefixed: UnprefixedPass
    vocabulary: CaptionVocabulary

    @classmethod
    def of(cls, text: TextEncoder, lm: LanguageModel) -> SearchCaches:
        """Empty ones."""
        return cls(Continuations(text, lm), UnprefixedPass(lm), CaptionVocabulary(lm))


class UnprefixedPass:
    """Least-recently-used cache of language model states (keys, values, logits) behind texts, without any prefix.

    Without a prefix nothing ever changes what the model says of a text, so sentences that begin alike (every one begins
    with one of a few prompts) share that part, and a sentence that grew by a token is read on from there.
    """

    def __init__(self, lm: LanguageModel, most_bytes: int = _MOST_BYTES) -> None:
        """States of at most `most_bytes` are kept; the one used longest ago is forgotten first."""
        self._lm, self._most_bytes, self._bytes = lm, most_bytes, 0
        self._states: OrderedDict[Row, LMState] = OrderedDict()

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
        known: dict[Row, LMState] = {}
        for row in wanted:
            if row in self._states:
                self._states.move_to_end(row)
                known[row] = self._states[row]
        for start, group in self._groups([row for row in dict.fromkeys(wanted) if row not in known]):
            known.update(self._read_on(start, group))
        return [known[row] for row in wanted]

    def _groups(self, rows: Sequence[Row]) -> list[tuple[int, list[tuple[Row, LMState]]]]:
        """Texts that can be read in one pass, each with the state it is read on from: (tokens known of each, texts).

        The states are held here: what is kept meanwhile may push them out of memory.
        """
        groups: dict[tuple[int, int], list[tuple[Row, LMState]]] = {}
        for row in rows:
            known = self._known_part(row)
            state = self._states[known] if known else self._lm.start(1)
            groups.setdefault((len(row), len(known)), []).append((row, state))
        return [(start, group) for (_, start), group in groups.items()]

    def _known_part(self, row: Row) -> Row:
        return next((row[:end] for end in range(len(row) - 1, 0, -1) if row[:end] in self._states), ())

    def _read_on(self, start: int, group: Sequence[tuple[Row, LMState]]) -> dict[Row, LMState]:
        state = _together([state for _, state in group])
        if group[0][0]:
            state, _ = self._lm.step(state, torch.tensor([row[start:] for row, _ in group]))
        found = {row: state.select([place]) for place, (row, _) in enumerate(group)}
        for row, one in found.items():
            self._keep(row, one)
        return found

    def _keep(self, row: Row, state: LMState) -> None:
        self._states[row] = state
        self._bytes += _size(state)
        while self._bytes > self._most_bytes and len(self._states) > 1:
            _, dropped = self._states.popitem(last=False)
            self._bytes -= _size(dropped)


def _together(states: Sequence[LMState]) -> LMState:
    """States of single sentences of one length as one batch."""
    layers = zip(*(state.cache for state in states), strict=True)
    cache = tuple(
        (torch.cat([keys for keys, _ in layer]), torch.cat([values for _, values in layer])) for layer in layers
    )
    return LMState(cache, torch.cat([state.logits for state in states]))


def _size(state: LMState) -> int:
    return int(state.logits.nbytes) + sum(int(keys.nbytes) + int(values.nbytes) for keys, values in state.cache)
