"""What the tools do, with the daemon's client: the same calls and checks as the command line, for allowed footage.

What lies outside of the allowed folders does not exist for an agent: analyses, jobs and media of it are not listed, and
their ids are as unknown as any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.agents.folders import AllowedFolders
from cuemark.agents.schemas import MOST_LISTED, USUAL_WAIT_S
from cuemark.core.analysis import Analysis
from cuemark.core.analysis_json import analysis_object, notice_object
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import InputError, NotFoundError, OptionError, StoreError
from cuemark.core.files import write_named
from cuemark.core.jobs import Job, JobEvent
from cuemark.core.label_set import labels_named
from cuemark.core.search import Ground, SearchFilter, SearchQuery
from cuemark.core.search_json import search_object
from cuemark.core.text import printable, printable_path
from cuemark.rpc.client.aio import AsyncCuemarkClient

MOST_TEXT = 1 << 20
"""Bytes of an export that are given as text; longer ones are written to a file."""
_ASKED = 10_000

Arguments = dict[str, Any]
Tell = Callable[[float, float, str], Awaitable[None]]
"""Hears how far the work is: done, of how much, and the stage."""


class Tools:
    """The tools over one connection to the daemon."""

    def __init__(self, client: AsyncCuemarkClient, allowed: AllowedFolders) -> None:
        self._client, self._allowed = client, allowed

    async def call(self, name: str, arguments: Arguments, tell: Tell) -> dict[str, Any]:
        """What the tool says, as JSON; raises CuemarkError.  The arguments fit its schema."""
        tools: dict[str, Callable[[Arguments, Tell], Awaitable[dict[str, Any]]]] = {
            "search": self._search,
            "analyze": self._analyze,
            "job": self._job,
            "list": self._list,
            "markers": self._markers,
            "export": self._export,
        }
        return await tools[name](arguments, tell)

    async def _search(self, asked: Arguments, tell: Tell) -> dict[str, Any]:
        within = tuple(map(self._allowed.path, asked.get("in", ()))) or self._allowed.folders
        grounds = tuple(Ground(one) for one in asked.get("grounds", [])) or SearchQuery.grounds
        query = SearchQuery(
            _valid(asked["query"]), grounds=grounds, top=asked.get("top", 10), filter=SearchFilter(within)
        )
        found = await self._client.search(query)
        kept = search_object(query, found)
        hits = [hit for hit in kept["hits"] if self._allowed.holds(Path(hit["path"]))]
        for hit in hits:
            hit["alike"] = [one for one in hit["alike"] if self._allowed.holds(Path(one["path"]))]
        return {"hits": hits, "warnings": kept["warnings"]}

    async def _analyze(self, asked: Arguments, tell: Tell) -> dict[str, Any]:
        path = self._allowed.path(asked["path"])
        labels = asked.get("labels")
        options = AnalysisOptions(
            moments=asked.get("moments"),
            preset=asked.get("preset"),
            labels=None if labels is None else labels_named([_valid(label) for label in labels]),
        )
        job = await self._client.submit_analyze(path, options)
        return await self._waited(job.id, asked.get("wait_s", USUAL_WAIT_S), tell)

    async def _job(self, asked: Arguments, tell: Tell) -> dict[str, Any]:
        job = await self._own_job(_valid(asked["job"]))
        if asked.get("cancel"):
            return self._job_object(await self._client.cancel_job(job.id))
        return await self._waited(job.id, asked.get("wait_s", 0), tell)

    async def _list(self, asked: Arguments, tell: Tell) -> dict[str, Any]:
        within = self._allowed.path(asked["path"]) if "path" in asked else None
        limit, what = asked.get("limit", 50), asked["what"]
        listed = {"analyses": self._analyses, "media": self._media, "jobs": self._jobs}[what]
        entries = [entry for path, entry in await listed() if self._is_meant(path, within)]
        return {what: entries[:limit], "left_out": max(0, len(entries) - limit), "folders": self._allowed.names}

    async def _markers(self, asked: Arguments, tell: Tell) -> dict[str, Any]:
        return {"analysis": _told(await self._own_analysis(_valid(asked["analysis"])))}

    async def _export(self, asked: Arguments, tell: Tell) -> dict[str, Any]:
        analysis = await self._own_analysis(_valid(asked["analysis"]))
        output = self._allowed.path(asked["output"]) if "output" in asked else None
        rate = _rate(asked["fps"]) if "fps" in asked else None
        file = await self._client.export(analysis.id, asked["format"], rate=rate)
        said = {"name": printable(file.name), "warnings": [notice_object(notice) for notice in file.warnings]}
        if output is not None:
            await asyncio.to_thread(_write, output, file.data, overwrite=bool(asked.get("overwrite")))
            return {**said, "path": printable_path(output), "bytes": len(file.data)}
        if len(file.data) > MOST_TEXT:
            message = f"The file has {len(file.data)} bytes, too many to be given as text."
            raise InputError("export_too_large", message, "Name an `output` in an allowed folder.")
        return {**said, "text": printable(file.data.decode("utf-8", "replace"))}

    async def _waited(self, job_id: str, seconds: int, tell: Tell) -> dict[str, Any]:
        """The job as it stands after at most so many seconds, with its analysis where there is one."""
        if seconds:
            with contextlib.suppress(asyncio.TimeoutError, TimeoutError):
                await asyncio.wait_for(self._followed(job_id, tell), seconds)
        job = await self._client.get_job(job_id)
        said = self._job_object(job)
        if job.analysis_id:
            analysis = await self._client.get_analysis(job.analysis_id, brief=True)
            said["analysis"] = {**_told(analysis), "id": job.analysis_id}
        return said

    async def _followed(self, job_id: str, tell: Tell) -> None:
        async for event in self._client.watch_job(job_id):
            await _tell_event(event, tell)

    def _job_object(self, job: Job) -> dict[str, Any]:
        said: dict[str, Any] = {"job": job.id, "state": job.state.value, "of": printable(job.spec.label)}
        if job.progress is not None and not job.state.ended:
            said["progress"] = asdict(job.progress)
        if job.error is not None:
            said["error"] = {"code": job.error.code, "message": printable(str(job.error.error()))}
        if not job.state.ended:
            said["next_step"] = "Ask `job` with this id, for example with wait_s 60."
        return said

    async def _own_job(self, job_id: str) -> Job:
        unknown = NotFoundError("job_not_found", f"There is no job {job_id!r}.", "`list` with what: jobs names them.")
        try:
            job = await self._client.get_job(job_id)
        except NotFoundError:
            raise unknown from None
        path = getattr(job.spec, "path", None)
        if path is None or not self._allowed.holds(path):
            raise unknown
        return job

    async def _own_analysis(self, analysis_id: str) -> Analysis:
        step = "`list` with what: analyses names them."
        unknown = NotFoundError("analysis_not_found", f"There is no analysis {analysis_id!r}.", step)
        try:
            analysis = await self._client.get_analysis(analysis_id, brief=True)
        except NotFoundError:
            raise unknown from None
        if not self._allowed.holds(analysis.media.path):
            raise unknown
        return analysis

    def _is_meant(self, path: Path, within: Path | None) -> bool:
        if not self._allowed.holds(path):
            return False
        real = Path(os.path.realpath(path))
        return within is None or real == within or within in real.parents

    async def _analyses(self) -> list[tuple[Path, dict[str, Any]]]:
        return [
            (
                one.path,
                {
                    "analysis": one.id,
                    "path": printable_path(one.path),
                    "duration_s": float(one.duration),
                    "moments": one.moments,
                    "chapters": one.chapters,
                    "models": one.models,
                    "created_at": one.created_at.isoformat(),
                },
            )
            for one in await self._client.list_analyses(limit=_ASKED)
        ]

    async def _media(self) -> list[tuple[Path, dict[str, Any]]]:
        return [
            (
                path,
                {
                    "path": printable_path(path),
                    "duration_s": float(one.media.duration),
                    "offline": one.offline,
                    "vectors": sum(one.vectors),
                    "indexed_at": one.indexed_at.isoformat(),
                },
            )
            for one in await self._client.list_media(limit=_ASKED)
            for path in one.paths[:MOST_LISTED]
        ]

    async def _jobs(self) -> list[tuple[Path, dict[str, Any]]]:
        jobs = [(getattr(job.spec, "path", None), job) for job in await self._client.list_jobs(limit=_ASKED)]
        return [(path, self._job_object(job)) for path, job in jobs if path is not None]


async def _tell_event(event: JobEvent, tell: Tell) -> None:
    if event.progress is not None:
        await tell(event.progress.done, event.progress.total, event.progress.stage)


def _told(analysis: Analysis) -> dict[str, Any]:
    return {**analysis_object(analysis), "id": analysis.id}


def _valid(text: str) -> str:
    """The text; OptionError `text_invalid` for what is no Unicode (half of a pair)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise OptionError("text_invalid", "That is not valid text.", "Send Unicode text.") from None
    return text


def _rate(text: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise OptionError("export_rate", f"{text!r} is no rate of a timeline.", "Write fps as in 25 or 30000/1001.")
    return rate


def _write(path: Path, data: bytes, *, overwrite: bool) -> None:
    """An ordinary file, whole or not at all; never into a link, a pipe or a device."""
    try:
        if path.exists() and not path.is_file():
            raise FileExistsError
        write_named(path, data, overwrite=overwrite)
    except (FileExistsError, IsADirectoryError):
        message = f"{printable_path(path)} exists and was left as it is."
        raise InputError("file_exists", message, "Choose another name, or overwrite: true for a file.") from None
    except OSError as error:
        message = f"{printable_path(path)} could not be written: {error.strerror or error}."
        raise StoreError("file_not_written", message, "Choose another place in an allowed folder.") from error
