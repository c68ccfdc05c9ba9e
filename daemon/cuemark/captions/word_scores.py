"""Words for moments: how probable each word of the lexicon is for each moment of one media.

A word's logit is the mean agreement of its vector with the moment's frames, less a share of that with the rest of
the media and with plain pictures.  A softmax over things and scenes makes probabilities.  WordNet says which are kinds
of others, so a word also stands for all below it: the chance of "dog" is the sum of those of all dogs, and is what two
shots of different dogs have in common (J. Deng et al., Hedging your bets, CVPR 2012).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cuemark.captions.lexicon import Kind, Lexicon, Word
from cuemark.captions.options import LexiconOptions
from cuemark.captions.scorer import weighted_means
from cuemark.captions.word_vectors import WordVectors

NAMING: tuple[Kind, ...] = ("thing", "scene")
"""Kinds of words that can name a moment by themselves."""
#: Share of a name's chance at which a plainer synonym is taken for it.
_NEARLY = 0.8


@dataclass(frozen=True)
class WordChance:
    """A word, and how probable it is that it is true of a moment."""

    name: str
    chance: float


@dataclass(frozen=True, eq=False)
class MomentWords:
    """All words for one moment: `logits` [W] (minus infinity for kinds the CLIP does not know), chances of the names.

    `own` [W] is how probable it is that a name is the best one, `chances` [W] that it is true: with all that is a kind
    of it.
    """

    lexicon: Lexicon
    logits: Tensor
    own: Tensor
    chances: Tensor

    def names(self, count: int) -> list[int]:
        """Places of the most probable names, best first; of each group of synonyms the plainest that is as probable."""
        best = self._apart(self.own.topk(min(4 * count, len(self.own))).indices.tolist())[:count]
        return list(dict.fromkeys(self._plainest(place) for place in best))

    def _plainest(self, place: int) -> int:
        """Of a name and its synonyms the shortest that is nearly as probable."""
        word = self.lexicon.words[place]
        same = [self.lexicon.place[name] for name in word.same]
        likely = [other for other in same if self.own[other] >= _NEARLY * self.own[place]]
        return min([place, *likely], key=lambda one: _plainness(self.lexicon.words[one]))

    def tags(self, most: int, least: float) -> list[WordChance]:
        """Names that are true with at least this chance: the best ones, and what they are kinds of; best first."""
        wanted: dict[int, None] = {}
        for place in self.names(most):
            above = [self.lexicon.place[name] for name in self.lexicon.words[place].broader]
            above.sort(key=lambda one: -float(self.own[one]))
            wanted |= dict.fromkeys([place, *above[:1]])
        told = [
            WordChance(self.lexicon.names[place], float(self.chances[place])) for place in self._apart(list(wanted))
        ]
        return sorted((one for one in told if one.chance >= least), key=lambda one: -one.chance)[:most]

    def _apart(self, places: list[int]) -> list[int]:
        """Those of `places` that are no synonym of one before them."""
        found: list[int] = []
        for place in places:
            if not any(self.lexicon.names[other] in self.lexicon.words[place].same for other in found):
                found.append(place)
        return found

    def preferred(self, count: int) -> list[int]:
        """Places of words worth saying: the most probable names, and a few of each other kind that the CLIP knows."""
        others = [
            place
            for kind in ("action", "attribute")
            for place in self._best_of(self.lexicon.of_kind(kind), max(1, count // 4))
        ]
        return [*self.names(count), *others]

    def _best_of(self, places: list[int], count: int) -> list[int]:
        top = self.logits[places].topk(min(count, len(places)))
        return [
            places[at] for at, logit in zip(top.indices.tolist(), top.values.tolist(), strict=True) if logit > -1e30
        ]


def _plainness(word: Word) -> tuple[bool, int, int]:
    """Smaller for names that people use: common ones, of few words, short."""
    return not word.common, len(re.split("[ -]", word.name)), len(word.name)


class WordScores:
    """The lexicon against the frames of one media."""

    def __init__(self, words: WordVectors, vectors: Tensor, options: LexiconOptions) -> None:
        """`vectors` [T, D] are the unit frame vectors."""
        self.words, self._vectors, self._options = words, vectors.cpu(), options

    @property
    def lexicon(self) -> Lexicon:
        """The words, in the order of all that is computed for them."""
        return self.words.lexicon

    def of(self, weights: Tensor) -> list[MomentWords]:
        """Words for each moment, given as weights of the samples [N, T]."""
        logits = self.logits(weights)
        own = torch.softmax(logits + self._naming, dim=1)
        chances = self._with_narrower(own)
        return [MomentWords(self.lexicon, *rows) for rows in zip(logits, own, chances, strict=True)]

    def _with_narrower(self, own: Tensor) -> Tensor:
        """[N, W]: the sums of `own` over each word and all that is a kind of it."""
        words, narrower = self._pairs
        return torch.zeros_like(own).index_add_(1, words, own[:, narrower]).clamp(0, 1)

    @cached_property
    def _pairs(self) -> tuple[Tensor, Tensor]:
        """Each word with each that it stands for, as places."""
        narrower = self.lexicon.narrower
        words = torch.arange(len(narrower)).repeat_interleave(torch.tensor([len(one) for one in narrower]))
        return words, torch.tensor([place for places in narrower for place in places])

    def logits(self, weights: Tensor) -> Tensor:
        """[N, W]: how well each word fits each moment; the bias of words that fit everything is taken off."""
        return self.words.logit_scale * self.targets(weights) @ self.words.vectors.T + self._preferred

    def targets(self, weights: Tensor) -> Tensor:
        """[N, D]: what a text's vector is multiplied with to be scored for each moment."""
        weights = weights.cpu()
        own, rest = weighted_means(self._vectors, weights), weighted_means(self._vectors, 1 - weights)
        return own - self._options.contrast * rest - self._options.plain * self.words.plain

    def preference(self, place: int) -> float:
        """Logits that a word has over others before anything is seen."""
        return float(self._preferred[place])

    @cached_property
    def specific(self) -> Tensor:
        """[W]: which names stand for few enough others to be worth sharing."""
        sizes = torch.tensor([len(one) for one in self.lexicon.narrower])
        return (sizes <= self._options.broad * len(sizes)) & (self._naming == 0)

    @cached_property
    def _naming(self) -> Tensor:
        """[W]: 0 for names, minus infinity for other words."""
        places = self.lexicon.of_kind(*NAMING)
        return torch.full((len(self.lexicon.words),), -torch.inf).index_fill_(0, torch.tensor(places), 0.0)

    @cached_property
    def _preferred(self) -> Tensor:
        """[W]: what a word has over others before anything is seen; minus infinity for kinds the CLIP does not know."""
        known = self.words.kinds
        values = [
            self._options.common * word.common if word.kind in known else -torch.inf for word in self.lexicon.words
        ]
        return torch.tensor(values)


def agreement(one: Tensor, other: Tensor, specific: Tensor) -> float:
    """How probable it is that some specific word is true of both of two moments, given the chances [W] of each."""
    return float((torch.minimum(one, other) * specific).max())
