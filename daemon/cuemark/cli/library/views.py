"""Jobs, analyses, models and the daemon as JSON objects: what `--json` of the listing commands prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuemark.cli import text
from cuemark.cli.guard import error_object
from cuemark.core.text import printable_path

if TYPE_CHECKING:
    from cuemark.core.analysis import Analysis, AnalysisSummary
    from cuemark.core.jobs import Job, JobEvent, JobProgress
    from cuemark.core.status import DaemonStatus, ModelInfo


def job_object(job: Job) -> dict[str, Any]:
    """One job: what it works on, how far it is, how it ended, and its counters over all attempts."""
    return {
        "id": job.id,
        **_target(job),
        "state": job.state.value,
        "attempt": job.attempt,
        "progress": None if job.progress is None else progress_object(job.progress),
        "error": None if job.error is None else error_object(job.error),
        "warnings": [{"code": notice.code, "message": notice.message} for notice in job.warnings],
        "counters": dict(sorted(job.counters.items())),
        "analysis": job.analysis_id,
        "created_at": text.iso(job.created_at),
        "started_at": text.iso(job.started_at),
        "finished_at": text.iso(job.finished_at),
    }


def _target(job: Job) -> dict[str, Any]:
    return {name: printable_path(value) if isinstance(value, Path) else value for name, value in job.spec.facts.items()}


def target_text(job: Job) -> str:
    """What a job works on, for people: its whole path where it has one."""
    return str(_target(job).get("path") or job.spec.label)


def limits_text(job: Job) -> str:
    """How a job is held back, for people: "gentle, vram 2G"; "" where it is not."""
    limits = job.spec.limits
    return ", ".join((["gentle"] if limits.gentle else []) + ([f"vram {limits.vram}"] if limits.vram else []))


def progress_object(progress: JobProgress) -> dict[str, Any]:
    """How far a stage is."""
    return {
        "stage": progress.stage,
        "done": progress.done,
        "total": progress.total,
        "unit": progress.unit,
        "rate": progress.rate,
        "seconds_left": progress.seconds_left,
    }


def event_object(event: JobEvent) -> dict[str, Any]:
    """One event of a job, for `jobs watch --json` (one object a line)."""
    shown: dict[str, Any] = {"sequence": event.sequence, "at": text.iso(event.at)}
    if event.job is not None:
        shown["job"] = job_object(event.job)
    if event.progress is not None:
        shown["progress"] = progress_object(event.progress)
    if event.note is not None:
        shown["note"] = event.note
    return shown


def summary_object(summary: AnalysisSummary) -> dict[str, Any]:
    """One line of `analyses list`."""
    return {
        "id": summary.id,
        "path": printable_path(summary.path),
        "fingerprint": summary.fingerprint,
        "duration_s": float(summary.duration),
        "preset": summary.preset,
        "clip": summary.models.get("clip", ""),
        "lm": summary.models.get("lm", ""),
        "moments": summary.moments,
        "chapters": summary.chapters,
        "created_at": text.iso(summary.created_at),
    }


def full_analysis_object(analysis: Analysis) -> dict[str, Any]:
    """What `analyze --json` prints, with ids, what was edited, and what each moment was chosen by."""
    from cuemark.core.analysis_json import analysis_object

    shown = {"id": analysis.id, **analysis_object(analysis), "options": dict(analysis.options)}
    by_id = {moment.id: moment for moment in analysis.moments}
    for entry in shown["moments"]:
        moment = by_id[entry["id"]]
        entry["edited"] = moment.edited
        entry["scores"] = dict(moment.scores)
        entry["runners_up"] = [{"caption": runner.caption, "score": runner.score} for runner in moment.runners_up]
        if moment.mask is not None:
            mask = moment.mask
            entry["mask"] = {"centre": mask.centre, "width": mask.width, "sharpness": mask.sharpness}
    chapters = sorted(analysis.chapters, key=lambda chapter: (chapter.start, chapter.end))
    for entry, chapter in zip(shown["chapters"], chapters, strict=True):
        entry["id"] = chapter.id
        entry["edited"] = chapter.edited
    return shown


def model_object(model: ModelInfo) -> dict[str, Any]:
    """One line of `models list`."""
    return {
        "name": model.name,
        "description": model.description,
        **dict(sorted(model.architectures.items())),
        "licence": model.licence,
        "size": model.size,
        "size_on_disk": model.size_on_disk,
        "ready": model.ready,
        "built_in": model.built_in,
    }


def status_object(status: DaemonStatus) -> dict[str, Any]:
    """The daemon as it is now."""
    return {
        "running": True,
        "version": status.version,
        "protocol": status.protocol,
        "instance": status.instance_id,
        "pid": status.pid,
        "started_at": text.iso(status.started_at),
        "endpoint": status.endpoint,
        "data": printable_path(status.data_path),
        "log": printable_path(status.log_path),
        "disk_free": status.disk_free,
        "devices": [
            {"role": each.role, "asked": each.asked, "used": each.used, "reason": each.reason}
            for each in status.devices
        ],
        "loaded_models": list(status.loaded_models),
        "jobs_queued": status.jobs_queued,
        "jobs_running": status.jobs_running,
        "worker_pid": status.worker_pid,
        "worker_limits": status.worker_limits or None,
    }
