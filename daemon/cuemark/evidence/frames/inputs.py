"""From sampled frames to what the encoder takes, in a thread of its own; equal pictures are prepared once."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.known import Span
from cuemark.evidence.frames.pipeline import prefetch
from cuemark.media.sampling import FrameSampler, SampledFrame

Vectors = NDArray[np.float32]
_PICTURES_AHEAD = 4


class FrameEncoder(Protocol):
    """What turns pictures into vectors (models.image_encoder in real life)."""

    @property
    def id(self) -> str:
        """Weights and preprocessing: vectors of equal ids are comparable."""

    @property
    def batch(self) -> int:
        """How many pictures it likes to be given at once."""

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) in which it wants a picture that is this large on screen."""

    def preprocess(self, rgb: NDArray[np.uint8]) -> Vectors:
        """uint8 [H, W, 3] -> float32 [3, h, w]."""

    def encode(self, batch: Vectors) -> Vectors:
        """float32 [B, 3, h, w] -> unit float32 [B, D]."""


@dataclass(frozen=True)
class Prepared:
    """One sample: its place in the track, when its frame was on screen, and its picture.

    `pixels` is None where the picture equals that of the earlier sample at `same_as`, pixel for pixel.
    """

    place: int
    span: Span
    pixels: Vectors | None
    same_as: int


def prepared(
    sampler: FrameSampler, encoder: FrameEncoder, places: Sequence[int], on_screen: Mapping[Fraction, int]
) -> Generator[Prepared, None, None]:
    """The samples in order, decoded in a thread of their own.

    `places` maps a frame's index to its place; `on_screen` maps when a frame came on to a place that has its vector.
    """
    first_with: dict[bytes, int] = {}
    last: tuple[object, bytes] = (None, b"")
    with closing(prefetch(sampler, _PICTURES_AHEAD)) as frames:
        for frame in frames:
            place = places[frame.index]
            same_as = on_screen.get(frame.frame_time)
            if same_as is None:
                # The same frame on screen for several samples is the same object: not even hashed again.
                digest = last[1] if frame.rgb is last[0] else _digest(frame)
                last = (frame.rgb, digest)
                same_as = first_with.setdefault(digest, place)
            pixels = encoder.preprocess(frame.rgb) if same_as == place else None
            yield Prepared(place, Span.of(frame.time, frame.frame_time), pixels, same_as)


def _digest(frame: SampledFrame) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(frame.rgb).data, digest_size=16).digest()
