"""`cuemark analyze` from end to end: real processes, a real daemon, the shipped sample models, files good and bad."""

from __future__ import annotations

import os
import signal
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell, VideoMaker

QUICK = ("--preset", "fast", "--moments", "1", "--seed", "3")
posix = pytest.mark.skipif(os.name == "nt", reason="signals and byte names are POSIX")


def check_object(found: dict[str, Any], path: Path) -> None:
    """The contract of one file's object: its keys, the order, the frames, the partition."""
    assert set(found) == {"media", "models", "warnings", "moments", "chapters"}
    media = found["media"]
    assert set(media) == {"path", "duration_s", "fps", "width", "height", "start_timecode"}
    assert media["path"] == str(path)
    rate = Fraction(media["fps"])
    assert "/" in media["fps"]
    starts = [moment["start_s"] for moment in found["moments"]]
    assert starts == sorted(starts)
    for moment in found["moments"]:
        assert set(moment) == {"id", "start_s", "end_s", "start_frame", "end_frame", "caption", "score"}
        assert 0 <= moment["start_frame"] < moment["end_frame"] <= round(media["duration_s"] * rate)
        assert moment["caption"].strip()
    chapters = found["chapters"]
    assert all(set(chapter) == {"start_s", "end_s", "title"} for chapter in chapters)
    assert chapters[0]["start_s"] == 0 and chapters[-1]["end_s"] == pytest.approx(media["duration_s"])
    assert all(before["end_s"] == after["start_s"] for before, after in pairwise(chapters))


def test_one_file_gives_one_object_and_a_warning(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    video = make_video(tmp_path / "one.mp4")
    ran = busy("analyze", video, *QUICK, "--json")
    assert ran.code == 0, ran.err
    check_object(ran.json, video)
    assert len(ran.json["moments"]) == 1
    assert "sample_models" in {warning["code"] for warning in ran.json["warnings"]}
    again = busy("analyze", video, *QUICK, "--json")
    assert again.json["moments"][0]["caption"] == ran.json["moments"][0]["caption"]
    assert "from the cache" in again.err, "the second run must skip the feature stage"


def test_what_a_person_sees(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    video = make_video(tmp_path / "seen.mp4")
    ran = busy("analyze", video, *QUICK)
    assert ran.code == 0
    assert "seen.mp4" in ran.out and "00:00:00.000" in ran.out and "Analysis " in ran.out
    assert "warning" not in ran.out, "warnings and progress go to stderr"
    assert "[sample_models]" in ran.err and "seen.mp4: features" in ran.err


@posix
def test_every_bad_file_has_its_own_code_and_the_others_finish(
    busy: Shell, tmp_path: Path, make_video: VideoMaker
) -> None:
    good = make_video(tmp_path / "good.mp4")
    odd = make_video(tmp_path / 'it\'s "odd" 🎬 .mp4')
    invalid = Path(os.fsdecode(os.fsencode(tmp_path) + b"/inv\xff\xfe\nx.mp4"))
    os.rename(make_video(tmp_path / "plain.mp4"), invalid)
    half = tmp_path / "half.mp4"
    half.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    (tmp_path / "text.mp4").write_text("this is no video\n" * 50)
    (tmp_path / "zero.mp4").touch()
    (tmp_path / "empty folder").mkdir()
    _sound_only(tmp_path / "sound.mp4")
    folder = tmp_path / "footage" / "day 1"
    make_video(folder / "b.mp4")
    (folder / "notes.txt").touch()
    before = busy("daemon", "status", "--json").json["pid"] if busy("daemon", "status").code == 0 else None
    paths = [good, tmp_path / "nowhere.mp4", tmp_path / "empty folder", tmp_path / "text.mp4", tmp_path / "zero.mp4"]
    paths += [tmp_path / "sound.mp4", odd, invalid, folder.parent]
    ran = busy("analyze", *paths, *QUICK, "--json")
    assert ran.code == 1
    found = ran.json
    assert [each.get("error", {}).get("code") for each in found] == [
        None,
        "media_not_found",
        "no_video_in_folder",
        "media_not_recognised",
        "media_is_empty",
        "sound_unheard",
        None,
        None,
        None,
    ]
    for each in found:
        if "error" in each:
            assert each["error"]["message"] and "\n" not in each["error"]["message"]
            assert each["media"]["path"]
    check_object(found[6], odd)
    check_object(found[8], folder / "b.mp4")
    assert found[7]["media"]["path"].endswith("inv\\xff\\xfe\nx.mp4")
    assert "Traceback" not in ran.err
    if before:
        assert busy("daemon", "status", "--json").json["pid"] == before, "the daemon lives on"


def test_music_among_the_footage_is_passed_over_in_one_line(
    busy: Shell, tmp_path: Path, make_video: VideoMaker
) -> None:
    folder = tmp_path / "day 1"
    make_video(folder / "b.mp4")
    for name in ("music.mp4", "atmo.mp4"):
        _sound_only(folder / name)
    ran = busy("analyze", folder, *QUICK)
    assert ran.code == 0, ran.err
    assert "b.mp4" in ran.out and "atmo.mp4, music.mp4" in ran.err and ran.err.count("sound_unheard") == 1
    (folder / "b.mp4").unlink()
    assert busy("analyze", folder, *QUICK).code == 1, "nothing was analysed"


def test_a_file_cut_in_half_is_analysed_as_far_as_it_goes(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    whole = make_video(tmp_path / "whole.mp4", seconds=8, streamable=True)
    half = tmp_path / "half.mp4"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    ran = busy("analyze", half, *QUICK, "--json")
    assert ran.code == 0, ran.err
    check_object(ran.json, half)
    assert "media_truncated" in {warning["code"] for warning in ran.json["warnings"]}


@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_one_frame_and_one_second_are_enough(
    busy: Shell, tmp_path: Path, make_video: VideoMaker, seconds: float
) -> None:
    video = make_video(tmp_path / "short.mp4", seconds=seconds)
    ran = busy("analyze", video, "--preset", "fast", "--json")
    assert ran.code == 0, ran.err
    check_object(ran.json, video)


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    video = make_video(tmp_path / "locked.mp4")
    video.chmod(0)
    ran = busy("analyze", video, *QUICK, "--json")
    assert ran.code == 1 and ran.json["error"]["code"] == "media_unreadable"


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--moments", "0"), "option_moments", 2),
        (("--moments", "-3"), "option_moments", 2),
        (("--preset", "quick"), "option_preset", 2),
        (("--moments", "500"), "too_many_moments", 2),
        (("--clip", "not/there"), "model_folder_invalid", 1),
        (("--clip", "resnet"), "model_unknown", 1),
        (("--clip", "light"), "models_needed", 1),
    ],
)
def test_options_that_cannot_be(
    busy: Shell, tmp_path: Path, make_video: VideoMaker, arguments: tuple[str, str], code: str, exit_code: int
) -> None:
    video = make_video(tmp_path / "v.mp4")
    ran = busy("analyze", video, "--preset", "fast", *arguments, "--json")
    assert (ran.json["error"]["code"], ran.code) == (code, exit_code), ran.err
    assert ran.json["error"]["next_step"]


@pytest.mark.parametrize(("count", "code"), [("450", "too_many_moments"), ("600", "option_moments")])
@pytest.mark.parametrize("files", [1, 2])
def test_a_value_is_refused_alike_by_the_daemon_and_by_the_worker(
    busy: Shell, tmp_path: Path, make_video: VideoMaker, count: str, code: str, files: int
) -> None:
    videos = [make_video(tmp_path / f"{number}.mp4") for number in range(files)]
    ran = busy("analyze", *videos, "--preset", "fast", "--moments", count, "--json")
    found = ran.json if files > 1 else [ran.json]
    assert ran.code == 2 and [item["error"]["code"] for item in found] == [code] * files, ran.err


def test_a_batch_with_other_faults_has_failed(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    video, bad = make_video(tmp_path / "good.mp4"), tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    ran = busy("analyze", video, bad, "--preset", "fast", "--moments", "450", "--json")
    assert [item["error"]["code"] for item in ran.json] == ["too_many_moments", "media_not_recognised"]
    assert ran.code == 1


def test_a_failed_job_that_is_watched_ends_with_the_code_of_its_error(
    busy: Shell, tmp_path: Path, make_video: VideoMaker
) -> None:
    refused = busy("analyze", make_video(tmp_path / "v.mp4"), "--preset", "fast", "--moments", "450", "--json")
    assert busy("jobs", "watch", refused.json["job"]).code == 2


def test_model_folders_that_are_not_what_they_should_be(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    from cuemark.models.store.store import ModelStore

    weights = ModelStore(Path()).path("sample")
    video = make_video(tmp_path / "v.mp4")
    (tmp_path / "nothing").mkdir()
    swapped = busy("analyze", video, *QUICK, "--clip", weights / "lm", "--lm", weights / "clip", "--json")
    assert swapped.code == 1 and swapped.json["error"]["code"] == "model_is_not_clip"
    swapped = busy("analyze", video, *QUICK, "--lm", weights / "clip", "--json")
    assert swapped.code == 1 and swapped.json["error"]["code"] == "model_is_not_lm"
    empty = busy("analyze", video, *QUICK, "--clip", tmp_path / "nothing", "--json")
    assert empty.code == 1 and empty.json["error"]["code"] == "model_folder_invalid"
    # A folder is taken from where the user stands, not from where the daemon runs.
    named = busy("analyze", video, *QUICK, "--clip", os.path.relpath(weights / "clip", busy.cwd), "--json")
    assert named.code == 0, named.err


def test_detached_jobs_can_be_watched(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    video = make_video(tmp_path / "later.mp4", seconds=3)
    ran = busy("analyze", video, *QUICK, "--detach")
    assert ran.code == 0
    job, path = ran.out.strip().split(maxsplit=1)
    assert path == str(video)
    watched = busy("jobs", "watch", job)
    assert watched.code == 0 and "cuemark analyses show" in watched.out
    listed = busy("jobs", "list", "--json").json
    assert next(each for each in listed if each["id"] == job)["state"] == "succeeded"
    detached = busy("analyze", video, *QUICK, "--detach", "--json").json
    assert set(detached) == {"media", "job"}
    assert busy("jobs", "watch", detached["job"]).code == 0


@posix
def test_ctrl_c_cancels_the_job_and_says_so(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    video = make_video(tmp_path / "long.mp4", seconds=60)
    process = busy.start("analyze", video, "--preset", "thorough", "--json")
    job = _running(busy, video)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"asking the daemon to cancel" in err and b"Traceback" not in err
    assert b'"cancelled"' in out
    for _ in range(100):
        state = next(each for each in busy("jobs", "list", "--json").json if each["id"] == job)["state"]
        if state == "cancelled":
            return
        time.sleep(0.2)
    pytest.fail(f"the job is {state}")


@posix
def test_a_file_deleted_while_it_is_analysed(busy: Shell, tmp_path: Path, make_video: VideoMaker) -> None:
    video = make_video(tmp_path / "gone.mp4", seconds=60)
    process = busy.start("analyze", video, "--preset", "thorough", "--json")
    _running(busy, video)
    video.unlink()
    out, err = process.communicate(timeout=170)
    assert process.returncode == 1, err
    assert b"media_vanished" in out


def _running(shell: Shell, video: Path) -> str:
    """The id of the job of `video` once it looks at its frames, or is beyond."""
    for _ in range(300):
        for job in shell("jobs", "list", "--json").json:
            stage = (job["progress"] or {}).get("stage")
            if job.get("path") == str(video) and stage in ("features", "language models", "moments"):
                return str(job["id"])
        time.sleep(0.05)
    pytest.fail("the job did not start")


def _sound_only(path: Path) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        stream.layout = "mono"
        for _ in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 44100
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
