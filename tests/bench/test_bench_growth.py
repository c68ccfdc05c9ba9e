"""What `cuemark bench library` is made of: long footage, and the real path of a job."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import av
import numpy as np
import psutil
import pytest
from filelock import FileLock

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, StoreError
from cuemark.core.progress import SilentProgress
from cuemark.lab.bench import footage, library
from cuemark.lab.bench.comparison import BenchOptions, Table
from cuemark.lab.bench.large_pictures import LONG, SHORT, LargeFootage, large_pictures_growth
from cuemark.lab.bench.library import Extent
from cuemark.lab.bench.own_daemon import Analysed
from cuemark.lab.bench.run import Measured
from cuemark.media.probe import probe


@pytest.fixture
def short_base(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A base of four seconds with three groups of pictures and reordered frames, in place of two minutes."""
    monkeypatch.setattr(footage, "BASE_SECONDS", 4)
    base = tmp_path / "base-4s-seed0.mp4"
    noise = np.random.default_rng(0)
    with av.open(str(base), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"bf": "3", "g": "40", "sc_threshold": "0"}
        for _ in range(100):
            picture = noise.integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return base


def test_long_footage_has_its_length_and_every_frame(short_base: Path, tmp_path: Path) -> None:
    file = footage.long_footage(tmp_path, 1, 0)
    info = probe(file)
    assert info.duration == 60 and info.frame_count == 1500 and not info.variable_rate and not info.warnings
    with av.open(str(file)) as container, av.open(str(short_base)) as original:
        known = {_digest(frame) for frame in original.decode(video=0)}
        frames = [(frame.pts, _digest(frame)) for frame in container.decode(video=0)]
    steps = {late[0] - early[0] for early, late in itertools.pairwise(frames) if late[0] and early[0] is not None}
    assert len(frames) == 1500 and len(steps) == 1
    # Cut from the base bit for bit: nothing in it refers to a picture that is not there.
    assert {digest for _, digest in frames} == known
    # Fifteen times as long: the first group of pictures comes fifteen times before the second comes.
    assert frames[0][1] == frames[40][1] == frames[14 * 40][1] and frames[15 * 40][1] != frames[0][1]


def _digest(frame: Any) -> str:
    return hashlib.sha256(frame.to_ndarray(format="rgb24").tobytes()).hexdigest()


def test_footage_is_written_once_and_never_by_halves(short_base: Path, tmp_path: Path) -> None:
    file = footage.long_footage(tmp_path, 1, 0)
    before = file.stat().st_mtime_ns
    assert footage.long_footage(tmp_path, 1, 0).stat().st_mtime_ns == before
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_full_disk_is_told_before(monkeypatch: pytest.MonkeyPatch, short_base: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(StoreError) as caught:
        footage.long_footage(tmp_path, 180, 0)
    assert caught.value.code == "disk_full" and "--work" in str(caught.value)


def test_tiny_files_are_each_a_media_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(footage, "_TINY_SECONDS", 1)
    known = [probe(file) for file in footage.tiny_files(tmp_path, 3, 0)]
    assert len({info.fingerprint for info in known}) == 3 and not any(info.warnings[1:] for info in known)
    assert {info.frame_count for info in known} == {known[0].frame_count}


def peaks(*cells: tuple[int, float | None]) -> Table:
    return Table("footage", "about", ("minutes", "worker peak, MiB"), cells)


def test_the_memory_goal_is_of_three_hours_beside_ten_minutes() -> None:
    warm = Analysed(analysis=ANY, stages={}, seconds=1.0, counters={}, peak_bytes=500 << 20)
    asked = AnalysisOptions(models={"clip": "sample", "lm": "sample"})
    weights = library.weights_bytes(asked) / (1 << 20)
    assert 5 < weights < 100
    (grown,) = library.memory_growth(peaks((1, 600.0), (10, 700.0), (180, 700.0 * 1.2)), warm, asked)
    assert grown.met is False and grown.ratio_median == pytest.approx((840 - weights) / (700 - weights))
    assert grown.facts["more for 180 min, MiB"] == pytest.approx(340)
    (steady,) = library.memory_growth(peaks((10, 700.0), (180, 705.0)), warm, asked)
    assert steady.met
    assert library.memory_growth(peaks((1, 600.0), (2, 700.0)), warm, asked) == [], "nothing is claimed unmeasured"


def test_large_pictures_may_not_pile_up() -> None:
    def grown(short: float, long: float) -> bool | None:
        cells = ((SHORT, short), (LONG, long))
        (found,) = large_pictures_growth(Table("large pictures", "", ("footage", "worker peak, MiB"), cells), 30.0)
        return found.met

    assert grown(600.0, 640.0) is True
    assert grown(600.0, 2736.0) is False, "as it was while every picture looked at was kept"


def test_two_at_once_in_one_folder_are_refused(tmp_path: Path) -> None:
    with FileLock(tmp_path / "library.lock"), pytest.raises(CuemarkError) as caught:
        library.measure(BenchOptions(tmp_path, pairs=1), SilentProgress(), Extent(minutes=(1,)))
    assert caught.value.code == "bench_busy" and "--work" in str(caught.value)


@pytest.mark.slow
def test_the_real_path_at_a_small_extent(tmp_path: Path) -> None:
    before, others = os.environ["CUEMARK_HOME"], _children()
    extent = Extent(
        minutes=(1,), moments=(2, 3), moments_in_minutes=1, files=(2, 4), preset="fast",
        large=(LargeFootage("small", 320, 180, "yuv420p10le", 2),),
    )  # fmt: skip
    measured: Measured = library.measure(BenchOptions(tmp_path, pairs=1), SilentProgress(), extent)
    tables = {table.name: table for table in measured.tables}
    json.dumps([table.as_json() for table in measured.tables])
    growth = tables["footage"]
    assert growth.column("frames encoded")[0] and growth.column("moments found")[0]
    assert tables["moments"].column("moments found") == (2, 3)
    assert tables["large pictures"].column("footage") == ("small",)
    assert tables["moments"].column("frames decoded") == (0, 0), "features come from the cache"
    assert tables["library"].column("files") == (2, 4)
    assert all(isinstance(peak, float) and peak > 100 for peak in growth.column("worker peak, MiB"))
    again = next(found for found in measured.comparisons if found.name == "library/again")
    assert again.facts["frames decoded again"] == again.facts["frames encoded again"] == 0
    assert int(again.facts["frames decoded at first"]) > 0 and int(again.facts["samples from the cache"]) > 0
    assert os.environ["CUEMARK_HOME"] == before
    # The daemon lets go of its lock a moment before its process has ended.
    assert not psutil.wait_procs(_children() - others, timeout=20)[1]


def _children() -> set[psutil.Process]:
    """What runs below this process; other tests of this run may have daemons of their own there."""
    return set(psutil.Process().children(recursive=True))
