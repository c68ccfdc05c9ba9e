"""What the worker does with a job: an analysis, or a model pull."""

from __future__ import annotations

from typing import Any

from cuemark.analysis.model_cache import ModelCache
from cuemark.core.analysis import Analysis
from cuemark.core.errors import StoreError
from cuemark.core.jobs import AnalyzeSpec, JobSpec, PullSpec, limits_of
from cuemark.core.progress import Progress
from cuemark.core.settings import Settings


class JobRunner:
    """Runs jobs with the real pipeline; keeps its models between them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
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
        from cuemark.models.runtime.memory import Batches

        if self._models is None:
            self._models = ModelCache(self._settings)
        cache: FeatureCache | None = None
        try:
            cache = FeatureCache(self._settings.cache)
        except StoreError as error:
            progress.note(f"Nothing can be cached: {error}")
        before = Batches.halvings
        result = analyse(spec.path, spec.options, self._models, cache, limits_of(spec), progress)
        if Batches.halvings > before:
            progress.count("batches_halved", Batches.halvings - before)
            progress.note("Memory ran out; smaller batches were used. It would be faster with more of it free.")
        return result
