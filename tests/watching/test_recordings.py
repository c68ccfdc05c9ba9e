"""A recording that runs: told from a copy, indexed as far as it is, and again when it has grown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.jobs import JobState
from cuemark.core.watches import WatchState
from tests.daemon.conftest import Home
from tests.watching.conftest import Watched

RECORDING, DONE, COPYING = WatchState.RECORDING, WatchState.DONE, WatchState.COPYING
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def transport_stream(path: Path, seconds: int) -> bytes:
    """Drawn footage as a recorder writes it: readable as far as it is."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 96, 64, "yuv420p", 5
        stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency"}
        noise = np.random.default_rng(7)  # or it would all be shorter than what footage is known by
        for number in range(seconds * 5):
            picture = np.full((64, 96, 3), number * 7 % 256, np.uint8)
            picture[:, : number % 96] = noise.integers(0, 255, (64, number % 96, 3))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


class Recorder:
    """Writes a file as fast as it would be recorded, or so many times faster, until stopped or at its end."""

    def __init__(self, path: Path, content: bytes, seconds: float, speed: float = 1.0) -> None:
        self._path, self._content, self._seconds, self._speed = path, content, seconds, speed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()

    def _record(self) -> None:
        begun, written = time.monotonic(), 0
        with self._path.open("wb", buffering=0) as file:
            while written < len(self._content) and not self._stop.wait(0.1):
                share = (time.monotonic() - begun) * self._speed / self._seconds
                until = min(len(self._content), round(len(self._content) * share))
                file.write(self._content[written:until])
                written = until

    def stop(self) -> None:
        """Ends it, and closes the file."""
        self._stop.set()
        self._thread.join()


@pytest.fixture
def analyses(watched: Watched) -> Callable[[], list[str]]:
    """The ids of the analyses in the library, newest first."""
    return lambda: [each.id for each in watched.client.list_analyses()]


def test_a_running_recording_is_analysed_as_it_grows_and_the_last_one_stays(
    watched: Watched, tmp_path: Path, analyses: Callable[[], list[str]]
) -> None:
    content = transport_stream(tmp_path / "whole.ts", 120)
    watched.begin(analyze=True)
    recorder = Recorder(watched.folder / "live.ts", content, 120)
    try:
        watched.until(lambda: RECORDING in watched.told("live.ts"), 100)
        watched.until(lambda: any(event.analysis_id and event.state is RECORDING for event in watched.events), 100)
        first = watched.jobs("live.ts")[0]
        assert first.spec.options.growing, "what is appended meanwhile is no change"  # type: ignore[union-attr]
        assert analyses(), "its markers are there while it runs"
        watched.until(lambda: len(watched.jobs("live.ts")) > 1, 100)
    finally:
        recorder.stop()
    last = watched.until_state("live.ts", DONE)
    job = watched.jobs("live.ts")[-1]
    assert job.state is JobState.SUCCEEDED and not job.spec.options.growing  # type: ignore[union-attr]
    assert last.analysis_id == job.analysis_id
    assert analyses() == [job.analysis_id], "those of less of it have given way"


def test_a_copy_that_could_be_read_while_it_grows_is_not_taken_for_a_recording(
    watched: Watched, tmp_path: Path
) -> None:
    content = transport_stream(tmp_path / "whole.ts", 240)
    watched.begin()
    recorder = Recorder(watched.folder / "copy.ts", content, 240, speed=20)
    watched.until_state("copy.ts", DONE)
    recorder.stop()
    assert RECORDING not in watched.told("copy.ts")
    assert len(watched.jobs("copy.ts")) == 1


def test_real_footage_is_indexed_while_it_is_recorded(home: Home, tmp_path: Path) -> None:
    from cuemark.rpc.client.connect import DAEMON_COMMAND

    content = transport_stream(tmp_path / "whole.ts", 300)
    folder = tmp_path / "card"
    folder.mkdir()
    watched = Watched(home, folder, DAEMON_COMMAND)
    watched.begin(options=AnalysisOptions(models={"clip": "sample"}, speech="off", screen_text="off"))
    recorder = Recorder(folder / "live.ts", content, 300)
    try:
        watched.until(lambda: any(event.note.startswith("As far as") for event in watched.events), 250)
        (media,) = watched.client.list_media()
        assert 4 < media.media.duration < 250
    finally:
        recorder.stop()
    watched.until_state("live.ts", DONE)
    (media,) = watched.client.list_media()
    assert media.media.size == (folder / "live.ts").stat().st_size, "one media, as long as it has become"
    watched.end()
