"""`cuemark eval search:FOLDER`: whether a search of a library finds the right segment, on videos with known events.

The videos of the folder are indexed as a library of their own.  Each value of a slot that some event has (a subject)
is asked for by its name alone, pictures only.  A hit is right where it and an event with that value share at least half
of what they cover together (tIoU >= 0.5), whichever video and event of those that have it.  Values that no event has
are asked for, too: their best score should be low.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cuemark.analysis.indexing import index
from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.query import query_vectors
from cuemark.captions.queries import read_background
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.footage import Indexed
from cuemark.core.jobs import EncodeQuerySpec
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import OnlyChecks, Progress
from cuemark.core.search import Ground, SearchHit, SearchQuery
from cuemark.core.settings import Settings
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.evidence.index.store import IndexStore
from cuemark.lab.evaluate.folder_dataset import load_folder
from cuemark.lab.evaluate.truth import Dataset, TrueEvent
from cuemark.library.database import Database
from cuemark.library.footage import FootageStore
from cuemark.library.search.frame_evidence import SeenQuery
from cuemark.library.search.search import FootageSearch, SearchedLibrary

SEARCH = "search"
OVERLAP = 0.5
FIRST_FEW = 5
_Z = 1.96


@dataclass(frozen=True)
class SearchRequest:
    """What is asked for: the folder behind `search:`, the CLIP (None: the default), the first `limit` videos."""

    folder: Path
    clip: str | None = None
    limit: int | None = None

    def command(self) -> str:
        """The command that does the same again."""
        words = ["cuemark", "eval", f"{SEARCH}:{self.folder}"]
        words += ["--clip", self.clip] if self.clip else []
        return shlex.join([*words, *(["--videos", str(self.limit)] if self.limit else [])])


@dataclass(frozen=True)
class Asked:
    """One query: how many events would be right, the overlap of each hit with the nearest of them, and the scores."""

    query: str
    events: int
    overlaps: tuple[float, ...]
    scores: tuple[float, ...]

    def right_within(self, places: int) -> bool:
        """Whether one of the first hits is right."""
        return any(overlap >= OVERLAP for overlap in self.overlaps[:places])


@dataclass(frozen=True)
class SearchEvaluation:
    """The figures of one encoder on one library."""

    command: str
    dataset: str
    encoder: str
    videos: int
    events: int
    asked: tuple[Asked, ...]

    @property
    def present(self) -> tuple[Asked, ...]:
        """The queries that some event answers."""
        return tuple(one for one in self.asked if one.events)

    @property
    def absent(self) -> tuple[Asked, ...]:
        """The queries that nothing answers."""
        return tuple(one for one in self.asked if not one.events)

    def share_right(self, places: int) -> tuple[float, float, float]:
        """The share of queries with a right hit among the first `places`, and its 95 % interval (Wilson)."""
        right = sum(one.right_within(places) for one in self.present)
        return interval(right, len(self.present))

    @property
    def overlap(self) -> float:
        """The mean overlap of right first hits."""
        right = [one.overlaps[0] for one in self.present if one.right_within(1)]
        return float(np.mean(right)) if right else 0.0

    @property
    def calibration_error(self) -> float:
        """The expected calibration error of all hits' scores, ten bins of as many hits each."""
        told = [(s, o >= OVERLAP) for one in self.asked for s, o in zip(one.scores, one.overlaps, strict=True)]
        told.sort()
        bins = [part for part in np.array_split(np.array(told, float).reshape(-1, 2), 10) if len(part)]
        return float(sum(len(part) * abs(part[:, 0].mean() - part[:, 1].mean()) for part in bins) / max(1, len(told)))

    def best_score(self, asked: Sequence[Asked]) -> float:
        """The median of the best hits' scores."""
        return float(np.median([one.scores[0] if one.scores else 0.0 for one in asked])) if asked else 0.0


def interval(right: int, count: int) -> tuple[float, float, float]:
    """A share and its 95 % interval (E. B. Wilson, 1927)."""
    if not count:
        return 0.0, 0.0, 1.0
    share, spread = right / count, _Z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / count + spread / count / 4) / (1 + spread)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def evaluate_search(request: SearchRequest, known: Settings, work: Path, progress: Progress) -> SearchEvaluation:
    """Index the videos (what `work` has of them is used again) and ask.  InputError, ModelError, MediaError."""
    dataset = load_folder(request.folder, progress)
    videos = dataset.videos[: request.limit]
    dataset = Dataset(dataset.name, videos, dataset.phrases)
    models = ModelCache(known)
    library = _Library(dataset, request, models, known, work, progress)
    values = sorted(_values(dataset))
    asked = []
    for place, (slot, value) in enumerate(values):
        progress.update("queries", place, len(values), "queries")
        hits, encoder = library.ask(value)
        asked.append(_judged(value, hits, _events_with(dataset, slot, value)))
    progress.update("queries", len(values), len(values), "queries")
    events = sum(len(video.events) for video in videos)
    return SearchEvaluation(request.command(), dataset.name, encoder, len(videos), events, tuple(asked))


class _Library:
    """The videos of a dataset, indexed."""

    def __init__(
        self,
        dataset: Dataset,
        request: SearchRequest,
        models: ModelCache,
        known: Settings,
        work: Path,
        progress: Progress,
    ) -> None:
        self._models, self._clip, self._progress = models, request.clip, OnlyChecks(progress)
        store = IndexStore(work / "index")
        rows = FootageStore(Database(work / f"library-{models.choose('clip', request.clip).folder.name}.sqlite"), store)
        options = AnalysisOptions(models={"clip": request.clip} if request.clip else {}, speech="off")
        for place, video in enumerate(dataset.videos):
            progress.update("index", place, len(dataset.videos), "videos")
            cache = FeatureCache(known.cache)
            entry = index(video.path, options, models, cache, UNLIMITED, self._progress, shots=False)
            store.put(entry)
            rows.take_up(Indexed(entry.media))
        progress.update("index", len(dataset.videos), len(dataset.videos), "videos")
        wanted = {video.path.absolute() for video in dataset.videos}
        self._media = tuple(one for one in rows.list() if wanted & {path.absolute() for path in one.paths})
        self._search = FootageSearch(store, work / "search")

    def ask(self, text: str) -> tuple[tuple[SearchHit, ...], str]:
        """What is found in the pictures, and the encoder's name."""
        found = query_vectors(EncodeQuerySpec(text, clip=self._clip), self._models, self._progress)
        assert found.words is not None
        seen = SeenQuery(
            encoder_id=found.model.id,
            words=np.array(found.words.values, np.float32),
            picture=None,
            logit_scale=found.logit_scale,
            background=read_background(found.background),
            curve=found.curve,
        )
        query = SearchQuery(text, grounds=(Ground.SEEN,), top=10)
        result = self._search.search(query, SearchedLibrary(self._media, self._media), [seen])
        return result.hits, Path(found.model.name).name


def _values(dataset: Dataset) -> set[tuple[str, str]]:
    told = {(slot, value) for slot, values in dataset.phrases.items() for value in values}
    return {each for each in told if each[0] == "subject"} or told


def _events_with(dataset: Dataset, slot: str, value: str) -> dict[Path, list[TrueEvent]]:
    found: dict[Path, list[TrueEvent]] = {}
    for video in dataset.videos:
        events = [event for event in video.events if event.slots.get(slot) == value]
        if events:
            found[video.path.absolute()] = events
    return found


def _judged(query: str, hits: Sequence[SearchHit], events: dict[Path, list[TrueEvent]]) -> Asked:
    overlaps = tuple(
        max((_overlap(hit, event) for event in events.get(hit.path.absolute(), ())), default=0.0) for hit in hits
    )
    return Asked(query, sum(map(len, events.values())), overlaps, tuple(hit.score for hit in hits))


def _overlap(hit: SearchHit, event: TrueEvent) -> float:
    both = min(hit.end, event.end) - max(hit.start, event.start)
    return max(0.0, float(both / (max(hit.end, event.end) - min(hit.start, event.start))))
