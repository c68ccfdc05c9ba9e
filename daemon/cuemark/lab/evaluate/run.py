"""Every system on every video of a dataset.  Video by video, so that memory does not grow with the dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cuemark.core.errors import OptionError
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.lab.evaluate import baselines
from cuemark.lab.evaluate.case import Case, Pair
from cuemark.lab.evaluate.outcome import Outcome, OutcomeStore, System
from cuemark.lab.evaluate.systems import SystemSpec, ablations, all_systems
from cuemark.lab.evaluate.truth import Dataset, TrueVideo
from cuemark.media.fingerprint import fingerprint
from cuemark.moments.options import PRESETS

if TYPE_CHECKING:
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.models.clip.clip import ClipModel

STAGE = "evaluate"


@dataclass(frozen=True)
class EvalSettings:
    """What to evaluate.  `clip` and `lm` are model folders; `rows` are names of systems, None means all of them."""

    clip: Path
    lm: Path
    presets: tuple[str, ...] = PRESETS
    seed: int = 0
    rows: tuple[str, ...] | None = None
    ablate: bool = False
    #: Samples a second; None for the default by length.
    sample_rate: Fraction | None = None


@dataclass(frozen=True)
class Results:
    """The systems in printed order, the ablations (empty unless asked for), and the content ids of the models."""

    systems: tuple[System, ...]
    ablations: tuple[System, ...]
    clip_id: str
    lm_id: str


def run_systems(dataset: Dataset, settings: EvalSettings, work: Path, progress: Progress) -> Results:
    """Run what `settings` ask for; what an earlier run left in `work` is used again.

    Raises OptionError `eval_row_unknown`, ModelError, MediaError, and JobCancelled out of `progress`.
    """
    from cuemark.evidence.frames.cache import FeatureCache
    from cuemark.models.clip.clip import load_clip
    from cuemark.models.lm.lm import load_lm

    systems = all_systems(best_blind_rule(dataset), settings.presets)
    specs, switches = wanted(systems, settings.rows), ablations() if settings.ablate else ()
    clip, lm = load_clip(settings.clip, work / "image-towers"), load_lm(settings.lm)
    tools = _Tools(
        clip,
        Pair(clip.text, lm),
        FeatureCache(work / "features"),
        OutcomeStore(work / "outcomes", (clip.id, lm.id, str(settings.seed), str(settings.sample_rate))),
        {spec.name: spec for spec in (*systems, *switches)},
        settings.seed,
        settings.sample_rate,
    )
    names = [spec.name for spec in (*specs, *switches)]
    outcomes: dict[str, dict[str, Outcome]] = {name: {} for name in names}
    total = len(names) * len(dataset.videos)
    for number, video in enumerate(dataset.videos):
        run = _VideoRun(video, tools, progress)
        for place, name in enumerate(names):
            progress.update(STAGE, number * len(names) + place, total, "searches")
            outcomes[name][video.name] = run.outcome(name)
    progress.update(STAGE, total, total, "searches")
    rows = [System(spec.name, spec.about, outcomes[spec.name]) for spec in (*specs, *switches)]
    return Results(tuple(rows[: len(specs)]), tuple(rows[len(specs) :]), clip.id, lm.id)


def wanted(systems: Sequence[SystemSpec], rows: Sequence[str] | None) -> tuple[SystemSpec, ...]:
    """The rows somebody named, in printed order; all without names.  OptionError `eval_row_unknown`."""
    known = [system.name for system in systems]
    for row in rows or ():
        if row not in known:
            raise OptionError("eval_row_unknown", f"There is no row {row!r}.", f"Use some of {', '.join(known)}.")
    return tuple(system for system in systems if rows is None or system.name in rows)


def best_blind_rule(dataset: Dataset) -> str:
    """The content-blind rule that fits this very dataset best: the strongest form of that row."""
    return baselines.best_rule(dataset, [duration_of(video) for video in dataset.videos])


def duration_of(video: TrueVideo) -> Fraction:
    """Seconds by the annotations, or by the file where they do not say."""
    from cuemark.media.probe import probe

    return video.duration or probe(video.path).duration


@dataclass(frozen=True)
class _Tools:
    """What all videos share."""

    clip: ClipModel
    pair: Pair
    features: FeatureCache
    store: OutcomeStore
    specs: dict[str, SystemSpec]
    seed: int
    sample_rate: Fraction | None


class _VideoRun:
    """One video: outcomes on demand, each computed once."""

    def __init__(self, video: TrueVideo, tools: _Tools, progress: Progress) -> None:
        self._video, self._tools, self._progress = video, tools, OnlyChecks(progress)
        self._known: dict[str, Outcome] = {}
        self._id = f"{fingerprint(video.path)} {truth_id(video)}"

    def outcome(self, name: str) -> Outcome:
        """What the system called `name` says; systems it builds on are run first."""
        if name not in self._known:
            spec = self._tools.specs[name]
            # What a row is about may change with the dataset: the best blind rule does.
            system = f"{name}: {spec.about}"
            found = self._tools.store.get(system, self._id)
            if found is None:
                found = spec.run(self._case, self.outcome)
                self._tools.store.put(system, self._id, found)
            self._known[name] = found
        return self._known[name]

    @cached_property
    def _case(self) -> Case:
        from cuemark.evidence.frames.extract import extract
        from cuemark.media.frames import VideoFrames
        from cuemark.media.probe import probe

        info = probe(self._video.path)
        track = extract(
            VideoFrames(info), self._tools.clip.image, self._tools.sample_rate, self._tools.features, self._progress
        ).track
        return Case(self._video, track, self._tools.pair, self._tools.seed, self._progress)


def truth_id(video: TrueVideo) -> str:
    """A hash of the truth: some systems are told a part of it."""
    facts = [(str(e.start), str(e.end), e.captions) for events in video.references for e in events]
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()
