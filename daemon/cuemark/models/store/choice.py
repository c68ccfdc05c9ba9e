"""Which pair does the work where nobody named one, and what is told of all there are."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Sequence
from pathlib import Path

from cuemark.core.model_notices import POCKET
from cuemark.core.status import ModelInfo
from cuemark.core.typed_text import AUTO
from cuemark.models.store.store import ModelStatus, ModelStore

_WANTS_GPU = ("best", "paper")


def default_pair(known: Sequence[ModelStatus], asked: str = AUTO) -> str:
    """What the settings ask for, else the best pulled pair that fits this machine, else `pocket`; never `sample`."""
    if asked != AUTO:
        return asked
    pulled = [each for each in known if each.ready and not each.entry.bundled and _is_pair(each)]
    best = max((each.entry for each in pulled if fits(each)), key=lambda entry: entry.quality, default=None)
    return POCKET if best is None else best.name


def told(store: ModelStore, asked: str = AUTO) -> list[ModelInfo]:
    """Every model of the registry as it is told to users."""
    known = store.list()
    default = default_pair(known, asked)
    return [_info(status, store.source(status.entry), is_default=status.entry.name == default) for status in known]


def _info(status: ModelStatus, source: str, *, is_default: bool) -> ModelInfo:
    entry = status.entry
    return ModelInfo(
        name=entry.name,
        description=f"{entry.title}. Understands {entry.understands}",
        architectures={role: model.architecture for role, model in entry.models.items()},
        licence=entry.licence,
        size=status.bytes_on_disk if entry.bundled else entry.download_size,
        size_on_disk=status.bytes_on_disk,
        ready=status.ready,
        built_in=entry.bundled,
        title=entry.title,
        understands=entry.understands,
        source=source,
        is_default=is_default,
    )


def fits(status: ModelStatus) -> bool:
    """Whether this machine carries the pair at a useful speed."""
    return status.entry.name not in _WANTS_GPU or has_gpu()


def has_gpu() -> bool:
    """Whether there is a GPU that torch may use; asked without torch, which takes seconds to import."""
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return apple or Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _is_pair(status: ModelStatus) -> bool:
    return {"clip", "lm"} <= set(status.entry.models)
