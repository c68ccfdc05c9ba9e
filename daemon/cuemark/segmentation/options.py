"""What can be set about segmentation: change points, soft masks, re-segmentation by captions.

Where a comment says "measured", the number was the best of a few on drawn test videos with known truth.
"""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.core.options import tunable


@dataclass(frozen=True)
class ProposalOptions:
    """Change-point detection on the frame vectors; deliberately too many segments, merging by meaning comes later."""

    penalty: float = tunable(
        4.0, low=0, high=1000, help="Cost of a change point, in units of the footage's own noise times log(frames)."
    )
    # The median took real changes for noise: footage in one static shot became a single segment (measured).
    noise_quantile: float = tunable(
        0.25, above=0, below=1, help="Quantile of the frame-to-frame change that counts as noise."
    )
    shortest_s: float = tunable(1.0, low=0, high=3600, help="Shortest segment, in seconds.")
    # A caption is searched for every segment: this bounds the time that hours of restless footage take.
    most_segments: int = tunable(120, low=1, high=2000, help="Most segments that are proposed.")


@dataclass(frozen=True)
class BoundaryOptions:
    """What is said and written as evidence of a border, as log-odds: how much likelier one is there than elsewhere.

    Log-odds of several kinds of evidence at one place add up.  Where a comment says "measured", that is what they are
    at the chapter borders that people gave 250 short videos.
    """

    # Sentence borders without a pause: -0.1; after 1 s 0.3, 2 s 0.5, 3 s 1.0; no more after longer ones (measured).
    pause: float = tunable(0.33, low=0, high=10, help="Log-odds of a border for each second of a pause in speech.")
    longest_pause_s: float = tunable(3.0, low=0, high=3600, help="Seconds of a pause beyond which it counts no more.")
    turn: float = tunable(0.5, low=0, high=10, help="Log-odds of a border where the speaker changes.")
    title_card: float = tunable(3.0, low=0, high=100, help="Log-odds of a border where a title card or slide comes on.")
    topic_sentences: int = tunable(12, low=2, high=10_000, help="Sentences that must be said for topics to be told.")
    # One place in eight at which a sentence ends is a border (measured).
    prior: float = tunable(
        2.0, above=0, high=100, help="Log-odds against a border anywhere: evidence of as much is worth a segment."
    )


@dataclass(frozen=True)
class TopicOptions:
    """Topic segmentation of what is said: log-odds of each kind of evidence, and how borders are chosen by them.

    Turn and pause are those of a logistic regression on the human chapters of 26 podcasts and 277 short videos; the
    two of meaning stand in its proportion, three times as large: borders that are plain must outweigh even lengths.
    """

    contrast: float = tunable(0.4, low=0, high=10, help="Log-odds of each standard deviation of contrast in meaning.")
    peak: float = tunable(0.5, low=0, high=10, help="Log-odds of each that the contrast is below its highest nearby.")
    turn: float = tunable(2.4, low=0, high=10, help="Log-odds where another begins to speak.")
    pause: float = tunable(0.45, low=0, high=10, help="Log-odds of the logarithm of one and the seconds of a pause.")
    title_card: float = tunable(3.0, low=0, high=100, help="Log-odds where a title card or slide comes on.")
    # Lengths of human chapters in one media vary by 0.68 (short videos) to 0.87 (podcasts).
    spread: float = tunable(0.7, above=0, high=10, help="Standard deviation of log lengths of topics.")
    near_s: float = tunable(15.0, above=0, high=600, help="Seconds within which a border counts as found, at most.")
    near_share: float = tunable(0.2, above=0, high=1, help="The same as a share of an expected topic.")
    # Where a border is likely at one place it is put there, else amid the places it may be at (measured).
    exact: float = tunable(0.3, low=0, high=100, help="Worth of a border just where it is likely, beside one near it.")
    # At 1 the expected F1 is greatest and topics are too many (measured).
    thrift: float = tunable(1.3, low=0, high=100, help="By how much a further border must raise the expected F1.")
    # Where a border is as likely as not among sixty sentences, its log-odds are 4 above those of chance.
    penalty: float = tunable(3.5, above=0, high=100, help="Log-odds at which a change of topic is worth a moment.")
    # More than people make of such a duration are rarely right; without a bound the count is off by 33 % (measured).
    surplus: float = tunable(1.15, low=1, high=100, help="Most topics, as a multiple of the number that is usual.")
    least: float = tunable(0.2, low=0, high=1, help="Least probability of a change of topic in all.")


@dataclass(frozen=True)
class MaskOptions:
    """The soft moment masks, and the gradient steps that move them."""

    steps: int = tunable(80, low=0, high=10_000, help="Gradient steps on the masks; 0 leaves them where they are.")
    learning_rate: float = tunable(0.03, low=0, high=10, help="Learning rate of centre and width (logits).")
    # A sigmoid's edge rises from 10 to 90 % within 4.4 / sharpness of the media: a fifth of it at first, 3 % at last.
    # The second value grows with the number of frames where that is larger.
    sharpness: tuple[float, float] = tunable(
        (20.0, 160.0), above=0, ascending=True, help="Sharpness of the masks' edges at the first and at the last step."
    )
    # Beside the mixture likelihood it only shrinks masks (measured); the paper's own mode needs it.
    overlap: float = tunable(0.0, low=0, high=1000, help="Weight of the pairwise temporal IoU loss.")
    # Only the token-wise mode has a vision loss on masks: without it, the IoU loss alone moves them there.
    vision_gradient: bool = tunable(True, help="Whether the vision loss reaches the masks in the token-wise mode.")


@dataclass(frozen=True)
class SegmentOptions:
    """Merging by meaning, and re-segmentation by Viterbi."""

    # A generous margin let one unfinished sentence swallow 35 seconds; at most 1.5 (measured).
    merge_margin: float = tunable(
        1.5, low=0, high=100, help="Logits a frame that neighbours may lose by sharing one caption, to be merged."
    )
    switch_cost: float = tunable(8.0, low=0, high=10_000, help="Logits it costs to change the caption between frames.")
