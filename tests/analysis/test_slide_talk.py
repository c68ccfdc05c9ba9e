"""A talk over slides, from the file to the chapters: chapters begin with the slides and are called by their titles."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.pipeline import analyse
from cuemark.core import settings
from cuemark.core.analysis import READ, Analysis
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import SilentProgress

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SECONDS = 36
RATE = 10
SIZE = (960, 540)
SLIDES: tuple[tuple[str, Sequence[str]], ...] = (
    (
        "Why bees swarm",
        (
            "A colony of bees grows all through the spring until the hive is full to the roof.",
            "When the queen has no room left for eggs, the bees raise a second queen in a larger cell.",
            "The old queen then leaves with half of the bees, and that flight is what we call a swarm.",
            "A swarm hangs on a branch for a day while scouts look for a hollow tree.",
        ),
    ),
    (
        "Harvesting honey",
        (
            "Honey is ripe when the bees have closed the comb with a thin lid of wax.",
            "We take the frames out in the morning and cut the lids away with a warm knife.",
            "The frames go into a drum that spins, and the honey runs down the wall of the drum.",
            "Let it stand for two days, so that the foam rises, and fill it into jars.",
        ),
    ),
    (
        "Winter in the hive",
        (
            "In winter the bees do not sleep; they sit in a ball around the queen and shiver to keep warm.",
            "They eat about fifteen kilos of stores between October and March.",
            "A mouse guard at the entrance and a strap around the boxes is all the hive needs.",
            "On a mild day in February they come out for the first time.",
        ),
    ),
)


def slide(heading: str, number: int) -> Image.Image:
    """A heading on a plain ground, with a shape of its own colour below."""
    picture = Image.new("RGB", SIZE, (245, 244, 238))
    draw = ImageDraw.Draw(picture)
    draw.text((80, 60), heading, fill=(20, 20, 30), font=ImageFont.load_default(56))
    colour = [(200, 60, 40), (220, 170, 30), (40, 80, 190)][number]
    draw.ellipse((340, 200, 620, 480), fill=colour)
    return picture


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talk") / "bees.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number, (heading, _) in enumerate(SLIDES):
            picture = np.asarray(slide(heading, number))
            for _ in range(SECONDS * RATE):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    path.with_suffix(".srt").write_text(subtitles(), encoding="utf-8")
    return path


def subtitles() -> str:
    """Sentences of nine seconds; the first of a slide begins half a second after it comes on."""
    cues: list[str] = []
    for number, (_, sentences) in enumerate(SLIDES):
        for place, sentence in enumerate(sentences):
            start = number * SECONDS + place * 9 + (0.5 if place == 0 else 0.1)
            cues.append(
                f"{len(cues) + 1}\n{clock(start)} --> {clock(number * SECONDS + place * 9 + 8.8)}\n{sentence}\n"
            )
    return "\n".join(cues)


def clock(seconds: float) -> str:
    return f"00:{int(seconds) // 60:02d}:{int(seconds) % 60:02d},{round(seconds % 1 * 1000):03d}"


@pytest.fixture(scope="module")
def models() -> ModelCache:
    return ModelCache(settings.load())


def analysed(path: Path, models: ModelCache, **options: Any) -> Analysis:
    asked = AnalysisOptions(preset="fast", models={"clip": "pocket", "lm": "pocket"}, **options)
    return analyse(path, asked, models, None, UNLIMITED, SilentProgress())


def test_chapters_are_the_slides(talk: Path, models: ModelCache) -> None:
    found = analysed(talk, models)
    borders = [chapter.start for chapter in found.chapters]
    assert len(borders) == len(SLIDES)
    assert all(abs(start - SECONDS * number) <= 1 for number, start in enumerate(borders))
    assert [chapter.title for chapter in found.chapters] == [heading for heading, _ in SLIDES]
    assert found.chapters[-1].end == SECONDS * len(SLIDES) and borders[0] == 0
    named = [(moment.caption, moment.source) for moment in found.moments]
    assert all((heading, READ) in named for heading, _ in SLIDES), named
    first = min(found.moments, key=lambda moment: moment.start)
    assert first.said.startswith("A colony of bees")


def test_without_slides_to_read_titles_are_of_what_is_said(talk: Path, models: ModelCache) -> None:
    found = analysed(talk, models, screen_text="off")
    titles = [chapter.title for chapter in found.chapters]
    assert titles == list(dict.fromkeys(titles)) and all(0 < len(title) <= 60 for title in titles)
    assert not any(moment.source == READ for moment in found.moments)
    heard = " ".join(sentence for _, sentences in SLIDES for sentence in sentences).lower()
    small = {"the", "a", "of", "and", "in", "with", "for", "to"}
    for title in titles:
        assert all(word in heard for word in title.lower().split() if word not in small), title
    near = {min(abs(chapter.start - Fraction(SECONDS * n)) for chapter in found.chapters) for n in range(len(SLIDES))}
    assert max(near) <= 10


def test_neither_speech_nor_text_is_the_pictures_alone(talk: Path, models: ModelCache) -> None:
    found = analysed(talk, models, screen_text="off", transcript="none")
    assert not found.worded and {moment.said for moment in found.moments} <= {""}
