"""Names a feature track by all that decides its content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction

from cuemark.media.info import MediaInfo

SAMPLING_VERSION = 1
"""Raise when the pictures handed to an encoder change for the same file (scaling, colour, choice of frames)."""


def track_key(info: MediaInfo, encoder_id: str, times: Sequence[Fraction]) -> str:
    """40 hex digits of the media's content, its stream, the encoder with its preprocessing, and the sample times."""
    parts = [info.fingerprint, str(info.stream_index), encoder_id, str(SAMPLING_VERSION), *map(str, times)]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=20).hexdigest()


def chunk_key(track: str, chunk: int) -> str:
    """The entry of one chunk of a track."""
    return f"{track}-{chunk:05}"
