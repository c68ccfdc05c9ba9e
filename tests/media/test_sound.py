"""Sound lies where it is heard beside the pictures: clicks at known times, under late starts, gaps, seeks and jumps."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cuemark.core.errors import JobCancelled, OptionError
from cuemark.core.progress import SilentProgress
from cuemark.media.probe import probe
from cuemark.media.sound import SAMPLE_RATE, best_sound, chosen_sound, read_sound, sound_streams
from cuemark.media.sound_line import SoundLine
from tests.media.clicks import CLICKS, clicking, heard, onsets, sound_frames, write_clicks

MILLISECOND = 0.001
FORMATS = [
    ("a.mp4", "aac", 48_000), ("b.mp4", "aac", 44_100), ("c.mp4", "libmp3lame", 44_100), ("d.mkv", "aac", 44_100),
    ("e.mkv", "libopus", 48_000), ("f.mkv", "flac", 96_000), ("g.mkv", "ac3", 48_000), ("h.webm", "libopus", 48_000),
    ("i.mov", "pcm_s16le", 48_000), ("j.mov", "alac", 44_100), ("k.mov", "pcm_s24le", 96_000), ("l.ts", "aac", 48_000),
    ("m.ts", "mp2", 48_000), ("n.flv", "aac", 44_100), ("o.mkv", "libmp3lame", 44_100),
]  # fmt: skip


def assert_heard(path: Path, shift: Fraction, clicks: tuple[float, ...] = CLICKS) -> None:
    """Each click that comes behind the first picture is heard at its time, to a millisecond."""
    wanted = [click + float(shift) for click in clicks if click + shift > 0]
    assert onsets(heard(probe(path))) == pytest.approx(wanted, abs=MILLISECOND)


@pytest.mark.parametrize(("name", "codec", "rate"), FORMATS)
@pytest.mark.parametrize(
    ("sound", "picture"), [(0, 0), (Fraction(7, 3), 0), (0, 2)], ids=["together", "sound late", "picture late"]
)
def test_clicks_are_where_they_are(
    tmp_path: Path, name: str, codec: str, rate: int, sound: Fraction, picture: Fraction
) -> None:
    sound, picture = Fraction(sound), Fraction(picture)
    path = write_clicks(tmp_path / name, codec, rate=rate, sound_start=sound, picture_start=picture)
    assert_heard(path, sound - picture)
    (track,) = sound_streams(probe(path))
    assert float(track.start) == pytest.approx(float(sound - picture), abs=0.03)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "aac"), ("b.mkv", "libopus"), ("c.mov", "pcm_s16le"), ("d.ts", "aac"), ("e.mkv", "flac")],
)
@pytest.mark.parametrize("begin", [Fraction(8), Fraction(25, 3)])
def test_a_part_is_as_the_whole(tmp_path: Path, name: str, codec: str, begin: Fraction) -> None:
    clicks = tuple(step * 0.77 + 0.2 for step in range(20))
    path = write_clicks(tmp_path / name, codec, samples=clicking(48_000, 16, clicks), pictures=16)
    info = probe(path)
    part = heard(info, start=begin, end=Fraction(12))
    assert part.size == round((12 - begin) * SAMPLE_RATE)
    wanted = [click - float(begin) for click in clicks if begin < click < 12]
    assert onsets(part) == pytest.approx(wanted, abs=MILLISECOND)


def remuxed(source: Path, target: Path, change: Any) -> Path:
    """A copy without re-encoding; `change(packet)` alters a packet of sound, and leaves it out where it gives False."""
    with av.open(str(source)) as film, av.open(str(target), "w") as copy:
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in film.streams}
        for packet in film.demux():
            if packet.dts is None or (packet.stream.type == "audio" and change(packet) is False):
                continue
            packet.stream = streams[packet.stream_index]
            copy.mux(packet)
    return target


@pytest.mark.parametrize("name", ["gap.mkv", "gap.mp4", "gap.ts", "gap.mov"])
def test_what_is_missing_is_silence_and_moves_nothing(tmp_path: Path, name: str) -> None:
    whole = write_clicks(tmp_path / "whole.mp4")
    gap = remuxed(whole, tmp_path / name, lambda packet: not 1.4 < packet.pts * packet.time_base < 2.6)
    assert_heard(gap, Fraction(0))
    samples = heard(probe(gap))
    assert np.abs(samples[int(1.6 * SAMPLE_RATE) : int(2.5 * SAMPLE_RATE)]).max() < 0.01


@pytest.mark.parametrize("lost", [1, 2])
def test_single_packets_that_are_missing_move_nothing(tmp_path: Path, lost: int) -> None:
    numbers = iter(range(10_000))
    whole = write_clicks(tmp_path / "whole.mp4", "libopus")
    path = remuxed(whole, tmp_path / "holes.mkv", lambda packet: next(numbers) % 40 >= lost)
    found = onsets(heard(probe(path)))
    assert all(min(abs(one - click) for click in CLICKS) < 2 * MILLISECOND for one in found) and len(found) >= 3


def test_a_live_clock_that_trembles_leaves_no_holes(tmp_path: Path) -> None:
    jitter = np.random.default_rng(5).integers(-9, 10, 1000)
    numbers = iter(range(1000))

    def tremble(packet: Any) -> None:
        packet.pts = packet.dts = max(0, packet.pts + int(jitter[next(numbers)]))

    tone = (0.3 * np.sin(2 * np.pi * 200 * np.arange(6 * 48_000) / 48_000)).astype(np.float32)
    whole = write_clicks(tmp_path / "whole.mp4", samples=tone)
    samples = heard(probe(remuxed(whole, tmp_path / "live.mkv", tremble)))
    loud = np.abs(samples[SAMPLE_RATE // 2 : 5 * SAMPLE_RATE]).reshape(-1, 160).max(axis=1)
    assert loud.min() > 0.2, "no piece of 10 ms is silent"


def test_sound_that_was_played_twice_is_heard_once(tmp_path: Path) -> None:
    """Packets that overlap those before them by 0.2 s: what was there already is left out."""
    line = SoundLine(Fraction(0), None, Fraction(10), Fraction(1, 16_000))
    for start in (Fraction(0), Fraction(1, 2), Fraction(3, 10) + Fraction(1, 2)):
        for step in range(10):
            line.add(start + Fraction(step, 20), np.full(800, float(start), np.float32), SAMPLE_RATE)
    line.close()
    samples = line.take(line.ready)
    assert samples.size == round(1.3 * SAMPLE_RATE)
    assert float(samples[int(0.99 * SAMPLE_RATE)]) == 0.5 and samples[-1] == pytest.approx(0.8)


def test_a_clock_set_far_ahead_or_back_is_no_hour_of_silence() -> None:
    line = SoundLine(Fraction(0), None, Fraction(4), Fraction(1, 16_000))
    for step in range(40):
        off = 50_000 if 10 <= step < 20 else -30 if step >= 20 else 0
        line.add(Fraction(step, 10) + off, np.full(1600, step / 40, np.float32), SAMPLE_RATE)
    line.close()
    samples = line.take(line.ready)
    assert samples.size == 4 * SAMPLE_RATE
    assert [round(float(samples[step * 1600 + 800]) * 40) for step in range(40)] == list(range(40))


def test_tracks_and_the_one_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "tracks.mkv"
    with av.open(str(path), "w") as target:
        streams: list[Any] = []
        for language, title, click in (("eng", "Commentary", 0.2), ("deu", "", 0.4), ("fra", "Salle", 0.6)):
            stream: Any = target.add_stream("aac", rate=48_000)
            stream.layout = "mono"
            stream.metadata.update({"language": language, "title": title})
            streams.append((stream, click))
        for stream, click in streams:
            for frame in sound_frames(stream, clicking(48_000, 1, [click]), 48_000):
                target.mux(stream.encode(frame))
        for stream, _ in streams:
            target.mux(stream.encode())
    info = probe(path)
    tracks = sound_streams(info)
    assert [(track.number, track.language, track.title) for track in tracks] == [
        (1, "eng", "Commentary"), (2, "deu", ""), (3, "fra", "Salle"),
    ]  # fmt: skip
    best = best_sound(tracks)
    assert best is not None and best.number == 2, "nobody wants the commentary"
    french = best_sound(tracks, "fr")
    assert french is not None and french.number == 3
    for number, click in ((1, 0.2), (2, 0.4), (3, 0.6)):
        assert onsets(heard(info, chosen_sound(tracks, number, path))) == pytest.approx([click], abs=MILLISECOND)
    with pytest.raises(OptionError) as refused:
        chosen_sound(tracks, 4, path)
    assert refused.value.code == "option_sound_track" and "3 sound tracks" in refused.value.message


class _Cancelled(SilentProgress):
    def __init__(self, after: int) -> None:
        self._left = after

    def check(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise JobCancelled


def test_reading_stops_where_it_is_cancelled(tmp_path: Path) -> None:
    info = probe(write_clicks(tmp_path / "a.mp4"))
    with pytest.raises(JobCancelled):
        list(read_sound(info, None, _Cancelled(40)))
