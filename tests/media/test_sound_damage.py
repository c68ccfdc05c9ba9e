"""Bad sound: none, silent, odd forms, broken beside good pictures, another length than they; and three hours of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.errors import MediaError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import SilentProgress
from cuemark.media.probe import probe
from cuemark.media.sound import SAMPLE_RATE, best_sound, read_sound, sound_streams, track_notices
from tests.media.clicks import CLICKS, clicking, heard, onsets, write_clicks

Film = Callable[..., Path]
FAST = {"movflags": "faststart"}


def notices(info: MediaInfo) -> list[str]:
    tracks = sound_streams(info)
    best = best_sound(tracks)
    assert best is not None
    return [notice.code for notice in track_notices(info, tracks, best)]


def test_no_sound(film: Film) -> None:
    info = probe(film("mute.mp4", 25))
    assert sound_streams(info) == () and list(read_sound(info, None, SilentProgress())) == []


def test_silence_is_read_as_silence(film: Film) -> None:
    samples = heard(probe(film("silent.mp4", 50, sound=2.0)))
    assert samples.size / SAMPLE_RATE == pytest.approx(2, abs=0.05) and np.abs(samples).max() < 1e-4


@pytest.mark.parametrize(
    ("codec", "rate", "channels"),
    [("pcm_s16le", 8_000, 1), ("pcm_s16le", 96_000, 2), ("pcm_s24le", 48_000, 8), ("pcm_s24le", 96_000, 8)],
)
def test_odd_forms_beside_pictures(tmp_path: Path, codec: str, rate: int, channels: int) -> None:
    path = write_clicks(tmp_path / "a.mov", codec, rate=rate, channels=channels)
    assert onsets(heard(probe(path))) == pytest.approx(CLICKS, abs=0.001)


def test_one_microphone_of_eight_is_heard(tmp_path: Path) -> None:
    samples = np.zeros((6 * 48_000, 8), np.float32)
    samples[:, 5] = clicking(48_000, 6)
    found = heard(probe(write_clicks(tmp_path / "a.mov", "pcm_s24le", channels=8, samples=samples)))
    assert onsets(found, 0.02) == pytest.approx(CLICKS, abs=0.001)


def test_a_cable_with_its_poles_changed_does_not_cancel(tmp_path: Path) -> None:
    tone = clicking(48_000, 6)
    path = write_clicks(tmp_path / "a.mov", "pcm_s16le", samples=np.stack([tone, -tone], axis=1))
    assert onsets(heard(probe(path)), 0.3) == pytest.approx(CLICKS, abs=0.001)


def _sound_bytes_of(path: Path) -> list[tuple[int, int]]:
    import av

    with av.open(str(path)) as film:
        return [(packet.pos or 0, packet.size) for packet in film.demux(film.streams.audio[0]) if packet.size]


def damaged(path: Path, which: slice) -> Path:
    data = bytearray(path.read_bytes())
    for place, size in _sound_bytes_of(path)[which]:
        data[place : place + size] = b"\xff" * size
    path.write_bytes(data)
    return path


def test_damaged_packets_are_silence_and_counted(tmp_path: Path) -> None:
    path = damaged(write_clicks(tmp_path / "a.mp4", options=FAST), slice(80, 110))  # 1.7 to 2.3 s
    blocks = list(read_sound(probe(path), None, SilentProgress()))
    assert sum(block.lost for block in blocks) >= 20
    found = onsets(np.concatenate([block.samples for block in blocks]), 0.3)
    for click in CLICKS:
        assert min(abs(click - one) for one in found) < 0.001, "what is whole is where it was"


def test_sound_that_is_damaged_all_over_leaves_the_pictures(tmp_path: Path) -> None:
    path = damaged(write_clicks(tmp_path / "a.mp4", options=FAST), slice(None))
    info = probe(path)
    assert info.has_picture and info.duration == 6
    with pytest.raises(MediaError) as refused:
        list(read_sound(info, None, SilentProgress()))
    assert refused.value.code == "sound_unreadable"
    assert path.name in refused.value.message and "pictures do not need it" in refused.value.next_step


@pytest.mark.parametrize(
    ("name", "entry", "other", "code"),
    [
        ("a.mp4", b"mp4a", b"enca", "sound_encrypted"),
        ("a.mkv", b"A_AAC", b"A_ZZZ", "sound_codec_not_supported"),
    ],
)
def test_sound_nobody_can_decode_leaves_the_pictures(
    tmp_path: Path, name: str, entry: bytes, other: bytes, code: str
) -> None:
    path = write_clicks(tmp_path / name, options=FAST if name.endswith("mp4") else {})
    data = path.read_bytes()
    assert data.count(entry) == 1
    path.write_bytes(data.replace(entry, other))
    info = probe(path)
    assert info.has_picture and float(info.duration) == pytest.approx(6, abs=0.05)
    with pytest.raises(MediaError) as refused:
        list(read_sound(info, None, SilentProgress()))
    assert refused.value.code == code and path.name in refused.value.message and refused.value.next_step


def test_a_file_cut_in_half_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_clicks(tmp_path / "a.mp4", options=FAST)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    found = onsets(heard(probe(path)))
    assert found == pytest.approx(CLICKS[: len(found)], abs=0.001) and found


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.mov"])
def test_lengths_that_differ_are_told(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "even"
    folder.mkdir()
    assert notices(probe(write_clicks(folder / name))) == []
    longer = probe(write_clicks(tmp_path / f"l{name}", samples=clicking(48_000, 9, [8.5])))
    assert notices(longer) == ["sound_longer"]
    assert onsets(heard(longer)) == pytest.approx([8.5], abs=0.001), "nothing is lost"
    shorter = probe(write_clicks(tmp_path / f"s{name}", samples=clicking(48_000, 2, [1])))
    assert notices(shorter) == ["sound_shorter"]
    assert heard(shorter).size / SAMPLE_RATE == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.mov"])
def test_sound_that_begins_late_is_not_longer_for_it(tmp_path: Path, name: str) -> None:
    """Matroska by FFmpeg tells when a track ends, not how long it is."""
    late = probe(write_clicks(tmp_path / name, samples=clicking(48_000, 4, [1]), sound_start=Fraction(2)))
    assert notices(late) == [] and onsets(heard(late)) == pytest.approx([3], abs=0.001)


_LISTEN = """
import resource, sys, time
from pathlib import Path
import av, numpy as np
from cuemark.core.progress import SilentProgress
from cuemark.media.probe import probe
from cuemark.media.sound import read_sound

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

info = probe(Path(sys.argv[1]))
seconds, first = 0.0, None
for block in read_sound(info, None, SilentProgress()):
    seconds += block.samples.size / 16_000
    first = first or (peak() if seconds >= 120 else None)
print(seconds, first, peak())
"""


@pytest.mark.slow
def test_three_hours_take_no_more_memory_than_two_minutes(tmp_path: Path) -> None:
    path = tmp_path / "long.mka"
    _write_long(path, 3 * 3600)
    ran = subprocess.run([sys.executable, "-c", _LISTEN, path], check=True, capture_output=True, text=True)
    seconds, early, most = map(float, ran.stdout.split())
    assert seconds == pytest.approx(3 * 3600, abs=1)
    assert most - early < 40, f"MB more: {most - early:.0f}"


def _write_long(path: Path, seconds: int) -> None:
    """Packets of a minute of noise over and over, so that nothing is encoded for long."""
    import av

    minute = np.random.default_rng(2).normal(0, 0.1, 60 * 16_000).astype(np.float32)
    source = write_clicks(path.with_name("minute.mka"), "flac", rate=16_000, channels=1, samples=minute, pictures=None)
    with av.open(str(source)) as film, av.open(str(path), "w") as copy:
        stream: Any = copy.add_stream_from_template(film.streams.audio[0])
        packets = [(bytes(packet), packet.pts, packet.duration) for packet in film.demux() if packet.size]
        for number in range(seconds // 60):
            for data, pts, duration in packets:
                packet = av.Packet(data)
                packet.pts = packet.dts = (pts or 0) + number * 60_000
                packet.duration, packet.time_base, packet.stream = duration, Fraction(1, 1000), stream
                copy.mux(packet)
