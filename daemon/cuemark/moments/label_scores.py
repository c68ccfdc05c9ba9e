"""Labels against the frames of a media: how probable each of a user's labels is at each sample, and from where on it
counts.

A label is a prompt ensemble (the mean of the unit vectors of a few sentences), and stands against a background class.
Where the CLIP knows words, the background is the lexicon: the log-odds of the label, with the words that mean nearly
the same, against all other words, on the curve by which confidences of captions are calibrated (captions/calibration).
Else it is the best of a few statements of nothing in particular.  What the user says a label is not joins its
background.

Nobody annotates footage to set a threshold.  With a lexicon a label counts from where it is as likely as not, and above
what unrelated words reach in the same footage: a sample of the lexicon is scored as if they were labels, and hardly any
of them is there.  Without one it counts from the valley of its own scores.  Log-odds are told from there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from cuemark.captions.language import en
from cuemark.captions.word_vectors import WordVectors
from cuemark.core.label_set import Label, LabelSet
from cuemark.core.progress import Progress
from cuemark.models.clip.text_encoder import TextEncoder

#: Sentences whose mean vector stands for a text.
_PROMPTS = ("{plain}", "a photo of {named}", "a video of {named}", "there is {named}")
#: What fits any picture, for a CLIP without a lexicon.
_ANYTHING = (
    *en.EMPTY_TEXTS, "a photo", "a picture", "a photo of something", "background", "an empty view", "nobody",
    "a photo of a place", "a scene", "video", "a blurry photo", "a photo of a thing", "something", "an image",
)  # fmt: skip
#: Cosine of the vectors of texts from which on a word means nearly what the label means (measured: 0.6 to 0.9).
_SAME = 0.7
#: Share of the agreement with plain pictures that is taken off, as for the lexicon's words.
_PLAIN = 0.5
#: Words scored as if they were labels, and the quantile of their scores that a label must reach (measured).
_CONTROLS = 200
_QUANTILE = 0.995
#: Logits that a label may fall short of the best statement of nothing and be as likely as not (measured, drawn world).
_SHORT_OF_ANYTHING = 0.5
_VALLEY = 2.0
_VALLEY_WIDTH = 0.35
_BLOCK = 512
STAGE = "labels"


@dataclass(frozen=True, eq=False)
class LabelScores:
    """`log_odds` [T, L] of each label at each sample, and `least` [L], the log-odds from which on it counts.

    Log-odds of 0 are where the footage's own scores say that a label is as likely as not: the automatic threshold.
    """

    log_odds: Tensor
    least: Tensor


def label_scores(
    labels: LabelSet, vectors: Tensor, text: TextEncoder, words: WordVectors | None, progress: Progress
) -> LabelScores:
    """The scores of a media's unit frame vectors [T, D]; raises JobCancelled."""
    progress.update(STAGE, 0, len(labels.labels), "labels")
    vectors = vectors.cpu().float()
    own = torch.stack([ensemble((label.name, *label.also), text) for label in labels.labels])
    against = [ensembles((*label.negatives, *labels.negatives), text) for label in labels.labels]
    if words is None:
        log_odds = _above_anything(own, against, vectors, text)
        automatic = torch.stack([_valley(column) for column in log_odds.T])
    else:
        lexicon = _Lexicon(words, vectors, progress)
        log_odds = lexicon.log_odds(own, against)
        automatic = lexicon.reached_by_chance().clamp(min=0).expand(len(own))
    return LabelScores(log_odds - automatic, torch.tensor([_least(label, labels) for label in labels.labels]))


def ensemble(texts: Sequence[str], text: TextEncoder) -> Tensor:
    """The unit vector [D] of texts that mean the same."""
    return F.normalize(ensembles(texts, text).mean(dim=0), dim=0)


def ensembles(texts: Sequence[str], text: TextEncoder) -> Tensor:
    """Unit vectors [n, D] of texts, each a prompt ensemble of its own."""
    if not texts:
        return torch.zeros(0, len(text.encode([""])[0]))
    spoken = [prompt.format(plain=one, named=_named(one)) for one in texts for prompt in _PROMPTS]
    found = text.encode(spoken).cpu().float().reshape(len(texts), len(_PROMPTS), -1)
    return F.normalize(found.mean(dim=1), dim=1)


def _named(words: str) -> str:
    """With an article where it is a name; phrases ("under an umbrella", "hands, close") stay as they are."""
    return en.with_article(words) if len(words.split()) <= 2 and words.isascii() else words


def _least(label: Label, labels: LabelSet) -> float:
    """The log-odds of the threshold that the user gave; of the automatic one 0."""
    given = labels.threshold if label.threshold is None else label.threshold
    return 0.0 if given is None else math.log(given / (1 - given))


def _above_anything(own: Tensor, against: Sequence[Tensor], vectors: Tensor, text: TextEncoder) -> Tensor:
    """[T, L]: logits above the best statement of nothing in particular, and of what the label is not."""
    scale = text.logit_scale
    anything = scale * (vectors @ text.encode(list(_ANYTHING)).cpu().float().T).amax(dim=1)
    columns = [
        scale * (vectors @ one)
        - torch.maximum(anything, (scale * (vectors @ others.T)).amax(dim=1) if len(others) else anything)
        for one, others in zip(own, against, strict=True)
    ]
    return torch.stack(columns, dim=1) + _SHORT_OF_ANYTHING


def _valley(scores: Tensor) -> Tensor:
    """The least dense place of scores [T] about 0: between the samples that show a label and those that do not."""
    places = torch.arange(-_VALLEY, _VALLEY + 0.01, 0.125)
    density = torch.exp(-0.5 * ((places[:, None] - scores[None]) / _VALLEY_WIDTH) ** 2).mean(dim=1)
    # Of places that are as thin the one nearest to 0.
    return places[(density + 1e-4 * places.abs()).argmin()]


class _Lexicon:
    """The words that the CLIP knows, as the background of labels over the frames of one media."""

    def __init__(self, words: WordVectors, vectors: Tensor, progress: Progress) -> None:
        known = [place for place, word in enumerate(words.lexicon.words) if word.kind in words.kinds]
        self._words, self._plain = words.vectors[known].float(), words.plain.float()
        self._scale, self._curve = words.logit_scale, words.calibration
        self._vectors, self._progress = vectors, progress

    def log_odds(self, own: Tensor, against: Sequence[Tensor]) -> Tensor:
        """[T, L]: of labels [L, D] against the words that mean something else, and what they are not [n, D] each."""
        near = (own @ self._words.T >= _SAME).float().T
        others = [torch.cat([one, torch.zeros(0, own.shape[1])]) for one in against]
        return torch.cat([self._of(block, own, near, others) for block in self._blocks()])

    def reached_by_chance(self) -> Tensor:
        """What a label that is not there hardly ever reaches: a quantile of the scores of words taken as labels."""
        controls = self._words[:: max(1, len(self._words) // _CONTROLS)][:_CONTROLS]
        scores = self.log_odds(controls, [torch.zeros(0, controls.shape[1])] * len(controls))
        ordered = scores.flatten().sort().values  # torch.quantile takes no more than 16 million
        return ordered[int(_QUANTILE * (len(ordered) - 1))]

    def _of(self, vectors: Tensor, own: Tensor, near: Tensor, others: Sequence[Tensor]) -> Tensor:
        words = self._logits(vectors, self._words)
        top = words.amax(dim=1, keepdim=True)
        chances = torch.exp(words - top)
        alike = chances @ near
        rest = (chances.sum(dim=1, keepdim=True) - alike).clamp(min=1e-20)
        label = torch.logaddexp(self._logits(vectors, own), top + alike.clamp(min=1e-20).log())
        background = top + rest.log()
        for place, other in enumerate(others):
            if len(other):
                worst = self._logits(vectors, other).logsumexp(dim=1)
                background[:, place] = torch.logaddexp(background[:, place], worst)
        return self._curve.slope * (label - background) + self._curve.offset

    def _logits(self, vectors: Tensor, texts: Tensor) -> Tensor:
        return self._scale * (vectors @ texts.T - _PLAIN * (texts @ self._plain)[None])

    def _blocks(self) -> Iterator[Tensor]:
        for block in self._vectors.split(_BLOCK):
            self._progress.check()
            yield block
