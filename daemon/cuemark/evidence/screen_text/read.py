"""The feature track of a media and what is written in its pictures, out of one pass of decoding.

Frames that the sampling decodes anyway are read while they go by.  Where vectors come from the cache and texts do not,
the frames to be read are decoded once more, they alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction

from cuemark.core.analysis_options import AUTOMATIC, SWITCHED_OFF
from cuemark.core.errors import MediaError, ModelError, Notice, StoreError
from cuemark.core.limits import UNLIMITED, ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.screen_text import ScreenTexts
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import ExtractResult, FrameEncoder, extract
from cuemark.evidence.frames.measures import PictureMeasures, thumbnail_of
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.screen_text.looks import Look, LookChooser, all_looks, reading_size
from cuemark.evidence.screen_text.reading import Memory, Reading, Readings
from cuemark.evidence.screen_text.spans import SampleAxis
from cuemark.evidence.screen_text.store import TextStore
from cuemark.evidence.screen_text.texts import joined
from cuemark.media.frames import CloserLook, FrameSource, SampledFrame
from cuemark.media.sampling import sample_times
from cuemark.models.ocr.ocr import Picture, Reader, open_reader, reader_id

_LOOKS_KEPT = 32


@dataclass(frozen=True)
class SeenAndRead:
    """The features of a media, and its texts; None where nobody was to read."""

    features: ExtractResult
    texts: ScreenTexts | None = None


def extract_and_read(
    frames: FrameSource,
    encoder: FrameEncoder,
    sample_rate: Fraction | None,
    cache: FeatureCache | None,
    progress: Progress,
    policy: str | None = None,
    limits: ProcessLimits = UNLIMITED,
) -> SeenAndRead:
    """`extract`, and beside it what is written in the pictures as `policy` (`AnalysisOptions.screen_text`) says.

    What goes wrong with reading is a warning of the texts, never an error of the analysis.  Raises what `extract` does.
    Counter: frames_read.  Stage "screen text" in "frames", where frames are decoded for it alone.
    """
    if policy == SWITCHED_OFF:
        return SeenAndRead(extract(frames, encoder, sample_rate, cache, progress))
    times = sample_times(frames.info, sample_rate)
    reader = ScreenReader(frames.info, times, policy or AUTOMATIC, lambda: open_reader(limits), progress)
    size = encoder.picture_size(frames.info.width, frames.info.height)
    reader.resume(cache, size)
    features = extract(frames, encoder, sample_rate, cache, progress, onlooker=reader)
    return SeenAndRead(features, reader.texts(frames, features.track))


class ScreenReader:
    """Reads the frames of one media that are worth it, while they go by (an `Onlooker`) or, missed, afterwards.

    Looks are read in order: one compares with the look before.  So once one is missed, those behind it wait for
    `texts`, too.
    """

    def __init__(
        self,
        info: MediaInfo,
        times: Sequence[Fraction],
        policy: str,
        open_reader: Callable[[], Reader],
        progress: Progress,
    ) -> None:
        self._info, self._times, self._policy, self._progress = info, times, policy, progress
        self._open = open_reader
        self._size = reading_size(info.width, info.height)
        self._readings = Readings(open_reader, policy, len(times), progress.check)
        self._store: TextStore | None = None
        self._kept = 0
        self._done: set[int] = set()
        self._chosen: dict[int, Look] = {}
        self._warnings: list[Notice] = []
        self._failed = False

    def resume(self, cache: FeatureCache | None, sampled: tuple[int, int]) -> None:
        """Take up what earlier runs left; `sampled` is the size of the sampled pictures."""
        if cache is None or not reader_id():
            return
        try:
            store = TextStore(self._info, reader_id(), self._policy, self._times, sampled, cache)
            readings, memory = store.load()
        except StoreError:  # the features say so
            return
        self._store, self._kept = store, len(readings)
        self._take_up(readings, memory)

    def _take_up(self, readings: Sequence[Reading], memory: Memory) -> None:
        self._readings = Readings(self._open, self._policy, len(self._times), self._progress.check, readings, memory)
        self._done = {reading.look.place for reading in readings}

    def begin(self, known: Mapping[int, PictureMeasures], places: Sequence[int]) -> CloserLook | None:
        """See `Onlooker`."""
        chooser = LookChooser.of(self._policy, len(self._times))
        reached, missed = 0, False

        def wanted(frame: SampledFrame) -> bool:
            nonlocal reached, missed
            place = places[frame.index]
            while reached < place:
                measures = known.get(reached)
                look = chooser.next(None if measures is None else measures.thumbnail)
                missed = missed or (look is not None and look.place not in self._done)
                reached += 1
            look, reached = chooser.next(thumbnail_of(frame.rgb)), place + 1
            if look is None or missed or place in self._done:
                return False
            self._chosen[place] = look
            return True

        return CloserLook(self._size, wanted)

    def saw(self, place: int, frame: SampledFrame) -> None:
        """See `Onlooker`."""
        if frame.large is not None:
            self._read(self._chosen[place], frame.large)

    def _read(self, look: Look, rgb: Picture) -> None:
        if self._failed:
            return
        try:
            self._readings.read(look, rgb)
        except ModelError as error:
            self._failed = True
            self._warnings.append(Notice(error.code, str(error)))
            return
        self._progress.count("frames_read")

    def keep(self) -> None:
        """See `Onlooker`."""
        memory = self._readings.memory
        if self._store is None or memory.readings == self._kept:
            return
        try:
            self._store.keep_part(self._readings.all[self._kept : memory.readings], memory)
            self._kept = memory.readings
        except StoreError:  # the features say so
            self._store = None

    def texts(self, frames: FrameSource, track: FeatureTrack) -> ScreenTexts:
        """The texts of the media, whose features are `track`; looks that were missed are read now.

        JobCancelled; MediaError where the file is gone or another.
        """
        thumbnails = None if track.measures is None else track.measures.thumbnails
        looks = all_looks(None if thumbnails is None else list(thumbnails), len(track), self._policy, len(self._times))
        self._settle(looks)
        missing = looks[len(self._readings.all) :]
        if missing and not self._failed:
            self._read_missing(frames, missing)
        if not self._failed:
            self._keep_whole()
        axis = SampleAxis(track.times, thumbnails, track.duration)
        return joined(self._readings.all, axis, self._info, tuple(self._warnings))

    def _settle(self, looks: Sequence[Look]) -> None:
        """Keep of the readings those that are of the first looks, without a hole."""
        readings = self._readings.all
        fitting = next((n for n, (a, b) in enumerate(zip(readings, looks, strict=False)) if a.look != b), None)
        count = min(len(readings), len(looks)) if fitting is None else fitting
        if count < len(readings):
            self._take_up(readings[:count], Memory())
            self._kept = min(self._kept, count)

    def _read_missing(self, frames: FrameSource, missing: Sequence[Look]) -> None:
        self._progress.update("screen text", 0, len(missing), "frames")
        try:
            with closing(frames.at([self._times[look.place] for look in missing], self._size)) as stream:
                for number, frame in enumerate(stream, 1):
                    self._progress.check()
                    self._read(missing[frame.index], frame.rgb)
                    self._progress.update("screen text", number, len(missing), "frames")
                    if number % _LOOKS_KEPT == 0:
                        self.keep()
        except MediaError as error:
            if error.code in ("media_vanished", "media_changed"):
                raise
            self._failed = True
            self._warnings.append(Notice("screen_text_incomplete", f"Not all text could be read: {error.message}"))

    def _keep_whole(self) -> None:
        if self._store is not None:
            try:
                self._store.keep_whole(self._readings.all, self._readings.memory)
            except StoreError:  # the features say so
                self._store = None
