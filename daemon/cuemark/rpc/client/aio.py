"""The client for programs with an event loop: everything that is asked of the daemon, in plain types.

    async with await AsyncCuemarkClient.connect() as client:
        job = await client.submit_analyze(Path("footage.mp4"))
        async for event in client.watch_job(job.id): ...
        analysis = await client.get_analysis((await client.get_job(job.id)).analysis_id)

Every method raises errors of cuemark.core.errors: those the daemon refused with, rebuilt with their reason code, and
DaemonError `daemon_lost`, `daemon_busy` or `daemon_stopping` when the daemon went away or is too slow.
`cuemark.rpc.client.client` has the same methods for programs without an event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cuemark.core.errors import Notice
from cuemark.core.settings import Settings, load
from cuemark.rpc.client import connect as connecting
from cuemark.rpc.client.analyses import AnalysesClient
from cuemark.rpc.client.changes import ChangesClient
from cuemark.rpc.client.connection import Connection
from cuemark.rpc.client.evidence import EvidenceClient
from cuemark.rpc.client.export import ExportClient
from cuemark.rpc.client.hosts import HostsClient
from cuemark.rpc.client.library import LibraryClient
from cuemark.rpc.client.media import MediaClient
from cuemark.rpc.client.search import SearchClient
from cuemark.rpc.client.selections import SelectionsClient
from cuemark.rpc.client.system import SystemClient
from cuemark.rpc.client.transcripts import TranscriptsClient
from cuemark.rpc.client.watches import WatchesClient
from cuemark.rpc.contract.endpoint import Endpoint


class AsyncCuemarkClient(
    LibraryClient,
    WatchesClient,
    AnalysesClient,
    TranscriptsClient,
    SelectionsClient,
    ChangesClient,
    EvidenceClient,
    MediaClient,
    SearchClient,
    ExportClient,
    HostsClient,
    SystemClient,
):
    """A connection to the daemon with the calls of every service.  Lives on one event loop; calls may overlap.

    Close it, or use it as a context.
    """

    @classmethod
    async def connect(
        cls,
        settings: Settings | None = None,
        *,
        start: bool = True,
        on_wait: Callable[[str], None] | None = None,
        daemon_command: Sequence[str] = connecting.DAEMON_COMMAND,
    ) -> AsyncCuemarkClient:
        """Connects to the running daemon, starting one where none runs and `start` allows it.

        `on_wait(text)` is called when the daemon has to be started.  Raises DaemonError: daemon_not_running,
        daemon_start_failed, daemon_not_answering, daemon_bad_token, daemon_protocol_mismatch.
        """
        known = load() if settings is None else settings

        async def dial() -> connecting.Link:
            return await connecting.connect(known, start=start, on_wait=on_wait, daemon_command=daemon_command)

        return cls(Connection(await dial(), dial))

    @classmethod
    async def find(cls, settings: Settings | None = None) -> AsyncCuemarkClient | None:
        """Connects to the daemon that runs and answers now, else None; nothing is started, and nobody waited for.

        Raises DaemonError `daemon_bad_token`, `daemon_protocol_mismatch`.
        """
        link = await connecting.find(load() if settings is None else settings)
        return None if link is None else cls(Connection(link))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the daemon tells everybody: of a library that was damaged and restored."""
        return self._connection.link.notices

    @property
    def endpoint(self) -> Endpoint:
        """The daemon this client talks to."""
        return self._connection.endpoint

    async def close(self) -> None:
        """Closes the connection; jobs go on."""
        await self._connection.close()

    async def __aenter__(self) -> AsyncCuemarkClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
