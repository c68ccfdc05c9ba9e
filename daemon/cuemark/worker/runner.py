"""What the worker does with a job: an analysis, or a model pull."""

from __future__ import annotations

from typing import Any

from cuemark.analysis.model_cache import ModelCache
from cuemark.core.analysis import Analysis
from cuemark.core.errors import StoreError
from cuemark.core.jobs import AnalyzeSpec, JobSpec, PullSpec
from cuemark.core.limits import ProcessLimits
from cuemark.core.progress import Progress
from cuemark.core.settings import Settings


class JobRunner:
    """Runs jobs with the real pipeline; keeps its models between them."""

    def __init__(self, settings: Settings, limits: ProcessLimits) -> None:
        self._settings, self._limits = settings, limits
        self._models: ModelCache | None = None

    def run(self, spec: JobSpec, progress: Progress) -> Analysis | None:
        """See `Runner`."""
        if isinstance(spec, PullSpec):
            self._pull(spec, progress)
            return None
        return self._analyse(spec, progress)

    def models(self) -> dict[str, Any]:
        """See `Runner`."""
        return {"devices": [], "loaded": []} if self._models is None else self._models.loaded()

    def _pull(self, spec: PullSpec, progress: Progress) -> None:
        from cuemark.models.store.store import ModelStore

        ModelStore(self._settings.models).pull(spec.name, progress, spec.offline)

    def _analyse(self, spec: AnalyzeSpec, progress: Progress) -> Analysis:
        from cuemark.analysis.pipeline import analyse
        from cuemark.evidence.frames.cache import FeatureCache

        if self._models is None:
            self._models = ModelCache(self._settings, self._limits)
        cache: FeatureCache | None = None
        try:
            cache = FeatureCache(self._settings.cache)
        except StoreError as error:
            progress.note(f"Nothing can be cached: {error}")
        before = self._models.runtime.halvings
        result = analyse(spec.path, spec.options, self._models, cache, self._limits, progress)
        halved = self._models.runtime.halvings - before
        if halved:
            progress.count("batches_halved", halved)
            progress.note("Memory ran out; smaller batches were used. It would be faster with more of it free.")
        return result
