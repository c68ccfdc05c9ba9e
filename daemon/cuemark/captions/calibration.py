"""Calibration: how often a word of some chance is right, so that a confidence means what it says.

A logistic curve over the chance of a caption's main word, fitted on footage with known truth (J. Platt, Probabilistic
outputs for support vector machines, 1999).  A model folder may carry its own curve, `calibration.json`.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from cuemark.core.errors import ModelError
from cuemark.core.json_files import read_json
from cuemark.core.text import shown

CALIBRATION_FILE = "calibration.json"
_STEEPEST, _FURTHEST = 20.0, 100.0  # so that no chance leads out of what numbers hold


@dataclass(frozen=True)
class Calibration:
    """A logistic curve: probability = sigmoid(slope * logit(chance) + offset).

    The default was fitted on 132 events of reels of photographs, with a CLIP that knows photographs; its error there
    (ECE, five bins) is 0.03.
    """

    slope: float = 0.73
    offset: float = 1.87

    @classmethod
    def of(cls, folder: Path) -> Calibration:
        """The curve of a model folder, or the default one; ModelError `model_calibration` for a file that is none."""
        path = folder / CALIBRATION_FILE
        if not os.path.lexists(path):
            return cls()
        try:
            told = read_json(path)
            curve = cls(float(told["slope"]), float(told["offset"]))
            if not (abs(curve.slope) <= _STEEPEST and abs(curve.offset) <= _FURTHEST):  # NaN is neither
                raise ValueError("no curve is like that")
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            problem = f"{shown(path)} holds no curve of confidence: a number `slope` and a number `offset`."
            raise ModelError("model_calibration", problem, "Remove the file to use the usual curve.") from error
        return curve

    def probability(self, chance: float) -> float:
        """How often a word of this chance is right."""
        bounded = min(max(chance, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(self.slope * math.log(bounded / (1 - bounded)) + self.offset)))


USUAL = Calibration()
"""The curve of a CLIP that brings none of its own."""
