"""`cuemark eval labels:DATASET`: moments of labels beside the truth, and what thresholds and example frames change.

Labels are the subjects of a dataset, and in the drawn world also what they stand under, on or in (so that labels
overlap); each is looked for in every video.  A moment is right where it is paired with a stretch of its label by a tIoU
of at least one half; F1 is of all pairs of all videos.  "taught" gives labels made-up names that no words can find, and
three frames each of other videos; "names" are these names without the frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cuemark.analysis.model_cache import ModelCache
from cuemark.captions.word_vectors import WordVectors
from cuemark.core.label_set import labels_named
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.core.settings import Settings
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.evidence.frames.extract import extract
from cuemark.lab.evaluate.datasets import SAMPLES, DatasetOptions, load_dataset
from cuemark.lab.evaluate.localisation import MATCHED_FROM, best_pairs
from cuemark.lab.evaluate.truth import Dataset, TrueVideo
from cuemark.media.frames import VideoFrames
from cuemark.media.probe import probe
from cuemark.models.clip.text_encoder import TextEncoder
from cuemark.moments.labels import spot
from cuemark.segmentation.options import MaskOptions
from cuemark.segmentation.segments import Interval, union

THRESHOLDS = (0.2, 0.4, 0.6, 0.8, 0.9)
EXAMPLES = 3
_SLOTS = ("subject", "relation")
_SAMPLE = "sample"


@dataclass(frozen=True)
class LabelRow:
    """One way to look for the labels: moments that are right, moments found, and true stretches."""

    name: str
    right: int
    found: int
    true: int

    @property
    def f1(self) -> float:
        """The F measure."""
        return 2 * self.right / (self.found + self.true) if self.found + self.true else 1.0


@dataclass(frozen=True)
class LabelEvaluation:
    """The rows: the automatic threshold, fixed ones, and labels of made-up names without and with frames."""

    dataset: str
    videos: int
    labels: int
    automatic: LabelRow
    fixed: tuple[LabelRow, ...]
    named: LabelRow
    taught: LabelRow

    @property
    def best(self) -> LabelRow:
        """The best that one threshold for all videos comes to, chosen with the truth in hand."""
        return max(self.fixed, key=lambda row: row.f1)

    @property
    def rows(self) -> tuple[LabelRow, ...]:
        """All of them, in the order they are told."""
        return (self.automatic, *self.fixed, self.named, self.taught)


@dataclass(frozen=True, eq=False)
class _Video:
    evidence: EvidenceBundle
    truth: Mapping[str, list[Interval]]


def evaluate_labels(
    dataset: str, clip: str | None, videos: int | None, known: Settings, progress: Progress, work: Path | None = None
) -> LabelEvaluation:
    """Run all rows; raises what `load_dataset` and the models do, and JobCancelled."""
    options = DatasetOptions(videos_per_kind=videos or 4, limit=None if dataset in SAMPLES else videos)
    loaded = load_dataset(dataset, options, work or known.cache / "eval", progress)
    models = ModelCache(known)
    ref = models.choose("clip", clip or (_SAMPLE if dataset.partition(":")[0] in SAMPLES else None))
    model = models.clip(ref, progress)
    labels = _labels(loaded)
    seen = [_Video(_evidence(video, model.image, progress), _truth(video, labels)) for video in loaded.videos]
    trial = _Trial(seen, tuple(labels), model.text, models.words(ref, progress), progress)
    fixed = tuple(trial.row(f"threshold {value:g}", threshold=value) for value in THRESHOLDS)
    named, taught = trial.row("made-up names", alias=True), trial.row("three frames", alias=True, frames=EXAMPLES)
    return LabelEvaluation(dataset, len(seen), len(labels), trial.row("auto"), fixed, named, taught)


@dataclass(frozen=True, eq=False)
class _Trial:
    """The videos, the labels by the words they are looked for by, and the models."""

    videos: Sequence[_Video]
    labels: tuple[str, ...]
    text: TextEncoder
    words: WordVectors | None
    progress: Progress

    def row(self, name: str, *, threshold: float | None = None, alias: bool = False, frames: int = 0) -> LabelRow:
        """The labels in all videos; those with `frames` learn from other videos than the one they are looked for in."""
        asked = [self._made_up(label) if alias else label for label in self.labels]
        wanted, right, found, true = labels_named(asked, threshold=threshold), 0, 0, 0
        quiet = OnlyChecks(self.progress)
        for number, video in enumerate(self.videos):
            self.progress.check()
            examples = [self._frames(label, number, frames) for label in self.labels]
            moments = spot(video.evidence, wanted, examples, self.text, self.words, MaskOptions(), quiet)
            for label, spoken in zip(self.labels, asked, strict=True):
                spans = [(one.start, one.end) for one in moments if one.caption == spoken]
                pairs = best_pairs(video.truth[label], spans).values()
                right += sum(overlap >= MATCHED_FROM for _, overlap in pairs)
                found, true = found + len(spans), true + len(video.truth[label])
        return LabelRow(name, right, found, true)

    def _made_up(self, label: str) -> str:
        return f"zork {label[::-1].strip()}"

    def _frames(self, label: str, other_than: int, count: int) -> Tensor:
        """`count` frames that show the label, of the first other videos that do, evenly over their stretches."""
        pool = []
        for number, video in enumerate(self.videos):
            track = video.evidence.frames
            for start, end in video.truth[label] if number != other_than else ():
                inside = [place for place, time in enumerate(track.times) if start < time < end]
                pool += [track.vectors[place] for place in inside]
        chosen = [pool[round(place)] for place in np.linspace(0, len(pool) - 1, count + 2)[1:-1]] if pool else []
        width = self.videos[0].evidence.frames.vectors.shape[1]
        return torch.from_numpy(np.stack(chosen)) if chosen else torch.zeros(0, width)


def _labels(dataset: Dataset) -> dict[str, tuple[str, str]]:
    """What is looked for: the plainest words for each value of each slot -> (slot, value)."""
    there = {
        (slot, value)
        for video in dataset.videos
        for event in video.references[0]
        for slot, value in event.slots.items()
    }
    return {
        phrases[0]: (slot, value)
        for slot in _SLOTS
        for value, phrases in dataset.phrases.get(slot, {}).items()
        if (slot, value) in there
    }


def _truth(video: TrueVideo, labels: Mapping[str, tuple[str, str]]) -> dict[str, list[Interval]]:
    """Where each label is to be seen; stretches that meet are one."""
    return {
        label: union((event.start, event.end) for event in video.references[0] if event.slots.get(slot) == value)
        for label, (slot, value) in labels.items()
    }


def _evidence(video: TrueVideo, image: object, progress: Progress) -> EvidenceBundle:
    frames = VideoFrames(probe(video.path))
    rate: Fraction | None = None
    return EvidenceBundle(extract(frames, image, rate, None, progress, None).track)  # type: ignore[arg-type]
