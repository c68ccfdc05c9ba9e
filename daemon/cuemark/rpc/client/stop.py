"""Stopping the running daemon, also one of another version or one that no longer answers."""

from __future__ import annotations

import time

import grpc
import psutil

from cuemark.core.errors import DaemonError
from cuemark.core.settings import Settings
from cuemark.rpc.client.connect import token_metadata
from cuemark.rpc.contract.endpoint import Endpoint, lock_is_held, read_endpoint
from cuemark.rpc.contract.protocol import CHANNEL_OPTIONS
from cuemark.rpc.v1 import system_pb2, system_pb2_grpc

GRACE_S = 20.0


def stop_daemon(settings: Settings, timeout: float = GRACE_S) -> bool:
    """Stops the daemon and waits until it is gone; False where none ran.

    Asks by RPC first, then by signal.  Raises DaemonError `daemon_not_stopped` where it is still there at the end.
    """
    if not lock_is_held(settings.lock_file):
        return False
    asked: set[str] = set()
    endpoint = None
    deadline = time.monotonic() + timeout
    while lock_is_held(settings.lock_file):
        # Read anew each time: a daemon that is just starting writes the file late, and one that waited for the lock
        # of the one we stop takes its place.
        endpoint = read_endpoint(settings.endpoint_file)
        if endpoint is not None and endpoint.instance_id not in asked:
            asked.add(endpoint.instance_id)
            if not _ask(endpoint):
                _signal(endpoint)
        if time.monotonic() > deadline:
            pid = "its process" if endpoint is None else f"process {endpoint.pid}"
            raise DaemonError("daemon_not_stopped", f"The daemon did not stop in {timeout:g} s.", f"End {pid} by hand.")
        time.sleep(0.05)
    return True


def _ask(endpoint: Endpoint) -> bool:
    with grpc.insecure_channel(endpoint.target, options=list(CHANNEL_OPTIONS)) as channel:
        stub = system_pb2_grpc.SystemServiceStub(channel)
        try:
            stub.Shutdown(system_pb2.ShutdownRequest(), timeout=3.0, metadata=token_metadata(endpoint))
        except grpc.RpcError:
            return False
    return True


def _signal(endpoint: Endpoint) -> None:
    """Terminates the process the endpoint file names, if it is the one that listens there: pids are used again."""
    try:
        process = psutil.Process(endpoint.pid)
        ports = {found.laddr.port for found in process.net_connections("tcp") if found.status == psutil.CONN_LISTEN}
        if endpoint.port in ports:
            process.terminate()
    except (psutil.Error, ValueError):
        return
