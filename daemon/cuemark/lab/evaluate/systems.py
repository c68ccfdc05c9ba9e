"""The rows of the table: what Cuemark is held against, Cuemark itself, and one switch of it at a time.

Order matters to the reader: what knows nothing of the picture, what others do, what the paper does, ours, and what
would be if one half were perfect.  Every system that describes uses the same captioner, so that rows differ in where
they look, not in how they speak.

Ablations: every part that the default has is taken out of the default.  The parts of the paper's losses are not in the
default (they do not localise), so they are taken out of the preset that has them; two more rows show what the default
would be with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cuemark.lab.evaluate import baselines
from cuemark.lab.evaluate.case import Case
from cuemark.lab.evaluate.localisation import tiou
from cuemark.lab.evaluate.outcome import Found, Outcome
from cuemark.moments.options import DEFAULT_PRESET, PRESETS, MomentOptions, from_preset

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
    """Every row in printed order; `best_blind_rule` names the rule of `baselines.RULES` that suits the dataset best."""
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
        segments = [(one.start, one.end) for one in baselines.equal_parts(case.duration, max(1, count))]
        return case.describe(segments, default_options(case), keep_empty=True)

    def by_rule(case: Case, earlier: Earlier) -> Outcome:
        segments = [(one.start, one.end) for one in baselines.RULES[rule](case.duration)]
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


Change = Callable[[MomentOptions], MomentOptions]

_FEW_CANDIDATES = 6
_FEW_STEPS = 8


def ablations() -> tuple[SystemSpec, ...]:
    """Rows named `BASE: what is changed`; the first of each base is the base itself."""
    default = [_row(DEFAULT_PRESET, name, about, change) for name, about, change in _DEFAULT_SWITCHES]
    paper = [_row("paper", name, about, change) for name, about, change in _PAPER_SWITCHES]
    joint = [_row("joint", name, about, change) for name, about, change in _JOINT_SWITCHES]
    even = [_even_row(name, about, change) for name, about, change in _EVEN_SWITCHES]
    return (*default, *even, *joint, *paper)


def _row(base: str, name: str, about: str, change: Change) -> SystemSpec:
    def run(case: Case, earlier: Earlier) -> Outcome:
        return case.search(change(from_preset(base, None, case.seed)))

    return SystemSpec(f"{base}: {name}", about, run)


def _even_row(name: str, about: str, change: Change) -> SystemSpec:
    def run(case: Case, earlier: Earlier) -> Outcome:
        return case.search(change(even_options(case, None)))

    return SystemSpec(f"even-masks: {name}", about, run)


def _masks(**changes: object) -> Change:
    return lambda options: replace(options, masks=replace(options.masks, **changes))  # type: ignore[arg-type]


def _search(**changes: object) -> Change:
    return lambda options: replace(options, search=replace(options.search, **changes))  # type: ignore[arg-type]


def _segments(**changes: object) -> Change:
    return lambda options: replace(options, segments=replace(options.segments, **changes))  # type: ignore[arg-type]


def _prefix(**changes: object) -> Change:
    return lambda options: replace(options, prefix=replace(options.prefix, **changes))  # type: ignore[arg-type]


def _one_round(options: MomentOptions) -> MomentOptions:
    return replace(options, rounds=1)


def _median_noise(options: MomentOptions) -> MomentOptions:
    return replace(options, proposals=replace(options.proposals, noise_quantile=0.5))


_Switches = tuple[tuple[str, str, Change], ...]

_DEFAULT_SWITCHES: _Switches = (
    ("all on", "the default", lambda options: options),
    ("no proposals", "even start with 4 masks in place of change points", _masks(start="even")),
    ("no over-segmentation", "proposals with the median noise estimate", _median_noise),
    ("no boundary refinement", "no gradient on the masks after the re-segmentation", _masks(steps=0)),
    ("no re-segmentation", "no merging by meaning, no Viterbi path, no empty ones dropped", _segments(resegment=False)),
    ("empty kept", "empty stretches are not dropped", _segments(drop_empty=False)),
    ("no ranking by agreement", "sentences ranked by fluency alone", _search(ranking="fluency")),
    ("no contrast", "a sentence's agreement with the rest of the video costs it nothing", _search(contrast=0.0)),
    ("emptiness unchecked", "any sentence with a word of emptiness counts as one", _search(empty_gain=-1e6)),
    ("few candidates", f"{_FEW_CANDIDATES} candidate tokens in place of 24", _search(candidates=_FEW_CANDIDATES)),
    ("few steps", f"{_FEW_STEPS} steps on the masks in place of 80", _masks(steps=_FEW_STEPS)),
    ("one sharpness", "sharp masks from the first step on", _masks(sharpness=(160.0, 160.0))),
    ("one round", "no alternation of words and masks", _one_round),
    ("pairwise IoU loss", "with the paper's pairwise temporal IoU loss, weight 1", _masks(overlap=1.0)),
)
_EVEN_SWITCHES: _Switches = (
    ("all on", "even start, true count, the gradient alone", lambda options: options),
    ("few steps", f"{_FEW_STEPS} steps on the masks in place of 80", _masks(steps=_FEW_STEPS)),
    ("one sharpness", "sharp masks from the first step on", _masks(sharpness=(160.0, 160.0))),
    ("one round", "no alternation of words and masks", _one_round),
    ("pairwise IoU loss", "with the paper's pairwise temporal IoU loss, weight 1", _masks(overlap=1.0)),
)
_JOINT_SWITCHES: _Switches = (
    ("all on", "balanced with the prefix tuned in every round", lambda options: options),
    ("no language loss", "the prefix follows the vision loss alone", _prefix(language=0.0)),
    ("no vision loss", "the prefix follows the language loss alone", _prefix(vision=0.0)),
)
_PAPER_SWITCHES: _Switches = (
    ("all on", "the paper's preset", lambda options: options),
    ("no vision gradient", "the vision loss does not reach the masks", _masks(vision_gradient=False)),
    ("no pairwise IoU loss", "weight 0 in place of 10", _masks(overlap=0.0)),
    ("no language loss", "weight 0 in place of 0.8", _prefix(language=0.0)),
    ("proposals", "starts at change points in place of equal parts", _masks(start="proposals")),
)
