"""Rendered files, checked frame by frame by the numbers drawn into the footage, and by its clicks."""

from __future__ import annotations

import json
import os
import tarfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cuemark.core.errors import InputError, JobCancelled, MediaError, StoreError
from cuemark.core.selection import Rendering, RenderKind, RenderOptions, Selection
from cuemark.media.render.write import write
from tests.selection.numbered import CLICK_EVERY, SOUND, Played, selection_of, silent, write_numbered

NTSC24 = Fraction(24000, 1001)
NTSC30 = Fraction(30000, 1001)
AAC_STEP = 1024 / SOUND


def movie(selection: Selection, path: Path, progress: Any = None, **options: Any) -> Rendering:
    return write(selection, path, RenderKind.MOVIE, RenderOptions(**options), progress or silent())


def in_step(played: Played, *, within: float = 0.003) -> int:
    """How many clicks there are, each of which has to begin with the picture it was drawn with."""
    assert played.rate is not None
    clicks = played.clicks()
    shown = {round(float(time), 6): number for time, number in zip(played.times, played.numbers, strict=True)}
    expected = [time for time, number in shown.items() if number % CLICK_EVERY == 0]
    assert len(clicks) == len(expected), (clicks, expected)
    for heard, seen in zip(clicks, expected, strict=True):
        assert heard == pytest.approx(seen, abs=within)
    return len(clicks)


@pytest.mark.parametrize("rate", [Fraction(25), NTSC24, NTSC30, Fraction(50)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_cuts_are_on_the_very_frames_and_sound_stays_with_them(rate: Fraction, suffix: str, tmp_path: Path) -> None:
    path = write_numbered(tmp_path / f"a{suffix}", 150, rate=rate)
    spans = [(7, 31), (40, 41), (55, 90), (3, 20), (110, 150)]
    made = movie(selection_of(*((path, a, b) for a, b in spans)), tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    expected = [number for a, b in spans for number in range(a, b)]
    assert played.numbers == expected
    assert played.rate == rate
    assert [round(time * rate) for time in played.times] == list(range(len(expected)))
    assert made.seconds == len(expected) / rate and made.copied == 0 and made.encoder == "libx264"
    assert in_step(played) >= 6
    assert len(played.sound) / SOUND == pytest.approx(float(made.seconds), abs=2 * AAC_STEP)
    starts = [sum(b - a for a, b in spans[:place]) for place in range(len(spans))]
    assert all(played.keys[start] for start in starts), "a player can begin at every cut"


def test_nothing_drifts_over_a_hundred_cuts(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mp4", 300, rate=NTSC30, size=(160, 96))
    spans = [(path, 12 * (place % 20) + 1, 12 * (place % 20) + 14) for place in range(100)]
    movie(selection_of(*spans), tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    assert len(played.numbers) == 1300
    assert in_step(played) == 100


def test_mixed_rates_and_sizes_play_in_their_own_seconds(tmp_path: Path) -> None:
    one = write_numbered(tmp_path / "a.mp4", 100, rate=25)
    two = write_numbered(tmp_path / "b.mov", 120, rate=NTSC30, size=(112, 200))
    made = movie(selection_of((one, 10, 60), (two, 12, 72), (one, 70, 95)), tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    assert played.sizes == {(200, 112)} and played.rate == 25
    second = int(60 / NTSC30 * 25)
    assert len(played.numbers) == 50 + second + 25
    assert played.numbers[:50] == list(range(10, 60)) and played.numbers[-25:] == list(range(70, 95))
    assert made.seconds == Fraction(len(played.numbers), 25)


def test_a_file_with_a_start_timecode_and_one_without_sound(tmp_path: Path) -> None:
    one = write_numbered(tmp_path / "a.mov", 60, timecode="01:02:03:04")
    two = write_numbered(tmp_path / "b.mp4", 60, sound=None)
    movie(selection_of((one, 12, 30), (two, 5, 25), (one, 36, 48)), tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    assert played.numbers == [*range(12, 30), *range(5, 25), *range(36, 48)]
    quiet = played.sound[round((18 + 1) / 25 * SOUND) : round((38 - 1) / 25 * SOUND)]
    assert float(np.abs(quiet).max()) < 0.02
    assert [round(click * 25) for click in played.clicks()] == [0, 12, 38]


def test_variable_rate_shows_what_was_on_screen(tmp_path: Path) -> None:
    times = [Fraction(number, 25) + (Fraction(1, 50) if number % 3 == 1 else 0) for number in range(90)]
    path = write_numbered(tmp_path / "a.mp4", 90, times=times, sound=None)
    selection = selection_of((path, 10, 60))
    rate = selection.media[0].media.rate
    movie(selection, tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    for place, number in enumerate(played.numbers):
        middle = selection.picks[0].start + (Fraction(place) + Fraction(1, 2)) / rate
        assert times[number] <= middle + Fraction(1, 90_000)
        assert number + 1 == len(times) or middle < times[number + 1] + Fraction(1, 90_000)


def test_no_click_is_heard_at_a_cut(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mov", 150, sound="tone", sound_codec="pcm_s16le", size=(160, 96))
    movie(selection_of((path, 11, 40), (path, 67, 99), (path, 20, 33)), tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    steepest = 0.7 * 2 * np.pi * 440 / SOUND
    assert float(np.abs(np.diff(played.sound)).max()) < 1.6 * steepest
    inside = played.sound[round(0.3 * SOUND) : round(0.8 * SOUND)]
    assert float(np.sqrt((inside**2).mean())) == pytest.approx(0.7 / np.sqrt(2), rel=0.05)


def test_closed_groups_of_pictures_are_copied_as_they_are(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mp4", 120, gop=12, options={"x264-params": "scenecut=0:open-gop=0"})
    spans = [(path, 24, 48), (path, 84, 120), (path, 0, 12)]
    made = movie(selection_of(*spans), tmp_path / "out.mp4")
    assert (made.copied, made.encoder) == (3, "")
    played = Played(tmp_path / "out.mp4")
    assert played.numbers == [*range(24, 48), *range(84, 120), *range(12)]
    assert [round(time * 25) for time in played.times] == list(range(72))
    assert in_step(played) == 6


def test_frames_that_are_coded_alone_are_copied_anywhere(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mov", 60, codec="prores_ks", pix_fmt="yuv422p10le", sound_codec="pcm_s16le")
    spans = [(path, 7, 19), (path, 30, 31), (path, 41, 60)]
    made = movie(selection_of(*spans), tmp_path / "out.mov")
    assert made.copied == 3
    assert Played(tmp_path / "out.mov").numbers == [*range(7, 19), 30, *range(41, 60)]
    made = movie(selection_of(*spans), tmp_path / "out.mp4")
    assert (made.copied, made.encoder) == (0, "libx264"), "MP4 holds no ProRes"
    assert Played(tmp_path / "out.mp4").numbers == [*range(7, 19), 30, *range(41, 60)]


@pytest.mark.parametrize(("first", "after"), [(25, 48), (24, 47), (23, 48)])
def test_what_cannot_be_copied_exactly_is_encoded(first: int, after: int, tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mp4", 120, gop=12, options={"x264-params": "scenecut=0:bframes=3:b-adapt=0"})
    made = movie(selection_of((path, first, after)), tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    assert played.numbers == list(range(first, after))
    assert made.copied == 0


def test_files_whose_decoders_differ_are_encoded(tmp_path: Path) -> None:
    one = write_numbered(tmp_path / "a.mp4", 48, gop=12)
    two = write_numbered(tmp_path / "b.mp4", 48, gop=12, options={"profile": "baseline"})
    made = movie(selection_of((one, 0, 24), (two, 0, 24)), tmp_path / "out.mp4")
    assert made.copied == 0
    assert Played(tmp_path / "out.mp4").numbers == [*range(24), *range(24)]


def test_sound_alone_becomes_a_file_of_sound(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=SOUND)
        stream.layout = "stereo"
        tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(4 * SOUND) / SOUND)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(
            (np.repeat(tone[:, None], 2, 1) * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate = SOUND
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    made = movie(selection_of((path, 24, 48)), tmp_path / "out.mp4")
    played = Played(tmp_path / "out.mp4")
    assert not played.numbers and made.encoder == ""
    assert len(played.sound) / SOUND == pytest.approx(1, abs=2 * AAC_STEP)


def test_a_size_that_is_asked_for(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mp4", 30)
    movie(selection_of((path, 0, 24)), tmp_path / "out.mp4", width=320, height=320)
    played = Played(tmp_path / "out.mp4")
    assert played.sizes == {(320, 320)}
    movie(selection_of((path, 0, 24)), tmp_path / "small.mp4", height=56)
    assert Played(tmp_path / "small.mp4").sizes == {(100, 56)}


def test_what_is_there_is_left_alone_and_replaced_when_that_is_allowed(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mp4", 30, size=(160, 96))
    target = tmp_path / "out.mp4"
    target.write_bytes(b"mine")
    with pytest.raises(InputError) as refused:
        movie(selection_of((path, 0, 10)), target)
    assert refused.value.code == "file_exists" and target.read_bytes() == b"mine"
    movie(selection_of((path, 0, 10)), target, overwrite=True)
    assert Played(target).numbers == list(range(10))
    assert sorted(os.listdir(tmp_path)) == ["a.mp4", "out.mp4"], "no draft is left"


class _Cancels:
    """Cancels after so many questions."""

    def __init__(self, after: int) -> None:
        self.left = after

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise JobCancelled

    def update(self, stage: str, done: int, total: int, unit: str) -> None:
        self.check()

    def count(self, name: str, amount: int = 1) -> None: ...

    def note(self, message: str) -> None: ...


@pytest.mark.parametrize("after", [0, 40, 150])
@pytest.mark.parametrize("kind", list(RenderKind))
def test_a_cancel_leaves_nothing_behind(after: int, kind: RenderKind, tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mp4", 240, size=(160, 96))
    selection = selection_of((path, 0, 100), (path, 120, 240))
    with pytest.raises(JobCancelled):
        write(selection, tmp_path / "out.mp4", kind, RenderOptions(), _Cancels(after))
    assert os.listdir(tmp_path) == ["a.mp4"]


def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    path = write_numbered(tmp_path / "a.mp4", 100, size=(200, 112))
    selection = selection_of((path, 0, 100))
    opened = Path.open

    class Full:
        def __init__(self, file: Any) -> None:
            self._file, self._written = file, 0

        def write(self, data: bytes) -> int:
            self._written += len(data)
            if self._written > 4000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return int(self._file.write(data))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

    monkeypatch.setattr(
        Path,
        "open",
        lambda self, mode="r", **k: Full(opened(self, mode, **k)) if "x" in mode else opened(self, mode, **k),
    )
    with pytest.raises(StoreError) as refused:
        movie(selection, tmp_path / "out.mp4")
    assert refused.value.code == "disk_full" and "out.mp4" in refused.value.message
    assert os.listdir(tmp_path) == ["a.mp4"]


def test_a_file_that_is_away_is_named(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "away.mp4", 30, size=(160, 96))
    selection = selection_of((path, 0, 10))
    path.unlink()
    with pytest.raises(MediaError) as refused:
        movie(selection, tmp_path / "out.mp4")
    assert refused.value.code == "media_not_found" and "away.mp4" in refused.value.message


def test_another_file_under_the_same_name_is_not_cut(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.mp4", 30, size=(160, 96))
    selection = selection_of((path, 0, 10))
    write_numbered(path, 30, size=(160, 96), first=300)
    with pytest.raises(MediaError) as refused:
        movie(selection, tmp_path / "out.mp4")
    assert refused.value.code == "media_changed"


def test_clips_with_their_captions(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "Ünï 犬 <&> clip.mov", 90, timecode="10:00:00:00")
    captions = ("a dog", 'he said "犬"\nand left')
    selection = selection_of((path, 5, 30), (path, 40, 77), captions=captions)
    made = write(selection, tmp_path / "set", RenderKind.CLIPS, RenderOptions(), silent())
    lines = [json.loads(line) for line in (tmp_path / "set" / "captions.jsonl").read_text().splitlines()]
    assert [line["caption"] for line in lines] == list(captions)
    assert [(line["start_frame"], line["end_frame"]) for line in lines] == [(5, 30), (40, 77)]
    for line in lines:
        assert line["file"].isascii() and Path(line["file"]).name == line["file"]
        played = Played(tmp_path / "set" / line["file"])
        assert played.numbers == list(range(line["start_frame"], line["end_frame"]))
    assert made.clips == 2 and {file.name for file in made.files} == {*(x["file"] for x in lines), "captions.jsonl"}
    with pytest.raises(InputError):
        write(selection, tmp_path / "set", RenderKind.CLIPS, RenderOptions(), silent())
    write(selection, tmp_path / "set", RenderKind.CLIPS, RenderOptions(overwrite=True), silent())
    (tmp_path / "set" / "notes.txt").write_text("mine")
    with pytest.raises(InputError):
        write(selection, tmp_path / "set", RenderKind.CLIPS, RenderOptions(overwrite=True), silent())
    assert (tmp_path / "set" / "notes.txt").read_text() == "mine"


def test_tar_files_as_webdataset_reads_them(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "a.b c.mp4", 90, size=(160, 96))
    selection = selection_of(*((path, 10 * place, 10 * place + 8) for place in range(5)))
    for name in ("one", "two"):
        write(selection, tmp_path / name, RenderKind.WEBDATASET, RenderOptions(per_shard=2), silent())
    shards = sorted((tmp_path / "one").glob("*.tar"))
    assert [shard.name for shard in shards] == [f"shard-{number:06}.tar" for number in range(3)]
    assert not list((tmp_path / "one").glob("*.mp4"))
    samples: dict[str, dict[str, bytes]] = {}
    for shard in shards:
        with tarfile.open(shard) as tar:
            for member in tar:
                key, _, suffix = member.name.partition(".")
                content = tar.extractfile(member)
                assert content is not None and member.isfile() and "/" not in member.name
                samples.setdefault(key, {})[suffix] = content.read()
    assert len(samples) == 5 and all(set(parts) == {"mp4", "json", "txt"} for parts in samples.values())
    for place, parts in enumerate(samples.values()):
        assert json.loads(parts["json"])["caption"] == parts["txt"].decode() == f"pick {place + 1}"
        (tmp_path / "clip.mp4").write_bytes(parts["mp4"])
        assert Played(tmp_path / "clip.mp4").numbers == list(range(10 * place, 10 * place + 8))
    assert [shard.read_bytes() for shard in shards] == [
        shard.read_bytes() for shard in sorted((tmp_path / "two").glob("*.tar"))
    ], "the same clips give the same bytes"
