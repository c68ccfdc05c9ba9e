"""A search's words as a CLIP reads them, and the words against which a likeness to them counts.

A short query is said in several ways, and the median of their vectors is taken: a way that a CLIP was never told turns
only its own vector.  How like a picture a query must be to mean anything differs with picture, query and CLIP; so it is
held against a thousand words that the picture might show as well.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cuemark.captions.language import en
from cuemark.captions.lexicon import Lexicon, Word
from cuemark.core.derived import read_bytes
from cuemark.core.errors import ModelError
from cuemark.core.json_files import read_json
from cuemark.core.search import ScoreCurve
from cuemark.core.text import shown

if TYPE_CHECKING:
    from cuemark.models.clip.text_encoder import TextEncoder

Vectors = NDArray[np.float32]

BACKGROUND_WORDS = 1000
BACKGROUND = "background-1"
"""The name of the file; another number where other words are chosen."""
CURVE_FILE = "search_calibration.json"
USUAL_CURVE = ScoreCurve(0.64, 0.0)
"""For a CLIP that brings none of its own: that of one that knows photographs, on reels of them (MEASURED.md)."""
_STEEPEST, _FURTHEST = 20.0, 100.0
_SHORT = 4  # words
_TEMPLATES = (
    "{a}", "{n}", "a photo of {a}", "a photo of the {n}", "a picture of {a}", "a video of {a}", "a close-up of {a}",
)  # fmt: skip


def prompts(text: str) -> tuple[str, ...]:
    """The ways in which a query is told to a CLIP; what is longer than a name is told as it is."""
    words = " ".join(text.split())
    if len(words.split()) > _SHORT:
        return (words,)
    named = words if words.split()[:1] in (["a"], ["an"], ["the"]) else en.with_article(words)
    plain = named.split(" ", 1)[1] if named.split(" ", 1)[0] in ("a", "an", "the") and " " in named else words
    return tuple(dict.fromkeys(template.format(a=named, n=plain) for template in _TEMPLATES))


def query_vector(text: TextEncoder, query: str) -> Vectors:
    """The unit vector [D] of a query."""
    each = text.encode(prompts(query)).cpu().numpy()
    return unit(np.median(each, axis=0))


def unit(vector: NDArray[np.float32]) -> Vectors:
    """The vector with length 1, float32."""
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)


def background_words(lexicon: Lexicon) -> list[Word]:
    """Names of common things and scenes, evenly out of the alphabet."""
    names = [word for word in lexicon.words if word.common and word.kind in ("thing", "scene")]
    places = np.linspace(0, len(names) - 1, min(BACKGROUND_WORDS, len(names))).astype(int)
    return [names[place] for place in places]


def read_background(path: Path) -> Vectors | None:
    """The vectors [K, D] in a file that `word_vectors.background_file` made; None where there is none that fits."""
    content = read_bytes(path, f"{path.parent.name}/{path.stem}")
    if content is None:
        return None
    found: NDArray[np.float16] = np.load(io.BytesIO(content), allow_pickle=False)
    return found.astype(np.float32) if found.ndim == 2 and np.isfinite(found).all() else None


def curve_of(folder: Path) -> ScoreCurve:
    """The curve of a model folder, or the usual one; ModelError `model_calibration` for a file that is none."""
    path = folder / CURVE_FILE
    if not os.path.lexists(path):
        return USUAL_CURVE
    try:
        told = read_json(path)
        curve = ScoreCurve(float(told["slope"]), float(told["offset"]))
        if not (0 < curve.slope <= _STEEPEST and abs(curve.offset) <= _FURTHEST):
            raise ValueError("no curve is like that")
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        problem = f"{shown(path)} holds no curve of scores: a number `slope` above 0 and a number `offset`."
        raise ModelError("model_calibration", problem, "Remove the file to use the usual curve.") from error
    return curve
