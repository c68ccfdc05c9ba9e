"""What an `open_clip_config.json` may say, checked before anything is made by it.

The sizes it names are held against the weights when the towers are built (`models.runtime.weight_budget`); here are the
types, the bounds of what no weights tell (pictures and contexts), and that every part comes from the folder itself.
"""

from __future__ import annotations

import math
from typing import Any

LARGEST_PICTURE = 4096
"""Pixels of a side; the largest CLIP of today takes 1024."""
LONGEST_CONTEXT = 16_384
_ELSEWHERE = {"vision_cfg": "timm_model_name", "text_cfg": "hf_model_name"}


def problem(described: dict[str, Any]) -> str:
    """What is wrong with a parsed configuration, said of "it"; "" where nothing is."""
    model = described.get("model_cfg")
    if not isinstance(model, dict) or not {"embed_dim", "vision_cfg", "text_cfg"} <= model.keys():
        return "does not describe a CLIP model"
    if not _is_count(model["embed_dim"]):
        return "names no number as embed_dim"
    for part, elsewhere in _ELSEWHERE.items():
        if not isinstance(model[part], dict):
            return f"does not describe its {part}"
        if _leads_away(model[part].get(elsewhere)):
            return f"names something outside of its folder as {elsewhere}"
    context = model["text_cfg"].get("context_length", 77)
    if not _is_count(context) or context > LONGEST_CONTEXT:
        return f"names no number up to {LONGEST_CONTEXT} as context_length"
    if "image_size" in model["vision_cfg"] and not is_size(model["vision_cfg"]["image_size"]):
        return f"names no size up to {LARGEST_PICTURE} as image_size"
    preprocess = described.get("preprocess_cfg") or {}
    return preprocess_problem(preprocess) if isinstance(preprocess, dict) else "describes no preprocess_cfg"


def preprocess_problem(told: dict[str, Any]) -> str:
    """What is wrong with settings of preprocessing; those left out are open_clip's own."""
    given = {name: value for name, value in told.items() if value is not None}
    if not is_size(given.get("size", 224)):
        return f"names no size of pictures up to {LARGEST_PICTURE}"
    for name in ("mean", "std"):
        values = given.get(name, 0.5)
        levels = values if isinstance(values, (list, tuple)) else [values] * 3
        if len(levels) != 3 or not all(_is_level(level) for level in levels):
            return f"names no three numbers as {name}"
        if name == "std" and not all(level > 0 for level in levels):
            return "divides pictures by a std of 0"
    fill = given.get("fill_color", 0)
    if type(fill) is not int or not 0 <= fill <= 255:
        return "names no level up to 255 as fill_color"
    return ""


def is_size(value: Any) -> bool:
    """Whether it is a side of pictures, or (height, width), in pixels."""
    sides = value if isinstance(value, (list, tuple)) and len(value) in (1, 2) else [value]
    return all(_is_count(side) and side <= LARGEST_PICTURE for side in sides)


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_level(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1000


def _leads_away(name: Any) -> bool:
    """Whether a model's name is a path or an address of its own: timm and transformers would follow it."""
    return name is not None and (
        not isinstance(name, str) or ":" in name or "\\" in name or ".." in name or name.startswith(("/", "~", "."))
    )
