"""Exports, edits, jobs, cache, models and the daemon, through the command line."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Ran, Shell, VideoMaker

CHAPTER_FORMATS = ("json", "csv", "youtube", "ffmetadata", "webvtt", "matroska", "podcast")
EDITOR_FORMATS = ("edl", "otio", "fcpxml", "fcp7xml", "avid", "kdenlive", "shotcut", "blender")
FORMATS = (*CHAPTER_FORMATS, *EDITOR_FORMATS)
posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")


@pytest.fixture(scope="module")
def video(busy: Shell, tmp_path_factory: pytest.TempPathFactory, make_video: VideoMaker) -> Path:
    """A video whose analysis is in the library."""
    made = make_video(tmp_path_factory.mktemp("library") / "it's ☃ footage.mp4", seconds=35, rate=5)
    ran = busy("analyze", made, "--preset", "fast", "--moments", "2")
    assert ran.code == 0, ran.err
    return made


def test_every_format_is_written_once(busy: Shell, tmp_path: Path, video: Path) -> None:
    refused = []
    for name in FORMATS:
        ran = busy("export", video, "--format", name, "-o", f"{tmp_path}/", "--json")
        if ran.code == 0:
            assert Path(ran.json["path"]).stat().st_size == ran.json["bytes"] > 0
        else:
            assert ran.code in (1, 2) and ran.json["error"]["code"].startswith("export_"), ran.err
            refused.append(name)
    # YouTube has rules (three chapters) that this video's chapters may not meet; all others take anything.
    assert set(refused) <= {"youtube"}
    assert len(list(tmp_path.iterdir())) == len(FORMATS) - len(refused)


def test_an_export_never_overwrites(busy: Shell, tmp_path: Path, video: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    ran = busy("export", video, "-f", "csv", "-o", mine)
    assert ran.code == 4 and "[file_exists]" in ran.err and "--force" in ran.err
    assert mine.read_text() == "mine"
    assert busy("export", video, "-f", "csv", "-o", mine, "--force").code == 0
    on_stdout = busy("export", video, "-f", "csv", "-o", "-")
    assert on_stdout.raw == mine.read_bytes()
    if os.name == "posix":
        assert busy("export", video, "-f", "csv", "-o", "/dev/stdout").raw == mine.read_bytes()
        (tmp_path / "link.csv").symlink_to(mine)
        assert busy("export", video, "-f", "json", "-o", tmp_path / "link.csv", "--force").code == 0
        assert (tmp_path / "link.csv").is_symlink() and json.loads(mine.read_bytes())["moments"]
    assert busy("export", video, "-f", "nonsense").code == 2


def test_the_json_export_is_what_analyze_prints(busy: Shell, video: Path) -> None:
    exported = json.loads(busy("export", video, "-f", "json", "-o", "-").raw)
    shown = busy("analyses", "show", video, "--json").json
    assert exported["moments"][0].items() <= shown["moments"][0].items()
    assert exported["media"] == shown["media"]


def test_timeline_options_reach_the_edl(busy: Shell, video: Path) -> None:
    ran = busy("export", video, "-f", "edl", "-o", "-", "--fps", "29.97", "--drop-frame", "--start-tc", "10:00:00;00")
    assert ran.code == 0, ran.err
    assert "FCM: DROP FRAME" in ran.out and "10:00:0" in ran.out
    assert busy("export", video, "-f", "edl", "-o", "-", "--start-tc", "ten").code == 2


def test_edits_are_kept_and_exported(busy: Shell, video: Path) -> None:
    shown = busy("analyses", "show", video, "--json").json
    moment, chapter = shown["moments"][0]["id"], shown["chapters"][0]["id"]
    ran = busy("analyses", "edit", video, moment, "--caption", "Der Schneemann ☃", "--start", "5f", "--json")
    assert ran.code == 0, ran.err
    edited = next(each for each in ran.json["moments"] if each["id"] == moment)
    assert edited["caption"] == "Der Schneemann ☃" and edited["start_s"] == 1.0
    assert edited["edited"] and not any(each["edited"] for each in ran.json["chapters"])
    ran = busy("analyses", "edit", video, chapter, "--title", "Opening")
    assert ran.code == 0 and f"Edited by hand: {moment}, {chapter}\n" in ran.out
    assert "Opening" in busy("export", video, "-f", "ffmetadata", "-o", "-").out
    assert busy("analyses", "edit", video, "zz", "--title", "x").code == 1
    assert busy("analyses", "edit", video, chapter, "--end", "3").code == 2
    ran = busy("analyses", "edit", video, moment, "--undo", "--json")
    assert next(each for each in ran.json["moments"] if each["id"] == moment) == shown["moments"][0]
    assert ran.json["chapters"][0]["title"] == "Opening"
    assert busy("analyses", "edit", video, moment, "--undo", "--title", "x").code == 2
    ran = busy("analyses", "edit", video, "zz", "--undo", "--json")
    assert ran.code == 1 and ran.json["error"]["code"] == "item_unknown"


def test_moments_and_chapters_are_split_merged_deleted_and_added(busy: Shell, video: Path) -> None:
    def edit(*words: str) -> Ran:
        return busy("analyses", "edit", video, *words, "--json")

    def all_of(ran: Ran, what: str) -> list[tuple[str, float, float, str]]:
        assert ran.code == 0, ran.err
        text = "caption" if what == "moments" else "title"
        return [(each["id"], each["start_s"], each["end_s"], each[text]) for each in ran.json[what]]

    before = busy("analyses", "show", video)
    length = busy("analyses", "show", video, "--json").json["media"]["duration_s"]
    added = all_of(edit("--add", "0:01-0:02.5", "--caption", "  a  goal "), "moments")
    new = next(each for each in added if each[3] == "a goal")
    assert new[1:3] == (1.0, 2.5) and "a goal" in busy("export", video, "-f", "edl", "-o", "-").out
    halves = [each for each in all_of(edit(new[0], "--split", "8f", "--title", "a save"), "moments") if each[1] < 2]
    assert [each[1:] for each in halves if each[3] in ("a goal", "a save")] == [
        (1, 1.6, "a goal"),
        (1.6, 2.5, "a save"),
    ]
    other = next(each[0] for each in halves if each[3] == "a save")
    merged = edit(other, new[0], "--merge")
    assert (other, 1.0, 2.5, "a save") in all_of(merged, "moments") and merged.json["deleted"] == [new[0]]
    shown = busy("analyses", "show", video).out
    assert f"Deleted by hand: {new[0]}" in shown
    ran = edit(new[0], "--title", "x")
    assert ran.code == 1 and ran.json["error"]["next_step"].endswith(f"{new[0]} --undo")
    for each in (other, new[0]):
        assert edit(each, "--undo").code == 0
    chapters = all_of(edit("--add", "20", "--title", "Last words"), "chapters")
    assert chapters[-1][1:] == (20, length, "Last words") and chapters[-2][2] == 20
    assert [start for _, start, *_ in chapters[1:]] == [end for _, _, end, _ in chapters[:-1]]
    assert "Last words" in busy("export", video, "-f", "ffmetadata", "-o", "-").out
    assert all_of(edit(chapters[-1][0], "--delete"), "chapters")[-1][2] == length
    assert edit(chapters[-1][0], "--undo").code == 0
    assert busy("analyses", "show", video).out == before.out


def test_words_of_an_edit_that_do_not_amount_to_one_change(busy: Shell, video: Path) -> None:
    shown = busy("analyses", "show", video, "--json").json
    m, c = shown["moments"][0]["id"], shown["chapters"][0]["id"]
    for words in (
        [m],
        ["--delete"],
        ["--add", "1-2"],
        [m, "--add", "1-2", "--caption", "x"],
        ["--add", "1", "--caption", "x"],
        ["--add", "one-two", "--caption", "x"],
        ["--add", "1-2", "--caption", "x", "--title", "y"],
        [m, "--delete", "--merge"],
        [m, "--delete", "--title", "x"],
        [m, c, "--delete"],
        [m, "--split", "soon"],
        [m, "--split", "1", "--end", "2"],
        [m, c, "--merge"],
    ):
        ran = busy("analyses", "edit", video, *words)
        assert ran.code == 2 and ran.out == "" and ran.err and "Traceback" not in ran.err, (words, ran.err)


def test_analysing_again_carries_edits_over_and_says_so(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    made = make_video(tmp_path / "again.mp4")
    assert busy("analyze", made, "--preset", "fast", "--moments", "1").code == 0
    assert busy("analyses", "edit", made, "c1", "--title", "My own title").code == 0
    assert busy("analyses", "edit", made, "--add", "0-0.5", "--caption", "My own moment").code == 0
    ran = busy("analyze", made, "--preset", "fast", "--moments", "1")
    assert ran.code == 0 and "My own title" in ran.out and "My own moment" in ran.out
    assert len([line for line in ran.err.splitlines() if "[edits_carried]" in line and "2 edits" in line]) == 1
    assert "title=My own title" in busy("export", made, "-f", "ffmetadata", "-o", "-").out
    ran = busy("analyze", made, "--preset", "fast", "--json")
    assert [each["code"] for each in ran.json["warnings"] if each["code"].startswith("edits_")] == ["edits_carried"]
    # It was said once, and is no warning of the analysis.
    assert "edits_carried" not in busy("export", made, "-f", "json", "-o", "-").out


def test_an_analysis_is_found_by_id_prefix_and_file(busy: Shell, tmp_path: Path, video: Path) -> None:
    found = busy("analyses", "list", video, "--json").json[0]
    assert found["path"] == str(video)
    assert busy("analyses", "show", found["id"][:8]).code == 0
    for unknown in ("0000", tmp_path / "never.mp4"):
        ran = busy("analyses", "show", unknown, "--json")
        assert ran.code == 1 and ran.json["error"]["code"] == "analysis_not_found"


def test_removing_an_analysis(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    made = make_video(tmp_path / "brief.mp4")
    assert busy("analyze", made, "--preset", "fast", "--moments", "1").code == 0
    found = busy("analyses", "list", made, "--json").json[0]["id"]
    assert busy("analyses", "rm", found, "--json").json == {"removed": [found]}
    assert busy("analyses", "rm", found).code == 1
    assert busy("export", made, "-f", "csv", "-o", "-").code == 1


def test_unknown_jobs(busy: Shell) -> None:
    for command in ("watch", "cancel", "retry"):
        ran = busy("jobs", command, "nothing", "--json")
        assert ran.code == 1 and ran.json["error"]["code"] == "job_not_found"


def test_a_failed_job_can_be_retried(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    late = tmp_path / "late.mp4"
    late.write_text("not a video yet")
    job = busy("analyze", late, "--preset", "fast", "--moments", "1", "--json").json["job"]
    make_video(late)
    ran = busy("jobs", "retry", job, "--json")
    assert ran.code == 0 and ran.json["state"] == "succeeded" and ran.json["analysis"]
    assert busy("jobs", "retry", job).code == 2, "a job that succeeded is not retried"


def test_cache_and_models(busy: Shell, video: Path) -> None:
    assert busy("cache", "size", "--json").json["bytes"] > 0
    assert busy("cache", "prune", "--max-size", "0", "--json").json["bytes_freed"] > 0
    models = {model["name"]: model for model in busy("models", "list", "--json").json}
    assert models["sample"]["ready"] and not models["light"]["ready"]
    assert models["light"]["licence"] and models["light"]["source"] and models["light"]["why"]
    assert models["light"]["seconds_from"] == "estimated" and models["light"]["seconds_a_minute"] > 0
    shown = busy("models", "list").out
    fitting = next((name for name, model in models.items() if model["recommended"]), None)
    assert fitting is None or f"{fitting} fits this machine best: takes" in shown
    assert ("Apache-2.0" in shown and "wants a GPU" in shown) or models["best"]["fits"]
    ran = busy("models", "pull", "light", "--offline", "--json")
    assert ran.code == 1 and ran.json["error"]["code"] == "offline"
    assert busy("models", "rm", "light").out == "Nothing of model light was on this machine.\n"
    ran = busy("models", "rm", "nonsense", "--json")
    assert ran.code == 1 and ran.json["error"]["code"] == "model_unknown"


def test_status_tells_version_device_and_why(busy: Shell, video: Path) -> None:
    status = busy("daemon", "status", "--json").json
    assert status["running"] and status["endpoint"].startswith("127.0.0.1:")
    assert all(device["reason"] for device in status["devices"])
    assert "Cuemark" in busy("daemon", "logs", "-n", "5000").out


def test_daemons_that_are_not_ours(cuemark: Shell) -> None:
    assert cuemark("daemon", "start").code == 0
    file = cuemark.home / "runtime" / "endpoint.json"
    true = file.read_text()
    for change, code in (
        ({"token": "wrong"}, "daemon_bad_token"),
        ({"protocol": 999, "version": "99.0"}, "daemon_protocol_mismatch"),
    ):
        file.write_text(json.dumps({**json.loads(true), **change}))
        ran = cuemark("jobs", "list", "--json")
        assert ran.code == 3 and ran.json["error"]["code"] == code
        assert ran.json["error"]["next_step"]
    file.write_text(true)
    assert cuemark("jobs", "list", "--json").json == []


@posix
def test_a_stale_endpoint_file_is_replaced_silently(cuemark: Shell) -> None:
    first = cuemark("daemon", "start", "--json").json["pid"]
    os.kill(first, signal.SIGKILL)
    ran = cuemark("jobs", "list", "--json")
    assert ran.code == 0 and ran.json == []
    assert cuemark("daemon", "status", "--json").json["pid"] != first
    assert cuemark("daemon", "stop").out == "Stopped.\n"
    assert cuemark("daemon", "status").code == 3


@posix
def test_the_daemon_in_the_foreground_ends_with_ctrl_c(cuemark: Shell) -> None:
    process = cuemark.start("daemon", "run")
    for _ in range(100):
        if cuemark("daemon", "status").code == 0:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode in (0, 130) and b"Traceback" not in err
    assert cuemark("daemon", "status").code == 3
