"""The path of an analysis that looks for the user's labels: probe -> features -> what was taught -> moments.

It needs no language model and finds no chapters.  What it says of how it was asked for holds the vectors of the
examples, so that the label set can be shared with who does not have their files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cuemark.analysis.model_cache import ModelCache
from cuemark.core.analysis import Analysis, Moment, Notice
from cuemark.core.analysis_options import AnalysisOptions, record
from cuemark.core.errors import MediaError, OptionError
from cuemark.core.files import FileWatch
from cuemark.core.label_set import Label, LabelExample, LabelSet, LabelVector
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.search import Example
from cuemark.core.text import printable_path, shown
from cuemark.segmentation.options import MaskOptions

if TYPE_CHECKING:
    from torch import Tensor

    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.models.clip.clip import ClipModel

_STAGE = "examples"
_UNIT = 1e-2  # float16 keeps lengths to a thousandth


def spot_labels(
    info: MediaInfo,
    options: AnalysisOptions,
    labels: LabelSet,
    masks: MaskOptions,
    models: ModelCache,
    cache: FeatureCache | None,
    limits: ProcessLimits,
    progress: Progress,
) -> Analysis:
    """The moments of the labels in one media.

    Raises MediaError (also `labels_no_pictures`), ModelError, OptionError `labels_example` for examples of which none
    of a label can be used, JobCancelled.
    """
    from cuemark.evidence.bundle import EvidenceBundle
    from cuemark.evidence.screen_text.read import extract_and_read
    from cuemark.evidence.shots.find import find_shots
    from cuemark.media.frames import VideoFrames
    from cuemark.moments.labels import spot

    if not info.has_picture:
        message = f"{shown(info.path)} has no pictures in which labels could be seen."
        raise MediaError("labels_no_pictures", message, "Name a video; `cuemark analyze` tells what is said in sound.")
    watch = FileWatch(info.path)
    ref = models.choose("clip", options.models.get("clip"))
    progress.update("image model", 0, 1, "models")
    clip = models.clip(ref, progress)
    progress.update("image model", 1, 1, "models")
    known, missing = with_vectors(labels, clip, progress)
    frames = VideoFrames(info, limits)
    # What is written there goes into the library with the rest, and costs no second pass so.
    seen = extract_and_read(frames, clip.image, options.sample_rate, cache, progress, options.screen_text, limits)
    features = seen.features
    watch.check()
    words = models.words(ref, progress)
    evidence = EvidenceBundle(features.track, frames)
    found = spot(
        evidence, known, [vectors_of(label, clip) for label in known.labels], clip.text, words, masks, progress
    )
    shots = find_shots(info, features.track, frames, progress) if options.shots else ()
    watch.check()
    named = options.models.get("clip")
    return Analysis(
        id="",
        media=replace(info, duration=features.track.duration),
        models={"clip": models.use(ref)},
        options=record(replace(options, labels=known)),
        moments=wanted_of(found, options),
        chapters=(),
        shots=shots,
        warnings=tuple(
            dict.fromkeys(
                (
                    *info.warnings,
                    *features.warnings,
                    *missing,
                    *_cut(known, clip),
                    *models.notices({"clip": ref}, {"clip": named} if named else {}),
                )
            )
        ),
    )


def wanted_of(found: tuple[Moment, ...], options: AnalysisOptions) -> tuple[Moment, ...]:
    """Of the moments those that are sure enough, and the surest of them where their number is given."""
    least = options.min_confidence
    kept = [moment for moment in found if least is None or moment.score >= least]
    surest = sorted(kept, key=lambda moment: (-moment.score, moment.start))[: options.moments]
    return tuple(moment for moment in kept if moment in surest)


def with_vectors(labels: LabelSet, clip: ClipModel, progress: Progress) -> tuple[LabelSet, list[Notice]]:
    """The labels with a vector of this CLIP for each example, less the examples that cannot be used, and which."""
    missing: list[Notice] = []
    total, taken, made = len(labels.examples), 0, []
    for label in labels.labels:
        usable: list[LabelExample] = []
        for example in label.examples:
            progress.check()
            progress.update(_STAGE, taken, total, "frames")
            taken += 1
            try:
                usable.append(_known(example, clip, progress))
            except MediaError as error:
                missing.append(_unusable(label, example, error))
        if label.examples and not usable:
            problem = f"None of the {len(label.examples)} examples of {label.name!r} can be used: {missing[-1].message}"
            raise OptionError("labels_example", problem, "Give --example LABEL=FILE@TIME, or take them out of the set.")
        made.append(replace(label, examples=tuple(usable)))
    return replace(labels, labels=tuple(made)), missing


def vectors_of(label: Label, clip: ClipModel) -> Tensor:
    """Unit vectors [n, D] of a label's examples."""
    import torch

    rows = [_numbers(one.vector) for one in label.examples if one.vector is not None]
    found = np.stack(rows) if rows else np.zeros((0, clip.image.dimension), np.float32)
    return torch.from_numpy(found)


def _known(example: LabelExample, clip: ClipModel, progress: Progress) -> LabelExample:
    """The example with the vector that was kept of it, where it is one of this CLIP, else of the frame itself."""
    from cuemark.analysis.query import example_vector

    kept = example.vector
    if kept is not None and kept.encoder_id == clip.image.id and _fits(kept, clip.image.dimension):
        return example
    fresh = example_vector(Example(example.path, example.time), clip, progress)
    return replace(example, vector=LabelVector(clip.image.id, fresh.astype("<f2").tobytes()))


def _fits(kept: LabelVector, dimension: int) -> bool:
    if len(kept.data) != 2 * dimension:
        return False
    length = float(np.linalg.norm(np.frombuffer(kept.data, "<f2").astype(np.float32)))
    return abs(length - 1) < _UNIT  # also no NaN


def _numbers(kept: LabelVector) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    numbers = np.frombuffer(kept.data, "<f2").astype(np.float32)
    return np.asarray(numbers / np.linalg.norm(numbers), np.float32)


def _unusable(label: Label, example: LabelExample, error: MediaError) -> Notice:
    other = "" if example.vector is None else " What is kept of it in the label set is of another image model."
    named = f"{printable_path(example.path)}@{float(example.time):g}"
    return Notice("label_example_unusable", f"The example {named} of {label.name!r} is left out: {error}{other}")


def _cut(labels: LabelSet, clip: ClipModel) -> list[Notice]:
    long = [label.name for label in labels.labels if any(map(clip.text.truncates, (label.name, *label.also)))]
    if not long:
        return []
    return [Notice("label_cut", f"The image model reads only the beginning of {long[0]!r}. Say it in fewer words.")]
