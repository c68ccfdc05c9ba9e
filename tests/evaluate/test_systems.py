"""The rows of the table on a real video with the real sample pair, and what a stopped evaluation leaves."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import cuemark
from cuemark.analysis.model_cache import ModelCache
from cuemark.analysis.pipeline import analyse
from cuemark.captions.lexicon import Lexicon, Word, load_lexicon
from cuemark.core import settings
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import OptionError
from cuemark.core.limits import UNLIMITED
from cuemark.core.progress import SilentProgress
from cuemark.evidence.frames.cache import FeatureCache
from cuemark.lab.evaluate.best_word import NameTable, name_table
from cuemark.lab.evaluate.case import Case, Harness, SearchClock
from cuemark.lab.evaluate.localisation import tiou
from cuemark.lab.evaluate.outcome import CODE, Curve, Found, FoundChapter, Outcome, OutcomeStore
from cuemark.lab.evaluate.run import EvalSettings, Results, run_systems, wanted
from cuemark.lab.evaluate.sample_dataset import phrases
from cuemark.lab.evaluate.systems import ablations, all_systems
from cuemark.lab.evaluate.truth import Dataset, TrueEvent, TrueVideo
from cuemark.lab.sample.lexicon import Lexicon as DrawnLexicon
from cuemark.lab.sample.script import write_script
from cuemark.lab.sample.train import WEIGHTS
from cuemark.lab.sample.video import render
from cuemark.moments.emptiness import EmptyStretches
from cuemark.moments.options import from_preset

ROWS = ("even-frozen", "even-masks", "balanced", "word", "oracle-segments", "oracle-word", "oracle-captions")
# A search takes seconds alone, and many times that on a machine with other work.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """One short video: three events in a quarter of a minute."""
    script = write_script("cuts", "dev", 0, seconds=15, events=3)
    path = tmp_path_factory.mktemp("videos") / "short.mp4"
    render(script, path)
    events = tuple(TrueEvent(one.start, one.end, one.captions, one.slots.as_dict()) for one in script.events)
    video = TrueVideo(path.name, path, (events,), "cuts", duration=Fraction(script.frames) / script.rate)
    return Dataset("short", (video,), phrases(DrawnLexicon()))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def results(dataset: Dataset, work: Path) -> Results:
    return run_systems(dataset, EvalSettings(WEIGHTS / "clip", WEIGHTS / "lm", rows=ROWS), work, SilentProgress())


def outcome(results: Results, name: str) -> Outcome:
    (found,) = next(system for system in results.systems if system.name == name).outcomes.values()
    return found


def test_rows_come_in_printed_order_and_say_what_they_are(results: Results) -> None:
    assert [system.name for system in results.systems] == list(ROWS)
    assert all(system.about for system in results.systems)


def test_oracle_segments_are_the_truth_with_our_words(results: Results, dataset: Dataset) -> None:
    events = dataset.videos[0].events
    found = outcome(results, "oracle-segments").moments
    assert [(one.start, one.end) for one in found] == [(event.start, event.end) for event in events]
    assert all(one.caption for one in found)


def test_oracle_captions_are_our_segments_with_true_words(results: Results, dataset: Dataset) -> None:
    true = {caption for event in dataset.videos[0].events for caption in event.captions}
    ours, told = outcome(results, "balanced").moments, outcome(results, "oracle-captions").moments
    assert [(one.start, one.end) for one in told] == [(one.start, one.end) for one in ours]
    assert all(one.caption in true for one in told if _best(one, dataset) > 0)


def test_one_word_for_each_segment_of_the_default_and_of_the_truth(results: Results, dataset: Dataset) -> None:
    events = dataset.videos[0].events
    alone = outcome(results, "oracle-word").moments
    assert [(one.start, one.end) for one in alone] == [(one.start, one.end) for one in events]
    names = {word.name for word in load_lexicon().words if word.kind in ("thing", "scene")}
    assert all(one.caption in names for one in alone)
    ours = [(one.start, one.end) for one in outcome(results, "balanced").moments]
    assert [(one.start, one.end) for one in outcome(results, "word").moments] == ours


def test_the_one_word_is_the_name_nearest_to_the_frames_of_the_segment(
    dataset: Dataset, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names whose vectors are the mean pictures of the first and of the last event."""
    harness = Harness.of(WEIGHTS / "clip", WEIGHTS / "lm", 0, None, work)
    case = Case(dataset.videos[0], harness, SilentProgress())
    segments = [(one.start, one.end) for one in (dataset.videos[0].events[0], dataset.videos[0].events[-1])]
    track = case.prepared.evidence.frames
    inside = [[start <= second < end for second in map(Fraction, track.seconds)] for start, end in segments]
    means = [track.vectors[one].mean(axis=0) for one in inside]
    table = NameTable(("last", "first"), np.stack([mean / np.linalg.norm(mean) for mean in reversed(means)]))
    monkeypatch.setattr(Harness, "names", lambda self, progress: table)
    assert [one.caption for one in case.best_words(segments).moments] == ["first", "last"]
    assert case.best_words([]).moments == ()


def test_segments_that_mostly_show_nothing_are_told(
    dataset: Dataset, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first third is empty: of the first half that is most, of the whole it is not."""
    case = Case(dataset.videos[0], Harness.of(WEIGHTS / "clip", WEIGHTS / "lm", 0, None, work), SilentProgress())
    samples, end = len(case.prepared.evidence.frames), case.duration
    segments = [(Fraction(0), end / 2), (Fraction(0), end), (end / 2, end)]
    assert case.without_content(segments, from_preset()) == [False, False, False], "nothing is empty here"
    void = EmptyStretches(samples, ((0, samples // 3),))
    monkeypatch.setattr(EmptyStretches, "of", lambda track, options: void)
    assert case.without_content(segments, from_preset()) == [True, False, False]


def test_names_are_encoded_once_and_kept(work: Path, tmp_path: Path) -> None:
    harness = Harness.of(WEIGHTS / "clip", WEIGHTS / "lm", 0, None, work)
    text = harness.models.clip(harness.refs()["clip"], SilentProgress()).text
    few = Lexicon((Word("lamp", "thing", True), Word("red", "attribute", True), Word("apple", "thing", True)))
    first = name_table(text, "id", few, tmp_path, SilentProgress())
    assert first.names == ("lamp", "apple")
    assert first.vectors == pytest.approx(text.encode(["a photo of a lamp", "a photo of an apple"]).numpy(), abs=1e-6)
    (path,) = tmp_path.iterdir()
    np.save(path, -first.vectors)
    assert (name_table(text, "id", few, tmp_path, SilentProgress()).vectors == -first.vectors).all()
    path.write_bytes(b"torn")
    assert (name_table(text, "id", few, tmp_path, SilentProgress()).vectors == first.vectors).all()


def test_a_presets_row_is_what_an_analysis_of_the_file_says(results: Results, dataset: Dataset, work: Path) -> None:
    known = replace(settings.load(), cache=work)
    options = AnalysisOptions(preset="balanced", models={"clip": str(WEIGHTS / "clip"), "lm": str(WEIGHTS / "lm")})
    cache = FeatureCache(work / "features")
    said = analyse(dataset.videos[0].path, options, ModelCache(known), cache, UNLIMITED, SilentProgress())
    row = outcome(results, "balanced")
    assert row.moments == tuple(
        Found(one.start, one.end, one.caption, one.score, tuple(tag.word for tag in one.tags)) for one in said.moments
    )
    assert row.chapters == tuple(FoundChapter(one.start, one.end, one.title) for one in said.chapters)
    assert row.seconds > 0 and len(row.last) == len(row.moments)


def test_the_masks_of_a_row_are_drawn_from_where_its_search_began(results: Results, dataset: Dataset) -> None:
    """Three equal parts, then what was found: hard edges first, soft ones at last."""
    row = outcome(results, "even-masks")
    assert len(row.first) == len(dataset.videos[0].events)
    assert all(set(curve.values) == {0.0, 1.0} for curve in row.first)
    parts = [sum(curve.values) / len(curve.values) for curve in row.first]
    assert parts == pytest.approx([1 / len(parts)] * len(parts), abs=0.02)
    assert any(0 < value < 1 for curve in row.last for value in curve.values)
    assert len(outcome(results, "balanced").first) >= len(dataset.videos[0].events), "too many proposals on purpose"


def test_the_seconds_of_an_analysis_are_those_of_its_search_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = SearchClock(SilentProgress())
    for stage, seconds in (("features", 8), ("language models", 4), ("moments", 2), ("chapters", 1)):
        clock.update(stage, 0, 1, "steps")
        now[0] += seconds
        clock.update(stage, 1, 1, "steps")
    assert clock.seconds == 2


def _best(moment: Found, dataset: Dataset) -> float:
    return max(float(tiou((moment.start, moment.end), (e.start, e.end))) for e in dataset.videos[0].events)


def test_frozen_masks_stay_and_the_others_move(results: Results, dataset: Dataset) -> None:
    frozen, moved = outcome(results, "even-frozen"), outcome(results, "even-masks")
    count, duration = len(dataset.videos[0].events), dataset.videos[0].duration
    assert len(frozen.moments) == len(moved.moments) == count
    parts = [Fraction(number, count) for number in range(count)]
    assert duration is not None
    assert all(abs(float(one.start / duration - part)) < 0.05 for one, part in zip(frozen.moments, parts, strict=True))
    assert [(one.start, one.end) for one in frozen.moments] != [(one.start, one.end) for one in moved.moments]


def test_a_second_run_computes_nothing_and_says_the_same(results: Results, dataset: Dataset, work: Path) -> None:
    asked = EvalSettings(WEIGHTS / "clip", WEIGHTS / "lm", rows=ROWS)
    files = sorted((work / "outcomes").glob("*.json"))
    times = [path.stat().st_mtime_ns for path in files]
    again = run_systems(dataset, asked, work, SilentProgress())
    assert again.systems == results.systems
    assert [path.stat().st_mtime_ns for path in files] == times


def test_same_seed_same_result(results: Results, dataset: Dataset, tmp_path: Path) -> None:
    asked = EvalSettings(WEIGHTS / "clip", WEIGHTS / "lm", rows=("balanced",))
    again = outcome(run_systems(dataset, asked, tmp_path, SilentProgress()), "balanced")
    first = outcome(results, "balanced")
    assert (again.moments, again.chapters, again.last) == (first.moments, first.chapters, first.last)


def test_an_outcome_survives_and_a_torn_one_is_made_again(tmp_path: Path) -> None:
    whole = Outcome(
        (Found(Fraction(1, 3), Fraction(7, 2), "a cat"),),
        (FoundChapter(Fraction(0), Fraction(5), "Cat"),),
        1.5,
        (Curve((0.0, 1.0)),),
        (Curve((0.5, 0.25)),),
    )
    store = OutcomeStore(tmp_path, ("models",))
    store.put("ours", "video", whole)
    assert store.get("ours", "video") == whole
    assert store.get("ours", "another") is None
    assert OutcomeStore(tmp_path, ("other models",)).get("ours", "video") is None
    (path,) = tmp_path.glob("*.json")
    path.write_bytes(path.read_bytes()[:40])
    assert store.get("ours", "video") is None


def test_an_outcome_depends_on_the_code_that_made_it() -> None:
    """A pattern that finds no file would let an outcome of other code be read."""
    root = Path(cuemark.__file__).parent
    assert all(any(root.glob(pattern)) for pattern in CODE)
    assert {f"lab/evaluate/{name}.py" for name in ("case", "systems", "baselines", "outcome")} <= set(CODE)


def test_a_row_nobody_knows_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match="magic") as refused:
        wanted(all_systems("halves"), ["balanced", "magic"])
    assert refused.value.code == "eval_row_unknown"
    assert "even-masks" in refused.value.next_step


def test_every_row_has_a_name_of_its_own() -> None:
    names = [spec.name for spec in (*all_systems("halves"), *ablations())]
    assert len(names) == len(set(names))
