"""Which pair does the work where nobody named one, and what is told of all there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cuemark.core.model_notices import POCKET
from cuemark.core.status import ModelInfo
from cuemark.core.typed_text import AUTO
from cuemark.models.runtime.hardware import Hardware, glance
from cuemark.models.runtime.speeds import Speeds
from cuemark.models.store.advice import Advice, advise, best_pair
from cuemark.models.store.store import ModelStatus, ModelStore


def default_pair(known: Sequence[ModelStatus], asked: str = AUTO, hardware: Hardware | None = None) -> str:
    """What the settings ask for, else the best pulled pair that fits this machine, else `pocket`; never `sample`."""
    if asked != AUTO:
        return asked
    pulled = [each.entry for each in known if each.ready and not each.entry.bundled]
    best = best_pair(pulled, hardware or glance())
    return POCKET if best is None else best.name


def told(
    store: ModelStore, asked: str = AUTO, hardware: Hardware | None = None, speeds: Speeds | None = None
) -> list[ModelInfo]:
    """Every model of the registry as it is told to users, with the advice for this machine (by default at a glance)."""
    known, here = store.list(), hardware or glance()
    default = default_pair(known, asked, here)
    best = best_pair([status.entry for status in known if not status.entry.bundled], here)
    made = []
    for status in known:
        name = status.entry.name
        advice = advise(status.entry, here, speeds.of(name, name) if speeds else 0.0)
        advice = replace(advice, recommended=best is not None and name == best.name)
        made.append(_info(status, store.source(status.entry), advice, is_default=name == default))
    return made


def _info(status: ModelStatus, source: str, advice: Advice, *, is_default: bool) -> ModelInfo:
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
        pages={role: model.page for role, model in entry.models.items() if model.page},
        fits=advice.fits,
        recommended=advice.recommended,
        why=advice.why,
        memory=advice.memory,
        seconds_a_minute=advice.seconds,
        seconds_from=advice.seconds_from,
    )
