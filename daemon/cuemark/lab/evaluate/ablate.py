"""One switch at a time: what each part of the search is worth, and what it costs.

Every part that the default has is taken out of the default.  The parts of the paper's losses are not in the default
(they do not localise), so they are taken out of the preset that has them; two more rows show what the
default would be with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cuemark.lab.evaluate.case import Case
from cuemark.lab.evaluate.outcome import Outcome
from cuemark.lab.evaluate.systems import Earlier, SystemSpec, even_options
from cuemark.moments.options import DEFAULT_PRESET, MomentOptions, from_preset

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
