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
from typing import TYPE_CHECKING, Any

from cuemark.core.analysis_options import DEFAULT_PRESET, PRESETS
from cuemark.lab.evaluate import baselines
from cuemark.lab.evaluate.case import Case
from cuemark.lab.evaluate.localisation import tiou
from cuemark.lab.evaluate.outcome import Found, Outcome
from cuemark.moments.options import PAPER_MOMENTS, MomentOptions, from_preset

if TYPE_CHECKING:
    from cuemark.captions.context import SearchContext
    from cuemark.moments.finder import MomentFinder
    from cuemark.moments.presets import Compose

#: Alternations of the even start: it has further to go than proposals have.
_EVEN_ROUNDS = 3

Earlier = Callable[[str], Outcome]
"""What a system that was run before said of the same video."""


@dataclass(frozen=True)
class SystemSpec:
    """A row of the table: `run` computes its outcome from a video and from what other systems said of it."""

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
        *_captioners(),
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
    return lambda case, earlier: case.analyse(name)


def _captioners() -> tuple[SystemSpec, ...]:
    """The default preset with less to say, or with other words."""

    def word(case: Case, earlier: Earlier) -> Outcome:
        return case.best_words([(one.start, one.end) for one in earlier(DEFAULT_PRESET).moments])

    def names_alone(case: Case, earlier: Earlier) -> Outcome:
        from cuemark.moments.presets import composed, words_only

        return case.search(default_options(case), words_only if case.words is not None else composed)

    return (
        SystemSpec(
            "beam",
            "the default preset with the captioner of before: beam search over the language model's own words",
            lambda case, earlier: case.analyse(DEFAULT_PRESET, "beam"),
        ),
        SystemSpec("words", "ours without a language model: the best name alone is the caption", names_alone),
        SystemSpec("word", "the default's segments, the one word of the lexicon that the CLIP likes best", word),
    )


def _blind_systems(rule: str) -> tuple[SystemSpec, ...]:
    def parts(case: Case, count: int) -> Outcome:
        segments = [(one.start, one.end) for one in baselines.equal_parts(case.duration, count)]
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
        SystemSpec("shots-nonempty", "the same without segments that we call empty", shots(False)),
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
            return case.search(even_options(case, steps), even_masks)

        return run

    return (
        SystemSpec("even-frozen", "masks spread evenly, the true number, frozen there, no proposals", even(0)),
        SystemSpec("even-masks", "the same masks moved by the gradient alone, no proposals", even(None)),
    )


def even_options(case: Case, steps: int | None) -> MomentOptions:
    """The default's numbers with the true count, and perhaps another number of steps on the masks."""
    base = replace(default_options(case), moments=max(1, len(case.video.events)), rounds=_EVEN_ROUNDS)
    return base if steps is None else replace(base, masks=replace(base.masks, steps=steps))


def even_masks(options: MomentOptions, context: SearchContext) -> MomentFinder:
    """The default from an even start: no proposals, no re-segmentation, only the gradient on the masks."""
    from cuemark.moments.presets import composed

    finder = composed(options, context)
    parts = {**_even_start(options, context), **_masks_alone(options, context), "rounds": options.rounds}
    # With names of the lexicon no statement of emptiness is searched for, so none could be kept either.
    return replace(finder, **{**parts, "background": finder.background} if finder.naming else parts)


def _oracles() -> tuple[SystemSpec, ...]:
    def segments(case: Case, earlier: Earlier) -> Outcome:
        return case.describe([(e.start, e.end) for e in case.video.events], default_options(case), keep_empty=True)

    def word(case: Case, earlier: Earlier) -> Outcome:
        return case.best_words([(event.start, event.end) for event in case.video.events])

    return (
        SystemSpec("oracle-segments", "the true segments, our captioner", segments),
        SystemSpec("oracle-word", "the true segments, the one word of the lexicon that the CLIP likes best", word),
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

    def words(preset: str, captioner: str) -> Callable[[Case, Earlier], Outcome]:
        def run(case: Case, earlier: Earlier) -> Outcome:
            from cuemark.moments.presets import COMPOSITIONS

            options = from_preset(preset, None, case.seed)
            segments = [(one.start, one.end) for one in earlier(preset).moments]
            return case.describe(segments, options, COMPOSITIONS[captioner], keep_empty=True)

        return run

    return tuple(
        spec
        for name in presets
        for spec in (
            SystemSpec(f"{name}/beam", f"the segments of {name}, words without the prefix", words(name, name)),
            SystemSpec(f"{name}/prefix", f"the segments of {name}, words with the prefix", words(name, "joint")),
        )
    )


Change = Callable[[MomentOptions], MomentOptions]
"""Other numbers for the same parts."""
Parts = Callable[[MomentOptions, "SearchContext"], dict[str, Any]]
"""Other parts for some of a finder's, by the name of its field."""

_FEW_CANDIDATES = 6
_FEW_STEPS = 8


@dataclass(frozen=True)
class Switch:
    """One row of an ablation: what of its base it changes, numbers or parts."""

    name: str
    about: str
    change: Change = lambda options: options
    parts: Parts = lambda options, context: {}


def ablations() -> tuple[SystemSpec, ...]:
    """Rows named `BASE: what is changed`; the first of each base is the base itself."""
    from cuemark.moments.presets import COMPOSITIONS

    default = [_row(DEFAULT_PRESET, COMPOSITIONS[DEFAULT_PRESET], switch) for switch in _DEFAULT_SWITCHES]
    paper = [_row("paper", COMPOSITIONS["paper"], switch) for switch in _PAPER_SWITCHES]
    joint = [_row("joint", COMPOSITIONS["joint"], switch) for switch in _JOINT_SWITCHES]
    even = [_row("even-masks", even_masks, switch) for switch in _EVEN_SWITCHES]
    return (*default, *even, *joint, *paper)


def _row(base: str, compose: Compose, switch: Switch) -> SystemSpec:
    def changed(options: MomentOptions, context: SearchContext) -> MomentFinder:
        return replace(compose(options, context), **switch.parts(options, context))

    def run(case: Case, earlier: Earlier) -> Outcome:
        options = even_options(case, None) if base == "even-masks" else from_preset(base, None, case.seed)
        return case.search(switch.change(options), changed)

    return SystemSpec(f"{base}: {switch.name}", switch.about, run)


def _set(**numbers: Any) -> Change:
    """Set numbers by their dotted names, with `__` for the dot."""

    def change(options: MomentOptions) -> MomentOptions:
        for name, value in numbers.items():
            group, _, field = name.rpartition("__")
            changed = {group: replace(getattr(options, group), **{field: value})} if group else {field: value}
            options = replace(options, **changed)
        return options

    return change


def _even_start(options: MomentOptions, context: SearchContext) -> dict[str, Any]:
    from cuemark.moments.starts import Even

    return {"start": Even(context, options.moments or PAPER_MOMENTS)}


def _change_points(options: MomentOptions, context: SearchContext) -> dict[str, Any]:
    from cuemark.moments.starts import ChangePoints

    return {"start": ChangePoints(context, options.proposals, options.moments or 1)}


def _masks_alone(options: MomentOptions, context: SearchContext) -> dict[str, Any]:
    from cuemark.moments.segmenters import MaskOptimisation

    return {"segmenter": MaskOptimisation(context, options.masks), **_background_kept(options, context)}


def _background_kept(options: MomentOptions, context: SearchContext) -> dict[str, Any]:
    from cuemark.moments.selection import All, Keep

    return {"background": Keep(), "selection": All()}


def _by_fluency(options: MomentOptions, context: SearchContext) -> dict[str, Any]:
    from cuemark.captions.pool import Fluency
    from cuemark.moments.presets import clip_pool

    return {"pool": clip_pool(options, context, Fluency(options.search.fluency))}


_DEFAULT_SWITCHES = (
    Switch("all on", "the default"),
    Switch("no proposals", "even start with 4 masks in place of change points", parts=_even_start),
    Switch("no over-segmentation", "proposals with the median noise estimate", _set(proposals__noise_quantile=0.5)),
    Switch("no boundary refinement", "no gradient on the masks after the re-segmentation", _set(masks__steps=0)),
    Switch("no re-segmentation", "no merging by meaning, no Viterbi path, no empty ones dropped", parts=_masks_alone),
    Switch("empty kept", "empty stretches are not dropped", parts=_background_kept),
    Switch("no ranking by agreement", "sentences ranked by fluency alone", parts=_by_fluency),
    Switch(
        "no contrast",
        "a sentence's agreement with the rest of the video costs it nothing",
        _set(search__contrast=0.0),
    ),
    Switch("emptiness unchecked", "any sentence with a word of emptiness counts as one", _set(background__gain=-1e6)),
    Switch(
        "few candidates",
        f"{_FEW_CANDIDATES} candidate tokens in place of 24",
        _set(search__candidates=_FEW_CANDIDATES),
    ),
    Switch("few steps", f"{_FEW_STEPS} steps on the masks in place of 80", _set(masks__steps=_FEW_STEPS)),
    Switch("one sharpness", "sharp masks from the first step on", _set(masks__sharpness=(160.0, 160.0))),
    Switch("one round", "no alternation of words and masks", _set(rounds=1)),
    Switch("pairwise IoU loss", "with the paper's pairwise temporal IoU loss, weight 1", _set(masks__overlap=1.0)),
)
_EVEN_SWITCHES = (
    Switch("all on", "even start, true count, the gradient alone"),
    Switch("few steps", f"{_FEW_STEPS} steps on the masks in place of 80", _set(masks__steps=_FEW_STEPS)),
    Switch("one sharpness", "sharp masks from the first step on", _set(masks__sharpness=(160.0, 160.0))),
    Switch("one round", "no alternation of words and masks", _set(rounds=1)),
    Switch("pairwise IoU loss", "with the paper's pairwise temporal IoU loss, weight 1", _set(masks__overlap=1.0)),
)
_JOINT_SWITCHES = (
    Switch("all on", "balanced with the prefix tuned in every round"),
    Switch("no language loss", "the prefix follows the vision loss alone", _set(prefix__language=0.0)),
    Switch("no vision loss", "the prefix follows the language loss alone", _set(prefix__vision=0.0)),
)
_PAPER_SWITCHES = (
    Switch("all on", "the paper's preset"),
    Switch("no vision gradient", "the vision loss does not reach the masks", _set(masks__vision_gradient=False)),
    Switch("no pairwise IoU loss", "weight 0 in place of 10", _set(masks__overlap=0.0)),
    Switch("no language loss", "weight 0 in place of 0.8", _set(prefix__language=0.0)),
    Switch("proposals", "starts at change points in place of equal parts", parts=_change_points),
)
