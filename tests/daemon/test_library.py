"""The library file: exact values, edits, the queue's rules, and what happens when the file is not what it should be."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.analysis import (
    Analysis,
    Chapter,
    ChapterEdit,
    MaskCurve,
    ModelUse,
    Moment,
    MomentEdit,
    Notice,
    RunnerUp,
    Tag,
    named_moments,
)
from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, NotFoundError, OptionError, StoreError
from cuemark.core.jobs import AnalyzeSpec, Job, JobError, JobProgress, JobSpec, JobState, PullSpec
from cuemark.core.media import Keyframes, MediaInfo
from cuemark.library.jobs import MAX_ATTEMPTS
from cuemark.library.store import Library
from cuemark.rpc.contract.tables import from_message, to_message
from cuemark.rpc.v1 import analyses_pb2, jobs_pb2

ODD_NAME = Path(os.fsdecode(b'/footage/\xff\xfe "odd" \xf0\x9f\x8e\xac\n.mp4'))

fractions = st.fractions(min_value=0, max_value=10**6, max_denominator=10**9)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
paths = st.binary(min_size=1, max_size=12).filter(lambda b: b"\0" not in b).map(lambda b: Path("/", os.fsdecode(b)))
floats = st.floats(-1e6, 1e6)
single = st.floats(0, 1, width=32)


def media(path: Path = ODD_NAME, fingerprint: str = "content") -> MediaInfo:
    return MediaInfo(
        path, fingerprint, 10**12, "mov", "hevc", 2, 1920, 1080, 90, Fraction(4, 3), Fraction(24000, 1001), True,
        Fraction(100), None, Fraction(-1, 90000), "00:59:59:23", (Notice("very_short", "short"),),
        Keyframes(Fraction(1, 90000), 3, ((3003, 20), (1, 2))),
    )  # fmt: skip


def analysis(path: Path = ODD_NAME, fingerprint: str = "content") -> Analysis:
    thirds = [Fraction(n * 100, 3) for n in range(4)]
    return Analysis(
        id="",
        media=media(path, fingerprint),
        models={"clip": ModelUse(str(path), "c", "cuda", "it is there"), "lm": ModelUse("light", "l", "cpu")},
        options={"preset": "fast"},
        moments=(Moment("", thirds[1], thirds[2], "a cat", 0.1 + 0.2), Moment("", thirds[2], thirds[3], "a dog", 1e-9)),
        chapters=tuple(Chapter(*pair, f"Part {n}") for n, pair in enumerate(pairwise(thirds))),
        warnings=(Notice("sample_models", "…"),),
    )


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "data" / "library.sqlite")
    yield opened
    opened.close()


def submit(library: Library, request: str = "r", path: Path = ODD_NAME) -> Job:
    return library.jobs.submit(request, AnalyzeSpec(path, AnalysisOptions(sample_rate=Fraction(5, 2))))


moments = st.builds(
    Moment, texts, fractions, fractions, texts, floats, st.dictionaries(texts, floats, max_size=2),
    st.none() | st.builds(MaskCurve, floats, floats, floats, st.lists(single, max_size=4).map(tuple)),
    st.lists(st.builds(RunnerUp, texts, floats), max_size=2).map(tuple),
)  # fmt: skip


@given(paths, fractions, st.lists(moments, max_size=2), texts)
def test_an_analysis_survives_json_and_the_wire_exactly(
    path: Path, seconds: Fraction, found: list[Moment], text: str
) -> None:
    whole = replace(
        analysis(path),
        media=replace(media(path), duration=seconds, start_timecode=text or None, frame_count=len(text) or None),
        models={"clip": ModelUse("light", text, "cpu"), text: ModelUse(text, "", "")},
        moments=tuple(found),
    )
    assert serialise.loads(Analysis, serialise.dumps(whole)) == whole
    assert from_message(Analysis, to_message(analyses_pb2.Analysis, whole)) == whole


@given(paths, st.none() | fractions, st.none() | st.integers(-(2**31), 2**31 - 1), st.none() | paths)
def test_a_request_survives_json_and_the_wire_exactly(
    path: Path, rate: Fraction | None, number: int | None, folder: Path | None
) -> None:
    models = {"clip": str(folder)} if folder else {}
    spec = AnalyzeSpec(path, AnalysisOptions(number, "fast", models, sample_rate=rate, seed=number))
    assert serialise.decode(JobSpec, serialise.encode(spec)) == spec
    assert from_message(JobSpec, to_message(jobs_pb2.JobSpec, spec)) == spec


def test_a_time_too_fine_for_the_wire_is_the_nearest_that_fits() -> None:
    fine = Fraction(10**30 + 1, 3 * 10**29)
    edit = from_message(MomentEdit, to_message(analyses_pb2.MomentEdit, MomentEdit("m1", start=fine)))
    assert edit.start is not None and abs(edit.start - fine) < Fraction(1, 10**9)


def test_an_analysis_is_kept_with_its_media_and_ids(library: Library) -> None:
    kept = library.analyses.add(analysis())
    assert library.analyses.get(kept.id) == kept
    assert [m.id for m in kept.moments] == ["m1", "m2"]
    assert [c.id for c in kept.chapters] == ["c1", "c2", "c3"]
    assert library.analyses.fingerprints_at(ODD_NAME) == ["content"]
    (summary,), _ = library.analyses.page()
    assert (summary.path, summary.duration, summary.moments) == (ODD_NAME, Fraction(100), 2)


def test_renamed_footage_keeps_its_analyses(library: Library) -> None:
    kept = library.analyses.add(analysis())
    again = library.analyses.add(analysis(Path("/elsewhere/new.mp4")))
    assert library.analyses.get(kept.id).media.path == Path("/elsewhere/new.mp4")
    assert library.analyses.fingerprints_at(ODD_NAME) == []
    found, _ = library.analyses.page(["content"])
    assert [summary.id for summary in found] == [again.id, kept.id]
    assert {summary.path for summary in found} == {Path("/elsewhere/new.mp4")}
    assert library.analyses.page(["other content"])[0] == ()
    assert library.analyses.page([])[0] == ()


def test_edits_are_applied_in_order_and_the_partition_stays_whole(library: Library) -> None:
    kept = library.analyses.add(analysis())
    library.analyses.edit(kept.id, MomentEdit("m2", caption="first"))
    library.analyses.edit(kept.id, MomentEdit("m2", caption=" second  thought ", start=Fraction(1), end=Fraction(2)))
    library.analyses.edit(kept.id, ChapterEdit("c2", start=Fraction(40)))
    edited = library.analyses.edit(kept.id, ChapterEdit("c3", title="End"))
    assert edited == library.analyses.get(kept.id)
    assert [(m.id, m.caption) for m in edited.moments] == [("m2", "second thought"), ("m1", "a cat")]
    assert [c.start for c in edited.chapters] == [0, 40, Fraction(200, 3)]
    assert all(a.end == b.start for a, b in pairwise(edited.chapters))


def test_only_what_an_edit_changed_is_marked_as_edited(library: Library) -> None:
    kept = library.analyses.add(analysis())
    same = library.analyses.edit(kept.id, MomentEdit("m1", caption=f" {kept.moments[0].caption} "))
    assert same.moments == kept.moments
    library.analyses.edit(kept.id, ChapterEdit("c2", title=kept.chapters[1].title, start=kept.chapters[1].start))
    library.analyses.edit(kept.id, ChapterEdit("c3", start=kept.chapters[2].start - 1))
    edited = library.analyses.get(kept.id)
    assert [m.edited for m in edited.moments] == [False, False]
    assert [c.edited for c in edited.chapters] == [False, True, True]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (MomentEdit("m9", caption="x"), "moment_not_found"),
        (MomentEdit("m1", caption=" \n"), "edit_empty_text"),
        (MomentEdit("m1", start=Fraction(90)), "edit_outside"),
        (MomentEdit("m1", end=Fraction(101)), "edit_outside"),
        (MomentEdit("m1", start=Fraction(-1)), "edit_outside"),
        (ChapterEdit("c9", title="x"), "chapter_not_found"),
        (ChapterEdit("c1", start=Fraction(1)), "edit_first_chapter"),
        (ChapterEdit("c2", start=Fraction(0)), "edit_outside"),
        (ChapterEdit("c2", start=Fraction(200, 3)), "edit_outside"),
        (ChapterEdit("c2", title=""), "edit_empty_text"),
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(library: Library, edit: MomentEdit | ChapterEdit, code: str) -> None:
    kept = library.analyses.add(analysis())
    with pytest.raises(CuemarkError) as refused:
        library.analyses.edit(kept.id, edit)
    assert refused.value.code == code
    assert library.analyses.get(kept.id) == kept


def test_edits_of_one_thing_are_taken_back_and_those_of_others_stay(library: Library) -> None:
    found = analysis()
    unnamed = replace(found.moments[0], caption="", tags=(Tag("cat", 0.4),))
    kept = library.analyses.add(replace(found, moments=(unnamed, found.moments[1])))
    library.analyses.edit(kept.id, MomentEdit("m1", caption="a tabby cat"))
    library.analyses.edit(kept.id, MomentEdit("m2", caption="a grey dog"))
    edited = library.analyses.edit(kept.id, MomentEdit("m1", start=kept.moments[0].start + 1))
    assert [named.name for named in named_moments(edited.moments)] == ["a tabby cat", "a grey dog"]
    undone = library.analyses.undo(kept.id, "m1")
    assert undone == library.analyses.get(kept.id)
    assert [named.name for named in named_moments(undone.moments)] == ["Moment 1", "a grey dog"]
    assert undone.moments[0] == kept.moments[0] and undone.moments[1].edited
    assert library.analyses.undo(kept.id, "m1") == undone
    assert library.analyses.undo(kept.id, "m2") == kept


def test_a_chapter_whose_neighbours_edit_builds_on_its_own_is_not_taken_back_alone(library: Library) -> None:
    kept = library.analyses.add(analysis())
    library.analyses.edit(kept.id, ChapterEdit("c2", start=Fraction(5)))
    edited = library.analyses.edit(kept.id, ChapterEdit("c3", start=Fraction(20)))
    with pytest.raises(OptionError) as refused:
        library.analyses.undo(kept.id, "c2")
    assert refused.value.code == "edit_built_on" and "c2" in refused.value.message
    assert library.analyses.get(kept.id) == edited
    library.analyses.undo(kept.id, "c3")
    assert library.analyses.undo(kept.id, "c2") == kept
    with pytest.raises(NotFoundError) as missing:
        library.analyses.undo(kept.id, "c9")
    assert missing.value.code == "item_unknown"


def test_a_deleted_analysis_is_gone_with_its_edits(library: Library) -> None:
    kept = library.analyses.add(analysis())
    library.analyses.edit(kept.id, MomentEdit("m1", caption="x"))
    library.analyses.delete(kept.id)
    with pytest.raises(NotFoundError):
        library.analyses.get(kept.id)
    with pytest.raises(NotFoundError):
        library.analyses.delete(kept.id)


def test_jobs_are_claimed_in_order_and_by_kind(library: Library) -> None:
    first, second = submit(library, "a"), submit(library, "b")
    pull = library.jobs.submit("c", PullSpec("light"))
    claimed = library.jobs.claim(["analyze"], "me")
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.attempt) == (first.id, JobState.RUNNING, 1)
    assert library.jobs.claim(["pull_model"], "me") == replace(
        pull, state=JobState.RUNNING, attempt=1, started_at=library.jobs.get(pull.id).started_at
    )
    claimed = library.jobs.claim(["analyze"], "me")
    assert claimed is not None
    assert claimed.id == second.id
    assert library.jobs.claim(["analyze", "pull_model"], "me") is None
    assert claimed.spec.path == ODD_NAME  # type: ignore[union-attr]


def test_only_the_owner_writes(library: Library) -> None:
    job = submit(library)
    library.jobs.claim(["analyze"], "me")
    library.jobs.report(job.id, "other", JobProgress("features", 1, 2, "frames"), {"frames": 1})
    library.jobs.note(job.id, "other", "hello")
    assert not library.jobs.finish(job.id, "other", JobState.SUCCEEDED)
    assert not library.finish_analysis(job.id, "other", serialise.encode(analysis()))
    now = library.jobs.get(job.id)
    assert (now.state, now.progress, now.counters) == (JobState.RUNNING, None, {})
    assert library.analyses.page()[0] == ()


def test_sequences_never_fall_back_and_progress_is_replaced(library: Library) -> None:
    job = submit(library)
    library.jobs.claim(["analyze"], "me")
    for done in range(1, 6):
        library.jobs.report(job.id, "me", JobProgress("features", done, 5, "frames"), {"frames": 1})
    library.jobs.note(job.id, "me", "half-way")
    events = library.jobs.events_after(job.id, 0)
    assert [event.sequence for event in events] == [1, 2, 7, 8]
    assert events[2].progress == JobProgress("features", 5, 5, "frames")
    assert library.jobs.events_after(job.id, 7) == [events[3]]
    assert library.jobs.events_after(job.id, 8) == []
    assert library.jobs.get(job.id).counters == {"frames": 5}
    library.jobs.recover("another daemon")
    assert all(event.sequence > 8 for event in library.jobs.events_after(job.id, 8))


def test_what_a_dead_daemon_left_is_taken_up_three_times_at_most(library: Library) -> None:
    job = submit(library)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = library.jobs.claim(["analyze"], f"daemon {attempt}")
        assert claimed is not None
        assert claimed.attempt == attempt
        assert library.jobs.recover(f"daemon {attempt}") == 0
        assert library.jobs.recover(f"daemon {attempt + 1}") == 1
    failed = library.jobs.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.code == "worker_crashed"
    assert library.jobs.retry(job.id).attempt == 0
    assert library.jobs.claim(["analyze"], "daemon 9") is not None


def test_a_stop_costs_no_attempt(library: Library) -> None:
    job = submit(library)
    library.jobs.claim(["analyze"], "me")
    assert library.jobs.requeue(job.id, "me", crashed=False).attempt == 0
    assert library.jobs.get(job.id).state is JobState.QUEUED


def test_a_finished_job_keeps_its_error_and_its_story(library: Library) -> None:
    job = submit(library)
    library.jobs.claim(["analyze"], "me")
    error = JobError("media_unreadable", f"{ODD_NAME} is bad", "Look.")
    library.jobs.finish(job.id, "me", JobState.FAILED, error=error)
    assert library.jobs.get(job.id).error == error
    assert not library.jobs.cancel_queued(job.id)
    last = library.jobs.events_after(job.id, 0)[-1]
    assert last.job == library.jobs.get(job.id)
    message = to_message(jobs_pb2.WatchJobResponse, last).SerializeToString()
    assert b"\\udcff" in message


def test_ids_may_be_shortened_until_they_are_ambiguous(library: Library) -> None:
    jobs = [submit(library, str(number)) for number in range(17)]
    assert library.jobs.get(jobs[0].id[:-1]).id == jobs[0].id
    letters = [job.id[0] for job in jobs]
    twice = next(letter for letter in letters if letters.count(letter) > 1)
    with pytest.raises(OptionError) as refused:
        library.jobs.get(twice)
    assert refused.value.code == "job_ambiguous"
    for unknown in ("", "xyz", "%", "_"):
        with pytest.raises(NotFoundError):
            library.jobs.get(unknown)


def test_pages_go_through_everything_once(library: Library) -> None:
    ids = [submit(library, str(number)).id for number in range(7)]
    seen, token = [], ""
    while True:
        page, token = library.jobs.page((), 3, token)
        seen += [job.id for job in page]
        if not token:
            break
    assert seen == ids[::-1]
    with pytest.raises(OptionError):
        library.jobs.page((), 3, "first")


def test_a_library_opens_again_with_all_it_had(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    first = Library(path)
    kept = first.analyses.add(analysis())
    job = submit(first)
    first.close()
    second = Library(path)
    assert second.analyses.get(kept.id) == kept
    assert second.jobs.get(job.id) == job
    second.close()


def test_a_library_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    Library(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError) as refused:
        Library(path)
    assert refused.value.code == "library_too_new"


def test_a_file_that_is_no_library_is_told(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"not a database, surely not" * 50)
    with pytest.raises(StoreError) as refused:
        Library(path)
    assert refused.value.code == "library_damaged"
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreError) as refused:
        Library(path)
    assert refused.value.code == "library_unusable"
