"""What can be set about emptiness: when a picture counts as empty, and when a fixed camera shows nobody.

Where a comment says "measured", the number lies between what photographs and clips of the real world gave and what
black, test cards and blur did.
"""

from __future__ import annotations

from dataclasses import dataclass

from cuemark.core.options import tunable


@dataclass(frozen=True)
class EmptinessOptions:
    """Stretches that are empty because their pictures say so."""

    # 4,800 pictures of the real world stayed below -1 (measured).
    picture: float = tunable(
        0.0,
        low=-100,
        high=100,
        help="Logit above which a picture is empty by its statistics: black, flat, a test card.",
    )
    # A fade through black is one sample or two; a stretch has more.
    shortest_s: float = tunable(0.8, low=0, high=3600, help="Shortest empty stretch, in seconds.")
    # Of grey levels.  Hand-held cameras begin at 6, fixed ones end at 4 (measured).
    fixed_camera: float = tunable(
        5.0, low=0, high=255, help="Grey levels by which most of the picture may change under a fixed camera."
    )
    foreground: float = tunable(
        0.01,
        above=0,
        below=1,
        help="Share of the picture that must differ from the background for somebody to be there.",
    )
    coming_s: float = tunable(
        3.5, low=0, high=3600, help="Seconds in which somebody who comes or goes is no moment apart from the stay."
    )
    # Who comes adds edges; who moves an arm takes away as many (measured: 0.3 and more against 0.05 and less).
    detail: float = tunable(
        0.15, low=-10, high=10, help="By how much those who come must add to the edges of the picture, as a log ratio."
    )
