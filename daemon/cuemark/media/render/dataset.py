"""Clips as a set to train on: a folder with captions as JSON lines, or tar files as WebDataset reads them.

A sample is what has the same name up to its first dot: `000001_A003.mp4`, `.json` with all that is known of it, `.txt`
with its caption alone.  Tar files hold no clock and no user, so that the same clips give the same bytes.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.selection import Pick, Selection
from cuemark.core.text import printable, printable_path, to_ascii
from cuemark.media.render.stretches import Piece

LINES = "captions.jsonl"
_NAME = 40
_OURS = re.compile(r"captions\.jsonl|\d{6}_[A-Za-z0-9_-]*\.mp4|shard-\d{6}\.tar")
_COPY = 1 << 20


@dataclass(frozen=True)
class Sample:
    """One clip: the name all its parts have, its file, and what is told of it."""

    key: str
    file: str
    frames: int
    rate: Fraction
    facts: dict[str, Any]


def sample_of(selection: Selection, pick: Pick, number: int, info: MediaInfo, piece: Piece) -> Sample:
    """The sample of a pick.  Its name has ASCII letters, digits, `_` and `-` alone, whatever the footage is called."""
    stem = re.sub("[^A-Za-z0-9-]+", "_", to_ascii(pick.path.stem)).strip("_-")[:_NAME] or "clip"
    key = f"{number:06}_{stem}"
    first, after = selection.frames(pick)
    rate = piece.frames / (pick.end - pick.start)
    facts = {
        "key": key,
        "file": f"{key}.mp4",
        "caption": printable(pick.caption),
        "tags": [printable(tag) for tag in pick.tags],
        "said": printable(pick.said),
        "source": printable_path(pick.path),
        "fingerprint": pick.fingerprint,
        "start_s": float(pick.start),
        "end_s": float(pick.end),
        "start_frame": first,
        "end_frame": after,
        "fps": f"{info.rate.numerator}/{info.rate.denominator}",
        "start_timecode": info.start_timecode,
        "width": info.width,
        "height": info.height,
        "has_sound": piece.sound is not None,
        "score": round(pick.score, 4),
        "sharpness": None if pick.sharpness is None else round(pick.sharpness, 4),
        "stability": None if pick.stability is None else round(pick.stability, 4),
    }
    return Sample(key, f"{key}.mp4", piece.frames, Fraction(rate), facts)


def lines(samples: Sequence[Sample]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(sample.facts, allow_nan=False) + "\n" for sample in samples)


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds what was written here before, and nothing else."""
    names = [entry.name for entry in folder.iterdir()]
    known = LINES in names or any(name.endswith(".tar") for name in names)
    return known and all(_OURS.fullmatch(name) for name in names)


def shards(folder: Path, samples: Sequence[Sample], per_shard: int, progress: Progress) -> None:
    """Puts the clips of a folder into tar files, in order, and takes away what is in them; the lines stay beside."""
    for place in range(0, len(samples), max(1, per_shard)):
        shard = folder / f"shard-{place // max(1, per_shard):06}.tar"
        with tarfile.open(shard, "x", format=tarfile.USTAR_FORMAT) as tar:
            for sample in samples[place : place + max(1, per_shard)]:
                _add(tar, folder / sample.file, sample, progress)


def _add(tar: tarfile.TarFile, clip: Path, sample: Sample, progress: Progress) -> None:
    texts = {".json": json.dumps(sample.facts, allow_nan=False), ".txt": sample.facts["caption"]}
    with clip.open("rb") as file:
        tar.addfile(_header(f"{sample.key}.mp4", clip.stat().st_size), _Checked(file, progress))
    for suffix, text in texts.items():
        data = text.encode()
        tar.addfile(_header(sample.key + suffix, len(data)), io.BytesIO(data))
    clip.unlink()


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o644
    return header


class _Checked:
    """A file that asks at each read whether to stop."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file, self._progress = file, progress

    def read(self, count: int = _COPY) -> bytes:
        self._progress.check()
        return self._file.read(count)
