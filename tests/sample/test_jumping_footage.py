"""Footage whose clock jumps, from the file to the moments: what is found is what is found in one piece."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.pipeline import analyse
from cuemark.core import settings
from cuemark.core.analysis import Analysis
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import SilentProgress
from cuemark.export import get
from cuemark.lab.sample.train import WEIGHTS
from cuemark.lab.sample.video import render_demo

pytestmark = pytest.mark.slow
HALF = 30
HOURS = 3600


def analysed(path: Path, models: ModelCache) -> Analysis:
    options = AnalysisOptions(preset="fast", models={"clip": str(WEIGHTS / "clip"), "lm": str(WEIGHTS / "lm")})
    return analyse(path, options, models, None, UNLIMITED, SilentProgress())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_demo(tmp_path_factory.mktemp("demo")).path


@pytest.fixture(scope="module")
def models() -> ModelCache:
    return ModelCache(settings.load())


@pytest.fixture(scope="module")
def whole(demo: Path, models: ModelCache) -> Analysis:
    return analysed(demo, models)


def written(demo: Path, target: Path, first: int, last: int, start: float, jump: float = 0) -> Path:
    """Seconds `first` to `last` of the film on a clock that begins at `start`; `jump` lies behind its first picture."""
    options = {"video_track_timescale": "12800"} if target.suffix in (".mp4", ".mov") else {}
    with av.open(str(demo)) as film, av.open(str(target), "w", options=options) as copy:
        source = film.streams.video[0]
        stream: Any = copy.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = source.width, source.height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90_000)
        stream.codec_context.options = {"preset": "veryfast", "crf": "20", "g": "48", "bf": "0"}
        for number, picture in enumerate(film.decode(source)):
            if 24 * first <= number < 24 * last:
                at = Fraction(number - 24 * first, 24) + Fraction(start) + (jump if number > 24 * first else 0)
                frame = picture.reformat(format="yuv420p")
                frame.pts, frame.time_base, frame.pict_type = round(at * 90_000), Fraction(1, 90_000), 0
                copy.mux(stream.encode(frame))
        copy.mux(stream.encode())
    return target


def assert_same(found: Analysis, whole: Analysis) -> None:
    assert len(found.moments) == len(whole.moments)
    for one, other in zip(found.moments, whole.moments, strict=True):
        assert float(one.start) == pytest.approx(float(other.start), abs=0.7)
        assert float(one.end) == pytest.approx(float(other.end), abs=0.7)
    assert len(found.chapters) == len(whole.chapters)
    assert "timestamps_jump" in [notice.code for notice in found.warnings]
    assert float(found.media.duration) == pytest.approx(60, abs=0.2)
    assert len(get("ffmetadata").export(found).data) > 0


@pytest.mark.parametrize("start", [0, 10 * HOURS])
def test_two_recordings_in_one_stream_are_one_film(
    demo: Path, whole: Analysis, models: ModelCache, tmp_path: Path, start: float
) -> None:
    parts = [
        written(demo, tmp_path / "a.ts", 0, HALF, 0),
        written(demo, tmp_path / "b.ts", HALF, 60, start),
    ]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert_same(analysed(path, models), whole)


@pytest.mark.parametrize("name", ["stuck.mp4", "stuck.mkv"])
def test_a_first_picture_of_many_hours_hides_nothing(
    demo: Path, whole: Analysis, models: ModelCache, tmp_path: Path, name: str
) -> None:
    assert_same(analysed(written(demo, tmp_path / name, 0, 60, 0, jump=25 * HOURS), models), whole)
