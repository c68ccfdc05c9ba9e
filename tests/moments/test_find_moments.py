"""The whole search on real vectors of the sample pair: what is found, how often, how surely."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cuemark.captions.beam import Beam
from cuemark.captions.context import SearchContext
from cuemark.captions.options import PrefixOptions
from cuemark.core.errors import JobCancelled, OptionError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.lab.sample.lexicon import Lexicon, Slots, slots_in
from cuemark.moments.find import find_moments
from cuemark.moments.finder import MomentFinder, MomentSet
from cuemark.moments.options import MomentOptions, from_preset
from cuemark.moments.presets import Compose, balanced, joint, keeping_background
from cuemark.moments.segmenters import MaskOptimisation
from cuemark.moments.starts import Even
from cuemark.segmentation.segments import Convergence

Tracks = Callable[[list[tuple[Slots, int]]], FeatureTrack]
FAST = from_preset("fast")


def _find(track: FeatureTrack, pair: Any, options: MomentOptions = FAST, compose: Compose | None = None) -> MomentSet:
    return find_moments(EvidenceBundle(track), pair.clip.text, pair.lm, options, SilentProgress(), compose)


def test_events_are_found_named_and_the_empty_stretch_is_left_out(three_scenes: FeatureTrack, pair: Any) -> None:
    moments = _find(three_scenes, pair).moments
    assert len(moments) == 2
    for moment, (start, end) in zip(moments, [(0, 6), (10, 19)], strict=True):
        assert float(moment.start) == pytest.approx(start, abs=0.5)
        assert float(moment.end) == pytest.approx(end, abs=0.5)
    told = [slots_in(moment.caption, Lexicon()) for moment in moments]
    assert [(one.subject, one.attribute, one.place) for one in told] == [
        ("cat", "red", "kitchen"),
        ("boat", "yellow", "moon"),
    ]


def test_camera_angles_of_one_event_are_one_moment(track_of: Tracks, pair: Any) -> None:
    bird = Slots("desert", "bird", "blue", "fence")
    track = track_of([(bird, 9), (bird, 12), (bird, 7), (Slots("sea", "robot", "white", "lamp"), 15)])
    moments = _find(track, pair).moments
    assert len(moments) == 2
    assert float(moments[0].end) == pytest.approx(28 / 3, abs=0.5)


def test_each_moment_says_what_it_was_chosen_by(three_scenes: FeatureTrack, pair: Any) -> None:
    found = _find(three_scenes, pair)
    assert found.sentences_seen > 20
    for moment in found.moments:
        assert {"clip", "fluency", "above_empty"} <= set(moment.scores)
        assert 0 <= moment.score <= 1
        assert moment.mask is not None
        assert max(moment.mask.values) > 0.9
        assert min(moment.mask.values) < 0.1
        assert moment.runners_up
        assert moment.caption not in [other.caption for other in moment.runners_up]
        assert not moment.caption.endswith(".")
        assert not moment.caption.lower().startswith("video")


def test_times_are_exact_and_inside_the_media(three_scenes: FeatureTrack, pair: Any) -> None:
    for moment in _find(three_scenes, pair).moments:
        assert isinstance(moment.start, Fraction)
        assert 0 <= moment.start < moment.end <= three_scenes.duration


def test_same_seed_same_result(three_scenes: FeatureTrack, pair: Any) -> None:
    assert _find(three_scenes, pair) == _find(three_scenes, pair)


@pytest.mark.parametrize("count", [1, 3, 12])
def test_the_wanted_number_is_kept(track_of: Tracks, pair: Any, count: int) -> None:
    """Fewer than there are, more than there are, and as many as there are frames."""
    track = track_of([(Slots("kitchen", "cat", "red", "crate"), 6), (Slots("moon", "boat", "yellow", "ring"), 6)])
    moments = _find(track, pair, replace(FAST, moments=count)).moments
    assert len(moments) == count
    assert len({moment.id for moment in moments}) == count
    assert all(moment.caption for moment in moments)


def test_more_moments_than_frames_are_refused(three_scenes: FeatureTrack, pair: Any) -> None:
    with pytest.raises(OptionError, match="58 moments do not fit: only 57 frames") as caught:
        _find(three_scenes, pair, replace(FAST, moments=58))
    assert caught.value.code == "too_many_moments"


def test_a_single_frame_is_one_moment(track_of: Tracks, pair: Any) -> None:
    moments = _find(track_of([(Slots("snow", "dog", "green", "lamp"), 1)]), pair).moments
    assert [(moment.start, moment.end) for moment in moments] == [(Fraction(0), Fraction(1, 3))]


def test_footage_with_nobody_in_it_has_no_moments(track_of: Tracks, pair: Any) -> None:
    assert _find(track_of([(Slots("forest"), 20)]), pair).moments == ()


def test_masks_from_an_even_start_move_to_the_events(track_of: Tracks, pair: Any) -> None:
    """Two events of 6.7 and 13.3 s: equal parts are wrong by 3.3 s, the moved masks by less than one."""
    track = track_of([(Slots("kitchen", "cat", "red", "crate"), 20), (Slots("moon", "boat", "yellow", "ring"), 40)])

    def even_masks(options: MomentOptions, context: SearchContext) -> MomentFinder:
        start, segmenter = Even(context, 2), MaskOptimisation(context, options.masks)
        finder = keeping_background(balanced)(options, context)
        return replace(finder, start=start, segmenter=segmenter)

    options = replace(from_preset("balanced", moments=2), rounds=3)
    moments = _find(track, pair, options, even_masks).moments
    assert float(moments[0].end) == pytest.approx(20 / 3, abs=1)
    assert float(moments[1].start) == pytest.approx(20 / 3, abs=1)


def test_the_papers_mode_runs_and_keeps_its_fixed_count(three_scenes: FeatureTrack, pair: Any) -> None:
    options = from_preset("paper")
    options = replace(options, prefix=replace(options.prefix, sentences=2, candidates=16))
    options = replace(options, search=replace(options.search, most_tokens=8))
    found = _find(three_scenes, pair, options)
    assert len(found.moments) == 4
    assert found.sentences_seen >= 2


def test_prefixes_add_sentences_to_the_search(three_scenes: FeatureTrack, pair: Any) -> None:
    options = replace(FAST, prefix=PrefixOptions(steps=12, learning_rate=0.05, candidates=8))
    tuned, plain = _find(three_scenes, pair, options, joint), _find(three_scenes, pair, options)
    assert len(tuned.moments) == 2
    assert tuned.sentences_seen > plain.sentences_seen


def test_a_cancelled_search_stops(three_scenes: FeatureTrack, pair: Any) -> None:
    class Impatient(SilentProgress):
        checks = 0

        def check(self) -> None:
            self.checks += 1
            if self.checks > 3:
                raise JobCancelled

    with pytest.raises(JobCancelled):
        find_moments(EvidenceBundle(three_scenes), pair.clip.text, pair.lm, FAST, Impatient())


@pytest.mark.parametrize(
    ("moments", "preset", "code"),
    [(0, None, "option_moments"), (501, None, "option_moments"), (None, "quick", "option_preset")],
)
def test_options_that_cannot_be_are_refused(moments: int | None, preset: str | None, code: str) -> None:
    with pytest.raises(OptionError) as caught:
        from_preset(preset, moments)
    assert caught.value.code == code
    assert caught.value.next_step


def test_neighbours_never_reach_into_each_other(track_of: Tracks, pair: Any) -> None:
    """A viewer is in one of two neighbouring moments, not in both."""
    words = [("cat", "red"), ("bus", "blue"), ("fish", "green"), ("robot", "white")]
    track = track_of([(Slots("snow", subject, colour, "lamp"), 8 + 5 * i) for i, (subject, colour) in enumerate(words)])
    moments = _find(track, pair).moments
    assert len(moments) == 4
    assert all(one.end <= other.start for one, other in itertools.pairwise(moments))


def test_rounds_that_would_change_nothing_are_left_out(
    three_scenes: FeatureTrack, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[Any] = []
    caption = Beam.caption

    def counted(self: Beam, *rest: Any) -> Any:
        rounds.append(rest)
        return caption(self, *rest)

    monkeypatch.setattr(Beam, "caption", counted)
    options = replace(FAST, rounds=6)
    early = _find(three_scenes, pair, options)
    taken = len(rounds)
    monkeypatch.setattr(Convergence, "reached", lambda *args: False)
    full = _find(three_scenes, pair, options)
    assert taken < 6 == len(rounds) - taken
    assert early.moments == full.moments
