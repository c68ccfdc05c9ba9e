"""What an evaluation is asked for, made into its settings and carried out, from the dataset's name to the report."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.analysis.model_cache import ModelCache
from cuemark.core.analysis_options import DEFAULT_PRESET, PRESETS, AnalysisOptions, checked
from cuemark.core.model_notices import SAMPLE
from cuemark.core.progress import Progress
from cuemark.core.settings import Settings
from cuemark.lab.environment import require
from cuemark.lab.evaluate import baselines
from cuemark.lab.evaluate import run as running
from cuemark.lab.evaluate.datasets import SAMPLES, DatasetOptions, load_dataset
from cuemark.lab.evaluate.evaluation import Evaluation, gather, judge
from cuemark.lab.evaluate.report import prepared, write_report
from cuemark.lab.evaluate.run import EvalSettings, wanted
from cuemark.lab.evaluate.systems import all_systems
from cuemark.lab.evaluate.text_metrics import text_metrics
from cuemark.lab.evaluate.truth import Dataset
from cuemark.models.store.store import ModelStore

DATASET = "sample"
_ALL, _OURS = "all", "ours"
#: What is asked for before hours of work, and not after them.
_PACKAGES = ("matplotlib", "pycocoevalcap.cider.cider", "scenedetect")


@dataclass(frozen=True)
class EvalRequest:
    """What somebody asks to be evaluated, in the words of the command; nothing is looked at yet.

    `rows` are names of systems, "ours" for those of the presets, "all" (or none) for every one.
    """

    dataset: str = DATASET
    clip: str | None = None
    lm: str | None = None
    presets: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    videos: int | None = None
    videos_folder: str | None = None
    annotations: tuple[str, ...] = ()
    seed: int = 0
    ablate: bool = False
    sample_rate: Fraction | None = None

    def command(self) -> str:
        """The command that does the same again; without folders for output, which change nothing."""
        words = ["cuemark", "eval", self.dataset]
        rate = self.sample_rate and str(self.sample_rate)
        single = {
            "--sample-fps": rate,
            "--clip": self.clip,
            "--lm": self.lm,
            "--videos": self.videos,
            "--videos-folder": self.videos_folder,
        }
        several = {"--preset": self.presets, "--annotations": self.annotations}
        several["--rows"] = (",".join(self.rows),) if self.rows else ()
        words += [word for flag, value in single.items() if value is not None for word in (flag, str(value))]
        words += [word for flag, values in several.items() for value in values for word in (flag, value)]
        words += ["--seed", str(self.seed)] if self.seed else []
        return shlex.join([*words, "--ablate"] if self.ablate else words)

    @property
    def is_sample(self) -> bool:
        """Whether its footage is the drawn world of the sample models."""
        return self.dataset.partition(":")[0] in SAMPLES


class Evaluator:
    """Carries a request out.  To make one checks all that can be without looking at footage.

    Raises OptionError, ModelError, StoreError, and InputError `file_exists` where `folder` holds files of the user's.
    """

    def __init__(self, request: EvalRequest, known: Settings, folder: Path, work: Path | None = None) -> None:
        for package in _PACKAGES:
            require(package)
        self._request = request
        self._settings = chosen_settings(request, known)
        self._models = model_names(request, known)
        self._folder = prepared(Path(os.path.expanduser(folder)).absolute())
        self._work = Path(os.path.expanduser(work or known.cache / "eval")).absolute()

    def run(self, progress: Progress) -> Evaluation:
        """The figures; the report is in the folder afterwards, what was computed is kept in the work folder."""
        dataset = _dataset(self._request, self._work, progress)
        results = running.run_systems(dataset, self._settings, self._work, progress)
        clip, lm = (Path(name).name for name in self._models)
        models = {"clip": {"name": clip, "id": results.clip_id}, "lm": {"name": lm, "id": results.lm_id}}
        facts = gather(self._request.command(), self._request.seed, models)
        with text_metrics() as metrics:
            evaluation = judge(dataset, results.systems, results.ablations, facts, metrics, progress)
        write_report(evaluation, self._folder, progress)
        return evaluation


def chosen_settings(request: EvalRequest, known: Settings) -> EvalSettings:
    """Models, presets and rows, all known to exist.  OptionError, ModelError."""
    for name in request.presets:
        checked(AnalysisOptions(preset=name))
    # Other rows are built on the default's: equal parts as many as it found, its segments with true captions.
    presets = tuple(name for name in PRESETS if not request.presets or name in (*request.presets, DEFAULT_PRESET))
    rows = None if _ALL in request.rows or not request.rows else tuple(_named(request.rows, presets))
    wanted(all_systems(next(iter(baselines.RULES)), presets), rows)
    clip, lm = model_names(request, known)
    store = ModelStore(known.models)
    return EvalSettings(
        store.folder(clip, "clip"),
        store.folder(lm, "lm"),
        presets,
        request.seed,
        rows,
        request.ablate,
        request.sample_rate,
    )


def model_names(request: EvalRequest, known: Settings) -> tuple[str, str]:
    """CLIP and language model: what was named, else the sample pair for its world, the usual default for others."""
    default = SAMPLE if request.is_sample else ModelCache(known).default_name()
    return request.clip or default, request.lm or default


def _named(rows: Sequence[str], presets: Sequence[str]) -> list[str]:
    return [name for row in rows for name in (presets if row == _OURS else (row,))]


def _dataset(request: EvalRequest, work: Path, progress: Progress) -> Dataset:
    options = DatasetOptions(
        videos_folder=None if request.videos_folder is None else Path(os.path.expanduser(request.videos_folder)),
        annotations=tuple(Path(os.path.expanduser(file)) for file in request.annotations),
        **_how_many(request),
    )
    return load_dataset(request.dataset, options, work / "videos", progress)


def _how_many(request: EvalRequest) -> dict[str, int]:
    if request.videos is None:
        return {}
    return {"videos_per_kind" if request.is_sample else "limit": request.videos}
