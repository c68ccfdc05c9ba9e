"""What both ends of the wire agree on beside the messages: the protocol's number, the token, how channels and servers
are set up, and how an error travels (as a status with google.rpc details, so that code and class survive).
"""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from cuemark.core import errors
from cuemark.core.text import elided, printable

PROTOCOL = 2
"""Grows with every change of the contract that an older client or daemon would misread."""

TOKEN_METADATA = "cuemark-token"
"""The metadata key that carries the endpoint file's token on every call."""

ERROR_DOMAIN = "cuemark"
"""The domain of the google.rpc.ErrorInfo on every refused call."""

HEARTBEAT_S = 2.0
"""A watch stream is never silent for longer."""

CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    # Proxy variables would capture loopback calls, and no_proxy does not reliably spare them.
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),
    # A silent connection is put down before the daemon does it, and made again by the next call.
    ("grpc.client_idle_timeout_ms", 4_000),
)

SERVER_OPTIONS: tuple[tuple[str, int], ...] = (
    # Linux lets two servers share a port unless told otherwise; calls would go to either.
    ("grpc.so_reuseport", 0),
    # Whoever connects and says nothing holds one of the daemon's files.
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.max_connection_idle_ms", 10_000),
)


MOST_ERROR_BYTES = 1200
"""Of the message of an error that refuses a call, and of its next step.

Both travel in the call's trailing metadata, which gRPC holds to 8 KiB: the message twice, once with three bytes for
one.  A client whose call goes over that is told nothing of the error.
"""


def status_of(error: errors.CuemarkError) -> grpc.Status:
    """The status that carries an error to the client; of a very long text (somebody's id of a page) both ends."""
    info = error_details_pb2.ErrorInfo(
        reason=error.code,
        domain=ERROR_DOMAIN,
        metadata={"next_step": elided(printable(error.next_step), MOST_ERROR_BYTES), "kind": errors.kind_of(error)},
    )
    detail = any_pb2.Any()
    detail.Pack(info)
    code = code_pb2.Code.Value(errors.outcome_of(error).status)
    message = status_pb2.Status(code=code, message=elided(printable(error.message), MOST_ERROR_BYTES), details=[detail])
    status: grpc.Status = rpc_status.to_status(message)
    return status


def error_of(failure: grpc.RpcError) -> errors.CuemarkError | None:
    """The error a daemon of ours refused the call with; None when the failure is the transport's own."""
    if not isinstance(failure, (grpc.Call, grpc.aio.AioRpcError)):
        return None
    try:
        status = rpc_status.from_call(failure)
    except ValueError:
        # Details that contradict the status line: whoever answered is not a daemon of ours.
        return None
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == ERROR_DOMAIN and status is not None:
            parts = info.metadata
            return errors.rebuilt(parts.get("kind", ""), info.reason, status.message, parts.get("next_step", ""))
    return None


def refusal_of(failure: grpc.RpcError) -> errors.CuemarkError:
    """The error behind a failed call: what the daemon said, else what happened to the connection."""
    error = error_of(failure)
    if error is not None:
        return error
    code = failure.code() if isinstance(failure, (grpc.Call, grpc.aio.AioRpcError)) else None
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.DaemonError(
            "daemon_busy", "The daemon did not answer in time.", "Try again; see cuemark daemon status."
        )
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        step = "Run the command again: it starts a new daemon and jobs go on."
        return errors.DaemonError("daemon_lost", "The connection to the daemon was lost.", step)
    details = failure.details() if isinstance(failure, (grpc.Call, grpc.aio.AioRpcError)) else str(failure)
    message = f"The daemon refused the call: {code} {details}."
    return errors.DaemonError("daemon_call_failed", message, "See cuemark daemon logs.")
