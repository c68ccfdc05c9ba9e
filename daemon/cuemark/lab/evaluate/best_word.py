"""The one word of the lexicon that a CLIP likes best for a segment: the plainest captioner, which others must beat.

"A photo of a <word>" for each name of a thing or a scene, as CLIP's own zero-shot classification has it, against the
mean vector of the segment's frames.  No bias is taken off and nothing is learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cuemark.captions.lexicon import Lexicon
from cuemark.core.files import atomic_write
from cuemark.core.progress import Progress

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from cuemark.models.clip.text_encoder import TextEncoder

_CHUNK = 1024


@dataclass(frozen=True)
class NameTable:
    """Names of things and scenes, and the unit vector of each for one CLIP, [n, D]."""

    names: tuple[str, ...]
    vectors: NDArray[float32]

    def best(self, frames: NDArray[float32]) -> str:
        """The name nearest to the mean of these frames [T, D]."""
        return self.names[int((self.vectors @ frames.mean(axis=0)).argmax())]


def name_table(text: TextEncoder, clip: str, lexicon: Lexicon, folder: Path, progress: Progress) -> NameTable:
    """Encoded once for each CLIP (`clip` is its content id) and kept in `folder`."""
    names = tuple(word.name for word in lexicon.words if word.kind in ("thing", "scene"))
    path = folder / f"{clip[:16]}-{lexicon.id}.npy"
    vectors = _read(path, len(names))
    if vectors is None:
        vectors = _encoded(text, names, progress)
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(path, lambda file: np.save(file, vectors, allow_pickle=False))
    return NameTable(names, vectors)


def _read(path: Path, count: int) -> NDArray[float32] | None:
    try:
        found: NDArray[float32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # not there, or torn by a kill: it is made again
        return None
    return found if len(found) == count else None


def _encoded(text: TextEncoder, names: Sequence[str], progress: Progress) -> NDArray[float32]:
    parts = []
    for start in range(0, len(names), _CHUNK):
        progress.check()
        prompts = [f"a photo of {_article(name)} {name}" for name in names[start : start + _CHUNK]]
        parts.append(text.encode(prompts).cpu().numpy())
    whole: NDArray[float32] = np.concatenate(parts)
    return whole


def _article(name: str) -> str:
    return "an" if name[:1] in "aeiou" else "a"
