"""From sampled frames to what the encoder takes, in a thread of its own; equal pictures are prepared once."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from cuemark.evidence.frames.measures import Measure, PictureMeasures
from cuemark.evidence.frames.track_store import FrameSpan
from cuemark.media.frames import CloserLook, FrameStream, SampledFrame

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

    @property
    def dimension(self) -> int:
        """D, how many numbers a vector has."""

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) in which it wants a picture that is this large on screen."""

    def preprocess(self, rgb: NDArray[np.uint8]) -> Vectors:
        """uint8 [H, W, 3] -> float32 [3, h, w]."""

    def encode(self, batch: Vectors) -> Vectors:
        """float32 [B, 3, h, w] -> unit float32 [B, D]."""


class Onlooker(Protocol):
    """Who looks at some of the frames closer while they go by."""

    def begin(self, known: Mapping[int, PictureMeasures], places: Sequence[int]) -> CloserLook | None:
        """Frames of `places` come; of the other places the measures are `known`.  None: no frame is wanted."""

    def saw(self, place: int, frame: SampledFrame) -> None:
        """A frame that was wanted, in order of places; called by the thread that prepares."""

    def keep(self) -> None:
        """Vectors up to some place are about to be kept: what was seen up to there is, too."""


@dataclass(frozen=True)
class PreparedSample:
    """One sample: its place in the track, when its frame was on screen, its picture, and the measures of that.

    `pixels` is None where the picture equals that of the sample at `same_as`, pixel for pixel.
    """

    place: int
    span: FrameSpan
    pixels: Vectors | None
    same_as: int
    measures: PictureMeasures | None = None


def prepared(
    stream: FrameStream,
    encoder: FrameEncoder,
    measure: Measure | None,
    places: Sequence[int],
    on_screen: Mapping[Fraction, int],
    onlooker: Onlooker | None = None,
) -> Generator[PreparedSample, None, None]:
    """The samples in order, decoded in a thread of their own.

    `places` maps a frame's index to its place; `on_screen` maps when a frame came on to a place that has its vector.
    The `onlooker` sees a frame before it is prepared.
    """
    first_with: dict[bytes, int] = {}
    known = set(on_screen.values())
    last: tuple[object, bytes] = (None, b"")
    measured: tuple[object, PictureMeasures | None] = (None, None)
    with closing(prefetch(stream, _PICTURES_AHEAD)) as frames:
        for frame in frames:
            place = places[frame.index]
            if onlooker is not None and frame.large is not None:
                onlooker.saw(place, frame)
            same_as = on_screen.get(frame.frame_time)
            if same_as is None:
                # The same frame on screen for several samples is the same object: not even hashed again.
                digest = last[1] if frame.rgb is last[0] else _digest(frame)
                last = (frame.rgb, digest)
                same_as = first_with.setdefault(digest, place)
            if measure is not None and frame.rgb is not measured[0]:
                measured = (frame.rgb, measure(frame.rgb))
            pixels = encoder.preprocess(frame.rgb) if same_as == place and place not in known else None
            yield PreparedSample(place, FrameSpan.of(frame.time, frame.frame_time), pixels, same_as, measured[1])


def _digest(frame: SampledFrame) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(frame.rgb).data, digest_size=16).digest()


Item = TypeVar("Item")

_POLL_SECONDS = 0.2


def prefetch(source: Iterable[Item], depth: int, poll: Callable[[], None] | None = None) -> Generator[Item, None, None]:
    """Yield the items of `source`, which runs at most `depth` items ahead in a thread of its own.

    An exception of the source is raised here, after the items before it.  `poll` is called here at least five times
    a second while waiting, and may raise.  Closing the generator stops the thread, closes the source, and waits.
    """
    items: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
    stop = threading.Event()
    thread = threading.Thread(target=_fill, args=(source, items, stop), name="cuemark-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            if poll is not None:
                poll()
            try:
                item, error = items.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(error, _Finished):
                return
            if error is not None:
                raise error
            yield cast(Item, item)
    finally:
        stop.set()
        thread.join()


class _Finished(Exception):
    """The source has no more items."""


def _fill(
    source: Iterable[Item], items: queue.Queue[tuple[Item | None, BaseException | None]], stop: threading.Event
) -> None:
    try:
        for item in source:
            if not _put(items, (item, None), stop):
                return
        _put(items, (None, _Finished()), stop)
    except BaseException as error:
        _put(items, (None, error), stop)
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()


def _put(
    items: queue.Queue[tuple[Item | None, BaseException | None]],
    entry: tuple[Item | None, BaseException | None],
    stop: threading.Event,
) -> bool:
    while not stop.is_set():
        try:
            items.put(entry, timeout=_POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False
