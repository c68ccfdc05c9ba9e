"""`cuemark eval shots:drawn`: shot borders and camera moves found in drawn films of which both are known.

A hard cut counts as found at its very frame only, a dissolve or fade within its own length.  The move of a true shot is
that of the found shot which has most of it.  Films are drawn into a folder of the time being and nothing is kept.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from cuemark.core.progress import OnlyChecks, Progress, SilentProgress
from cuemark.core.shots import CameraMove, Shot
from cuemark.evidence.frames.measures import FrameMeasures, measure
from cuemark.evidence.frames.track import FeatureTrack
from cuemark.evidence.shots.find import find_shots
from cuemark.lab.shots.film import DrawnFilm, drawn_films, write
from cuemark.media.frames import FrameSource, VideoFrames
from cuemark.media.probe import probe
from cuemark.media.sampling import sample_times

NOT_TOLD = "not told"


@dataclass
class ShotScores:
    """What was found of all films: counts of borders, offsets of gradual ones in frames, moves by (true, found).

    `seconds` are those of finding the shots, `decoding` those of decoding the same films whole.
    """

    films: int = 0
    shots: int = 0
    cuts: int = 0
    cuts_found: int = 0
    gradual: int = 0
    gradual_found: int = 0
    extra: int = 0
    offsets: list[int] = field(default_factory=list)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    decoding: float = 0.0

    @property
    def precision(self) -> float:
        """Of all borders found the share that is right."""
        right = self.cuts_found + self.gradual_found
        return right / (right + self.extra) if right + self.extra else 0.0

    @property
    def moves_right(self) -> float:
        """The share of the shots whose camera is told right, or rightly not told."""
        return sum(count for (true, found), count in self.moves.items() if true == found) / max(1, self.shots)


def evaluate_shots(films: int, seed: int, progress: Progress) -> ShotScores:
    """The scores of so many drawn films."""
    scores = ShotScores()
    for number, film in enumerate(drawn_films(films, seed)):
        progress.update("films", number, films, "films")
        with tempfile.TemporaryDirectory(prefix="cuemark-shots-") as folder:
            _score(film, write(film, Path(folder)), scores, OnlyChecks(progress))
    progress.update("films", films, films, "films")
    return scores


def _score(film: DrawnFilm, path: Path, scores: ShotScores, progress: Progress) -> None:
    info = probe(path, SilentProgress())
    frames = VideoFrames(info)
    track = thumbnail_track(frames)
    begun = time.monotonic()
    shots = find_shots(info, track, frames, progress)
    scores.seconds += time.monotonic() - begun
    scores.decoding += _decoded(frames)
    scores.films += 1
    scores.shots += len(film.shots)
    _score_borders(film, shots, scores)
    _score_moves(film, shots, scores)


def thumbnail_track(frames: FrameSource, rate: Fraction | None = None) -> FeatureTrack:
    """The sampled frames of a media with their measures and no vectors: shots without any model."""
    times = sample_times(frames.info, rate)
    with closing(frames.at(times, (224, 224))) as stream:
        measures = [measure(sample.rgb) for sample in stream]
    vectors = np.ones((len(measures), 1), np.float32)
    return FeatureTrack.of(
        times[: len(measures)], vectors, frames.info.duration, "thumbnails", FrameMeasures.of(measures)
    )


def _decoded(frames: FrameSource) -> float:
    """Seconds that it takes to decode all frames."""
    begun, info = time.monotonic(), frames.info
    every = [(number + Fraction(1, 2)) / info.rate for number in range(int(info.duration * info.rate))]
    with closing(frames.at(every, (32, 18))) as stream:
        for _ in stream:
            pass
    return time.monotonic() - begun


def _score_borders(film: DrawnFilm, shots: Sequence[Shot], scores: ShotScores) -> None:
    times = film.times
    found = [min(range(len(times)), key=lambda place: abs(times[place] - shot.start)) for shot in shots[1:]]
    for start, shot in list(zip(film.starts, film.shots, strict=True))[1:]:
        near = min(found, key=lambda place: abs(place - start), default=None)
        hit = near is not None and abs(near - start) <= shot.blend // 2
        if shot.blend:
            scores.gradual += 1
            scores.gradual_found += hit
            scores.offsets += [abs(near - start)] if hit and near is not None else []
        else:
            scores.cuts += 1
            scores.cuts_found += hit
        if hit and near is not None:
            found.remove(near)
    scores.extra += len(found)


def _score_moves(film: DrawnFilm, shots: Sequence[Shot], scores: ShotScores) -> None:
    times = [*film.times, film.times[-1] + 1 / film.rate]
    for start, end, true in zip(film.starts, [*film.starts[1:], film.frames], film.shots, strict=True):
        first, last = times[start], times[end]
        found = max(shots, key=lambda shot: min(last, shot.end) - max(first, shot.start))
        scores.moves[_words(true.move), _words(found.camera)] += 1


def _words(move: CameraMove | None) -> str:
    return NOT_TOLD if move is None else move.value


def report_object(scores: ShotScores) -> dict[str, Any]:
    """The scores as plain numbers."""
    return {
        "films": scores.films,
        "shots": scores.shots,
        "cuts": scores.cuts,
        "cuts_found_exactly": scores.cuts_found,
        "gradual": scores.gradual,
        "gradual_found": scores.gradual_found,
        "gradual_median_offset_frames": median(scores.offsets) if scores.offsets else None,
        "extra": scores.extra,
        "precision": scores.precision,
        "moves_right": scores.moves_right,
        "moves": [
            {"true": true, "found": found, "shots": count} for (true, found), count in sorted(scores.moves.items())
        ],
        "time_to_decoding": scores.seconds / scores.decoding if scores.decoding else None,
    }


def moves_table(scores: ShotScores) -> tuple[list[str], list[list[str]]]:
    """Heads and rows: true moves down, found ones across."""
    names = [*(move.value for move in CameraMove), NOT_TOLD]
    rows = [[true, *(str(scores.moves[true, found] or "") for found in names)] for true in names]
    return ["true / found", *names], rows
