"""Features of a media: right for each time, never computed twice, stoppable, honest about what is missing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.errors import JobCancelled, MediaError, StoreError
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import CHUNK, extract
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe

Ramp = Callable[..., Path]
RATE = Fraction(25)


def levels(vectors: np.ndarray[Any, np.dtype[np.float32]]) -> list[int]:
    """The frame numbers behind brightness vectors."""
    return [round(value) for value in np.arctan2(vectors[:, 1], vectors[:, 0]) / (np.pi / 2) * 255 - 20]


def test_each_time_has_the_vector_of_its_frame(ramp: Ramp, encoder: Any, listener: Any) -> None:
    info, heard = probe(ramp(150)), listener()
    result = extract(VideoFrames(info), encoder, None, None, heard)
    assert result.warnings == () and not result.from_cache
    assert result.track.duration == info.duration and result.track.encoder_id == encoder.id
    assert levels(result.track.vectors) == pytest.approx([int(time * 25) for time in result.track.times], abs=1)
    assert heard.counts["frames_encoded"] == len(result.track) == 15
    assert heard.updates[-1] == ("features", 15, 15, "frames")
    assert heard.notes[-1].startswith("Frames were decoded on ")  # and why there, in words


def test_progress_only_rises(ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache) -> None:
    heard = listener()
    extract(VideoFrames(probe(ramp(150))), encoder, RATE, cache, heard)
    done = [update[1] for update in heard.updates]
    assert done == sorted(done) and len(set(done)) > 5 and done[-1] == 150
    assert max(encoder.batches) <= 16


def test_a_second_run_decodes_nothing(ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache) -> None:
    path = ramp(150)
    first = extract(VideoFrames(probe(path)), encoder, RATE, cache, listener())
    renamed = path.rename(path.with_name("renamed.mp4"))
    heard = listener()
    second = extract(VideoFrames(probe(renamed)), encoder, RATE, cache, heard)
    assert second.from_cache
    assert np.array_equal(second.track.vectors, first.track.vectors)
    assert (second.track.times, second.track.duration) == (first.track.times, first.track.duration)
    assert dict(heard.counts) == {"features_from_cache": 150}, "nothing decoded, nothing encoded"
    assert heard.updates[-1] == ("features", 150, 150, "frames") and "cache" in heard.notes[0]


def test_another_encoder_or_rate_is_another_track(ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache) -> None:
    info = probe(ramp(50))
    extract(VideoFrames(info), encoder, Fraction(5), cache, SilentProgress())
    encoder.id = "brightness-2"
    assert not extract(VideoFrames(info), encoder, Fraction(5), cache, SilentProgress()).from_cache
    assert not extract(VideoFrames(info), encoder, Fraction(6), cache, SilentProgress()).from_cache


def test_a_cancelled_run_goes_on_at_its_last_chunk(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    info = probe(ramp(300))
    with pytest.raises(JobCancelled):
        extract(VideoFrames(info), encoder, RATE, cache, listener(2 * CHUNK + 20, JobCancelled()))
    assert not [thread for thread in threading.enumerate() if thread.name == "cuemark-prefetch"]
    heard = listener()
    resumed = extract(VideoFrames(info), encoder, RATE, cache, heard)
    assert heard.counts["chunks_from_cache"] == 2
    assert heard.counts["frames_encoded"] == 300 - 2 * CHUNK
    plain = extract(VideoFrames(info), encoder, RATE, None, SilentProgress())
    assert np.array_equal(resumed.track.vectors, plain.track.vectors)
    assert cache.size().entries == 1  # the parts made way for the whole


def test_a_hole_in_the_cache_is_filled(ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache) -> None:
    info = probe(ramp(300))
    with pytest.raises(JobCancelled):
        extract(VideoFrames(info), encoder, RATE, cache, listener(3 * CHUNK + 20, JobCancelled()))
    next(path for path in cache.path.rglob("*.npz") if path.stem.endswith(f"-{CHUNK:07}")).write_bytes(b"torn")
    heard = listener()
    resumed = extract(VideoFrames(info), encoder, RATE, cache, heard)
    assert heard.counts["chunks_from_cache"] == 2
    assert levels(resumed.track.vectors) == pytest.approx([number % 200 for number in range(300)], abs=1)


_KILLED = """
import os, signal, sys
from fractions import Fraction
from pathlib import Path
import importlib.util
spec = importlib.util.spec_from_file_location("helpers", sys.argv[3])
helpers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(helpers)
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import extract
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
class Killer(helpers.Listener):
    def count(self, name, amount=1):
        super().count(name, amount)
        if self.counts["frames_encoded"] >= 150:
            os.kill(os.getpid(), signal.SIGKILL)
frames = VideoFrames(probe(Path(sys.argv[1])))
extract(frames, helpers.BrightnessEncoder(), Fraction(25), FeatureCache(Path(sys.argv[2])), Killer())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a kill that cannot be caught")
def test_a_killed_process_loses_only_its_last_chunk(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    path = ramp(300)
    helpers = Path(__file__).with_name("conftest.py")
    done = subprocess.run([sys.executable, "-c", _KILLED, path, cache.path, helpers], check=False)
    assert done.returncode == -signal.SIGKILL
    heard = listener()
    extract(VideoFrames(probe(path)), encoder, RATE, cache, heard)
    assert heard.counts["chunks_from_cache"] == 2
    assert heard.counts["frames_encoded"] == 300 - 2 * CHUNK


def test_an_error_of_the_encoder_comes_out_and_stops_the_threads(ramp: Ramp, encoder: Any) -> None:
    def fail(batch: object) -> None:
        raise RuntimeError("out of memory")

    encoder.encode = fail
    with pytest.raises(RuntimeError, match="out of memory"):
        extract(VideoFrames(probe(ramp(150))), encoder, RATE, None, SilentProgress())
    assert not [thread for thread in threading.enumerate() if thread.name == "cuemark-prefetch"]


def test_decoding_runs_ahead_by_a_bounded_number_of_frames(ramp: Ramp, encoder: Any, listener: Any) -> None:
    seen: list[int] = []
    plain, heard = encoder.encode, listener()

    def slow(batch: Any) -> Any:
        time.sleep(0.05)
        seen.append(heard.counts["frames_decoded"] - heard.counts["frames_encoded"])
        return plain(batch)

    encoder.encode = slow
    extract(VideoFrames(probe(ramp(250, size=(640, 360)))), encoder, RATE, None, heard)
    assert max(seen) < 150


def test_half_a_file_gives_half_a_track(ramp: Ramp, encoder: Any, cache: FeatureCache) -> None:
    path = ramp(250)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    info = probe(path)
    result = extract(VideoFrames(info), encoder, None, cache, SilentProgress())
    assert [notice.code for notice in info.warnings] == ["media_truncated"]
    assert 1 < result.track.duration < 9
    assert result.track.times[-1] < result.track.duration
    assert levels(result.track.vectors) == pytest.approx([int(time * 25) for time in result.track.times], abs=1)


def test_a_file_that_stops_decoding_early_says_so_from_cache_too(ramp: Ramp, encoder: Any, cache: FeatureCache) -> None:
    info = replace(probe(ramp(50)), duration=Fraction(10))
    for from_cache in (False, True):
        result = extract(VideoFrames(info), encoder, None, cache, SilentProgress())
        assert result.from_cache == from_cache
        assert [notice.code for notice in result.warnings] == ["media_truncated"]
        assert result.track.duration == pytest.approx(2, abs=0.05)


def test_a_file_deleted_meanwhile(ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache) -> None:
    info = probe(ramp(250))
    plain = encoder.encode

    def deleting(batch: Any) -> Any:
        info.path.unlink(missing_ok=True)
        return plain(batch)

    encoder.encode = deleting
    with pytest.raises(MediaError) as caught:
        extract(VideoFrames(info), encoder, RATE, cache, listener())
    assert caught.value.code == "media_vanished"


def test_a_single_frame_and_one_second(ramp: Ramp, encoder: Any) -> None:
    assert len(extract(VideoFrames(probe(ramp(1))), encoder, None, None, SilentProgress()).track) == 1
    assert len(extract(VideoFrames(probe(ramp(25))), encoder, None, None, SilentProgress()).track) in (2, 3)


def test_a_cache_that_cannot_be_written_costs_a_warning_only(
    ramp: Ramp, encoder: Any, cache: FeatureCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("disk_full", "The disk is full.", "Free some space.")

    monkeypatch.setattr(cache, "put", full)
    result = extract(VideoFrames(probe(ramp(150))), encoder, RATE, cache, SilentProgress())
    assert len(result.track) == 150
    assert [notice.code for notice in result.warnings] == ["disk_full"]


def test_pictures_reach_the_encoder_in_the_size_it_wants(ramp: Ramp, encoder: Any) -> None:
    asked: set[tuple[int, int]] = set()
    seen: set[tuple[int, ...]] = set()
    plain = encoder.preprocess

    def wanted(width: int, height: int) -> tuple[int, int]:
        asked.add((width, height))
        return 40, 30

    def watching(rgb: Any) -> Any:
        seen.add(rgb.shape)
        return plain(rgb)

    encoder.picture_size, encoder.preprocess = wanted, watching
    extract(VideoFrames(probe(ramp(30))), encoder, None, None, SilentProgress())
    assert asked == {(64, 48)} and seen == {(30, 40, 3)}


def test_more_pictures_than_the_encoder_likes_at_once_are_never_handed_over(ramp: Ramp, encoder: Any) -> None:
    encoder.batch = 5
    extract(VideoFrames(probe(ramp(60))), encoder, RATE, None, SilentProgress())
    assert max(encoder.batches) == 5 and sum(encoder.batches) == 60
