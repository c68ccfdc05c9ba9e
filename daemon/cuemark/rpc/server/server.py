"""The gRPC server: services, interceptors, health, and the way down."""

from __future__ import annotations

import secrets

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from cuemark import __version__
from cuemark.core.errors import DaemonError
from cuemark.daemon.core import Core
from cuemark.rpc.contract.endpoint import Endpoint
from cuemark.rpc.contract.protocol import PROTOCOL, SERVER_OPTIONS
from cuemark.rpc.server.interceptors import GuardInterceptor, TokenInterceptor
from cuemark.rpc.server.services.analyses import AnalysesService
from cuemark.rpc.server.services.changes import ChangesService
from cuemark.rpc.server.services.evidence import EvidenceService
from cuemark.rpc.server.services.export import ExportService
from cuemark.rpc.server.services.hosts import HostsService
from cuemark.rpc.server.services.jobs import JobsService
from cuemark.rpc.server.services.library import LibraryService
from cuemark.rpc.server.services.media import MediaService
from cuemark.rpc.server.services.models import ModelsService
from cuemark.rpc.server.services.search import SearchService
from cuemark.rpc.server.services.selections import SelectionsService
from cuemark.rpc.server.services.system import SystemService
from cuemark.rpc.server.services.transcripts import TranscriptsService
from cuemark.rpc.server.services.watches import WatchesService
from cuemark.rpc.v1 import (
    analyses_pb2_grpc,
    changes_pb2_grpc,
    evidence_pb2_grpc,
    export_pb2_grpc,
    hosts_pb2_grpc,
    jobs_pb2_grpc,
    library_pb2_grpc,
    media_pb2_grpc,
    models_pb2_grpc,
    search_pb2_grpc,
    selections_pb2_grpc,
    system_pb2_grpc,
    transcripts_pb2_grpc,
    watches_pb2_grpc,
)

HOST = "127.0.0.1"
STOP_GRACE_S = 1.0


class Server:
    """Serves a core on a free loopback port."""

    def __init__(self, core: Core, *, most_connections: int) -> None:
        """More connections than so many at once are refused, since the daemon needs files for its own work too."""
        self._core = core
        self._target = ""
        self._token = secrets.token_urlsafe(32)
        interceptors = (TokenInterceptor(self._token), GuardInterceptor(core.call_counted, core.writable))
        options = [*SERVER_OPTIONS, ("grpc.max_allowed_incoming_connections", most_connections)]
        self._server = grpc.aio.server(interceptors=interceptors, options=options)
        # It begins as SERVING; nothing is served before `start` says so.
        self._health = health.aio.HealthServicer()
        self._register()

    async def start(self) -> Endpoint:
        """Binds, serves, and says where; raises DaemonError `daemon_no_port`."""
        await self._health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        try:
            port = self._server.add_insecure_port(f"{HOST}:0")
        except RuntimeError as error:
            message = f"The daemon can listen on no port of {HOST}: {error}."
            step = "Check that this machine lets programs listen on it."
            raise DaemonError("daemon_no_port", message, step) from error
        await self._server.start()
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)
        core = self._core
        endpoint = Endpoint(HOST, port, core.pid, core.instance_id, PROTOCOL, __version__, self._token)
        self._target = endpoint.target
        return endpoint

    async def retire(self) -> None:
        """Tells health checks that the end is near."""
        await self._health.enter_graceful_shutdown()

    async def stop(self) -> None:
        """Takes no more calls, gives those there are a moment, and ends."""
        await self._server.stop(STOP_GRACE_S)

    def _register(self) -> None:
        core, server = self._core, self._server
        analyses_pb2_grpc.add_AnalysesServiceServicer_to_server(AnalysesService(core), server)
        changes_pb2_grpc.add_ChangesServiceServicer_to_server(ChangesService(core), server)
        evidence_pb2_grpc.add_EvidenceServiceServicer_to_server(EvidenceService(core), server)
        export_pb2_grpc.add_ExportServiceServicer_to_server(ExportService(core), server)
        hosts_pb2_grpc.add_HostsServiceServicer_to_server(HostsService(core), server)
        jobs_pb2_grpc.add_JobsServiceServicer_to_server(JobsService(core), server)
        library_pb2_grpc.add_LibraryServiceServicer_to_server(LibraryService(core), server)
        media_pb2_grpc.add_MediaServiceServicer_to_server(MediaService(), server)
        models_pb2_grpc.add_ModelsServiceServicer_to_server(ModelsService(core), server)
        search_pb2_grpc.add_SearchServiceServicer_to_server(SearchService(core), server)
        selections_pb2_grpc.add_SelectionsServiceServicer_to_server(SelectionsService(core), server)
        system_pb2_grpc.add_SystemServiceServicer_to_server(SystemService(core, lambda: self._target), server)
        transcripts_pb2_grpc.add_TranscriptsServiceServicer_to_server(TranscriptsService(core), server)
        watches_pb2_grpc.add_WatchesServiceServicer_to_server(WatchesService(core), server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
