"""Whether a picture is empty by its statistics alone: black, flat, far out of focus, colour bars or a test chart.

No model is asked.  What is merely dark, soft or plain is not empty: where the edge of a thing is left, or words stand
on the black, somebody may want to find it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.measures import FrameMeasures

REASONS = ("black", "out of focus", "flat", "test card")
"""Why a picture may be empty, in the order of the columns of `reason_logits`."""

# Of 255; a photograph at a twentieth of its light is as dark.
_BLACK, _BLACK_SLOPE = 12.0, 3.0
# Beside highlights of 1/16 and less, everything is noise.
_FLOOR = 1 / 16
# Blur over a tenth of the picture gives up to 0.054, a lens cap with grain 0.05; the softest real frame 0.076.
_SHARPNESS = 0.055
# Grain on a grey field gives 0.03, the flattest of them 0.075.
_CONTRAST = 0.035
_RATIO_SLOPE = 4.0
# Bars have 6 hues and more, straight edges between them, and colour on most of the picture; a photograph has 4 at most.
_COLOURS, _STRAIGHT, _COLOURED = (3.0, 4.75), (30.0, 0.62), (20.0, 0.2)
_LEAST = 1e-4


def reason_logits(measures: FrameMeasures) -> NDArray[np.float64]:
    """[T, 4]: for each frame and each of `REASONS` the logit that the picture is empty for it."""
    light = measures["highlight"].astype(np.float64) + _FLOOR
    black = (_BLACK - 255 * measures["highlight"]) / _BLACK_SLOPE
    blurred = _RATIO_SLOPE * np.log(_SHARPNESS / np.maximum(measures["sharpness"] / light, _LEAST))
    flat = _RATIO_SLOPE * np.log(_CONTRAST / np.maximum(measures["contrast"] / light, _LEAST))
    return np.stack([black, blurred, flat, _test_card(measures)], axis=1)


def empty_logits(measures: FrameMeasures) -> NDArray[np.float64]:
    """[T]: the logit that a picture is empty, for the reason that speaks most for it."""
    strongest: NDArray[np.float64] = reason_logits(measures).max(axis=1)
    return strongest


def _test_card(measures: FrameMeasures) -> NDArray[np.float64]:
    """A test card has many hues, and straight edges, and colour everywhere: the weakest of the three decides."""
    parts = (("colours", _COLOURS), ("straight", _STRAIGHT), ("coloured", _COLOURED))
    logits = [slope * (measures[name].astype(np.float64) - centre) for name, (slope, centre) in parts]
    weakest: NDArray[np.float64] = np.minimum.reduce(logits)
    return weakest
