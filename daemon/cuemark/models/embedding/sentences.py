"""Sentence embedding: static token vectors, averaged, from the weights that the package wordllama brings (MIT).

A static embedding has one vector a token (256 numbers, distilled from the token tables of large language models) and no
network: the vector of a text is the mean over its tokens.  Three hours of talk take less than a second on one core,
where a small transformer takes 10 to 60 s for about two points of border F1 (MEASURED.md).  The weights are read by
ourselves from the package's folder, with safetensors and tokenizers: nothing of the package is imported, nothing is
ever fetched, and its compiled parts, which do not exist for every Python, are not needed.

Tokens are those of Llama 2: any script is covered, byte by byte where it must be.  English was distilled on most; in
other languages the vectors carry words more than meaning, which tells topics apart all the same.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
"""[n, D]."""

PACKAGE = "wordllama"
WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_TENSOR = "embedding.weight"
#: Texts that are tokenised together; longer texts are read to so many characters, which no sentence has.
_AT_ONCE = 1024
_LONGEST = 20_000


class SentenceEncoder:
    """Texts to unit vectors; the same text has the same vector, whatever stands beside it."""

    def __init__(self, tokenizer: Tokenizer, table: Vectors, name: str) -> None:
        """`table` [tokens, D] are the token vectors; `name` tells which these are."""
        self._tokenizer, self._table, self.name = tokenizer, table, name

    @property
    def size(self) -> int:
        """D, numbers of a vector."""
        return int(self._table.shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit float32 [n, D], in the order of `texts`; of a text without a token all zeros."""
        parts = [self._encoded(texts[first : first + _AT_ONCE]) for first in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros((0, self.size), np.float32)

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        cut = [text.strip()[:_LONGEST] for text in texts]
        tokens = [one.ids for one in self._tokenizer.encode_batch(cut, add_special_tokens=False)]
        lengths = np.array([len(ids) for ids in tokens], np.int64)
        sums = np.zeros((len(texts), self.size), np.float32)
        if lengths.any():
            rows = self._table[np.fromiter(chain.from_iterable(tokens), np.int64, int(lengths.sum()))]
            starts = np.cumsum(lengths) - lengths
            filled = lengths > 0
            sums[filled] = np.add.reduceat(rows, starts[filled], axis=0)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return (sums / np.where(norms > 0, norms, 1)).astype(np.float32)


@lru_cache(maxsize=1)
def open_encoder() -> SentenceEncoder:
    """The encoder of the package, kept: 33 MB.  ModelError `embedding_unavailable`."""
    try:
        return _opened(_folder())
    except (ImportError, OSError, ValueError, KeyError) as error:
        message = f"Sentences cannot be compared: the weights of the package {PACKAGE} do not load ({error})."
        raise ModelError("embedding_unavailable", message, "Run the installer again.") from error


def _folder() -> Path:
    """Where the package lies, found without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"no package {PACKAGE}")
    return Path(spec.submodule_search_locations[0])


def _opened(folder: Path) -> SentenceEncoder:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    try:
        table = load_file(folder / WEIGHTS)[_TENSOR].astype(np.float32)
        tokenizer = Tokenizer.from_str((folder / TOKENIZER).read_text(encoding="utf-8"))
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    except Exception as error:  # tokenizers raises nothing more exact for a file that is none
        if isinstance(error, (OSError, KeyError, ValueError)):
            raise
        raise ValueError(str(error)) from error
    if table.ndim != 2 or len(table) < tokenizer.get_vocab_size():
        raise ValueError("the tokenizer knows tokens that have no vector")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return SentenceEncoder(tokenizer, table, f"{PACKAGE}/{Path(WEIGHTS).stem}")
