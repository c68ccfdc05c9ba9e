"""A judged evaluation: rows with their figures, and rows held against each other.  What every form of the report reads.

Figures go through `MEASURES`, intervals through the bootstrap over videos; nothing is computed anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from cuemark.core.analysis_options import DEFAULT_PRESET
from cuemark.core.progress import Progress
from cuemark.lab import environment
from cuemark.lab.evaluate.calibration import Bin, reliability
from cuemark.lab.evaluate.lexicon_nouns import lexicon_nouns
from cuemark.lab.evaluate.measures import MEASURES, interval, measure, paired_difference
from cuemark.lab.evaluate.outcome import System
from cuemark.lab.evaluate.score import VideoScore, score_system
from cuemark.lab.evaluate.truth import Dataset

if TYPE_CHECKING:
    from cuemark.lab.evaluate.text_metrics import TextMetrics

#: An ablation row is called `BASE: what is changed`; the base itself is `BASE: all on`.
UNCHANGED = "all on"
#: (ours, theirs, key of the measure): the claims that the table must bear.  A pair with a row that was not run is
#: left out.
COMPARISONS: tuple[tuple[str, str, str], ...] = (
    (DEFAULT_PRESET, "equal-same-count", "f1"),
    (DEFAULT_PRESET, "equal-true-count", "f1"),
    (DEFAULT_PRESET, "blind-rule", "f1"),
    (DEFAULT_PRESET, "shots", "f1"),
    (DEFAULT_PRESET, "shots-nonempty", "f1"),
    (DEFAULT_PRESET, "change-points", "f1"),
    (DEFAULT_PRESET, "frozen-proposals", "f1"),
    (DEFAULT_PRESET, "paper", "f1"),
    ("even-masks", "even-frozen", "f1"),
    *((DEFAULT_PRESET, other, "subject_all") for other in ("beam", "words", "word", "oracle-word", "oracle-segments")),
    *((DEFAULT_PRESET, "beam", key) for key in ("f1", "caption_words", "seconds")),
    ("thorough", DEFAULT_PRESET, "f1"),
    (DEFAULT_PRESET, "fast", "f1"),
    (DEFAULT_PRESET, "oracle-segments", "slots_all"),
    (DEFAULT_PRESET, "oracle-segments", "found_all"),
    (DEFAULT_PRESET, "oracle-segments", "soda_cider"),
    *(
        (f"{preset}/prefix", f"{preset}/beam", key)
        for preset in ("fast", "balanced", "thorough")
        for key in ("slots_all", "seconds")
    ),
    ("joint", DEFAULT_PRESET, "f1"),
    ("joint", DEFAULT_PRESET, "found_all"),
    ("joint", DEFAULT_PRESET, "seconds"),
)
_FEW = 10
#: What an ablation is held against its base by.
ABLATED = ("f1", "slots_all", "found_all", "count_error", "seconds")


@dataclass(frozen=True)
class Figure:
    """The value of a measure with its 95 % interval over videos; None where the videos say nothing about it."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """A system with its scores (one for each video of the dataset, in its order) and figures by key of the measure.

    `kinds` holds the figures of each kind of video, where the dataset has several kinds.
    """

    system: System
    scores: tuple[VideoScore, ...]
    figures: Mapping[str, Figure]
    kinds: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its system."""
        return self.system.name

    @property
    def reliability(self) -> tuple[Bin, ...]:
        """Its confidences against what was right, over all videos; empty where it states none."""
        judged = [score.naming.confidences for score in self.scores if score.naming]
        return reliability(one for each in judged for one in each)


@dataclass(frozen=True)
class Comparison:
    """Two rows by one measure on the same videos: `value` is ours less theirs, its interval that of the difference.

    `kind` is empty where all videos are meant.
    """

    ours: str
    theirs: str
    measure: str
    kind: str
    ours_value: float
    theirs_value: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Facts:
    """What it takes to run the evaluation again: the command, models by role, versions, machine, when it was made."""

    command: str
    seed: int
    made: str
    models: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    default_preset: str = DEFAULT_PRESET


def gather(command: str, seed: int, models: Mapping[str, Mapping[str, str]]) -> Facts:
    """The facts of a run that ends now; `models` by role ("clip", "lm") with name and content id."""
    return Facts(
        command=command,
        seed=seed,
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        models=models,
        versions=environment.versions(),
        machine=environment.machine(),
    )


@dataclass(frozen=True)
class Evaluation:
    """Everything that is reported.  `notes` are sentences on what was left out or cannot be compared."""

    dataset: Dataset
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    ablations: tuple[Row, ...]
    ablated: tuple[Comparison, ...]
    facts: Facts
    notes: tuple[str, ...] = ()


def judge(
    dataset: Dataset,
    systems: Sequence[System],
    ablations: Sequence[System],
    facts: Facts,
    text: TextMetrics,
    progress: Progress,
) -> Evaluation:
    """Score every system on every video and put the rows side by side; stage "score" of progress."""
    judged = []
    nouns = lexicon_nouns()
    for number, system in enumerate((*systems, *ablations)):
        progress.update("score", number, len(systems) + len(ablations), "rows")
        judged.append(make_row(system, score_system(dataset, system, text, nouns)))
    progress.update("score", len(judged), len(judged), "rows")
    rows, switches = tuple(judged[: len(systems)]), tuple(judged[len(systems) :])
    return Evaluation(
        dataset=dataset,
        rows=rows,
        comparisons=tuple(compare(rows, COMPARISONS)),
        ablations=switches,
        ablated=tuple(compare(switches, list(_against_bases(switches)), kinds=False)),
        facts=facts,
        notes=(*text.notes, *_notes_on(dataset)),
    )


def make_row(system: System, scores: Sequence[VideoScore]) -> Row:
    """A row of the report: all figures of a system with their intervals, from its scores."""
    kinds = _several([score.kind for score in scores])
    by_kind = {kind: _figures([score for score in scores if score.kind == kind]) for kind in kinds}
    return Row(system, tuple(scores), _figures(scores), by_kind)


def compare(rows: Sequence[Row], wanted: Sequence[tuple[str, str, str]], *, kinds: bool = True) -> Iterator[Comparison]:
    """The wanted comparisons of rows that are there, over all videos and over each kind of them."""
    known = {row.name: row for row in rows}
    for ours, theirs, key in wanted:
        if ours in known and theirs in known:
            for kind in ("", *(known[ours].kinds if kinds else ())):
                found = _comparison(known[ours], known[theirs], key, kind)
                if found is not None:
                    yield found


def base_of(switch: str) -> str:
    """The name of the row that a row of the ablation is compared with: the same base with nothing changed."""
    return f"{switch.partition(':')[0]}: {UNCHANGED}"


def _against_bases(switches: Sequence[Row]) -> Iterator[tuple[str, str, str]]:
    for row in switches:
        if row.name != base_of(row.name):
            yield from ((row.name, base_of(row.name), key) for key in ABLATED)


def _figures(scores: Sequence[VideoScore]) -> dict[str, Figure]:
    figures = {}
    for each in MEASURES:
        value = each.of(scores)
        if value is not None:
            # One video says nothing about others: an interval without width would look like certainty.
            ends = interval(each, scores) if len(scores) > 1 else None
            figures[each.key] = Figure(value, *(ends or (None, None)))
    return figures


def _comparison(ours: Row, theirs: Row, key: str, kind: str) -> Comparison | None:
    sides = [[score for score in row.scores if kind in ("", score.kind)] for row in (ours, theirs)]
    one, other = (measure(key).of(scores) for scores in sides)
    if one is None or other is None:
        return None
    found = paired_difference(measure(key), *sides)
    if found is None:
        return None
    ends = (found.low, found.high) if len(sides[0]) > 1 else (None, None)
    return Comparison(ours.name, theirs.name, key, kind, one, other, found.value, *ends)


def _several(kinds: Sequence[str]) -> tuple[str, ...]:
    """The kinds in order of appearance; none where all videos are of one."""
    found = tuple(dict.fromkeys(kinds))
    return tuple(kind for kind in found if kind) if len(found) > 1 else ()


def _notes_on(dataset: Dataset) -> Iterator[str]:
    if dataset.missing:
        whole = len(dataset.missing) + len(dataset.videos)
        yield (
            f"{len(dataset.missing)} of {whole} annotated videos were not there. Figures of other subsets of this"
            " dataset do not compare with these."
        )
    if len(dataset.videos) < _FEW:
        yield f"With fewer than {_FEW} videos intervals are rough, and one border can move a figure."
    if not any(event.slots for video in dataset.videos for event in video.events):
        yield "Nobody told the slots of these events, so figures on slots are left out."
