"""The rows of the table: what Cuemark is held against, and Cuemark itself.

Order matters to the reader: what knows nothing of the picture, what others do, what the paper does, ours, and what
would be if one half were perfect.  Every system that describes uses the same captioner, so that rows differ in where
they look, not in how they speak.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cuemark.lab.evaluate import blind
from cuemark.lab.evaluate.case import Case
from cuemark.lab.evaluate.localisation import tiou
from cuemark.lab.evaluate.outcome import Found, Outcome
from cuemark.moments.options import DEFAULT_PRESET, PRESETS, from_preset

if TYPE_CHECKING:
    from cuemark.moments.options import MomentOptions

#: Steps of the prefix where it is tried on top of a preset that has none.
PREFIX_STEPS = 2
#: Alternations of the even start: it has further to go than proposals have.
_EVEN_ROUNDS = 3

Earlier = Callable[[str], Outcome]
"""What a system that was run before said of the same video."""


@dataclass(frozen=True)
class SystemSpec:
    """A row: `run` gets the video and what other systems said of it."""

    name: str
    about: str
    run: Callable[[Case, Earlier], Outcome]


def all_systems(best_blind_rule: str, presets: tuple[str, ...] = PRESETS) -> tuple[SystemSpec, ...]:
    """Every row in printed order; `best_blind_rule` names the rule of `blind.RULES` that suits the dataset best."""
    return (
        *_blind_systems(best_blind_rule),
        *_detectors(),
        *_mask_controls(),
        *(SystemSpec(name, _ABOUT_PRESETS[name], _preset(name)) for name in presets),
        *_oracles(),
        *_prefix_pairs(tuple(name for name in presets if name in _WITHOUT_PAPER)),
    )


_ABOUT_PRESETS = {
    "fast": "ours: one round, a narrow search",
    "balanced": "ours, the default: two rounds of words and masks",
    "thorough": "ours: three rounds, a wide search",
    "joint": "ours with the prefix: balanced, and the prefix is tuned in every round",
    "paper": "the paper's losses, schedule and even start, fixed count (method as published, reconstructed)",
}
_WITHOUT_PAPER = ("fast", "balanced", "thorough")


def default_options(case: Case) -> MomentOptions:
    """The default preset with the evaluation's seed."""
    return from_preset(DEFAULT_PRESET, None, case.seed)


def _preset(name: str) -> Callable[[Case, Earlier], Outcome]:
    return lambda case, earlier: case.search(from_preset(name, None, case.seed))


def _blind_systems(rule: str) -> tuple[SystemSpec, ...]:
    def parts(case: Case, count: int) -> Outcome:
        segments = [(one.start, one.end) for one in blind.equal_parts(case.duration, max(1, count))]
        return case.describe(segments, default_options(case), keep_empty=True)

    def by_rule(case: Case, earlier: Earlier) -> Outcome:
        segments = [(one.start, one.end) for one in blind.RULES[rule](case.duration)]
        return case.describe(segments, default_options(case), keep_empty=True)

    return (
        SystemSpec(
            "equal-same-count",
            "blind: equal parts, as many as the default found, our captioner",
            lambda case, earlier: parts(case, len(earlier(DEFAULT_PRESET).moments)),
        ),
        SystemSpec(
            "equal-true-count",
            "blind: equal parts, the true number, our captioner",
            lambda case, earlier: parts(case, len(case.video.events)),
        ),
        SystemSpec("blind-rule", f"blind: the best of the known rules on this dataset ({rule}), our words", by_rule),
    )


def _detectors() -> tuple[SystemSpec, ...]:
    def shots(keep_empty: bool) -> Callable[[Case, Earlier], Outcome]:
        def run(case: Case, earlier: Earlier) -> Outcome:
            return case.describe(case.shots, default_options(case), keep_empty=keep_empty)

        return run

    def change_points(case: Case, earlier: Earlier) -> Outcome:
        options = default_options(case)
        proposals = replace(options.proposals, noise_quantile=0.5)
        return case.describe(case.proposals(proposals), options, keep_empty=False)

    def frozen(case: Case, earlier: Earlier) -> Outcome:
        options = default_options(case)
        return case.describe(case.proposals(options.proposals), options, keep_empty=False)

    return (
        SystemSpec("shots", "PySceneDetect's adaptive detector, our captioner", shots(True)),
        SystemSpec("shots-nonempty", "the same without segments our captioner calls empty", shots(False)),
        SystemSpec(
            "change-points",
            "change points of the features (median noise estimate), frozen, our captioner, no empty ones",
            change_points,
        ),
        SystemSpec(
            "frozen-proposals",
            "the default's own proposals (too many on purpose), frozen, our captioner, no empty ones",
            frozen,
        ),
    )


def _mask_controls() -> tuple[SystemSpec, ...]:
    def even(steps: int | None) -> Callable[[Case, Earlier], Outcome]:
        def run(case: Case, earlier: Earlier) -> Outcome:
            return case.search(even_options(case, steps))

        return run

    return (
        SystemSpec("even-frozen", "masks spread evenly, the true number, frozen there, no proposals", even(0)),
        SystemSpec("even-masks", "the same masks moved by the gradient alone, no proposals", even(None)),
    )


def even_options(case: Case, steps: int | None) -> MomentOptions:
    """The default from an even start with the true count: no proposals, no re-segmentation, only the gradient."""
    base = replace(default_options(case), moments=max(1, len(case.video.events)), rounds=_EVEN_ROUNDS)
    masks = replace(base.masks, start="even", steps=base.masks.steps if steps is None else steps)
    return replace(base, masks=masks, segments=replace(base.segments, resegment=False, drop_empty=False))


def _oracles() -> tuple[SystemSpec, ...]:
    def segments(case: Case, earlier: Earlier) -> Outcome:
        return case.describe([(e.start, e.end) for e in case.video.events], default_options(case), keep_empty=True)

    return (
        SystemSpec("oracle-segments", "the true segments, our captioner", segments),
        SystemSpec(
            "oracle-captions",
            "the default's segments, the true captions",
            lambda case, earlier: _true_captions(case, earlier(DEFAULT_PRESET)),
        ),
    )


def _true_captions(case: Case, ours: Outcome) -> Outcome:
    """The caption of the event each moment meets best; a moment that meets none keeps its own."""
    found = []
    for moment in ours.moments:
        shares = [(tiou((moment.start, moment.end), (e.start, e.end)), e.captions) for e in case.video.events]
        best, captions = max(shares, key=lambda pair: pair[0], default=(0, ()))
        found.append(Found(moment.start, moment.end, captions[0] if best > 0 and captions else moment.caption))
    return case.with_captions(found)


def _prefix_pairs(presets: tuple[str, ...]) -> tuple[SystemSpec, ...]:
    """For each preset its own final segments described again, without and with the prefix."""

    def words(preset: str, steps: int) -> Callable[[Case, Earlier], Outcome]:
        def run(case: Case, earlier: Earlier) -> Outcome:
            options = from_preset(preset, None, case.seed)
            options = replace(options, prefix=replace(options.prefix, steps=steps))
            segments = [(one.start, one.end) for one in earlier(preset).moments]
            return case.describe(segments, options, keep_empty=True)

        return run

    return tuple(
        spec
        for name in presets
        for spec in (
            SystemSpec(f"{name}/beam", f"the segments of {name}, words without the prefix", words(name, 0)),
            SystemSpec(f"{name}/prefix", f"the segments of {name}, words with the prefix", words(name, PREFIX_STEPS)),
        )
    )
