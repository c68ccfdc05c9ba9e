"""What is picked: sharp and steady stretches of one shot, whole sentences, and no two alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cuemark.analysis.highlights.looks import look
from cuemark.analysis.highlights.select import select
from cuemark.analysis.model_cache import ModelCache
from cuemark.core import settings
from cuemark.core.errors import InputError, JobCancelled, MediaError, OptionError
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import SilentProgress
from cuemark.core.selection import Candidate, Pick, PickOrder, Selection, SelectionOptions, SelectionSource, source_of
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.index.store import IndexStore
from cuemark.media.probe import probe

RATE = 25
SIZE = (320, 180)
Picture = NDArray[np.uint8]


def world(seed: int) -> Picture:
    """A picture larger than the screen: soft shapes of all sizes with edges between them, in a colour of its own."""
    noise = np.random.default_rng(seed)
    total = np.zeros((360, 480), np.float32)
    for step, weight in ((96, 1.0), (48, 0.7), (24, 0.5), (12, 0.35), (6, 0.25)):
        drawn = Image.fromarray(noise.uniform(-1, 1, (360 // step + 2, 480 // step + 2)).astype(np.float32))
        total += weight * np.asarray(drawn.resize((480, 360), Image.Resampling.BICUBIC))
    light = 110 + 60 * total / total.std() + 40 * np.sign(total)
    tint = noise.uniform(0.75, 1.0, 3)
    return np.asarray((light[..., None] * tint).clip(0, 255), np.uint8)


def seen(picture: Picture, x: float = 60, y: float = 60, blur: float = 0) -> Picture:
    """What a camera shows of a world."""
    where = (1, 0, x, 0, 1, y)
    image = Image.fromarray(picture).transform(SIZE, Image.Transform.AFFINE, where, Image.Resampling.BILINEAR)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(blur)) if blur else image)


def film(path: Path, pictures: Sequence[Picture], gop: int = 12) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *SIZE, "yuv420p", gop
        stream.codec_context.options = {"preset": "veryfast", "crf": "16", "x264-params": "scenecut=0"}
        for number, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def still(seed: int, seconds: float, **how: float) -> list[Picture]:
    return [seen(world(seed), **how)] * round(seconds * RATE)


def shaken(seed: int, seconds: float) -> list[Picture]:
    noise, scene = np.random.default_rng(seed), world(seed)
    return [seen(scene, *(60 + noise.normal(0, 4, 2))) for _ in range(round(seconds * RATE))]


def panned(seed: int, seconds: float) -> list[Picture]:
    scene = world(seed)
    return [seen(scene, 10 + 1.0 * number) for number in range(round(seconds * RATE))]


Choose = Callable[..., Selection]


@pytest.fixture
def choose(cuemark_home: Path) -> Choose:
    """choose(source, ..., length=60, per_moment=4): what `cuemark select` picks."""
    own = settings.load()

    def chosen(*sources: SelectionSource, progress: Any = None, **options: Any) -> Selection:
        words: dict[str, Any] = {"length": 60, "per_moment": 4, **options}
        for name in ("length", "per_moment"):
            words[name] = None if words[name] is None else Fraction(words[name])
        models, cache = ModelCache(own, UNLIMITED), FeatureCache(own.cache)
        index = IndexStore(own.index)
        return select(sources, SelectionOptions(**words), models, cache, index, progress or SilentProgress())

    return chosen


def source(path: Path, *moments: tuple[float, float] | tuple[float, float, float], **more: Any) -> SelectionSource:
    """Moments (start, end, score) of a file, each with a caption of its own."""
    found = tuple(
        Candidate(Fraction(a), Fraction(b), f"moment {place}", *(score or (0.8,)))
        for place, (a, b, *score) in enumerate(moments)
    )
    return SelectionSource(probe(path), found, **more)


def frames(selection: Selection) -> list[tuple[int, int]]:
    return [selection.frames(pick) for pick in selection.picks]


def test_the_sharp_part_of_a_moment(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [*still(1, 5, blur=6), *still(1, 5)])
    (pick,) = choose(source(path, (0, 10))).picks
    assert pick.start >= 5 and pick.seconds == 4
    assert pick.sharpness is not None and pick.sharpness > 0.7


def test_the_steady_part_of_a_moment(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [*shaken(2, 5), *still(2, 5)])
    (pick,) = choose(source(path, (0, 10))).picks
    assert pick.start >= Fraction(24, 5) and pick.stability is not None and pick.stability > 0.8


def test_an_even_pan_is_steady_and_a_shaken_hand_is_not(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [*panned(3, 3), *shaken(3, 3)])
    (pan, shake) = look(probe(path), [(5, 70), (80, 145)], SilentProgress())
    assert pan is not None and shake is not None
    assert float(pan.stability.mean()) > 0.75
    assert float(shake.stability.mean()) < 0.3


@pytest.mark.parametrize("cut", [40, 61, 100])
def test_no_pick_crosses_a_cut(cut: int, choose: Choose, tmp_path: Path) -> None:
    shots = [*[seen(world(4))] * cut, *[seen(world(5))] * (150 - cut)]
    path = film(tmp_path / "a.mp4", shots)
    found = look(probe(path), [(0, 150)], SilentProgress())
    assert [each.cuts for each in found if each] == [(cut,)], "to the very frame"
    for seconds in (1.5, 3, 6):
        (span,) = frames(choose(source(path, (0, 6)), per_moment=seconds))
        assert span[1] <= cut or span[0] >= cut
    (whole,) = frames(choose(source(path, (0, 6)), per_moment=None))
    assert whole == ((0, cut) if cut > 75 else (cut, 150)), "of a whole moment its longest shot"


def test_known_borders_of_shots_count(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(6, 8))
    (span,) = frames(choose(source(path, (0, 8), cuts=(Fraction(3),)), per_moment=6))
    assert span[0] >= 75


SRT = """1
00:00:01,000 --> 00:00:03,200
The first sentence is here.

2
00:00:03,900 --> 00:00:06,500
And the second one follows it.

3
00:00:07,400 --> 00:00:09,000
The third ends it.
"""


def spoken(path: Path) -> list[tuple[Fraction, Fraction]]:
    path.with_suffix(".srt").write_text(SRT)
    return [(Fraction(1), Fraction("3.2")), (Fraction("3.9"), Fraction("6.5")), (Fraction("7.4"), Fraction(9))]


@pytest.mark.parametrize("moment", [(0, 10), (1.5, 6), (5, 7)])
@pytest.mark.parametrize("seconds", [2.5, 3, 6])
def test_no_sentence_is_cut_in_two(moment: tuple[float, float], seconds: float, choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(7, 10))
    sentences = spoken(path)
    (pick,) = choose(source(path, moment), per_moment=seconds).picks
    assert pick.seconds <= Fraction(seconds)
    for start, end in sentences:
        outside = pick.end <= start or pick.start >= end
        inside = pick.start <= start and pick.end >= end
        assert outside or inside or "cut" in " ".join(pick.why), (pick, start, end)
    if seconds >= 3:
        assert "cut" not in " ".join(pick.why), "there is room for a whole one"


def test_a_sentence_longer_than_the_pick_is_said(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(8, 10))
    path.with_suffix(".srt").write_text("1\n00:00:00,100 --> 00:00:09,900\nOne sentence that never ends.\n")
    (pick,) = choose(source(path, (1, 9)), per_moment=2).picks
    assert any("sentence, cut" in why for why in pick.why)
    assert pick.seconds == 2


def test_alike_takes_are_not_both_picked(choose: Choose, tmp_path: Path) -> None:
    one = film(tmp_path / "a.mp4", still(9, 4))
    take = film(tmp_path / "b.mp4", still(9, 4, x=61))
    other = film(tmp_path / "c.mp4", still(10, 4))
    sources = [source(one, (0, 4, 0.9)), source(take, (0, 4, 0.89)), source(other, (0, 4, 0.5))]
    found = choose(*sources, length=8)
    assert [pick.path.name for pick in found.picks] == ["a.mp4", "c.mp4"]
    (difference,) = [pick.difference for pick in found.picks if pick.difference is not None]
    assert difference > 0.5


def test_one_stretch_is_not_picked_twice_for_two_moments(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", panned(11, 8))
    found = choose(source(path, (0, 6), (1, 7), (0, 8)), per_moment=2)
    spans = sorted(frames(found))
    assert all(before[1] <= after[0] for before, after in pairwise(spans)), spans


def test_length_and_order(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [picture for seed in range(20, 25) for picture in still(seed, 3)])
    moments = [(3 * place, 3 * place + 3, (0.3, 0.9, 0.5, 0.8, 0.4)[place]) for place in range(5)]
    found = choose(source(path, *moments), length=6, per_moment=2)
    assert found.seconds == 6 and len(found.picks) == 3
    assert [pick.start for pick in found.picks] == sorted(pick.start for pick in found.picks)
    best = choose(source(path, *moments), length=6, per_moment=2, order=PickOrder.SCORE)
    assert best.picks[0].score == 0.9
    odd = choose(source(path, *moments), length=5, per_moment=2)
    assert 4 <= odd.seconds <= 5
    every = choose(source(path, *moments), length=None, per_moment=2)
    assert len(every.picks) == 5
    short = choose(source(path, *moments), length=60, per_moment=2)
    assert "selection_shorter" in {notice.code for notice in short.notices} and len(short.picks) == 5


def test_black_is_not_picked(choose: Choose, tmp_path: Path) -> None:
    black = np.zeros((*SIZE[::-1], 3), np.uint8)
    path = film(tmp_path / "a.mp4", [*[black] * 75, *still(12, 3)])
    (span,) = frames(choose(source(path, (0, 6)), per_moment=2))
    assert span[0] >= 75


def test_from_keyframe_to_keyframe(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(13, 8), gop=12)
    (pick,) = choose(source(path, (0, 8)), per_moment=3, on_keyframes=True).picks
    first, after = choose(source(path, (0, 8)), per_moment=3, on_keyframes=True).frames(pick)
    assert first % 12 == 0 and after % 12 == 0 and 48 <= after - first <= 75


def test_a_file_that_is_away_still_gives_picks(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(14, 8))
    away = source(path, (0, 3), (4, 8))
    path.rename(tmp_path / "moved.mp4")
    found = choose(away)
    assert len(found.picks) == 2 and all(each.offline for each in found.media)
    assert all(pick.sharpness is None for pick in found.picks)
    assert "selection_offline" in {notice.code for notice in found.notices}


def test_a_file_that_cannot_be_read_does_not_stop_the_others(choose: Choose, tmp_path: Path) -> None:
    good, bad = film(tmp_path / "a.mp4", still(15, 5)), film(tmp_path / "b.mp4", still(16, 5))
    sources = [source(good, (0, 5)), source(bad, (0, 5))]
    bad.write_bytes(b"\0" * 5000)
    found = choose(*sources)
    assert len(found.picks) == 2
    assert any("b.mp4" in notice.message for notice in found.notices)


def test_another_file_under_the_name_is_refused(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(17, 3))
    old = source(path, (0, 3))
    film(path, still(18, 3))
    with pytest.raises(MediaError) as refused:
        choose(old)
    assert refused.value.code == "media_changed" and "a.mp4" in refused.value.message


def test_what_cannot_be_is_said(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(19, 3))
    with pytest.raises(OptionError) as short:
        choose(source(path, (0, 3)), length=2, per_moment=4)
    assert short.value.code == "option_length" and "--per-moment 2s" in short.value.next_step
    with pytest.raises(OptionError):
        choose(source(path, (0, 3)), per_moment=0)
    with pytest.raises(InputError) as none:
        choose(source(path))
    assert none.value.code == "selection_no_moments"


def test_it_stops_when_it_is_asked_to(choose: Choose, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", still(21, 6))

    class Cancels(SilentProgress):
        left = 30

        def check(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise JobCancelled

    with pytest.raises(JobCancelled):
        choose(source(path, (0, 6)), progress=Cancels())


def test_an_analysis_without_moments_is_named() -> None:
    from cuemark.core.analysis import Analysis

    info = probe_free()
    with pytest.raises(InputError) as refused:
        source_of(Analysis("a", info, {}, {}, (), ()))
    assert refused.value.code == "selection_no_moments" and "clip.mov" in refused.value.message


def probe_free() -> Any:
    from cuemark.core.media import MediaInfo

    return MediaInfo(
        Path("/f/clip.mov"), "f", 1, "mov", "h264", 0, 64, 36, 0, Fraction(1), Fraction(25), False, Fraction(9), None,
        Fraction(0), None,
    )  # fmt: skip


def test_a_pick_tells_its_own_length() -> None:
    assert Pick(Path("a"), "f", Fraction(1), Fraction(3), "", 1.0).seconds == 2
