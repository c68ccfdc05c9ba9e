"""Files of sound alone: told apart from footage, timed from their first sample, read in every form."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.errors import MediaError
from cuemark.core.media import NOMINAL_RATE
from cuemark.media.fingerprint import fingerprint
from cuemark.media.folder import search
from cuemark.media.probe import probe
from cuemark.media.sound import SAMPLE_RATE
from tests.media.clicks import CLICKS, clicking, heard, onsets, sound_frames, write_clicks

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("a.wav", {"codec": "pcm_s16le"}),
    ("24bit 96k 8 channels.wav", {"codec": "pcm_s24le", "rate": 96_000, "channels": 8}),
    ("8k.wav", {"codec": "pcm_s16le", "rate": 8_000, "channels": 1}),
    ("float.wav", {"codec": "pcm_f32le", "rate": 22_050}),
    ("8bit.wav", {"codec": "pcm_u8", "rate": 11_025, "channels": 1}),
    ("64bit.wav", {"codec": "pcm_s64le"}),
    ("telephone.wav", {"codec": "pcm_alaw", "rate": 8_000, "channels": 1}),
    ("a.mp3", {"codec": "libmp3lame", "rate": 44_100}),
    ("a.m4a", {"codec": "aac", "rate": 44_100, "container": "ipod"}),
    ("lossless.m4a", {"codec": "alac", "container": "ipod"}),
    ("a.flac", {"codec": "flac", "rate": 44_100}),
    ("a.opus", {"codec": "libopus"}),
    ("a.ogg", {"codec": "libopus", "container": "ogg"}),
    ("a.mka", {"codec": "flac"}),
    ("late.mka", {"codec": "aac", "sound_start": Fraction(5)}),
    ("a.webm", {"codec": "libopus"}),
    ("a.aiff", {"codec": "pcm_s16be"}),
    ("a.caf", {"codec": "pcm_s16le"}),
    ("a.w64", {"codec": "pcm_s24le"}),
    ("sound.mp4", {"codec": "aac"}),
    ("six.mka", {"codec": "flac", "channels": 6}),
]


@pytest.mark.parametrize(("name", "kind"), KINDS, ids=[name for name, _ in KINDS])
def test_it_is_known_and_read(tmp_path: Path, name: str, kind: dict[str, Any]) -> None:
    path = write_clicks(tmp_path / name, pictures=None, **kind)
    info = probe(path)
    assert not info.has_picture and (info.width, info.height, info.rate) == (0, 0, NOMINAL_RATE)
    assert info.fingerprint == fingerprint(path)
    assert float(info.duration) == pytest.approx(6, abs=0.03)
    assert info.picture_start == 0 and info.warnings == ()
    samples = heard(info)
    assert samples.size / SAMPLE_RATE == pytest.approx(float(info.duration), abs=0.001)
    assert onsets(samples) == pytest.approx(CLICKS, abs=0.001)
    assert 0.05 < np.abs(samples).max() <= 1
    assert search(tmp_path).videos == (path,)


@pytest.mark.parametrize("name", ["a.mp4", "b.mkv"])
def test_a_single_picture_beside_long_sound_is_its_cover(tmp_path: Path, name: str) -> None:
    info = probe(write_clicks(tmp_path / name, pictures=0.04))
    assert not info.has_picture and info.codec == "aac"
    assert float(info.duration) == pytest.approx(6, abs=0.05)
    assert onsets(heard(info)) == pytest.approx(CLICKS, abs=0.03)


def test_a_song_with_its_cover(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as target:
        audio: Any = target.add_stream("libmp3lame", rate=44_100)
        audio.layout = "stereo"
        cover: Any = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frames = sound_frames(audio, clicking(44_100, 6), 44_100)
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8)).reformat(format="yuvj420p")
        picture.pts, picture.time_base = 0, Fraction(1)
        target.mux(cover.encode(picture))
        target.mux(cover.encode())
        for frame in frames:
            target.mux(audio.encode(frame))
        target.mux(audio.encode())
    info = probe(path)
    assert not info.has_picture and info.codec.startswith("mp3")
    assert onsets(heard(info)) == pytest.approx(CLICKS, abs=0.001)


def test_silence_at_the_end_of_a_recording_is_part_of_it(tmp_path: Path) -> None:
    """Plain silence is zeros, which at the end of other files are no footage."""
    samples = np.concatenate([clicking(48_000, 6), np.zeros(20 * 48_000, np.float32)])
    info = probe(write_clicks(tmp_path / "a.wav", "pcm_s16le", samples=samples, pictures=None))
    assert info.duration == 26 and heard(info).size == 26 * SAMPLE_RATE


def test_a_field_recorder_says_when_it_was_started(tmp_path: Path) -> None:
    path = tmp_path / "T001.wav"
    with av.open(str(path), "w", options={"write_bext": "1"}) as target:
        target.metadata.update({"time_reference": str(48_000 * 36_000 + 24_000), "originator": "recorder"})
        audio: Any = target.add_stream("pcm_s16le", rate=48_000)
        audio.layout = "mono"
        for frame in sound_frames(audio, clicking(48_000, 2, [1]), 48_000):
            target.mux(audio.encode(frame))
    assert probe(path).start_timecode == "10:00:00:12"


@pytest.mark.parametrize("name", ["cut.m4a", "cut.flac", "cut.wav", "cut.mka"])
def test_what_is_missing_at_the_end_is_said(tmp_path: Path, name: str) -> None:
    kind = {
        "m4a": ("aac", "ipod", {"movflags": "faststart"}),
        "flac": ("flac", None, {}),
        "wav": ("pcm_s16le", None, {}),
    }
    codec, container, options = kind.get(name[4:], ("flac", None, {}))
    noise = np.random.default_rng(1).normal(0, 0.1, 20 * 48_000).astype(np.float32)
    whole = write_clicks(tmp_path / name, codec, samples=noise, pictures=None, container=container, options=options)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    info = probe(whole)
    assert float(info.duration) == pytest.approx(10, abs=1)
    assert [notice.code for notice in info.warnings] == ["media_truncated"]
    assert heard(info).size / SAMPLE_RATE == pytest.approx(float(info.duration), abs=0.1)


def test_neither_pictures_nor_sound(tmp_path: Path) -> None:
    path = write_clicks(tmp_path / "words.mka", "flac", pictures=None)
    track, of_sound, of_subtitles = b"\x83\x81", b"\x02", b"\x11"
    path.write_bytes(path.read_bytes().replace(track + of_sound, track + of_subtitles).replace(b"A_FLAC", b"S_KATE"))
    with pytest.raises(MediaError) as refused:
        probe(path)
    assert refused.value.code == "no_video_stream"
    assert "no video and no sound" in refused.value.message and refused.value.next_step


def test_damaged_sound_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    path = write_clicks(tmp_path / "a.m4a", pictures=None, container="ipod", options={"movflags": "faststart"})
    data = path.read_bytes()
    body = data.index(b"mdat") + 4
    path.write_bytes(data[:body] + bytes(len(data) - body))
    with pytest.raises(MediaError) as refused:
        probe(path)
    assert refused.value.code == "sound_unreadable" and path.name in refused.value.message
