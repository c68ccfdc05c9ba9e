"""Only what is new is computed: pictures seen before, times looked at before, footage that has grown since."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.frames.extract import CHUNK, extract, extract_at
from cuemark.evidence.frames.track_store import FrameSpan, KnownVectors, pack
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times

Ramp = Callable[..., Path]
RATE = Fraction(5)
KINDS = ("film.mkv", "film.ts", "film.mp4")


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """`film(name, levels)`: 25 fps of noise around each of these levels; equal levels are equal pictures."""

    def make(name: str, levels: list[int], noise: int = 12) -> Path:
        path = tmp_path / name
        options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if path.suffix == ".mp4" else {}
        with av.open(str(path), "w", options=options) as container:
            codec = "ffv1" if path.suffix == ".nut" else "libx264"
            stream: Any = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            if codec == "libx264":
                stream.gop_size = 250
                stream.codec_context.options = {"preset": "veryfast", "qp": "12", "sc_threshold": "0"}
            for level in levels:
                grain = np.random.default_rng(level).integers(-noise, noise + 1, (64, 96, 1))
                picture = np.broadcast_to(40 + level + grain, (64, 96, 3)).astype(np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture))))
            container.mux(stream.encode())
        return path

    return make


def cut(path: Path, share: float) -> Path:
    """The first part of a file, as it was while it was written."""
    shorter = path.with_name(f"part-{path.name}")
    data = path.read_bytes()
    shorter.write_bytes(data[: int(len(data) * share)])
    return shorter


def test_equal_pictures_are_encoded_once(film: Any, encoder: Any, listener: Any, cache: FeatureCache) -> None:
    levels = [10] * 50 + [90] * 50 + [10] * 50  # lossless: the third scene is the first one, pixel for pixel
    info, heard = probe(film("still.nut", levels)), listener()
    track = extract(VideoFrames(info), encoder, Fraction(25), cache, heard).track
    assert len(track) == 150
    assert heard.counts["frames_encoded"] == sum(encoder.batches) == 2
    assert heard.counts["frames_equal"] == 148
    assert heard.updates[-1] == ("features", 150, 150, "frames")
    assert np.array_equal(track.vectors[:50], track.vectors[100:])
    assert not np.array_equal(track.vectors[49], track.vectors[50])
    assert extract(VideoFrames(info), encoder, Fraction(25), cache, heard).from_cache


def test_a_frame_that_stays_on_screen_is_encoded_once(film: Any, encoder: Any, listener: Any) -> None:
    info, heard = probe(film("still.mkv", list(range(10)))), listener()
    times = [Fraction(number, 100) for number in range(40)]  # four samples a frame
    track = extract_at(VideoFrames(info), encoder, times, None, heard).track
    assert heard.counts["frames_encoded"] == 10 and heard.counts["frames_equal"] == 30
    assert len({vector.tobytes() for vector in track.vectors}) == 10


def test_denser_times_compute_only_the_frames_between(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    info = probe(ramp(250, gop=250))
    coarse = extract(VideoFrames(info), encoder, Fraction(1), cache, SilentProgress()).track
    heard = listener()
    fine = extract(VideoFrames(info), encoder, Fraction(3), cache, heard)  # its middles include those of one a second
    assert (len(coarse), len(fine.track)) == (10, 30)
    assert heard.counts["features_from_cache"] == 10 and heard.counts["frames_encoded"] == 20
    assert not fine.from_cache
    assert np.array_equal(
        fine.track.vectors, extract(VideoFrames(info), encoder, Fraction(3), None, SilentProgress()).track.vectors
    )
    assert np.array_equal(fine.track.vectors[1::3], coarse.vectors)


def test_a_denser_stretch_computes_only_that_stretch(
    ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    info = probe(ramp(250, gop=250))
    coarse = sample_times(info, Fraction(2))
    extract_at(VideoFrames(info), encoder, coarse, cache, SilentProgress())
    middle = {Fraction(number, 25) + Fraction(1, 50) for number in range(100, 125)}  # every frame of one second
    heard = listener()
    track = extract_at(VideoFrames(info), encoder, sorted({*coarse, *middle}), cache, heard).track
    # Two frames of that second were sampled before: one is known from its time, the other once it is decoded.
    assert heard.counts["features_from_cache"] == 21 and heard.counts["frames_encoded"] == 23
    assert len(track) == len({*coarse, *middle})


def test_sparser_times_need_no_decoding(ramp: Ramp, encoder: Any, listener: Any, cache: FeatureCache) -> None:
    info = probe(ramp(250, gop=250))
    extract(VideoFrames(info), encoder, Fraction(3), cache, SilentProgress())
    heard = listener()
    result = extract(VideoFrames(info), encoder, Fraction(1), cache, heard)
    assert result.from_cache and heard.counts["features_from_cache"] == 10
    assert "frames_decoded" not in heard.counts and "frames_encoded" not in heard.counts
    assert np.array_equal(
        result.track.vectors, extract(VideoFrames(info), encoder, Fraction(1), None, listener()).track.vectors
    )


@pytest.mark.parametrize("name", KINDS)
def test_a_recording_that_grew_computes_only_its_end(
    film: Any, encoder: Any, listener: Any, cache: FeatureCache, name: str
) -> None:
    whole = film(name, [number % 150 for number in range(500)])
    shorter = cut(whole, 0.6)
    before, after = listener(), listener()
    extract(VideoFrames(probe(shorter)), encoder, RATE, cache, before)
    grown = extract(VideoFrames(probe(whole)), encoder, RATE, cache, after)
    fresh = extract(VideoFrames(probe(whole)), encoder, RATE, None, SilentProgress())
    assert np.array_equal(grown.track.vectors, fresh.track.vectors)
    assert grown.track.duration == fresh.track.duration and grown.track.times == fresh.track.times
    assert after.counts["features_from_cache"] > 0.7 * before.counts["frames_encoded"]
    assert after.counts["frames_encoded"] <= len(grown.track) - after.counts["features_from_cache"]
    assert "come from the cache" in after.notes[0]


def test_a_recording_whose_header_was_filled_in_is_still_known(
    film: Any, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    whole = film("film.mkv", [number % 150 for number in range(400)])
    shorter = cut(whole, 0.5)
    data = bytearray(shorter.read_bytes())
    title = data.index(b"Lavf")  # which program wrote it: of no meaning to its pictures
    data[title : title + 4] = b"Rec."
    shorter.write_bytes(data)
    extract(VideoFrames(probe(shorter)), encoder, RATE, cache, SilentProgress())
    heard = listener()
    extract(VideoFrames(probe(whole)), encoder, RATE, cache, heard)
    assert heard.counts["features_from_cache"] > 20


def test_another_film_that_begins_alike_is_not_taken_for_it(
    film: Any, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    start = [number % 150 for number in range(300)]
    one = film("one.ts", [*start, *range(100)])
    other = film("other.ts", [*start[:200], *range(50, 150), *range(100, 0, -1), *range(100)])
    assert one.read_bytes()[: 40 << 10] == other.read_bytes()[: 40 << 10]
    extract(VideoFrames(probe(one)), encoder, RATE, cache, SilentProgress())
    heard = listener()
    result = extract(VideoFrames(probe(other)), encoder, RATE, cache, heard)
    assert "features_from_cache" not in heard.counts
    assert np.array_equal(
        result.track.vectors, extract(VideoFrames(probe(other)), encoder, RATE, None, listener()).track.vectors
    )


def test_a_shorter_file_takes_nothing_from_a_longer_one(
    film: Any, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    whole = film("film.ts", [number % 150 for number in range(400)])
    extract(VideoFrames(probe(whole)), encoder, RATE, cache, SilentProgress())
    heard = listener()
    extract(VideoFrames(probe(cut(whole, 0.5))), encoder, RATE, cache, heard)
    assert "features_from_cache" not in heard.counts


def test_a_killed_run_of_a_shorter_recording_counts_too(
    film: Any, encoder: Any, listener: Any, cache: FeatureCache
) -> None:
    whole = film("film.mkv", [number % 150 for number in range(500)])
    with pytest.raises(JobCancelled):
        extract(
            VideoFrames(probe(cut(whole, 0.8))), encoder, Fraction(25), cache, listener(2 * CHUNK + 20, JobCancelled())
        )
    heard = listener()
    extract(VideoFrames(probe(whole)), encoder, Fraction(25), cache, heard)
    assert heard.counts["features_from_cache"] == 2 * CHUNK and heard.counts["chunks_from_cache"] == 2


TIMES = st.lists(st.fractions(0, 4, max_denominator=60), min_size=1, max_size=30, unique=True).map(sorted)


@given(earlier=TIMES, later=TIMES, rate=st.integers(1, 12))
def test_a_known_vector_is_that_of_the_frame_on_screen(
    earlier: list[Fraction], later: list[Fraction], rate: int
) -> None:
    def number(time: Fraction) -> int:
        return int(time * rate)

    spans = [FrameSpan.of(time, Fraction(number(time), rate)) for time in earlier]
    vectors = np.array([[number(time), 1] for time in earlier], np.float32)
    known = KnownVectors()
    known.add(pack(spans, vectors))
    found = known.at(later)
    assert all(vector[0] == number(later[place]) for place, (vector, _, _) in found.items())
    assert all(place in found for place, time in enumerate(later) if time in earlier)
