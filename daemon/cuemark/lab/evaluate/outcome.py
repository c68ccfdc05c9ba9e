"""What one system said about one video, in the form every measure reads, and those outcomes kept on disk.

An evaluation that was stopped goes on where it was.  The key of an outcome holds everything it depends on, the code
that made it included: nothing stale is ever read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import cuemark
from cuemark.core import serialise
from cuemark.core.files import atomic_write

_PACKAGES = ("analysis", "captions", "chapters", "core", "evidence", "media", "models", "moments", "segmentation")
_MODULES = ("best_word", "case", "systems", "baselines", "outcome")
#: The code an outcome depends on, as patterns below the package.
CODE = (*(f"{name}/**/*.py" for name in _PACKAGES), *(f"lab/evaluate/{name}.py" for name in _MODULES))


@dataclass(frozen=True)
class Found:
    """A found moment, [start, end) in seconds.

    `caption` is empty where the system does not describe, or dares to say nothing of it.  `score` is its confidence
    (0 to 1) in the caption, None where it states none; `tags` are single words, best first.
    """

    start: Fraction
    end: Fraction
    caption: str = ""
    score: float | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundChapter:
    """A found chapter, [start, end) in seconds."""

    start: Fraction
    end: Fraction
    title: str = ""


@dataclass(frozen=True)
class Curve:
    """A mask over an even grid of the whole video, values in [0, 1]."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Outcome:
    """One system on one video.

    `moments` and `chapters` are in order of start.  `seconds` is the time of the search alone (features are shared by
    all systems).  `first` and `last` are the masks before and after they were optimised, for systems that have masks.
    """

    moments: tuple[Found, ...] = ()
    chapters: tuple[FoundChapter, ...] = ()
    seconds: float = 0.0
    first: tuple[Curve, ...] = ()
    last: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class System:
    """A row of the table: a stable `name` and one line on what it is.  `outcomes` by name of the video."""

    name: str
    about: str
    outcomes: dict[str, Outcome]


class OutcomeStore:
    """A folder of outcomes, one small JSON file each."""

    def __init__(self, folder: Path, facts: Iterable[str]) -> None:
        """`facts` are what all outcomes depend on: model ids, seed."""
        self._folder, self._facts = folder, (*facts, code_id())
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, system: str, video: str) -> Outcome | None:
        """The outcome of a system on a video (by content id), if it is known."""
        try:
            return serialise.loads(Outcome, self._path(system, video).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or torn by a kill: it is made again

    def put(self, system: str, video: str, outcome: Outcome) -> None:
        """Keeps an outcome; the file appears whole or not at all."""
        atomic_write(self._path(system, video), serialise.dumps(outcome))

    def _path(self, system: str, video: str) -> Path:
        text = "\n".join((*self._facts, system, video))
        return self._folder / f"{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}.json"


@lru_cache(maxsize=1)
def code_id() -> str:
    """A hash of the code that outcomes depend on."""
    root = Path(cuemark.__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for pattern in CODE:
        for path in sorted(root.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
