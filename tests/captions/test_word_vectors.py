"""Vectors of the lexicon: encoded once, kept, taken up again; what a CLIP knows of words is told before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cuemark.captions import word_vectors
from cuemark.captions.lexicon import Kind, Lexicon, Word
from cuemark.captions.word_vectors import CHUNK, known_kinds, prompt_of
from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from cuemark.lab.sample.train import WEIGHTS
from cuemark.models.clip.clip import ClipModel, load_clip
from cuemark.models.clip.text_encoder import TextEncoder

LEXICON = Lexicon(tuple(Word(f"word {number}", "thing", True) for number in range(2 * CHUNK + 7)))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipModel:
    """The shipped drawn world's CLIP, for real."""
    return load_clip(WEIGHTS / "clip", tmp_path_factory.mktemp("onnx"))


@pytest.fixture
def knowing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let that CLIP pass for one that knows things; counts the texts that are really encoded."""
    encoded: list[int] = []
    plain = TextEncoder.encode

    def counted(self: TextEncoder, texts: Sequence[str]) -> Tensor:
        encoded.append(len(texts))
        return plain(self, texts)

    known: frozenset[Kind] = frozenset(("thing",))
    monkeypatch.setattr(word_vectors, "known_kinds", lambda text: known)
    monkeypatch.setattr(TextEncoder, "encode", counted)
    return encoded


def test_a_clip_of_a_drawn_world_does_not_know_words(clip: ClipModel, tmp_path: Path) -> None:
    assert known_kinds(clip.text) == frozenset()
    assert word_vectors.word_vectors(clip, LEXICON, tmp_path, SilentProgress()) is None
    assert not list(tmp_path.iterdir())


def test_words_are_encoded_once(clip: ClipModel, knowing: list[int], tmp_path: Path) -> None:
    first = word_vectors.word_vectors(clip, LEXICON, tmp_path, SilentProgress())
    assert first is not None and sum(knowing) == len(LEXICON.words)
    again = word_vectors.word_vectors(clip, LEXICON, tmp_path, SilentProgress())
    assert again is not None and sum(knowing) == len(LEXICON.words)
    assert torch.equal(first.vectors, again.vectors)
    asked = clip.text.encode([prompt_of("word 3", "thing")])
    assert torch.allclose(first.vectors[3], asked[0].cpu(), atol=2e-3)


def test_a_stopped_run_is_taken_up_at_its_last_chunk(clip: ClipModel, knowing: list[int], tmp_path: Path) -> None:
    class Stopping(SilentProgress):
        def update(self, stage: str, done: int, total: int, unit: str) -> None:
            if done >= CHUNK:
                raise JobCancelled()

    with pytest.raises(JobCancelled):
        word_vectors.word_vectors(clip, LEXICON, tmp_path, Stopping())
    assert sum(knowing) == CHUNK
    assert word_vectors.word_vectors(clip, LEXICON, tmp_path, SilentProgress()) is not None
    assert sum(knowing) == len(LEXICON.words)


def test_a_torn_file_is_made_again(clip: ClipModel, knowing: list[int], tmp_path: Path) -> None:
    word_vectors.word_vectors(clip, LEXICON, tmp_path, SilentProgress())
    (kept,) = tmp_path.glob("*/words-001.npy")
    kept.write_bytes(kept.read_bytes()[:100])
    assert word_vectors.word_vectors(clip, LEXICON, tmp_path, SilentProgress()) is not None
    assert sum(knowing) == len(LEXICON.words) + CHUNK


def test_a_folder_that_cannot_be_written_costs_only_time(clip: ClipModel, knowing: list[int], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    found = word_vectors.word_vectors(clip, LEXICON, tmp_path / "file", SilentProgress())
    assert found is not None and len(found.vectors) == len(LEXICON.words)
