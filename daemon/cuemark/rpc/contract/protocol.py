"""What both ends of the wire agree on beside the protos."""

from __future__ import annotations

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
)

SERVER_OPTIONS: tuple[tuple[str, int], ...] = (
    # Linux lets two servers share a port unless told otherwise; calls would go to either.
    ("grpc.so_reuseport", 0),
)
