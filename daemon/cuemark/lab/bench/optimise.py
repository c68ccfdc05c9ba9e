"""`cuemark bench optimise`: masks, prefixes and words of all moments at once, beside the plain loop one by one."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from cuemark.captions.context import SearchContext
from cuemark.captions.joint import JointParameters, TokenLoop, TokenStep
from cuemark.captions.options import JointOptions
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.lab.bench.comparison import BenchOptions, Comparison, alternate, timed
from cuemark.lab.bench.models import pair_of
from cuemark.lab.bench.plain_loop import PlainLoop, PlainOptions, PlainStep
from cuemark.lab.bench.scoring import Candidates
from cuemark.models.clip.continuations import ContinuationEncoder
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.models.lm.lm import LanguageModel
from cuemark.moments.find import find_moments
from cuemark.moments.options import from_preset
from cuemark.segmentation.masks import SoftMasks, moment_vectors
from cuemark.segmentation.segments import even_extents

if TYPE_CHECKING:
    from cuemark.models.clip.text_encoder import TextEncoder
    from cuemark.models.lm.lm import LanguageModel

GOAL = 12.0
FAST_GOAL = 40.0
ABOUT = (
    "Ours: a step on masks and prefixes for every token, all moments at once, no text encoded twice. "
    "Rival: the plain loop, one moment at a time, every candidate encoded at the full context. "
    "Of the rival only a token or a few of one moment are run, and stand for all of them."
)
FAST_ABOUT = (
    "Ours: the whole search of preset fast, from features to moments. "
    "Rival: the plain loop's 12 sentences of 20 tokens, which are not run but extrapolated: "
    "240 times the seconds of a token step that was measured."
)


def compare(options: BenchOptions, progress: Progress) -> list[Comparison]:
    """The token-wise loop and preset `fast`, in seconds a moment, with the same number of candidates in both loops.

    Of the plain loop a few token steps are run: what it does for a token does not depend on the sentence's length.
    They stand beside the loop and the search of the same pair.  Goals are for real sizes: in the sample pair the
    language model is most of the work.
    """

    steps = TokenSteps(*_models(options, progress), options, progress)
    searches: list[float] = []

    def both_of_ours() -> float:
        searches.append(steps.fast())
        return steps.ours()

    # A token step of the plain loop at real size takes so long that none is spent on warming up.
    warm = not options.real_size
    ours, rival = alternate(both_of_ours, steps.rival, options.pairs, progress, warm=warm)
    unit, goal = "s a moment and token", GOAL if options.real_size else None
    token_wise = Comparison("optimise", ABOUT, unit, "faster", ours, rival, goal, steps.facts())
    goal = FAST_GOAL if options.real_size else None
    whole = tuple(SENTENCES * SENTENCE_TOKENS * seconds for seconds in rival)
    searched = tuple(searches[-options.pairs :])
    fast = Comparison(
        "optimise/fast", FAST_ABOUT, "s a moment", "faster", searched, whole, goal, steps.fast_facts(searched, rival)
    )
    return [token_wise, fast]


def _models(options: BenchOptions, progress: Progress) -> tuple[TextEncoder, LanguageModel]:
    """Of the real sizes those of the plain loop's own authors, ViT-B/32 and GPT-2 medium; else the sample pair."""
    if not options.real_size:
        return pair_of(options, progress)
    from cuemark.lab.bench import models

    progress.note("Making a text tower of ViT-B/32's size and a GPT-2 medium, with random weights.")
    return models.text_encoder("ViT-B-32", options.seed), models.language_model("gpt2-medium", options.seed)


MOMENTS = 4
SENTENCES, SENTENCE_TOKENS = 12, 20
"""What the plain loop writes for a moment, as the paper does; its ancestor writes 30 sentences."""
CANDIDATES = 512
_FRAMES = 160
_RATE = 2
_NOISE = 0.05
_SHARPNESS = 40.0
# Steps of ours a run, from which step of a sentence on, and how many of the plain loop's are enough with small models.
_FIRST, _STEPS, _ALL_STEPS, _FEW_STEPS = 4, 6, 12, 3


class TokenSteps:
    """Both loops over the same sentences, with what they said of the candidates, and the whole search of `fast`."""

    def __init__(self, text: TextEncoder, lm: LanguageModel, options: BenchOptions, progress: Progress) -> None:
        self._text, self._lm, self._progress, self._seed = text, lm, progress, options.seed
        self._evidence = EvidenceBundle(scenes(text, options.seed))
        self._vectors = torch.from_numpy(self._evidence.frames.vectors.copy())
        self._rows = self._sentences(_STEPS if options.real_size else _ALL_STEPS)
        self._plain_steps = 1 if options.real_size else _FEW_STEPS
        self._turn = itertools.count()
        self._ours: dict[tuple[int, str], float] = {}
        self._differences: list[float] = []
        self._asked, self._both, self._found = 0, 0, 0

    def ours(self) -> float:
        """Seconds a moment and token of the token-wise loop, from an empty memory."""
        self._text.forget()
        settings = self._settings()
        learned = JointParameters.start(even_extents(MOMENTS), self._lm, settings)
        loop = TokenLoop(SearchContext.of(self._evidence, self._text, self._lm, self._progress), settings)
        found: list[TokenStep] = []

        def walk() -> None:
            found.extend(loop.step(rows, learned, _SHARPNESS) for rows in self._rows)
            wait(self._lm)

        seconds = timed(walk)
        continuations = ContinuationEncoder(self._text, self._lm)
        for rows, step in zip(self._rows, found, strict=True):
            for moment, texts in enumerate(continuations.texts(rows, step.tokens)):
                pairs = zip(texts, step.scores[moment].tolist(), strict=True)
                self._ours.update({(moment, text): score for text, score in pairs})
        return seconds / (MOMENTS * len(self._rows))

    def rival(self) -> float:
        """Seconds a token of the plain loop, for one of the moments, another one each time."""
        moment = next(self._turn) % MOMENTS
        loop = PlainLoop(self._moments()[moment : moment + 1], self._text, self._lm, PlainOptions(CANDIDATES))
        found: list[PlainStep] = []

        def walk() -> None:
            found.extend(loop.step(rows[moment]) for rows in self._rows[: self._plain_steps])
            wait(self._lm)

        seconds = timed(walk)
        for step in found:
            both = [text for text in step.scores if (moment, text) in self._ours]
            self._asked, self._both = self._asked + len(step.scores), self._both + len(both)
            self._differences += [abs(step.scores[text] - self._ours[moment, text]) for text in both]
        return seconds / self._plain_steps

    def fast(self) -> float:
        """Seconds a moment of the whole search of preset `fast` for as many moments, from an empty memory."""
        self._text.forget()
        options = from_preset("fast", moments=MOMENTS, seed=self._seed)

        def search() -> None:
            self._found = len(
                find_moments(self._evidence, self._text, self._lm, options, OnlyChecks(self._progress)).moments
            )
            wait(self._lm)

        return timed(search) / MOMENTS

    def facts(self) -> dict[str, str | int | float]:
        """What was run, and how far the scores of the same candidates differ in the two loops, as cosines."""
        width, layers = self._lm.new_prefix(1).keys.shape[-1], self._lm.new_prefix(1).keys.shape[0]
        return {
            "largest difference of a candidate's cosine": max(self._differences, default=0.0) / self._text.logit_scale,
            "candidates scored by both": self._both,
            "share of the plain loop's candidates that are ours, too": round(self._both / max(1, self._asked), 3),
            "candidates a token": min(CANDIDATES, self._lm.vocab_size),
            "moments": MOMENTS,
            "tokens of ours a run": len(self._rows),
            "tokens of the plain loop a run": self._plain_steps,
            "tokens of the sentences": f"{len(self._rows[0][0])} to {len(self._rows[-1][0])}",
            "text tower": f"{self._text.method}, {self._vectors.shape[1]} numbers",
            "language model": f"{layers} layers, {width} numbers a head",
            "device": f"{self._text.device} and {self._lm.device}",
        }

    def fast_facts(self, searches: Sequence[float], plain: Sequence[float]) -> dict[str, str | int | float]:
        """What `fast` found and its rival stands for; `searches` in seconds a moment, `plain` in seconds a token."""
        single = [SENTENCE_TOKENS * token / search for search, token in zip(searches, plain, strict=True)]
        return {
            "moments found": self._found,
            "sentences of the plain loop": SENTENCES,
            "tokens of each": SENTENCE_TOKENS,
            "tokens measured a run": self._plain_steps,
            "ratio beside a single sentence": round(statistics.median(single), 1),
            "device": f"{self._text.device} and {self._lm.device}",
        }

    def _settings(self) -> JointOptions:
        """The paper's preset with the plain loop's K.  Masks get their gradient, but stay: both score one vector."""
        paper = from_preset("paper", moments=MOMENTS, seed=self._seed).token_wise
        prefix = replace(paper.prefix, candidates=CANDIDATES)
        return replace(paper, prefix=prefix, masks=replace(paper.masks, learning_rate=0.0))

    def _moments(self) -> Tensor:
        return moment_vectors(SoftMasks(even_extents(MOMENTS)).at_samples(_FRAMES, _SHARPNESS).detach(), self._vectors)

    def _sentences(self, steps: int) -> list[list[list[int]]]:
        """For each step a row of ids a moment, all of one length: every moment has words of its own."""
        written = [Candidates(self._text, self._lm, self._seed + moment).sentence() for moment in range(MOMENTS)]
        several = [[one.row for one in step] for step in zip(*written, strict=True)]
        return several[_FIRST : _FIRST + steps] if steps < _ALL_STEPS else several[:steps]


def scenes(
    text: TextEncoder, seed: int, moments: int = MOMENTS, frames: int = _FRAMES, rate: int = _RATE
) -> FeatureTrack:
    """A track of scenes of equal length: frames near one vector each, of the width that the text tower has."""
    draw = np.random.default_rng(seed)
    width = text.encode(["a"]).shape[1]
    centres = draw.standard_normal((moments, width)) / np.sqrt(width)
    noise = _NOISE * draw.standard_normal((frames, width)) / np.sqrt(width)
    vectors = np.repeat(centres, frames // moments, axis=0) + noise
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ticks = np.arange(frames, dtype=np.int64)
    return FeatureTrack(ticks, rate, vectors, Fraction(frames, rate), "scenes")


def wait(lm: LanguageModel) -> None:
    """Wait until the device has finished what it was given."""
    if lm.device.type == "cuda":
        torch.cuda.synchronize(lm.device)
