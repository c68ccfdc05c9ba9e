"""What can be set about captions of a vision-language model, without any library loaded."""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.core.options import tunable


@dataclass(frozen=True)
class VlmOptions:
    """What it is shown, how long it may take, and when its words are believed."""

    frames: tuple[int, int] = tunable(
        (3, 6), low=1, high=16, ascending=True, help="Fewest and most frames of a moment that it is shown."
    )
    # Small models cut pictures into tiles of about this size, and each tile costs 64 and more tokens.
    pixels: int = tunable(512, low=64, high=4096, help="Longest side of those frames, in pixels.")
    # A model of 2 billion weights on two cores takes about half a minute for four pictures.
    timeout: float = tunable(90.0, above=0, high=86_400, help="Seconds it may take for one moment.")
    retries: int = tunable(2, low=0, high=20, help="Tries again after an error of its server.")
    tokens: int = tunable(300, low=16, high=4096, help="Most tokens of an answer.")
    # Our own words were searched for until CLIP liked them best; a right caption of somebody else's was not.  Of right
    # ones a quarter lets four fifths pass, none at all a sixth; of wrong ones it lets none (measured).
    tolerance: float = tunable(
        0.25,
        low=0,
        high=1,
        help="Share of what CLIP sees in our own words by which its caption may fall short of them.",
    )
