"""The pictures of the report: which there are, how they are called, how they look.

Colours are those of Okabe and Ito, which differ for every kind of colour vision; whatever a colour says is also said
by a number, a line style or a word.  Matplotlib is used without its global state: no window system is asked for.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.lab.environment import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cuemark.core.progress import Progress
    from cuemark.lab.evaluate.evaluation import Evaluation

CURVES = "f1_over_tiou.png"
MASKS, CAPTIONS = "masks", "captions"
#: Neighbours in this order differ most.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#882255", "#555555")
INK, FAINT = "#222222", "#9a9a9a"
_DPI = 110
_STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same picture on every machine
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "text.parse_math": False,  # a caption may hold a dollar sign
    "savefig.dpi": _DPI,
}


def draw_all(evaluation: Evaluation, folder: Path, progress: Progress) -> None:
    """Draw every picture of the report below `folder`; stage "pictures" of progress."""
    from cuemark.lab.evaluate.plot_captions import draw_captions
    from cuemark.lab.evaluate.plot_curves import draw_curves
    from cuemark.lab.evaluate.plot_masks import draw_masks

    videos = evaluation.dataset.videos
    for name in (MASKS, CAPTIONS):
        (folder / name).mkdir(exist_ok=True)
    with style():
        draw_curves(evaluation.rows, evaluation.facts.default_preset, folder / CURVES)
        for number, video in enumerate(videos):
            progress.update("pictures", number, len(videos), "videos")
            draw_masks(video, evaluation.rows, evaluation.facts.default_preset, folder / mask_picture(video.name))
            draw_captions(
                video,
                evaluation.rows,
                evaluation.dataset.phrases,
                evaluation.facts.default_preset,
                folder / caption_picture(video.name),
            )
    progress.update("pictures", len(videos), len(videos), "videos")


def mask_picture(video: str) -> str:
    """Where the masks of a video are drawn, below the report's folder."""
    return f"{MASKS}/{file_name(video)}.png"


def caption_picture(video: str) -> str:
    """Where the captions of a video are drawn, below the report's folder."""
    return f"{CAPTIONS}/{file_name(video)}.png"


def file_name(video: str) -> str:
    """A video's name as a file name on any system; names that differ stay different."""
    plain = re.sub(r"[^\w.-]", "_", video, flags=re.ASCII).lstrip(".") or "_"
    # What was replaced, or is too long, is told apart by the bytes of the name.
    return plain if plain == video and len(plain) < 120 else f"{plain[:100]}-{_short_hash(video)}"


def _short_hash(text: str) -> str:
    import hashlib

    return hashlib.blake2b(os.fsencode(text), digest_size=4).hexdigest()


@contextmanager
def style() -> Iterator[None]:
    """The look of all pictures, for as long as they are drawn."""
    matplotlib = require("matplotlib")
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A caption in a script that the font lacks comes out as boxes; that is no news to whoever wrote it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def lanes(heights: Sequence[float], width: float = 10.0, more: float = 0.9) -> tuple[Figure, list[Axes]]:
    """A figure with axes below each other that share their x axis; heights in inches, `more` for title and labels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, sum(heights) + more), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": list(heights)})
    return figure, list(axes[:, 0])


def colour(number: int) -> str:
    """The colour of the mask with this number (from 0)."""
    return COLOURS[number % len(COLOURS)]
