"""Every system on every video of a dataset.  Video by video, so that memory does not grow with the dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.core.analysis_options import PRESETS
from cuemark.core.errors import OptionError
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.lab.evaluate import baselines
from cuemark.lab.evaluate.case import Case, Harness
from cuemark.lab.evaluate.outcome import Outcome, OutcomeStore, System
from cuemark.lab.evaluate.systems import SystemSpec, ablations, all_systems
from cuemark.lab.evaluate.truth import Dataset, TrueVideo
from cuemark.media.fingerprint import fingerprint

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
    systems = all_systems(best_blind_rule(dataset), settings.presets)
    specs, switches = wanted(systems, settings.rows), ablations() if settings.ablate else ()
    harness = Harness.of(settings.clip, settings.lm, settings.seed, settings.sample_rate, work)
    ids = harness.model_ids()
    store = OutcomeStore(work / "outcomes", (*ids.values(), str(settings.seed), str(settings.sample_rate)))
    known = {spec.name: spec for spec in (*systems, *switches)}
    names = [spec.name for spec in (*specs, *switches)]
    outcomes: dict[str, dict[str, Outcome]] = {name: {} for name in names}
    total = len(names) * len(dataset.videos)
    for number, video in enumerate(dataset.videos):
        run = _VideoRun(video, known, harness, store, progress)
        for place, name in enumerate(names):
            progress.update(STAGE, number * len(names) + place, total, "searches")
            outcomes[name][video.name] = run.outcome(name)
    progress.update(STAGE, total, total, "searches")
    rows = [System(spec.name, spec.about, outcomes[spec.name]) for spec in (*specs, *switches)]
    return Results(tuple(rows[: len(specs)]), tuple(rows[len(specs) :]), ids["clip"], ids["lm"])


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


class _VideoRun:
    """One video: outcomes on demand, each computed once."""

    def __init__(
        self,
        video: TrueVideo,
        systems: Mapping[str, SystemSpec],
        harness: Harness,
        store: OutcomeStore,
        progress: Progress,
    ) -> None:
        self._systems, self._store = systems, store
        self._case = Case(video, harness, OnlyChecks(progress))
        self._known: dict[str, Outcome] = {}
        self._id = f"{fingerprint(video.path)} {truth_id(video)}"

    def outcome(self, name: str) -> Outcome:
        """What the system called `name` says; systems it builds on are run first."""
        if name not in self._known:
            spec = self._systems[name]
            # What a row is about may change with the dataset: the best blind rule does.
            system = f"{name}: {spec.about}"
            found = self._store.get(system, self._id)
            if found is None:
                found = spec.run(self._case, self.outcome)
                self._store.put(system, self._id, found)
            self._known[name] = found
        return self._known[name]


def truth_id(video: TrueVideo) -> str:
    """A hash of the truth: some systems are told a part of it."""
    facts = [(str(e.start), str(e.end), e.captions) for events in video.references for e in events]
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()
