"""Everything that can be set about the search for moments, the presets, and one place that checks it all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cuemark.core.errors import OptionError

PRESETS = ("fast", "balanced", "thorough", "joint", "paper")
DEFAULT_PRESET = "balanced"
MOST_MOMENTS = 500


@dataclass(frozen=True)
class ProposalOptions:
    """Segment proposals by change points of the features; deliberately too many, merging comes later."""

    #: Change points cost `penalty` times the noise of the features times log(T).
    penalty: float = 4.0
    #: Quantile of the frame-to-frame change that counts as noise; a median merges the subtle.
    noise_quantile: float = 0.25
    shortest_s: float = 1.0
    most_segments: int = 120


@dataclass(frozen=True)
class SearchOptions:
    """The CLIP-guided beam search for sentences."""

    beams: int = 5
    candidates: int = 24
    most_tokens: int = 24
    #: Weight of the mean log-probability beside CLIP's logits (1 is broken, 6 is bland, measured).
    fluency: float = 3.0
    #: Sentences kept for each moment and search.
    keep: int = 8
    #: Taken off a sentence's score: this share of its agreement with the rest of the video.
    contrast: float = 0.15
    #: A statement of emptiness counts where its words of emptiness raise it by at least this many logits.
    empty_gain: float = 0.3
    #: What ranks the sentences of a moment: "agreement" with its frames and fluency, or "fluency" alone.
    ranking: str = "agreement"
    prompts: tuple[str, ...] = ("Video of", "Video showing")


@dataclass(frozen=True)
class MaskOptions:
    """The soft moment masks and what moves them."""

    #: "proposals" starts from change points, "even" spreads the masks over the media.
    start: str = "proposals"
    steps: int = 80
    learning_rate: float = 0.03
    #: Sharpness runs from the first to the second value; the second grows with the frame count if that is larger.
    sharpness: tuple[float, float] = (20.0, 160.0)
    #: Weight of the pairwise temporal IoU loss.
    overlap: float = 0.0
    #: Whether the vision loss reaches the masks (the paper's mode); without it only the IoU loss moves them.
    vision_gradient: bool = True


@dataclass(frozen=True)
class PrefixOptions:
    """The per-moment prefix of the language model, optimised with the masks."""

    #: Steps of AdamW for each sentence of a round; 0 leaves the prefix alone.
    steps: int = 0
    learning_rate: float = 0.006
    weight_decay: float = 0.0018
    vision: float = 1.0
    language: float = 0.8
    #: Candidate tokens a position.
    candidates: int = 32
    #: After every token, as the paper's ancestor does, instead of once per sentence.
    token_wise: bool = False
    #: Sentences written by the token-wise loop.
    sentences: int = 12


@dataclass(frozen=True)
class SegmentOptions:
    """Merging by meaning, re-segmentation by the captions, and leaving out what is empty."""

    #: Neighbours merge when one caption serves both within this many logits a frame (at most 1.5, measured).
    merge_margin: float = 1.5
    #: Cost, in logits, of changing the caption from one frame to the next.
    switch_cost: float = 8.0
    #: A segment is empty when "nothing here" reaches its caption's score within this many logits.
    empty_margin: float = 0.5
    drop_empty: bool = True
    resegment: bool = True


@dataclass(frozen=True)
class MomentOptions:
    """One run of the search.  `moments` is the wanted number, None lets the footage decide."""

    preset: str = DEFAULT_PRESET
    moments: int | None = None
    seed: int = 0
    #: Alternations of text and masks.
    rounds: int = 2
    proposals: ProposalOptions = field(default_factory=ProposalOptions)
    search: SearchOptions = field(default_factory=SearchOptions)
    masks: MaskOptions = field(default_factory=MaskOptions)
    prefix: PrefixOptions = field(default_factory=PrefixOptions)
    segments: SegmentOptions = field(default_factory=SegmentOptions)


#: Fixed number of moments of the paper where none is asked for (arXiv 2307.02682, recalled: ActivityNet).
PAPER_MOMENTS = 4


def from_preset(preset: str | None = None, moments: int | None = None, seed: int | None = None) -> MomentOptions:
    """The options of a preset with the user's own values on top; raises OptionError for what cannot be."""
    name = preset or DEFAULT_PRESET
    if name not in PRESETS:
        raise OptionError("option_preset", f"There is no preset {name!r}.", f"Use one of {', '.join(PRESETS)}.")
    return validate(replace(_preset(name), moments=moments, seed=seed or 0))


def validate(options: MomentOptions) -> MomentOptions:
    """`options` unchanged if they can be; raises OptionError with the option and the range it may take."""
    if options.moments is not None and not 1 <= options.moments <= MOST_MOMENTS:
        problem = f"The number of moments must be 1 to {MOST_MOMENTS}, not {options.moments}."
        raise OptionError("option_moments", problem, "Give --moments such a number, or `auto`.")
    checks = (
        ("rounds", 1 <= options.rounds <= 50),
        ("search.beams", 1 <= options.search.beams <= 64),
        ("search.candidates", 1 <= options.search.candidates <= 4096),
        ("search.most_tokens", 2 <= options.search.most_tokens <= 200),
        ("search.prompts", len(options.search.prompts) > 0),
        ("search.contrast", 0 <= options.search.contrast <= 1),
        ("search.ranking", options.search.ranking in ("agreement", "fluency")),
        ("masks.start", options.masks.start in ("proposals", "even")),
        ("masks.steps", 0 <= options.masks.steps <= 10_000),
        ("masks.sharpness", 0 < options.masks.sharpness[0] <= options.masks.sharpness[1]),
        ("prefix.steps", 0 <= options.prefix.steps <= 1000),
        ("proposals.noise_quantile", 0 < options.proposals.noise_quantile < 1),
        ("segments.switch_cost", options.segments.switch_cost >= 0),
    )
    for name, fine in checks:
        if not fine:
            raise OptionError("option_range", f"The option {name} is out of range.", "See the documented ranges.")
    return options


def check_count(options: MomentOptions, samples: int) -> None:
    """OptionError `too_many_moments` where `samples` looked-at frames are fewer than the wanted moments."""
    if options.moments is not None and options.moments > samples:
        problem = f"{options.moments} moments do not fit: only {samples} frames of this footage are looked at."
        step = f"Ask for at most {samples} --moments, raise --sample-fps, or use `auto`."
        raise OptionError("too_many_moments", problem, step)


def _preset(name: str) -> MomentOptions:
    base = MomentOptions(preset=name)
    if name == "fast":
        search = replace(base.search, beams=3, candidates=16, prompts=base.search.prompts[:1])
        return replace(base, rounds=1, search=search, masks=replace(base.masks, steps=40))
    if name == "thorough":
        search = replace(base.search, beams=8, candidates=48, prompts=(*base.search.prompts, "Photo of"))
        return replace(base, rounds=3, search=search)
    if name == "joint":
        return replace(base, prefix=replace(base.prefix, steps=2))
    if name == "paper":
        return replace(
            base,
            masks=MaskOptions(start="even", sharpness=(10.0, 21.0), overlap=10.0),
            prefix=PrefixOptions(steps=1, token_wise=True, candidates=64),
            segments=SegmentOptions(drop_empty=False, resegment=False),
        )
    return base
