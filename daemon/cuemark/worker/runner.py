"""The functions that run jobs and queries in the worker, one a kind, and what the worker keeps between them.

The daemon names the function of a kind (`daemon.job_kinds`) as "module:function"; it is called with the request, the
worker's `Workplace`, and the listener to report to, and returns the result.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cuemark.core.analysis import Analysis, ModelUse
from cuemark.core.errors import StoreError
from cuemark.core.footage import Indexed
from cuemark.core.jobs import (
    AnalyzeSpec,
    EncodeQuerySpec,
    EncodeTextsSpec,
    IndexSpec,
    PullSpec,
    QueryVectors,
    TextVector,
    TextVectors,
    TranscribeSpec,
    WorkSpec,
)
from cuemark.core.limits import ProcessLimits
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.core.settings import Settings
from cuemark.core.status import LoadedModels
from cuemark.core.transcript import Transcription

if TYPE_CHECKING:
    from cuemark.analysis.model_cache import ModelCache
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.models.clip.clip import ClipModel


class Workplace:
    """What a worker process has for its tasks: settings, limits, and the models it keeps loaded."""

    def __init__(self, settings: Settings, limits: ProcessLimits) -> None:
        self.settings = settings
        self.limits = limits

    @cached_property
    def models(self) -> ModelCache:
        """The models of analyses, loaded when first needed."""
        from cuemark.analysis.model_cache import ModelCache

        return ModelCache(self.settings, self.limits)


class TaskRunner:
    """Runs tasks with the real functions; see `worker.main.Runner`."""

    def __init__(self, settings: Settings, limits: ProcessLimits) -> None:
        self._workplace = Workplace(settings, limits)

    def run(self, function: str, spec: WorkSpec, progress: Progress) -> Any:
        """Calls "module:function"."""
        module, _, name = function.partition(":")
        task: Callable[[WorkSpec, Workplace, Progress], Any] = getattr(importlib.import_module(module), name)
        return task(spec, self._workplace, progress)

    def models(self) -> LoadedModels:
        """What is loaded."""
        loaded: ModelCache | None = self._workplace.__dict__.get("models")
        return LoadedModels() if loaded is None else loaded.loaded()


def analyse(spec: AnalyzeSpec, workplace: Workplace, progress: Progress) -> Analysis:
    """The moments and chapters of one file; without a usable cache too, which is said."""
    from cuemark.analysis import pipeline

    models = workplace.models
    before = models.runtime.halvings
    cache = _feature_cache(workplace.settings, progress)
    result = pipeline.analyse(spec.path, spec.options, models, cache, workplace.limits, progress)
    result = _left_in_the_index(result, spec, workplace, cache, progress)
    halved = models.runtime.halvings - before
    if halved:
        progress.count("batches_halved", halved)
        progress.note("Memory ran out; smaller batches were used. It would be faster with more of it free.")
    return result


def _left_in_the_index(
    result: Analysis, spec: AnalyzeSpec, workplace: Workplace, cache: FeatureCache | None, progress: Progress
) -> Analysis:
    """The analysis, whose media is in the index now; that it could not be put there is said, and costs nothing else."""
    from cuemark.analysis.indexing import leave_entry
    from cuemark.evidence.index.store import IndexStore

    store, quiet = IndexStore(workplace.settings.index), OnlyChecks(progress)
    notice = leave_entry(spec.path, spec.options, workplace.models, cache, workplace.limits, quiet, store)
    return result if notice is None else replace(result, warnings=(*result.warnings, notice))


def transcribe(spec: TranscribeSpec, workplace: Workplace, progress: Progress) -> Transcription:
    """What is said in one media, whoever tells it."""
    from cuemark.analysis.transcription import transcription_of

    cache = _feature_cache(workplace.settings, progress)
    return transcription_of(spec.path, spec.options, workplace.models, cache, progress)


def index(spec: IndexSpec, workplace: Workplace, progress: Progress) -> Indexed:
    """The entry of one media, left in the index; the daemon writes its row."""
    from cuemark.analysis.asked import Beside, asked_beside, asked_of
    from cuemark.analysis.indexing import index_file
    from cuemark.evidence.index.store import IndexStore

    store, cache = IndexStore(workplace.settings.index), _feature_cache(workplace.settings, progress)
    asked = asked_beside(asked_of(spec.options, workplace.settings), Beside().state(spec.path))
    indexed = index_file(spec.path, spec.options, workplace.models, cache, workplace.limits, progress, store)
    return replace(indexed, asked=asked)


def pull_model(spec: PullSpec, workplace: Workplace, progress: Progress) -> None:
    """A registry model, downloaded and verified."""
    from cuemark.models.store.store import ModelStore

    ModelStore(workplace.settings.models).pull(spec.name, progress, spec.offline)


def encode_texts(spec: EncodeTextsSpec, workplace: Workplace, progress: Progress) -> TextVectors:
    """Unit vectors of texts, float32 as the analyses have them."""
    ref = workplace.models.choose("clip", spec.clip)
    progress.update("text model", 0, 1, "models")
    clip: ClipModel = workplace.models.load(ref, progress)
    encoder = clip.text
    progress.update("text model", 1, 1, "models")
    vectors = encoder.encode(spec.texts).tolist()
    use = ModelUse(ref.name, clip.id, str(encoder.device), clip.device_reason)
    return TextVectors(use, tuple(TextVector(tuple(values)) for values in vectors))


def encode_query(spec: EncodeQuerySpec, workplace: Workplace, progress: Progress) -> QueryVectors:
    """The vectors of a search; the image tower is loaded for an example only."""
    from cuemark.analysis.query import query_vectors

    return query_vectors(spec, workplace.models, progress)


def _feature_cache(settings: Settings, progress: Progress) -> FeatureCache | None:
    from cuemark.evidence.frames.cache import FeatureCache

    try:
        return FeatureCache(settings.cache)
    except StoreError as error:
        progress.note(f"Nothing can be cached: {error}")
        return None
