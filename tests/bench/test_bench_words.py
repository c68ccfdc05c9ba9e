"""`cuemark bench words`: the lexicon is encoded, or read, whole; both searches find the same moments."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuemark.captions.lexicon import Lexicon, load_lexicon
from cuemark.captions.word_vectors import CHUNK
from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.lab.bench import words
from cuemark.lab.bench.comparison import BenchOptions

WORDS = CHUNK + 100
"""More than a chunk, so that several files are kept and read."""


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lexicon of the first words, and footage of four scenes of 5 s."""
    whole = load_lexicon().words[:WORDS]
    known = {word.name for word in whole}
    kept = [
        type(word)(word.name, word.kind, word.common, _among(word.broader, known), _among(word.same, known))
        for word in whole
    ]
    monkeypatch.setattr(words, "load_lexicon", lambda: Lexicon(tuple(kept)))
    monkeypatch.setattr(words, "MOMENTS", 4)
    monkeypatch.setattr(words, "_SAMPLES", 60)


def _among(names: tuple[str, ...], known: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in known)


@pytest.mark.usefixtures("few_words")
def test_both_searches_find_the_moments_and_the_words_are_kept(tmp_path: Path) -> None:
    search, lexicon = words.compare(BenchOptions(work=tmp_path, pairs=1), SilentProgress())
    assert (search.name, search.unit, search.goal) == ("words", "s", None)
    assert search.facts["moments found"] == search.facts["of these with the borders drawn"] == 4
    assert search.facts["moments found by the captioner of before"] == 4
    assert int(search.facts["sentences weighed"]) >= 4
    assert search.facts["sentences weighed"] != search.facts["sentences weighed by the captioner of before"]
    assert (lexicon.name, lexicon.facts["words"]) == ("words/lexicon", WORDS)
    assert lexicon.ratio_median > 1, "a run that reads is faster than one that encodes"
    # Kept in float16, whose last place is 1.2e-4 in the largest number of a vector.
    assert float(lexicon.facts["largest difference of a unit vector between runs"]) < 5e-4
    assert int(lexicon.facts["words encoded a second"]) == round(WORDS / lexicon.rival[0])
    assert not any(tmp_path.glob("words-*")), "what was kept to measure is gone"


@pytest.mark.usefixtures("few_words")
def test_a_run_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    class Stopping(SilentProgress):
        def update(self, stage: str, done: int, total: int, unit: str) -> None:
            if stage == "words" and done:
                raise JobCancelled

    with pytest.raises(JobCancelled):
        words.compare(BenchOptions(work=tmp_path, pairs=1), Stopping())
    assert not any(tmp_path.glob("words-*"))
