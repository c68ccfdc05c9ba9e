"""The client for programs without an event loop, such as the command line: blocking calls, in plain types.

    with CuemarkClient.connect() as client:
        job = client.submit_analyze(Path("footage.mp4"))
        for event in client.watch_job(job.id): ...
        analysis = client.get_analysis(client.get_job(job.id).analysis_id)

Every method waits for its twin of `AsyncCuemarkClient`, which says what it does and what it raises.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from cuemark.core.errors import Notice
from cuemark.core.settings import Settings
from cuemark.rpc.client import connect as connecting
from cuemark.rpc.client.aio import AsyncCuemarkClient
from cuemark.rpc.client.blocking import BlockingFace, LoopThread, blocking, iterating
from cuemark.rpc.contract.endpoint import Endpoint

P = ParamSpec("P")


def _opened(connect: Callable[P, Coroutine[Any, Any, AsyncCuemarkClient]]) -> Callable[P, CuemarkClient]:
    """A blocking client over what `connect` gives."""

    @functools.wraps(connect)
    def call(*args: P.args, **kwargs: P.kwargs) -> CuemarkClient:
        loop = LoopThread()
        try:
            return CuemarkClient(loop.run(connect(*args, **kwargs)), loop)
        except BaseException:
            loop.close()
            raise

    return call


class CuemarkClient(BlockingFace[AsyncCuemarkClient]):
    """A connection to the daemon.  Calls of several threads may overlap; close it, or use it as a context."""

    connect = staticmethod(_opened(AsyncCuemarkClient.connect))

    submit_analyze = blocking(AsyncCuemarkClient.submit_analyze)
    submit_transcribe = blocking(AsyncCuemarkClient.submit_transcribe)
    whole_options = blocking(AsyncCuemarkClient.whole_options)
    submit_index = blocking(AsyncCuemarkClient.submit_index)
    submit_pull = blocking(AsyncCuemarkClient.submit_pull)
    submit_proxy = blocking(AsyncCuemarkClient.submit_proxy)
    watch_job = iterating(AsyncCuemarkClient.watch_job)
    wait_job = blocking(AsyncCuemarkClient.wait_job)
    get_job = blocking(AsyncCuemarkClient.get_job)
    list_jobs = blocking(AsyncCuemarkClient.list_jobs)
    cancel_job = blocking(AsyncCuemarkClient.cancel_job)
    retry_job = blocking(AsyncCuemarkClient.retry_job)
    list_settings = blocking(AsyncCuemarkClient.list_settings)

    get_analysis = blocking(AsyncCuemarkClient.get_analysis)
    list_analyses = blocking(AsyncCuemarkClient.list_analyses)
    edit_moment = blocking(AsyncCuemarkClient.edit_moment)
    edit_chapter = blocking(AsyncCuemarkClient.edit_chapter)
    edit_analysis = blocking(AsyncCuemarkClient.edit_analysis)
    undo_edits = blocking(AsyncCuemarkClient.undo_edits)
    step_edits = blocking(AsyncCuemarkClient.step_edits)
    edit_steps = blocking(AsyncCuemarkClient.edit_steps)
    delete_analysis = blocking(AsyncCuemarkClient.delete_analysis)

    watch_library = iterating(AsyncCuemarkClient.watch_library)
    watch_jobs = iterating(AsyncCuemarkClient.watch_jobs)

    get_evidence = blocking(AsyncCuemarkClient.get_evidence)
    get_reasons = blocking(AsyncCuemarkClient.get_reasons)

    get_transcript = blocking(AsyncCuemarkClient.get_transcript)

    list_media = blocking(AsyncCuemarkClient.list_media)
    get_media = blocking(AsyncCuemarkClient.get_media)
    remove_media = blocking(AsyncCuemarkClient.remove_media)
    verify_library = blocking(AsyncCuemarkClient.verify_library)
    get_thumbnail = blocking(AsyncCuemarkClient.get_thumbnail)
    import_entries = blocking(AsyncCuemarkClient.import_entries)
    find_unchanged = blocking(AsyncCuemarkClient.find_unchanged)
    submit_select = blocking(AsyncCuemarkClient.submit_select)
    submit_render = blocking(AsyncCuemarkClient.submit_render)
    get_selection = blocking(AsyncCuemarkClient.get_selection)
    export_selection = blocking(AsyncCuemarkClient.export_selection)
    get_rendering = blocking(AsyncCuemarkClient.get_rendering)

    find_videos = blocking(AsyncCuemarkClient.find_videos)
    search_videos = blocking(AsyncCuemarkClient.search_videos)

    search = blocking(AsyncCuemarkClient.search)

    list_models = blocking(AsyncCuemarkClient.list_models)
    remove_model = blocking(AsyncCuemarkClient.remove_model)
    encode_texts = blocking(AsyncCuemarkClient.encode_texts)

    export_formats = blocking(AsyncCuemarkClient.export_formats)
    export = blocking(AsyncCuemarkClient.export)

    list_hosts = blocking(AsyncCuemarkClient.list_hosts)
    describe_timeline = blocking(AsyncCuemarkClient.describe_timeline)
    read_subtitles = blocking(AsyncCuemarkClient.read_subtitles)
    send_markers = blocking(AsyncCuemarkClient.send_markers)
    remove_markers = blocking(AsyncCuemarkClient.remove_markers)
    show_finds = blocking(AsyncCuemarkClient.show_finds)
    go_to = blocking(AsyncCuemarkClient.go_to)
    stop_script = blocking(AsyncCuemarkClient.stop_script)
    marks_file = blocking(AsyncCuemarkClient.marks_file)

    watch_folder = blocking(AsyncCuemarkClient.watch_folder)
    list_watches = blocking(AsyncCuemarkClient.list_watches)
    stop_watch = blocking(AsyncCuemarkClient.stop_watch)
    follow_watch = iterating(AsyncCuemarkClient.follow_watch)

    version = blocking(AsyncCuemarkClient.version)
    status = blocking(AsyncCuemarkClient.status)
    cache_info = blocking(AsyncCuemarkClient.cache_info)
    prune_cache = blocking(AsyncCuemarkClient.prune_cache)

    @classmethod
    def find(cls, settings: Settings) -> CuemarkClient | None:
        """A client of the daemon that runs and answers now, else None; nothing is started, and nobody waited for.

        Raises DaemonError `daemon_bad_token`, `daemon_protocol_mismatch`.
        """
        loop = LoopThread()
        found = None
        try:
            found = loop.run(AsyncCuemarkClient.find(settings))
        finally:
            if found is None:
                loop.close()
        return None if found is None else cls(found, loop)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the daemon tells everybody: of a library that was damaged and restored."""
        return self.inner.notices

    @property
    def endpoint(self) -> Endpoint:
        """The daemon this client talks to."""
        return self.inner.endpoint

    def close(self) -> None:
        """Closes the connection; jobs go on."""
        if not self.loop.closed:
            self.loop.run(self.inner.close())
        self.loop.close()

    def __enter__(self) -> CuemarkClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def stop_daemon(settings: Settings, timeout: float = connecting.STOP_S) -> bool:
    """Stops the running daemon and waits until it is gone; see `cuemark.rpc.client.connect.stop`."""
    return asyncio.run(connecting.stop(settings, timeout))
