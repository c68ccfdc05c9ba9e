"""What can be set about captions: the beam search, the background class, the tuned prefix.

Where a comment says "measured", the number was the best of a few on drawn test videos with known truth; "arXiv" names
the paper it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.captions.language import en
from cuemark.core.options import tunable
from cuemark.segmentation.options import MaskOptions


@dataclass(frozen=True)
class SearchOptions:
    """The CLIP-guided beam search for sentences, and how what it finds is ranked."""

    beams: int = tunable(5, low=1, high=64, help="Sentences the beam search keeps alive for each moment.")
    candidates: int = tunable(24, low=1, high=4096, help="Next words tried behind each of them.")
    # A marker's name has about 80 characters; the last of these tokens are seldom reached.
    most_tokens: int = tunable(24, low=2, high=200, help="Most tokens of a caption.")
    # At 1 sentences are broken, at 6 they are bland (measured).
    fluency: float = tunable(
        3.0, low=0, high=100, help="Weight of the mean log-probability of a sentence beside CLIP's logit."
    )
    keep: int = tunable(8, low=1, high=1000, help="Sentences kept of each search for a moment.")
    contrast: float = tunable(
        0.15, low=0, high=1, help="Share of its agreement with the rest of the video that is taken off a sentence."
    )
    prompts: tuple[str, ...] = tunable(en.PROMPTS[:2], help="What the language model starts sentences from.")


@dataclass(frozen=True)
class LexiconOptions:
    """Words of the lexicon for a moment: how they are scored, and when two segments are named alike.

    The numbers were chosen on reels of photographs with a CLIP that knows photographs.
    """

    plain: float = tunable(
        0.5, low=0, high=1, help="Share of a word's agreement with plain pictures that is taken off it."
    )
    contrast: float = tunable(
        0.0, low=0, high=1, help="Share of a word's agreement with the rest of the video that is taken off it."
    )
    common: float = tunable(0.5, low=0, high=20, help="Logits by which common words are preferred.")
    # Dogs are one moment, animals are not.
    broad: float = tunable(
        0.008,
        above=0,
        high=1,
        help="Largest share of the lexicon a word may stand for and still name two segments alike.",
    )
    alike: float = tunable(
        0.35, above=0, high=1, help="Least probability, in both, of a word that makes one moment of two segments."
    )
    same_view: float = tunable(
        0.5, above=0, high=1, help="Least likeness of the pictures of two segments that makes one moment of them."
    )
    tags: int = tunable(8, low=0, high=50, help="Most tags of a moment.")
    tag_chance: float = tunable(0.1, low=0, high=1, help="Least probability of a tag.")
    # Of captions between 0.4 and 0.5 about half were right on reels of photographs, of those below none (measured).
    least_confidence: float = tunable(
        0.4, low=0, high=1, help="Confidence below which a moment gets no caption, where --min-confidence says nothing."
    )


@dataclass(frozen=True)
class GuidedOptions:
    """The search for sentences that begin with what a moment shows."""

    openings: int = tunable(4, low=1, high=100, help="Names of a moment that sentences begin with.")
    own_words: int = tunable(12, low=0, high=500, help="Words of the moment tried at every step of a sentence.")
    candidates: int = tunable(16, low=1, high=4096, help="Next words of the language model tried beside them.")
    beams: int = tunable(5, low=1, high=64, help="Sentences kept alive for each moment.")
    most_tokens: int = tunable(14, low=2, high=200, help="Most tokens of a caption.")
    keep: int = tunable(4, low=1, high=1000, help="Sentences kept for a moment.")
    fluency: float = tunable(
        0.25, low=0, high=100, help="Logits that a word costs for each nat of its surprise to the language model."
    )
    word_cost: float = tunable(0.4, low=0, high=100, help="Logits that each further word costs.")
    least_chance: float = tunable(
        -14.0, low=-100, high=0, help="Least log-probability at which one of the moment's words is tried."
    )


@dataclass(frozen=True)
class BackgroundOptions:
    """The background class: statements that nothing is there, and when one of them wins over a caption."""

    # Without a check, "nothing in the tunnel, a striped bell falling" counts as a statement of emptiness.
    gain: float = tunable(
        0.3, help="Logits by which the words of emptiness must raise a statement for it to count as one."
    )
    margin: float = tunable(
        0.5, low=-100, high=100, help="Logits by which a statement of emptiness may fall short of a caption and win."
    )


@dataclass(frozen=True)
class PrefixOptions:
    """The prefix of the language model: offsets on the keys and values of its soft prompt, one set a moment."""

    steps: int = tunable(2, low=0, high=1000, help="Steps of AdamW on the prefix for each sentence of a round.")
    # The ancestor of the method uses 0.006, and 0.3 times that as weight decay (arXiv 2207.11100).
    learning_rate: float = tunable(0.006, low=0, high=1, help="Learning rate of the prefix.")
    weight_decay: float = tunable(0.0018, low=0, high=1, help="Weight decay of the prefix.")
    # 1 and 0.8 are the ancestor's, too, and as far as is known those of arXiv 2307.02682.
    vision: float = tunable(1.0, low=0, high=1000, help="Weight of the vision loss.")
    language: float = tunable(0.8, low=0, high=1000, help="Weight of the language loss.")
    candidates: int = tunable(32, low=1, high=4096, help="Candidate tokens the vision loss compares at each place.")
    # As many as the paper is recalled to take; its ancestor writes 30.
    sentences: int = tunable(12, low=1, high=1000, help="Sentences a moment in the token-wise mode.")


@dataclass(frozen=True)
class JointOptions:
    """What of several groups of options the token-wise mode is set by."""

    prefix: PrefixOptions
    masks: MaskOptions
    most_tokens: int
    seed: int
