"""The report: what stands in report.json, in the Markdown and in the pictures, of an evaluation made by hand."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.progress import SilentProgress
from cuemark.lab.evaluate.evaluation import Evaluation, Facts, Figure, judge
from cuemark.lab.evaluate.outcome import Curve, Found, FoundChapter, Outcome, System
from cuemark.lab.evaluate.report import report_object, without_videos
from cuemark.lab.evaluate.report_page import grid, markdown, number, with_interval
from cuemark.lab.evaluate.sample_dataset import chapters_of, phrases
from cuemark.lab.evaluate.text_metrics import text_metrics
from cuemark.lab.evaluate.truth import Dataset, TrueEvent, TrueVideo
from cuemark.lab.sample.lexicon import Lexicon
from cuemark.lab.sample.script import KINDS, write_script

FACTS = Facts(
    command="cuemark eval sample --videos 2",
    seed=0,
    made="2026-11-21T05:00:00+00:00",
    models={"clip": {"name": "sample", "id": "a" * 64}, "lm": {"name": "sample", "id": "b" * 64}},
    versions={"cuemark": "0.1.0", "Python": "3.11.2"},
    machine={"system": "Linux", "processors": "2"},
)


def sample_videos(count: int) -> Dataset:
    """The truth of sample videos; nothing is drawn."""
    videos = []
    for kind in KINDS:
        for seed in range(count):
            script = write_script(kind, "dev", seed)
            events = tuple(TrueEvent(e.start, e.end, e.captions, e.slots.as_dict()) for e in script.events)
            duration = Fraction(script.frames) / script.rate
            name = f"dev-{kind}-{seed:03d}"
            videos.append(
                TrueVideo(name, Path(f"{name}.mp4"), (events,), kind, chapters_of(events, duration), duration)
            )
    return Dataset("dev", tuple(videos), phrases(Lexicon()))


def box(start: float, end: float, edge: float = 0.0) -> Curve:
    """A mask over shares of the video with edges so soft."""

    def value(t: float) -> float:
        inside = min(t - start, end - t)
        return min(1.0, max(0.0, 0.5 + inside / edge)) if edge else float(inside >= 0)

    return Curve(tuple(value((place + 0.5) / 256) for place in range(256)))


def guess(dataset: Dataset, shift: float, wrong: float, seed: int = 0) -> dict[str, Outcome]:
    """The truth with borders moved by up to `shift` seconds and a share `wrong` of captions of other events."""
    rng = random.Random(seed)
    every = [event for video in dataset.videos for event in video.events]
    outcomes = {}
    for video in dataset.videos:
        assert video.duration
        found = []
        for event in video.events:
            start, end = (
                edge + Fraction(rng.uniform(-shift, shift)).limit_denominator(25) for edge in (event.start, event.end)
            )
            said = rng.choice(every if rng.random() < wrong else [event]).captions[0]
            found.append(Found(max(Fraction(0), start), min(video.duration, max(start + 1, end)), said))
        length, count = float(video.duration), len(found)
        outcomes[video.name] = Outcome(
            tuple(found),
            tuple(FoundChapter(one.start, one.end, one.title.rstrip(".")) for one in video.chapters),
            seconds=rng.uniform(2, 4),
            first=tuple(box(place / count, (place + 1) / count) for place in range(count)),
            last=tuple(box(float(one.start) / length, float(one.end) / length, 0.04) for one in found),
        )
    return outcomes


def blind(dataset: Dataset, count: int) -> dict[str, Outcome]:
    """Equal parts without words."""
    return {
        video.name: Outcome(
            tuple(
                Found((video.duration or 1) * Fraction(n, count), (video.duration or 1) * Fraction(n + 1, count))
                for n in range(count)
            )
        )
        for video in dataset.videos
    }


def systems(dataset: Dataset) -> list[System]:
    """A table with its usual names."""
    return [
        System("equal-same-count", "blind: equal parts", blind(dataset, 4)),
        System("blind-rule", "blind: the best rule (8 equal parts)", blind(dataset, 8)),
        System("shots", "PySceneDetect, our captioner", guess(dataset, 12, 0.6, 1)),
        System("frozen-proposals", "frozen", guess(dataset, 4, 0.2, 2)),
        System("even-frozen", "even, frozen", guess(dataset, 9, 0.5, 3)),
        System("even-masks", "even, moved", guess(dataset, 3, 0.2, 4)),
        System("fast", "ours: fast", guess(dataset, 2, 0.1, 5)),
        System("balanced", "ours, the default", guess(dataset, 0.8, 0.05, 6)),
        System("paper", "as published", guess(dataset, 14, 0.9, 7)),
        System("oracle-segments", "the true segments", guess(dataset, 0, 0.04, 8)),
    ]


def switches(dataset: Dataset) -> list[System]:
    """Two ablations and their base."""
    return [
        System("balanced: all on", "the default", guess(dataset, 0.8, 0.05, 6)),
        System("balanced: no proposals", "even start", guess(dataset, 5, 0.3, 9)),
        System("balanced: few steps", "8 steps", guess(dataset, 1, 0.05, 10)),
    ]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    dataset = sample_videos(2)
    with text_metrics(java=None) as text:
        return judge(dataset, systems(dataset), switches(dataset), FACTS, text, SilentProgress())


def test_report_json_holds_every_figure_and_what_was_said(evaluation: Evaluation) -> None:
    report = json.loads(json.dumps(report_object(evaluation)))
    assert (report["schema"], report["version"], report["seed"]) == ("cuemark-eval", 1, 0)
    assert report["dataset"]["kinds"] == {"cuts": 2, "single": 2, "angles": 2}
    assert [row["name"] for row in report["rows"]] == [system.name for system in systems(evaluation.dataset)]
    oracle = report["rows"][-1]
    assert oracle["figures"]["f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert set(oracle["kinds"]) == {"cuts", "single", "angles"}
    first = evaluation.dataset.videos[0]
    said = oracle["videos"][0]["moments"][0]
    assert Fraction(said["start_s"]) == first.events[0].start and Fraction(said["end_s"]) == first.events[0].end
    assert report["dataset"]["truth"][first.name]["references"][0][0]["start_s"] == said["start_s"]
    assert "slots_all" not in report["rows"][0]["figures"], "a row without words has no figure on words"
    assert "soda_c" not in oracle["figures"] and any("Java" in note for note in report["notes"])


def test_the_short_report_leaves_out_the_videos_only(evaluation: Evaluation) -> None:
    report = report_object(evaluation)
    short = without_videos(report)
    assert all("videos" not in row for row in (*short["rows"], *short["ablations"]))
    assert short["comparisons"] == report["comparisons"] and "truth" not in short["dataset"]
    assert "videos" in report["rows"][0], "the report itself is as it was"


def test_comparisons_are_paired_and_by_kind(evaluation: Evaluation) -> None:
    rows = {row.name: row for row in evaluation.rows}
    compared = {(one.ours, one.theirs, one.measure, one.kind): one for one in evaluation.comparisons}
    one = compared["balanced", "equal-same-count", "f1", ""]
    ours, theirs = rows["balanced"].figures["f1"].value, rows["equal-same-count"].figures["f1"].value
    assert ours is not None and theirs is not None
    assert one.value == pytest.approx(ours - theirs) and one.low is not None and one.high is not None
    assert one.low <= one.value <= one.high
    assert ("balanced", "equal-same-count", "f1", "single") in compared
    assert not any(one.theirs == "equal-true-count" for one in evaluation.comparisons), "a row that was not run"


def test_an_ablation_is_held_against_its_own_base(evaluation: Evaluation) -> None:
    pairs = {(one.ours, one.theirs) for one in evaluation.ablated}
    assert pairs == {(f"balanced: {name}", "balanced: all on") for name in ("no proposals", "few steps")}
    assert {one.measure for one in evaluation.ablated} >= {"f1", "found_all", "seconds"}


def test_the_page_says_what_a_stranger_asks(evaluation: Evaluation) -> None:
    page = markdown(evaluation)
    lines = page.splitlines()
    assert FACTS.command in lines
    assert any(line.startswith("| **`balanced`** |") for line in lines)
    for row in evaluation.rows:
        assert f"- `{row.name}`: {row.system.about}" in lines
    for heading in ("Chapters and titles", "Rows against each other", "One switch at a time", "Pictures"):
        assert f"## {heading}" in lines
    assert "SODA_c |" not in page, "a column that nobody has is not there"
    columns = [line.count("|") for line in lines if line.startswith("| `")]
    assert set(columns) <= {line.count("|") for line in lines if line.startswith("| ---")}


def test_names_emptiness_and_confidence_have_tables_with_intervals(evaluation: Evaluation) -> None:
    dataset = evaluation.dataset
    sure = {
        video.name: Outcome(tuple(Found(e.start, e.end, e.captions[0], 0.8, ("word",)) for e in video.events))
        for video in dataset.videos
    }
    with text_metrics(java=None) as text:
        rows = [System("balanced", "ours", sure), System("blind-rule", "blind", blind(dataset, 8))]
        judged = judge(dataset, rows, [], FACTS, text, SilentProgress())
    page = markdown(judged)
    names = page.split("## Names: the subject of each event")[1].split("##")[0]
    assert "| `balanced` | 1.000 [1.000, 1.000] |" in names and "`blind-rule`" not in names
    assert "`blind-rule`" in page.split("## Emptiness")[1].split("##")[0]
    confidence = page.split("## Confidence")[1].split("##")[0]
    events = sum(len(video.events) for video in dataset.videos)
    assert f"| `balanced` | {events} | 0.800 | 1.000 | 0.200 [0.200, 0.200] |" in confidence
    row, other = report_object(judged)["rows"]
    assert [one["count"] for one in row["reliability"]] == [events] and other["reliability"] == []
    assert (row["videos"][0]["moments"][0]["score"], row["videos"][0]["moments"][0]["tags"]) == (0.8, ("word",))
    assert "## Confidence" not in markdown(evaluation), "nobody stated any"


def test_one_video_has_no_interval() -> None:
    dataset = sample_videos(1)
    alone = replace(dataset, videos=dataset.videos[:1])
    with text_metrics(java=None) as text:
        judged = judge(alone, systems(alone), [], FACTS, text, SilentProgress())
    assert judged.rows[-1].figures["f1"].low is None
    assert judged.rows[-1].kinds == {}, "one kind needs no columns of its own"
    assert all(one.low is None for one in judged.comparisons)
    assert "[" not in with_interval("f1", judged.rows[-1].figures["f1"])
    assert "One switch" not in markdown(judged)


@pytest.mark.parametrize(
    ("key", "value", "signed", "text"),
    [
        ("f1", 0.98749, False, "0.987"),
        ("f1", -0.0004, True, "0.000"),
        ("f1", -0.25, True, "−0.250"),
        ("f1", 0.25, True, "+0.250"),
        ("seconds", 12.34, False, "12.3"),
        ("count_error", 0.25, False, "0.25"),
        ("f1", None, False, "–"),
    ],
)
def test_numbers(key: str, value: float | None, signed: bool, text: str) -> None:
    assert number(key, value, signed=signed) == text


def test_a_cell_ends_where_it_should() -> None:
    assert grid(["a", "b"], [["x|y\nz", "<b>"]]).splitlines()[2] == "| x\\|y z | &lt;b> |"


def test_an_interval_is_printed_with_its_figure() -> None:
    assert with_interval("f1", Figure(0.5, 0.25, 0.75)) == "0.500 [0.250, 0.750]"
    assert with_interval("f1", None) == "–"
