"""The table of job kinds: for each kind of request its lane, the function of the worker that runs it, and what the
daemon does before and after.

To add a kind: a spec in core.jobs (its `kind` names it in rows, pipe and contract), a message for it in the contract,
a row here, and the function the row names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from cuemark.core import analysis_options, proxies, selection
from cuemark.core.errors import ModelError, NotFoundError, OptionError
from cuemark.core.jobs import (
    AnalyzeSpec,
    EncodeQuerySpec,
    EncodeTextsSpec,
    IndexSpec,
    JobSpec,
    JobState,
    ProxySpec,
    PullSpec,
    QuerySpec,
    QueryVectors,
    RenderSpec,
    SelectSpec,
    TextVectors,
    TranscribeSpec,
)
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.serialise import decode
from cuemark.core.settings import Settings
from cuemark.library.store import Library

Spec = TypeVar("Spec")
Asked = TypeVar("Asked", AnalyzeSpec, IndexSpec)

MOST_TEXTS = 64
MOST_CHARACTERS = 2000
"""Far more than a text tower reads (77 tokens, in most), and little enough to be answered at once."""


@dataclass(frozen=True)
class Lane:
    """Work that waits for the same thing, and therefore for each other, in a worker process of its own."""

    name: str


ANALYSES = Lane("analyses")  # wait for the device
DOWNLOADS = Lane("downloads")  # wait for the network
CUTS = Lane("cuts")  # wait for the disk and for a core to encode pictures, never for a model
QUERIES = Lane("queries")  # somebody waits for them
QUEUES = (ANALYSES, DOWNLOADS, CUTS)
"""Lanes whose jobs are kept in the library's queue until they have ended.  A query is answered now or not at all."""


def _as_asked(spec: Spec, settings: Settings) -> Spec:
    return spec


def _unlimited(spec: Spec, settings: Settings) -> ProcessLimits:
    return UNLIMITED


def _ended(library: Library, job_id: str, owner: str, result: None) -> bool:
    return library.jobs.finish(job_id, owner, JobState.SUCCEEDED)


@dataclass(frozen=True)
class JobKind(Generic[Spec]):
    """One row.

    `runner` names a function of the worker as "module:function", `result` the type of a query's answer.  `check`
    raises OptionError or ModelError for what cannot be, before anything is queued; `complete` fills in what the user's
    settings say; `limits` is what its worker may take of the machine; `keep` puts the result of a queued job, as
    it came out of the pipe, into the library and ends the job.
    """

    spec: type[Spec]
    lane: Lane
    runner: str
    check: Callable[[Spec], None]
    result: Any = None
    complete: Callable[[Spec, Settings], Spec] = _as_asked
    limits: Callable[[Spec, Settings], ProcessLimits] = _unlimited
    keep: Callable[[Library, str, str, Any], bool] = _ended

    def decoded(self, result: Any) -> Any:
        """The result as it came out of the pipe, as a value of our types."""
        return None if self.result is None else decode(self.result, result)


def absolute(path: Path) -> Path:
    """The path a caller sent; OptionError `option_path` for one that only its own working folder could complete."""
    if not path.is_absolute() or "\0" in str(path):
        raise OptionError("option_path", f"{str(path)!r} is not an absolute path.", "Send the whole path.")
    return path


def _check_analysis(spec: AnalyzeSpec) -> None:
    from cuemark.analysis.options import pipeline_options

    absolute(spec.path)
    pipeline_options(spec.options)


def _check_indexing(spec: IndexSpec) -> None:
    absolute(spec.path)
    analysis_options.checked(spec.options)


def _check_transcription(spec: TranscribeSpec) -> None:
    absolute(spec.path)
    analysis_options.checked(spec.options)


def _with_limits(spec: TranscribeSpec, settings: Settings) -> TranscribeSpec:
    """Only limits come from the settings: a default model is none that hears."""
    completed = analysis_options.with_settings(spec.options, settings)
    return replace(spec, options=replace(completed, models=spec.options.models))


def _with_settings(spec: Asked, settings: Settings) -> Asked:
    return replace(spec, options=analysis_options.with_settings(spec.options, settings))


def _limits_of_analysis(spec: AnalyzeSpec | TranscribeSpec | IndexSpec, settings: Settings) -> ProcessLimits:
    return spec.limits


def _check_pull(spec: PullSpec) -> None:
    from cuemark.models.store.registry import default_registry

    known = default_registry()
    if spec.name not in known:
        message = f"There is no model called {spec.name!r}."
        raise ModelError("model_unknown", message, f"Models: {', '.join(known)}.")


def _check_texts(spec: EncodeTextsSpec) -> None:
    if not 0 < len(spec.texts) <= MOST_TEXTS:
        message = f"{len(spec.texts)} texts cannot be encoded in one query."
        raise OptionError("option_texts", message, f"Send 1 to {MOST_TEXTS} texts.")
    longest = max(map(len, spec.texts))
    if longest > MOST_CHARACTERS:
        message = f"A text of {longest} characters is too long for a query."
        raise OptionError("option_texts", message, f"Send texts of at most {MOST_CHARACTERS} characters.")


def _check_selection(spec: SelectSpec) -> None:
    selection.checked(spec.options)
    found = [candidate for source in spec.sources for candidate in source.candidates]
    if not 0 < len(found) <= selection.MOST_CANDIDATES:
        message = f"A selection cannot be made out of {len(found)} moments."
        raise OptionError("selection_size", message, f"Send 1 to {selection.MOST_CANDIDATES} of them.")
    for source in spec.sources:
        absolute(source.media.path)


def _check_rendering(spec: RenderSpec) -> None:
    absolute(spec.output)
    if not spec.selection.picks:
        raise OptionError("selection_empty", "The selection has no picks to render.", "Select something first.")
    for each in spec.selection.media:
        absolute(each.media.path)


def _check_query(spec: EncodeQuerySpec) -> None:
    if len(spec.text) > MOST_CHARACTERS:
        message = f"A query of {len(spec.text):,} characters is too long."
        raise OptionError("search_query", message, f"Describe it in at most {MOST_CHARACTERS:,} characters.")
    if not spec.text.strip() and spec.example is None:
        raise OptionError("search_query", "Nothing is searched for.", "Say what, in words, or give an example.")
    if spec.example is not None:
        absolute(spec.example.path)


def _check_proxy(spec: ProxySpec) -> None:
    absolute(spec.path)
    if not proxies.is_fingerprint(spec.fingerprint):
        message = f"{spec.fingerprint!r} is no footage of the library."
        raise NotFoundError("media_not_indexed", message, "See cuemark library list.")


def _limits_of_query(spec: QuerySpec, settings: Settings) -> ProcessLimits:
    """Never gentle, since it is short and somebody waits for it; but it keeps to the GPU memory that is allowed."""
    return ProcessLimits(vram=settings.vram)


JOB_KINDS: tuple[JobKind[Any], ...] = (
    JobKind(
        AnalyzeSpec,
        lane=ANALYSES,
        runner="cuemark.worker.runner:analyse",
        check=_check_analysis,
        complete=_with_settings,
        limits=_limits_of_analysis,
        keep=Library.finish_analysis,
    ),
    JobKind(
        PullSpec,
        lane=DOWNLOADS,
        runner="cuemark.worker.runner:pull_model",
        check=_check_pull,
    ),
    JobKind(
        TranscribeSpec,
        lane=ANALYSES,
        runner="cuemark.worker.runner:transcribe",
        check=_check_transcription,
        complete=_with_limits,
        limits=_limits_of_analysis,
        keep=Library.finish_with_result,
    ),
    JobKind(
        IndexSpec,
        lane=ANALYSES,
        runner="cuemark.worker.runner:index",
        check=_check_indexing,
        complete=_with_settings,
        limits=_limits_of_analysis,
        keep=Library.finish_indexing,
    ),
    JobKind(
        SelectSpec,
        lane=CUTS,
        runner="cuemark.worker.selecting:select",
        check=_check_selection,
        keep=Library.finish_with_result,
    ),
    JobKind(
        RenderSpec,
        lane=CUTS,
        runner="cuemark.worker.selecting:render",
        check=_check_rendering,
        keep=Library.finish_with_result,
    ),
    JobKind(
        ProxySpec,
        lane=CUTS,
        runner="cuemark.worker.selecting:proxy",
        check=_check_proxy,
    ),
    JobKind(
        EncodeTextsSpec,
        lane=QUERIES,
        runner="cuemark.worker.runner:encode_texts",
        result=TextVectors,
        check=_check_texts,
        limits=_limits_of_query,
    ),
    JobKind(
        EncodeQuerySpec,
        lane=QUERIES,
        runner="cuemark.worker.runner:encode_query",
        result=QueryVectors,
        check=_check_query,
        limits=_limits_of_query,
    ),
)

_BY_SPEC = {row.spec: row for row in JOB_KINDS}


def kind_of(spec: JobSpec | QuerySpec) -> JobKind[Any]:
    """The row of a request."""
    return _BY_SPEC[type(spec)]


def names_in(lane: Lane) -> tuple[str, ...]:
    """The names of a lane's kinds, as the library's rows have them."""
    return tuple(row.spec.kind for row in JOB_KINDS if row.lane is lane)
