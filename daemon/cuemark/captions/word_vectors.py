"""Vectors of the lexicon's words for one CLIP: encoded once, kept on disk, taken up again where a run was stopped.

Beside them stands what the image tower says of plain pictures (grey, black, gradients, blur, noise): words that fit
those fit everything, and that bias is taken off.  A CLIP that does not know the words, as one of a small drawn world
does not, is told by a probe of a few familiar pairs before anything else is encoded.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from cuemark.captions.calibration import USUAL, Calibration
from cuemark.captions.language import en
from cuemark.captions.lexicon import Kind, Lexicon, Word
from cuemark.captions.queries import BACKGROUND, background_words
from cuemark.core.derived import read_bytes, write_bytes
from cuemark.core.errors import StoreError
from cuemark.core.files import make_private_folder
from cuemark.core.progress import Progress
from cuemark.models.clip.clip import ClipModel
from cuemark.models.clip.text_encoder import TextEncoder

log = logging.getLogger("cuemark.cache")

#: Words encoded between two steps of progress, and kept together in one file.
CHUNK = 512
_STAGE = "words"
#: How a word of each kind is told to CLIP.
_PROMPTS: dict[Kind, Callable[[str], str]] = {
    "thing": lambda name: f"a photo of {en.with_article(name)}",
    "scene": lambda name: f"a photo of {en.with_article(name)}",
    "action": lambda name: f"a photo of someone {name}",
    "attribute": lambda name: f"a photo of something {name}",
}
#: Pairs of words for what is alike: a CLIP that knows words has each nearer to its partner than to the others.
_FAMILIAR: dict[Kind, str] = {
    "thing": "terrier dog, tabby cat, minivan car, sailboat boat, airliner aircraft, locomotive train, bicycle bike, "
    "shark fish, owl bird, lizard reptile, python snake, guitar violin, piano organ, pizza burger, sofa couch, "
    "desk table, laptop computer, camera lens, church cathedral, castle palace, volcano mountain, beach seashore, "
    "mug cup, sneaker shoe, sombrero hat, mushroom fungus, daisy flower, zebra horse, sheep ram, lobster crab, "
    "frog toad, spider tarantula, butterfly moth, monkey ape, tiger lion, wolf fox, truck lorry",
    "action": "running jogging, swimming diving, cooking frying, singing shouting, reading writing, eating drinking, "
    "walking hiking, painting drawing, hammering sawing, punching boxing, kissing hugging, sweeping mopping, "
    "sewing knitting, rowing kayaking, cycling racing, sleeping lying, laughing smiling, skiing snowboarding",
    "attribute": "big huge, small tiny, wet muddy, furry fluffy, dark black, shiny golden, old ancient, snowy icy, "
    "striped spotted, broken rusty, modern new, crowded full, foggy cloudy, dirty dusty, rocky sandy, grassy leafy",
}
#: A CLIP of a drawn world comes to 0.58 for things, one that was taught a thousand things to 0.87 (measured).
_KNOWN = 0.7


@dataclass(frozen=True, eq=False)
class WordVectors:
    """The lexicon as one CLIP sees it.

    `vectors` [W, D] are unit vectors of the words, in order; `plain` [D] is the mean vector of plain pictures; `kinds`
    are the kinds of words that the CLIP knows, `calibration` says how far its chances can be trusted.
    """

    lexicon: Lexicon
    vectors: Tensor
    plain: Tensor
    logit_scale: float
    kinds: frozenset[Kind]
    calibration: Calibration = USUAL


def prompt_of(name: str, kind: Kind) -> str:
    """What CLIP reads for a word."""
    return _PROMPTS[kind](name)


def known_kinds(text: TextEncoder) -> frozenset[Kind]:
    """The kinds of words that a CLIP knows, told by familiar pairs; scenes are named by things' words."""
    known = {kind for kind, pairs in _FAMILIAR.items() if likeness_of_pairs(text, kind, pairs) >= _KNOWN}
    return frozenset(known | {"scene"} if "thing" in known else ())


def likeness_of_pairs(text: TextEncoder, kind: Kind, pairs: str) -> float:
    """How often a word is nearer to its partner than two words of different pairs are (AUC): 0.5 is chance."""
    split = [pair.split() for pair in pairs.split(", ")]
    vectors = text.encode([prompt_of(name, kind) for side in zip(*split, strict=True) for name in side]).cpu()
    centred = F.normalize(vectors - vectors.mean(dim=0), dim=1)
    likeness = centred[: len(split)] @ centred[len(split) :].T
    others = likeness[~torch.eye(len(split), dtype=torch.bool)]
    return float((likeness.diagonal()[:, None] > others).float().mean())


def word_vectors(
    clip: ClipModel, lexicon: Lexicon, folder: Path | None, progress: Progress, calibration: Calibration = USUAL
) -> WordVectors | None:
    """The lexicon as this CLIP sees it; None for a CLIP that does not know its words.

    Vectors are kept in `folder` (None: nowhere), chunk by chunk.  JobCancelled where `progress` says so.
    """
    kinds = known_kinds(clip.text)
    if not kinds:
        return None
    kept = folder / f"{clip.id}-{lexicon.id}" if folder else None
    plain = _Store(kept, progress.note).get("plain", 0, lambda: _plain_vector(clip))
    vectors = lexicon_vectors(clip.text, lexicon, kept, progress)
    return WordVectors(lexicon, vectors, torch.from_numpy(plain).float(), clip.text.logit_scale, kinds, calibration)


def lexicon_vectors(text: TextEncoder, lexicon: Lexicon, folder: Path | None, progress: Progress) -> Tensor:
    """Unit vectors [W, D] of the words, in order, whether the CLIP knows them or not.

    `folder` is that of this CLIP and this lexicon: chunks found there are read, others encoded and kept.
    """
    store = _Store(folder, progress.note)
    parts = []
    chunks = range(0, len(lexicon.words), CHUNK)
    for number, start in enumerate(chunks):
        progress.check()
        progress.update(_STAGE, start, len(lexicon.words), "words")
        words = lexicon.words[start : start + CHUNK]
        parts.append(store.get(f"words-{number:03}", len(words), partial(_encode, text, words)))
    progress.update(_STAGE, len(lexicon.words), len(lexicon.words), "words")
    return F.normalize(torch.from_numpy(np.concatenate(parts)).float(), dim=1)


def background_file(clip: ClipModel, lexicon: Lexicon, folder: Path) -> Path:
    """The file with the vectors of `queries.background_words`; made where it is not there yet, if it can be."""
    words = background_words(lexicon)
    kept = folder / f"{clip.id}-{lexicon.id}"
    store = _Store(kept, log.warning)
    store.get(BACKGROUND, len(words), lambda: _encode(clip.text, words))
    return kept / f"{BACKGROUND}.npy"


def _encode(text: TextEncoder, words: Sequence[Word]) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = text.encode([prompt_of(word.name, word.kind) for word in words]).cpu().numpy()
    return vectors


class _Store:
    """Arrays by name in one folder, float16 in NumPy's own format, sealed; one that cannot be written keeps nothing."""

    def __init__(self, folder: Path | None, tell: Callable[[str], None]) -> None:
        """`tell` hears of what does not fit, and is made anew."""
        self._folder, self._tell = folder, tell

    def get(self, name: str, rows: int, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float16]:
        """What is kept under the name, or what `compute` gives, which is then kept; it has `rows` rows, 0 for a vector.

        An array of another form, or not finite, is none of ours, whatever it says of itself.
        """
        known = self._read(name)
        if (
            known is not None
            and known.shape[: known.ndim - 1] == ((rows,) if rows else ())
            and np.isfinite(known).all()
        ):
            return known
        fresh = compute().astype(np.float16)
        self._write(name, fresh)
        return fresh

    def _read(self, name: str) -> NDArray[np.float16] | None:
        if self._folder is None:
            return None
        content = read_bytes(self._folder / f"{name}.npy", self._key(name), self._tell)
        if content is None:
            return None
        found: NDArray[np.float16] = np.load(io.BytesIO(content), allow_pickle=False)
        return found

    def _key(self, name: str) -> str:
        return f"{'' if self._folder is None else self._folder.name}/{name}"

    def _write(self, name: str, array: NDArray[np.float16]) -> None:
        if self._folder is None:
            return
        try:
            make_private_folder(self._folder)
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            write_bytes(self._folder / f"{name}.npy", self._key(name), content.getvalue())
        except (OSError, StoreError):  # a full disk costs the next run the same seconds again, and nothing else
            self._folder = None


def _plain_vector(clip: ClipModel) -> NDArray[np.float32]:
    """[D]: the mean vector of pictures with nothing in them."""
    height, width = clip.image.image_size
    pictures = [clip.image.preprocess(picture) for picture in plain_pictures(width, height)]
    mean: NDArray[np.float32] = clip.image.encode(np.stack(pictures)).mean(axis=0)
    return mean


def plain_pictures(width: int, height: int) -> Sequence[NDArray[np.uint8]]:
    """RGB pictures [H, W, 3] of nothing: flat, a gradient, soft blots of colour, noise.  The same each time."""
    random = np.random.default_rng(0)
    flat = [np.full((height, width, 3), grey, np.uint8) for grey in (0, 128, 255)]
    ramp = np.linspace(0, 255, width)
    gradient = np.broadcast_to(ramp[None, :, None], (height, width, 3)).astype(np.uint8)
    blots = [_blots(random.uniform(0, 255, (3, 4, 3)), width, height) for _ in range(6)]
    noise = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
    return [*flat, gradient, *blots, noise]


def _blots(colours: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
    """A few colours [r, c, 3], smoothly blended over the picture."""
    small = torch.from_numpy(colours).permute(2, 0, 1)[None]
    large = F.interpolate(small, size=(height, width), mode="bicubic", align_corners=True)[0]
    blended: NDArray[np.uint8] = large.permute(1, 2, 0).clamp(0, 255).numpy().astype(np.uint8)
    return blended
