"""Optical character recognition: PP-OCRv6 (small) by ONNX Runtime, from the weights that the package rapidocr brings.

It reads Latin script, Greek, Chinese and Japanese, in lines that run to the right, down or up;
other scripts (Cyrillic, Arabic, Hebrew, Hangul, Devanagari, Thai) are found and not read: what comes of them has a low
confidence and is left out.  Nothing is ever fetched: the weights are opened by their path inside the package.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cuemark.core.errors import ModelError
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.screen_text import Place

Picture = NDArray[np.uint8]

DETECTION, RECOGNITION = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
LEAST_CONFIDENCE = 0.7
"""Of a line: what is less sure is mostly texture, a script the model does not know, or mirrored."""
READING_VERSION = 2
"""Raise when the same picture gives other lines or texts."""

# The network halves a picture five times.
_MULTIPLE = 32
_LINES_AT_ONCE = 6
# In levels of 255, from a pixel to the one beside it: letters have it, a wall, a sky and coding have not.
_DETAIL = 8
# Pixels that the network sees around what may be letters, and how much of the picture must be spared to be worth it.
_AROUND, _WORTH_SPARING = 24, 0.9
# Lines of the width of a page, in multiples of their height; what is longer is cut, so that memory stays bounded.
_LONGEST = 60
_DETECTOR = {
    "limit_side_len": 1 << 20,  # pictures come in the size they are looked at
    "limit_type": "max",
    "mean": [0.5] * 3,
    "std": [0.5] * 3,
    "thresh": 0.3,
    "box_thresh": 0.5,
    "max_candidates": 1000,
    "unclip_ratio": 1.6,
    "use_dilation": True,
    "score_mode": "fast",
}
# One at a time: lines that share a batch are filled up to the longest, and a batch is no faster (measured).
_RECOGNISER = {"lang_type": "ch", "rec_batch_num": 1, "rec_img_shape": [3, 48, 320]}


@dataclass(frozen=True)
class Line:
    """Where one line of text stands: its corners clockwise from the top left, as fractions of width and height."""

    corners: tuple[tuple[float, float], ...]

    @cached_property
    def place(self) -> Place:
        """The upright box around it."""
        across, down = [x for x, _ in self.corners], [y for _, y in self.corners]
        left, top = min(across), min(down)
        return Place(left, top, max(across) - left, max(down) - top)


class Reader:
    """Finds lines of text, and reads them: the one costs the same for any picture, the other by the line."""

    def __init__(self, limits: ProcessLimits = UNLIMITED) -> None:
        """ModelError `ocr_unavailable` where the package or its weights are not there."""
        try:
            self.id, self._find, self._read = _opened(limits)
        except (ImportError, OSError, PackageNotFoundError, RuntimeError, ValueError, KeyError) as error:
            message = f"Text in the pictures cannot be read: the package rapidocr does not load ({error})."
            raise ModelError(
                "ocr_unavailable", message, "Run the installer again, or give --screen-text off."
            ) from error

    def detect(self, rgb: Picture, side: int) -> list[Line]:
        """The lines of text in a picture, RGB uint8 [H, W, 3], from the top down; `side`: how long its longer side is
        looked at in pixels (never enlarged).  A picture of less than 16 pixels either way has none."""
        height, width = rgb.shape[:2]
        ratio = min(1.0, side / max(width, height))
        size = [round(length * ratio / _MULTIPLE) * _MULTIPLE for length in (width, height)]
        if min(size) == 0:
            return []
        picture = Image.fromarray(np.ascontiguousarray(rgb))
        small = picture.resize((size[0], size[1]), Image.Resampling.BILINEAR, reducing_gap=2.0)
        left, top, right, bottom = _detailed(np.asarray(small))
        if left == right:
            return []
        found = self._find(_bgr(np.asarray(small)[top:bottom, left:right])).boxes
        scale, corner = np.array(size, np.float64), np.array((left, top), np.float64)
        boxes = [] if found is None else found
        return [Line(tuple((x, y) for x, y in ((box + corner) / scale).tolist())) for box in boxes]

    def recognise(
        self, rgb: Picture, lines: Sequence[Line], check: Callable[[], None] = lambda: None
    ) -> list[tuple[str, float]]:
        """(text, confidence) of each line; `check` is called every few lines and may raise."""
        crops = cut_out(_bgr(rgb), lines)
        order = sorted(range(len(crops)), key=lambda place: crops[place].shape[1] / crops[place].shape[0])
        found: dict[int, tuple[str, float]] = {}
        for first in range(0, len(order), _LINES_AT_ONCE):
            check()
            group = order[first : first + _LINES_AT_ONCE]
            found |= zip(group, self._told([crops[place] for place in group]), strict=True)
        for place in [place for place, line in enumerate(lines) if _stands(line, rgb)]:
            # Laid down, a line that runs up stands on its head.
            check()
            other = self._told([np.ascontiguousarray(np.rot90(crops[place], 2))])[0]
            found[place] = max(found[place], other, key=lambda one: one[1])
        return [found[place] for place in range(len(lines))]

    def _told(self, crops: list[Picture]) -> list[tuple[str, float]]:
        told = self._read(crops)
        return list(zip(told.txts, map(float, told.scores), strict=True))


@lru_cache(maxsize=2)
def open_reader(limits: ProcessLimits = UNLIMITED) -> Reader:
    """The reader under these limits, kept for the next media; ModelError `ocr_unavailable`."""
    return Reader(limits)


def reader_id() -> str:
    """Which weights read, and how: texts of equal ids are comparable.  Nothing is loaded."""
    try:
        return f"{DETECTION}+{RECOGNITION}/{version('rapidocr')}/{READING_VERSION}"
    except PackageNotFoundError:
        return ""


def cut_out(picture: Picture, lines: Sequence[Line]) -> list[Picture]:
    """Each line turned upright and cut out of its picture [h, w, 3], at least one pixel; standing ones lie down."""
    turned = importlib.import_module("rapidocr.utils.process_img").get_rotate_crop_image
    scale = np.array(picture.shape[1::-1], np.float32)
    crops = []
    for line in lines:
        corners = np.array(line.corners, np.float32) * scale
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
        if sides.min() < 1:
            crops.append(np.zeros((1, 1, 3), np.uint8))
            continue
        crop = turned(picture, corners)
        crops.append(np.ascontiguousarray(crop[:, : crop.shape[0] * _LONGEST]))
    return crops


def _detailed(picture: Picture) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the part outside of which nothing is drawn, in the network's multiples."""
    one, other = picture[::2, 1:], picture[::2, :-1]  # no line is one row high
    edges = np.any(np.maximum(one, other) - np.minimum(one, other) > _DETAIL, axis=2)
    rows, columns = np.flatnonzero(edges.any(axis=1)), np.flatnonzero(edges.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    height, width = picture.shape[:2]
    left, right = _widened(int(columns[0]), int(columns[-1]) + 2, width)
    top, bottom = _widened(2 * int(rows[0]), 2 * int(rows[-1]) + 2, height)
    if (right - left) * (bottom - top) > _WORTH_SPARING * width * height:
        return 0, 0, width, height
    return left, top, right, bottom


def _widened(first: int, end: int, length: int) -> tuple[int, int]:
    first, end = max(0, first - _AROUND), min(length, end + _AROUND)
    return first // _MULTIPLE * _MULTIPLE, min(length, -(-end // _MULTIPLE) * _MULTIPLE)


def line_cost(line: Line, width: int, height: int) -> float:
    """How much there is to read in a line of a picture of this size: 1 for one up to seven times as long as high."""
    across, down = line.place.width * width, line.place.height * height
    ratio = max(across, down) / max(1.0, min(across, down))
    turns = 2 if down >= 1.5 * across else 1
    return turns * max(1.0, min(ratio, _LONGEST) / 7)


def _stands(line: Line, picture: Picture) -> bool:
    place = line.place
    return bool(place.height * picture.shape[0] >= 1.5 * place.width * picture.shape[1])


def _bgr(rgb: Picture) -> Picture:
    """As the networks were trained."""
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _opened(limits: ProcessLimits) -> tuple[str, Callable[[Picture], Any], Callable[[list[Picture]], Any]]:
    """The id, the detector and the recogniser over sessions of our own, so that nothing of the package's is asked for
    weights, threads or devices."""
    from cuemark.models.runtime.devices import open_session
    from cuemark.models.runtime.providers import CPU

    package = _quiet_package()
    folder = Path(package.__file__ or "").parent / "models"
    for name in (DETECTION, RECOGNITION):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder / name} is not there")
    detector = importlib.import_module("rapidocr.ch_ppocr_det").TextDetector
    recogniser = importlib.import_module("rapidocr.ch_ppocr_rec")
    engine = {"engine_type": package.EngineType.ONNXRUNTIME}
    sessions = [open_session(folder / name, CPU, limits)[0] for name in (DETECTION, RECOGNITION)]
    find = detector(_Settings(_DETECTOR, **engine, session=sessions[0]))
    read = recogniser.TextRecognizer(_Settings(_RECOGNISER, **engine, session=sessions[1]))
    return reader_id(), find, lambda crops: read(recogniser.TextRecInput(img=crops, return_word_box=False))


class _Settings(dict[str, Any]):
    """What the package reads as fields and as entries; a field that is not there is None."""

    __getattr__ = dict.get


def _quiet_package() -> Any:
    """The package, whose logger writes to the terminal on its own otherwise: its handler goes, errors reach our log."""
    importlib.import_module("rapidocr.utils.log")
    logger = logging.getLogger("RapidOCR")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.setLevel(logging.ERROR)
    logger.propagate = True
    return importlib.import_module("rapidocr")
