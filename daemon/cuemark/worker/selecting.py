"""The functions of the worker that pick stretches of footage and write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuemark.core.errors import StoreError
from cuemark.core.jobs import ProxySpec, RenderSpec, SelectSpec
from cuemark.core.progress import Progress
from cuemark.core.selection import Rendering, Selection

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.worker.runner import Workplace


def select(spec: SelectSpec, workplace: Workplace, progress: Progress) -> Selection:
    """The best stretches of the sources; without a usable cache too, which is said."""
    from cuemark.analysis.highlights.select import select as choose
    from cuemark.evidence.index.store import IndexStore

    cache, index = _cache(workplace, progress), IndexStore(workplace.settings.index)
    return choose(spec.sources, spec.options, workplace.models, cache, index, progress, workplace.limits)


def render(spec: RenderSpec, workplace: Workplace, progress: Progress) -> Rendering:
    """The pictures and sound of a selection, written."""
    from cuemark.media.render.write import write

    return write(spec.selection, spec.output, spec.render, spec.options, progress, workplace.limits)


def proxy(spec: ProxySpec, workplace: Workplace, progress: Progress) -> None:
    """A small copy of a media, in the cache."""
    from cuemark.core.proxies import proxy_file
    from cuemark.media.render.proxy import make_proxy

    target = proxy_file(workplace.settings, spec.fingerprint)
    make_proxy(spec.path, spec.fingerprint, target, progress, workplace.limits)


def _cache(workplace: Workplace, progress: Progress) -> FeatureCache | None:
    from cuemark.evidence.frames.cache import FeatureCache

    try:
        return FeatureCache(workplace.settings.cache)
    except StoreError as error:
        progress.note(f"What is known of the pictures cannot be read: {error}")
        return None
