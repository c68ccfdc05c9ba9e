"""Sentence embedding from the weights that come with its package."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from cuemark.core.errors import ModelError
from cuemark.models.embedding import sentences
from cuemark.models.embedding.sentences import SentenceEncoder, open_encoder


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return open_encoder()


PAIRS = [
    ("The dog barked all night.", "A puppy was howling until morning.", "The bank raised its interest rates."),
    ("Boil the pasta in salted water.", "Then cook the sauce with tomatoes.", "The engine needs a new gasket."),
    ("How do miners choose a transaction?", "Blocks are filled by the highest fee.", "My knee hurts when I run."),
]


@pytest.mark.parametrize(("said", "alike", "other"), PAIRS)
def test_what_means_alike_lies_closer_than_what_does_not(
    encoder: SentenceEncoder, said: str, alike: str, other: str
) -> None:
    one, near, far = encoder.encode([said, alike, other])

    assert one @ near > one @ far + 0.05


def test_vectors_are_unit_float32_and_zero_where_nothing_is_said(encoder: SentenceEncoder) -> None:
    texts = ["Hello there.", "", "   ", "привет", "你好，世界", "שלום", "🎬", "x" * 100_000]

    vectors = encoder.encode(texts)

    assert vectors.shape == (8, encoder.size) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 0, 1, 1, 1, 1, 1], atol=1e-5)
    assert encoder.encode([]).shape == (0, encoder.size)


def test_a_text_has_one_vector_whatever_stands_beside_it(encoder: SentenceEncoder) -> None:
    topics = ["cats", "dogs", "ships", "trees"]
    texts = [f"Sentence number {number} is about {topics[number % 4]}." for number in range(3000)]

    together = encoder.encode(texts)

    assert np.array_equal(together[2500], encoder.encode([texts[2500]])[0])
    assert np.array_equal(together, encoder.encode(texts))


def test_threads_may_share_it(encoder: SentenceEncoder) -> None:
    texts = [f"{number} things" for number in range(200)]
    wanted, found = encoder.encode(texts), []
    threads = [threading.Thread(target=lambda: found.append(encoder.encode(texts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(np.array_equal(wanted, one) for one in found) and len(found) == 4


def test_nothing_of_the_package_is_imported() -> None:
    program = (
        "import sys; from cuemark.models.embedding.sentences import open_encoder; open_encoder().encode(['a'])\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('wordllama', 'torch', 'pydantic')])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def _package(folder: Path, weights: bytes, tokenizer: str) -> Path:
    for name, content in ((sentences.WEIGHTS, weights), (sentences.TOKENIZER, tokenizer.encode())):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("broken", ["gone", "no weights", "cut", "a page", "tokenizer"])
def test_a_broken_package_is_named_with_what_to_do(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sentences._folder()
    weights, tokenizer = (real / sentences.WEIGHTS).read_bytes(), (real / sentences.TOKENIZER).read_text("utf-8")
    if broken == "gone":
        monkeypatch.setattr(sentences, "PACKAGE", "no_such_package_of_weights")
    else:
        content = {"cut": weights[:1_000_000], "a page": b"<html>no</html>"}.get(broken, weights)
        folder = _package(tmp_path, content, "{}" if broken == "tokenizer" else tokenizer)
        if broken == "no weights":
            (folder / sentences.WEIGHTS).unlink()
        monkeypatch.setattr(sentences, "_folder", lambda: folder)
    open_encoder.cache_clear()
    try:
        with pytest.raises(ModelError) as refused:
            open_encoder()
    finally:
        open_encoder.cache_clear()

    assert refused.value.code == "embedding_unavailable"
    assert "installer" in refused.value.next_step
