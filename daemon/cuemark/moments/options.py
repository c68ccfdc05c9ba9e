"""Everything that can be set about the search for moments, and the numbers of the presets.

What a preset is made of stands in `moments/presets.py`; here are its numbers, without any model or library loaded, so
that a command line or the daemon can check what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from cuemark.captions.language import en
from cuemark.captions.options import (
    BackgroundOptions,
    GuidedOptions,
    JointOptions,
    LexiconOptions,
    PrefixOptions,
    SearchOptions,
)
from cuemark.core.analysis_options import DEFAULT_PRESET, PRESETS, AnalysisOptions, checked
from cuemark.core.errors import OptionError
from cuemark.core.options import check, tunable
from cuemark.evidence.options import EmptinessOptions
from cuemark.segmentation.options import BoundaryOptions, MaskOptions, ProposalOptions, SegmentOptions

#: Fixed number of moments of an even start where none is asked for (arXiv 2307.02682, recalled: ActivityNet).
PAPER_MOMENTS = 4


@dataclass(frozen=True)
class MomentOptions:
    """One run of the search.  `moments` is the wanted number, None lets the footage decide.

    `min_confidence` is the least probability (0 to 1) at which a moment gets a caption; None: the captioner's own.
    `captioner` "beam" is the search that knows no lexicon; it serves every CLIP that does not know words.
    """

    preset: str = DEFAULT_PRESET
    moments: int | None = None
    seed: int = 0
    min_confidence: Fraction | None = None
    captioner: str = "lexicon"
    rounds: int = tunable(2, low=1, high=50, help="Alternations of text and masks; fewer where nothing changes.")
    proposals: ProposalOptions = field(default_factory=ProposalOptions)
    search: SearchOptions = field(default_factory=SearchOptions)
    lexicon: LexiconOptions = field(default_factory=LexiconOptions)
    guided: GuidedOptions = field(default_factory=GuidedOptions)
    background: BackgroundOptions = field(default_factory=BackgroundOptions)
    emptiness: EmptinessOptions = field(default_factory=EmptinessOptions)
    prefix: PrefixOptions = field(default_factory=PrefixOptions)
    boundaries: BoundaryOptions = field(default_factory=BoundaryOptions)
    segments: SegmentOptions = field(default_factory=SegmentOptions)
    masks: MaskOptions = field(default_factory=MaskOptions)

    @property
    def by_lexicon(self) -> bool:
        """Whether the words of the lexicon have a part in it, where the CLIP knows them."""
        return self.captioner != "beam" and self.preset != "paper"

    @property
    def token_wise(self) -> JointOptions:
        """What of these the token-wise mode is set by."""
        return JointOptions(self.prefix, self.masks, self.search.most_tokens, self.seed)


def from_preset(
    preset: str | None = None,
    moments: int | None = None,
    seed: int | None = None,
    min_confidence: Fraction | None = None,
) -> MomentOptions:
    """The options of a preset with the user's own values on top; raises OptionError for what cannot be."""
    checked(AnalysisOptions(moments=moments, preset=preset or None, min_confidence=min_confidence, seed=seed))
    name = preset or DEFAULT_PRESET
    numbers = _NUMBERS.get(name, MomentOptions())
    asked = replace(numbers, preset=name, moments=moments, seed=seed or 0, min_confidence=min_confidence)
    return validate(asked)


def validate(options: MomentOptions) -> MomentOptions:
    """`options` unchanged if they can be; raises OptionError with the option and the range it may take."""
    checked(AnalysisOptions(moments=options.moments, min_confidence=options.min_confidence))
    return check(options)


def check_count(options: MomentOptions, samples: int) -> None:
    """OptionError `too_many_moments` where `samples` looked-at frames are fewer than the wanted moments."""
    if options.moments is not None and options.moments > samples:
        problem = f"{options.moments} moments do not fit: only {samples} frames of this footage are looked at."
        step = f"Ask for at most {samples} --moments, raise --sample-fps, or use `auto`."
        raise OptionError("too_many_moments", problem, step)


#: The numbers of each preset that are not the defaults.
_NUMBERS = {
    # One round of a narrow search.
    "fast": MomentOptions(
        rounds=1,
        search=SearchOptions(beams=3, candidates=16, prompts=en.PROMPTS[:1]),
        guided=GuidedOptions(openings=2, beams=3, candidates=8, own_words=8),
        masks=MaskOptions(steps=40),
    ),
    # Three rounds of a wide search, from one more prompt.
    "thorough": MomentOptions(
        rounds=3,
        search=SearchOptions(beams=8, candidates=48, prompts=en.PROMPTS),
        guided=GuidedOptions(openings=6, beams=8, candidates=32, own_words=24),
    ),
    # The paper's schedule, as far as it is known: sharpness 10, and 1 more for each of 12 sentences; weight 10 for the
    # IoU loss.  64 candidates in place of its ancestor's 512: the others are tokens that are hardly ever drawn.
    "paper": MomentOptions(
        rounds=1,
        masks=MaskOptions(sharpness=(10.0, 21.0), overlap=10.0),
        prefix=PrefixOptions(candidates=64),
    ),
}

#: Tunables, or groups of them, that the parts of a preset do not read.
_UNREAD = {
    **dict.fromkeys(("fast", "balanced", "thorough"), ("prefix", "masks.vision_gradient")),
    "joint": ("prefix.sentences", "masks.vision_gradient"),
    "paper": (
        "proposals", "boundaries", "search.beams", "search.candidates", "search.keep", "search.prompts",
        "background.margin", "emptiness", "lexicon", "guided", "prefix.steps", "segments", "masks.steps",
    ),
}  # fmt: skip


def reads(preset: str, name: str) -> bool:
    """Whether any part of a preset is set by the tunable of this dotted name."""
    return not any(name == unread or name.startswith(f"{unread}.") for unread in _UNREAD[preset])


def presets_that_read(name: str) -> list[str]:
    """The presets that are set by a tunable."""
    return [preset for preset in PRESETS if reads(preset, name)]
