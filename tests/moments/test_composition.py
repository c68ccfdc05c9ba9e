"""What a finder is composed of: every part can be another one, and other evidence joins the frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from cuemark.captions.context import SearchContext
from cuemark.captions.options import PrefixOptions, SearchOptions
from cuemark.captions.pool import CaptionPool, Contrast
from cuemark.captions.protocols import Scorer, Sentence, SoftSegments, Tick
from cuemark.captions.scorer import BackgroundClass, FrameTextScores, WeightedScores
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.moments.find import find_moments
from cuemark.moments.finder import MomentFinder
from cuemark.moments.options import MomentOptions, from_preset, reads
from cuemark.moments.presets import balanced
from cuemark.moments.starts import ChangePoints
from cuemark.segmentation.change_points import ExplicitBorders, PictureChange
from cuemark.segmentation.options import MaskOptions, ProposalOptions, SegmentOptions

FAST = from_preset("fast")


def _search(track: FeatureTrack, pair: Any, compose: Any, options: MomentOptions = FAST) -> Any:
    return find_moments(EvidenceBundle(track), pair.clip.text, pair.lm, options, SilentProgress(), compose)


class _Says:
    """A scorer of other evidence: one text was heard in the second half."""

    def __init__(self, samples: int, text: str) -> None:
        self._late, self._text = torch.arange(samples) >= samples // 2, text

    def logits(self, texts: Sequence[str]) -> torch.Tensor:
        return torch.stack([1.0 * self._late * (text == self._text) for text in texts], dim=1)


def _scored(scorer_of: Any) -> Any:
    def compose(options: MomentOptions, context: SearchContext) -> MomentFinder:
        scorer: Scorer = scorer_of(context)
        ranker = Contrast(options.search.contrast, options.search.fluency)
        pool = CaptionPool(scorer, ranker, BackgroundClass(scorer, options.background.gain))
        return replace(balanced(options, context), pool=pool)

    return compose


def test_a_weighted_sum_adds_what_each_scorer_says(three_scenes: FeatureTrack, pair: Any) -> None:
    context = pair.context(three_scenes)
    frames, heard = FrameTextScores(context.vectors, context.text), _Says(57, "a boat")
    texts = ["a cat", "a boat"]
    both = WeightedScores([(1.0, frames), (40.0, heard)]).logits(texts)
    assert torch.equal(both[:28], frames.logits(texts)[:28])
    assert torch.allclose(both[28:, 1], frames.logits(texts)[28:, 1] + 40)


def test_frames_alone_are_the_default_scorer(three_scenes: FeatureTrack, pair: Any) -> None:
    alone = _scored(lambda context: WeightedScores([(1.0, FrameTextScores(context.vectors, context.text))]))
    assert _search(three_scenes, pair, alone) == _search(three_scenes, pair, balanced)


def test_what_was_heard_joins_what_was_seen(three_scenes: FeatureTrack, pair: Any) -> None:
    """A runner-up of the second moment becomes its caption when something else than the frames speaks for it."""
    plain = _search(three_scenes, pair, balanced).moments[-1]
    other = plain.runners_up[0].caption

    def both(context: SearchContext) -> Scorer:
        frames = FrameTextScores(context.vectors, context.text)
        heard = _Says(context.samples, f"Video of {other[0].lower()}{other[1:]}.")
        return WeightedScores([(1.0, frames), (60.0, heard)])

    assert plain.caption != other
    assert _search(three_scenes, pair, _scored(both)).moments[-1].caption == other


class _Dictated:
    """A captioner that knows what it wants to say, as a vision-language model would."""

    def __init__(self, *captions: str) -> None:
        self._captions = captions

    def caption(self, segments: SoftSegments, pool: CaptionPool, tick: Tick) -> SoftSegments:
        for caption in self._captions:
            pool.remember(Sentence(f"Video of {caption}.", caption, -1.0))
        return segments


def test_another_captioner_takes_the_place_of_the_beam_search(three_scenes: FeatureTrack, pair: Any) -> None:
    def compose(options: MomentOptions, context: SearchContext) -> MomentFinder:
        said = _Dictated("a red cat in the kitchen", "a yellow boat on the moon", "nothing on the beach")
        return replace(balanced(options, context), captioner=said)

    found = _search(three_scenes, pair, compose)
    assert [moment.caption for moment in found.moments] == ["a red cat in the kitchen", "a yellow boat on the moon"]
    assert found.sentences_seen == 3


def test_borders_of_other_evidence_are_where_the_search_starts(three_scenes: FeatureTrack, pair: Any) -> None:
    context = pair.context(three_scenes)
    evidence = (PictureChange(), ExplicitBorders((3.0,), (10.0,)))
    plain = ChangePoints(context, ProposalOptions()).segments()
    told = ChangePoints(context, ProposalOptions(), evidence=evidence).segments()
    edge = 9 / 57  # 3 s are 9 of 57 samples
    assert edge not in [start for start, _ in plain.extents]
    assert edge in [start for start, _ in told.extents]


#: For each preset tunables as far from what it has as they may be, of those that none of its parts reads.
OTHERS: dict[str, dict[str, Any]] = {
    "fast": {"prefix": PrefixOptions(steps=9, learning_rate=0.5, vision=9.0, language=9.0, candidates=3, sentences=1)},
    "joint": {"prefix": PrefixOptions(sentences=1)},
    "paper": {
        "proposals": ProposalOptions(penalty=0.1, noise_quantile=0.9, shortest_s=0.1, most_segments=1),
        "segments": SegmentOptions(merge_margin=50.0, switch_cost=0.0),
        "search": SearchOptions(beams=1, candidates=1, most_tokens=6, keep=1, prompts=("Film about",)),
        "prefix": PrefixOptions(steps=0, candidates=8, sentences=1),
        "masks": MaskOptions(steps=0, sharpness=(10.0, 21.0), overlap=10.0),
    },
}


@pytest.mark.parametrize("preset", list(OTHERS))
def test_what_a_preset_is_said_not_to_read_changes_nothing(three_scenes: FeatureTrack, pair: Any, preset: str) -> None:
    base = replace(from_preset(preset), rounds=1)
    if preset == "paper":
        base = replace(base, search=SearchOptions(most_tokens=6), prefix=PrefixOptions(candidates=8, sentences=1))
    changed = replace(base, **OTHERS[preset])
    touched = [
        f"{group}.{name}"
        for group, value in OTHERS[preset].items()
        for name, number in vars(value).items()
        if number != getattr(getattr(base, group), name)
    ]
    assert touched and not any(reads(preset, name) for name in touched)
    assert _search(three_scenes, pair, None, changed).moments == _search(three_scenes, pair, None, base).moments
