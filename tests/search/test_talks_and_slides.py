"""Sentences of real talks and words on a real slide are found at their second."""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cuemark.core.search import Ground
from cuemark.core.transcript import Transcript, Utterance
from cuemark.evidence.index.entry import IndexEntry
from cuemark.evidence.index.store import IndexStore
from cuemark.library.search.scan import Source
from cuemark.library.search.words import WordIndex
from tests.daemon.fake_worker import made_up_analysis

pytestmark = pytest.mark.slow
QUERIES = 100


def _talks() -> Path:
    material = Path(os.environ.get("CUEMARK_MATERIAL", Path(__file__).parents[3] / "shared"))
    path = next((path for path in (material / "talks", material) if (path / "podcasts.json").is_file()), None)
    if path is None:
        pytest.skip("CUEMARK_MATERIAL names no folder with transcripts in `talks/podcasts.json`")
    return path / "podcasts.json"


def test_parts_of_sentences_of_talks_are_found_at_their_second(tmp_path: Path) -> None:
    """Half of a sentence, in its order: of a hundred at least 90 first, of all words shuffled, too."""
    talks = json.loads(_talks().read_text("utf-8"))
    store, library, durations = IndexStore(tmp_path / "index"), dict[int, Source](), dict[int, Fraction]()
    for number, talk in enumerate(talks, 1):
        said = [s for s in talk["sentences"] if s["end_s"] > s["start_s"]]
        spoken = tuple(Utterance(Fraction(str(s["start_s"])), Fraction(str(s["end_s"])), s["text"]) for s in said)
        info = made_up_analysis(Path("/talk.mp4"), f"{number:032x}").media
        durations[number] = Fraction(str(talk["duration_s"]))
        store.put(IndexEntry(replace(info, duration=durations[number]), transcript=Transcript(spoken, "en")))
        library[number] = Source(f"{number:032x}")
    words = WordIndex(store, tmp_path / "words.sqlite")
    generator = random.Random(7)
    halves = whole = 0
    for _ in range(QUERIES):
        number = generator.randrange(len(talks)) + 1
        sentences = [s for s in talks[number - 1]["sentences"] if 10 <= len(s["text"].split()) <= 30]
        sentence = generator.choice(sentences)
        spoken_words = sentence["text"].replace('"', "").split()
        begin = generator.randrange(len(spoken_words) // 2)
        half = " ".join(spoken_words[begin : begin + len(spoken_words) // 2])
        generator.shuffle(spoken_words)
        for query, is_half in ((half, True), (" ".join(spoken_words), False)):
            found = words.find(query, [Ground.SAID], library, durations)
            best = max(found, key=lambda one: one.score, default=None)
            middle = Fraction(str((sentence["start_s"] + sentence["end_s"]) / 2))
            right = best is not None and best.number == number and best.start <= middle < best.end
            halves, whole = halves + (right and is_half), whole + (right and not is_half)
    words.close()
    assert halves >= 0.9 * QUERIES and whole >= 0.9 * QUERIES, (halves, whole)


def test_words_on_a_slide_are_found_by_reading_the_pictures(tmp_path: Path) -> None:
    """A film of three slides with words on them, read by the recogniser, through the daemon and the command line."""
    import av
    import cv2

    from tests.cli.conftest import Shell, stopped

    slides = (("Annual rainfall", "in millimetres"), ("Wind turbines", "replace coal"), ("Questions", "and answers"))
    path = tmp_path / "slides.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for lines in slides:
            picture = np.full((360, 640, 3), 250, np.uint8)
            for row, line in enumerate(lines):
                cv2.putText(picture, line, (40, 120 + 100 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (30, 20, 60), 3)
            for _ in range(40):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    (tmp_path / "here").mkdir()
    shell = Shell(tmp_path / "home", tmp_path / "here")
    try:
        ran = shell("index", path, "--screen-text", "on", "--speech", "off")
        assert ran.code == 0, ran.err
        for place, query in enumerate(("rainfall in millimetres", "wind turbine", "questions")):
            hit = shell("search", query, "--read", "--json").json["hits"][0]
            assert hit["why"][0]["ground"] == "read" and hit["score"] > 0.5
            assert abs(hit["start_s"] - 8 * place) < 1 and abs(hit["end_s"] - 8 * (place + 1)) < 1, (query, hit)
    finally:
        stopped(shell)
