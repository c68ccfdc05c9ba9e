"""What arrives in a watched folder, and how: each is indexed once, when it is whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cuemark.core.jobs import JobState
from cuemark.core.watches import WatchState
from tests.watching.conftest import Watched, movie, name_of

DONE, COPYING, WAITING, INDEXING = WatchState.DONE, WatchState.COPYING, WatchState.WAITING, WatchState.INDEXING
INCOMPLETE, GONE, MOVED, FAILED = WatchState.INCOMPLETE, WatchState.GONE, WatchState.MOVED, WatchState.FAILED


def test_what_lies_there_already_is_taken_up(watched: Watched) -> None:
    watched.write("before.mkv")
    watched.write("A001/deep/below.mkv")
    found = watched.begin()
    assert not found.known and found.present
    watched.until_state("before.mkv", DONE)
    watched.until_state("A001/deep/below.mkv", DONE)
    assert [name_of(job) for job in watched.jobs()] == ["below.mkv", "before.mkv"]
    assert all(job.state is JobState.SUCCEEDED for job in watched.jobs())


def test_a_file_that_is_copied_slowly_is_left_alone_until_it_is_whole(watched: Watched) -> None:
    watched.begin()
    whole = movie(40_000)
    with (watched.folder / "slow.mp4").open("wb") as file:
        for start in range(0, len(whole), 4000):
            file.write(whole[start : start + 4000])
            file.flush()
            watched.until(lambda: watched.told("slow.mp4"))
            assert watched.jobs() == [], "nothing is read while it is written"
            before = len(watched.events)
            if start == 0:
                watched.until(lambda: watched.told("slow.mp4")[-1] in (COPYING, WAITING))
        watched.until(lambda: watched.told("slow.mp4")[-1] is COPYING and len(watched.events) >= before)
        assert watched.jobs() == []
    watched.until_state("slow.mp4", DONE)
    assert watched.told("slow.mp4") == [WAITING, COPYING, WAITING, INDEXING, DONE]
    assert len(watched.jobs()) == 1


def test_a_file_that_somebody_holds_open_is_not_read_though_it_is_still(watched: Watched) -> None:
    watched.begin()
    with (watched.folder / "paused.mkv").open("wb") as file:
        file.write(b"footage " * 100)
        file.flush()
        watched.write("other.mkv")
        watched.until_state("other.mkv", DONE)  # which has been still for no longer
        watched.until(lambda: watched.told("paused.mkv")[-1] is COPYING)
        last = watched.last("paused.mkv")
        assert last is not None and "open for writing" in last.note
        assert watched.jobs("paused.mkv") == []
    watched.until_state("paused.mkv", DONE)


def test_a_file_that_is_moved_in_is_indexed_at_once(watched: Watched, tmp_path: Path) -> None:
    watched.begin()
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(movie())
    outside.rename(watched.folder / "moved in.mp4")
    watched.until_state("moved in.mp4", DONE)
    assert watched.told("moved in.mp4") == [WAITING, INDEXING, DONE]


@pytest.mark.parametrize("part", ["half", "most", "nothing"])
def test_a_copy_that_breaks_off_is_told_once_and_taken_up_when_it_goes_on(watched: Watched, part: str) -> None:
    whole = movie(40_000)
    there = {"half": whole[:20_000], "most": whole[:-8], "nothing": b""}[part]
    watched.begin()
    watched.write("broken.mp4", there)
    event = watched.until_state("broken.mp4", INCOMPLETE)
    assert event.error is not None and event.error.code == "media_incomplete"
    assert "broken.mp4" in event.error.message and "Copy it to its end" in event.error.next_step
    watched.write("later.mkv")
    watched.until_state("later.mkv", DONE)
    assert watched.jobs("broken.mp4") == []
    assert [e.state for e in watched.events if e.path.name == "broken.mp4"].count(INCOMPLETE) == 1
    with (watched.folder / "broken.mp4").open("ab") as file:
        file.write(whole[len(there) :])
    watched.until_state("broken.mp4", DONE)
    assert len(watched.jobs("broken.mp4")) == 1


def test_a_matroska_file_and_a_wav_that_break_off_are_incomplete_too(watched: Watched) -> None:
    segment = b"\x18\x53\x80\x67\x08\x00\x00\x10\x00" + b"\x01" * 100  # 1 MiB is told
    open_end = b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + b"\x01" * 100
    head = b"\x1a\x45\xdf\xa3\x84\x42\x82\x81m"
    watched.write("short.mkv", head + segment)
    watched.write("live.mkv", head + open_end)
    watched.write("short.wav", b"RIFF" + (10_000).to_bytes(4, "little") + b"WAVE" + b"\0" * 50)
    watched.begin()
    watched.until_state("short.mkv", INCOMPLETE)
    watched.until_state("short.wav", INCOMPLETE)
    watched.until_state("live.mkv", DONE)


def test_a_renamed_file_keeps_its_place_and_is_not_indexed_again(watched: Watched) -> None:
    path = watched.write("A001.mkv")
    watched.begin()
    watched.until_state("A001.mkv", DONE)
    (watched.folder / "day 1").mkdir()
    path.rename(watched.folder / "day 1" / "kiss.mkv")
    event = watched.until_state("day 1/kiss.mkv", MOVED)
    assert event.moved_from == path
    watched.write("after.mkv")
    watched.until_state("after.mkv", DONE)
    assert [name_of(job) for job in watched.jobs()] == ["A001.mkv", "after.mkv"]
    assert watched.client.list_watches()[0].counts == {"done": 2}


def test_a_deleted_file_is_told_and_one_that_comes_back_is_not_indexed_again(watched: Watched, tmp_path: Path) -> None:
    path = watched.write("clip.mkv")
    watched.begin()
    watched.until_state("clip.mkv", DONE)
    shutil.copy2(path, tmp_path / "kept.mkv")
    path.unlink()
    assert "offline" in watched.until_state("clip.mkv", GONE).note
    assert watched.client.list_watches()[0].counts == {"gone": 1}
    shutil.copy2(tmp_path / "kept.mkv", path)
    watched.until_state("clip.mkv", DONE)
    assert len(watched.jobs()) == 1


def test_a_file_that_is_written_anew_is_indexed_again(watched: Watched) -> None:
    watched.write("clip.mkv")
    watched.begin()
    watched.until_state("clip.mkv", DONE)
    watched.write("clip.mkv", b"other footage" * 50)
    watched.until(lambda: watched.told("clip.mkv")[-3:] == [WAITING, INDEXING, DONE] and len(watched.jobs()) == 2)


@pytest.mark.parametrize("name", ["clip.mkv.part", ".clip.mkv.Xa81bq", "clip.mkv~", "clip.tmp.mkv", "~clip.mkv"])
def test_a_copy_under_another_name_is_left_alone_until_it_has_its_own(watched: Watched, name: str) -> None:
    watched.begin()
    path = watched.write(name)
    watched.write("after.mkv")
    watched.until_state("after.mkv", DONE)
    assert watched.told(name) == []
    path.rename(watched.folder / "clip.mkv")
    watched.until_state("clip.mkv", DONE)
    assert [name_of(job) for job in watched.jobs()] == ["after.mkv", "clip.mkv"]


def test_nothing_is_indexed_while_a_card_is_copied_under_other_names(watched: Watched) -> None:
    watched.write("first.mkv")
    with (watched.folder / ".card.mov.a1b2c3").open("wb") as file:
        file.write(b"0" * 1000)
        file.flush()
        watched.begin()
        seen = 0
        while seen < 12:  # three times as long as a file has to be still
            file.write(b"0" * 1000)
            file.flush()
            watched.home.wait_until(_after(0.1))
            seen += 1
        assert watched.jobs() == []
    watched.until_state("first.mkv", DONE)


def _after(seconds: float):  # type: ignore[no-untyped-def]
    import time

    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def test_a_whole_folder_that_is_moved_in_is_indexed(watched: Watched, tmp_path: Path) -> None:
    watched.begin()
    card = tmp_path / "A002" / "CLIPS"
    card.mkdir(parents=True)
    for number in range(5):
        (card / f"C{number:04}.mkv").write_bytes(b"footage %d" % number * 100)
    (tmp_path / "A002").rename(watched.folder / "A002")
    for number in range(5):
        watched.until_state(f"A002/CLIPS/C{number:04}.mkv", DONE)
    assert len(watched.jobs()) == 5
    (watched.folder / "A002" / "CLIPS" / "late.mkv").write_bytes(b"in the new folder")
    watched.until_state("A002/CLIPS/late.mkv", DONE)


def test_the_folder_goes_away_and_comes_back(watched: Watched, tmp_path: Path) -> None:
    watched.write("one.mkv")
    watched.write("two.mkv")
    watched.begin()
    watched.until(lambda: watched.client.list_watches()[0].counts == {"done": 2})
    watched.folder.rename(tmp_path / "in the drawer")
    event = watched.until_state("", GONE)
    assert event.error is not None and event.error.code == "watch_folder_gone"
    assert not watched.client.list_watches()[0].present
    assert watched.client.list_watches()[0].counts == {"done": 2}, "its files are not thought to be deleted"
    (tmp_path / "in the drawer" / "three.mkv").write_bytes(b"shot meanwhile")
    (tmp_path / "in the drawer").rename(watched.folder)
    watched.until_state("", WatchState.WATCHING)
    watched.until_state("three.mkv", DONE)
    assert len(watched.jobs()) == 3
    watched.write("four.mkv")
    watched.until_state("four.mkv", DONE)


@pytest.mark.slow
def test_a_thousand_files_at_once_stand_before_nobody(watched: Watched) -> None:
    for number in range(1000):
        watched.write(f"{number % 10}/{number:04}.mkv", b"%d" % number)
    watched.begin()
    watched.until(lambda: watched.client.list_watches()[0].counts.get("done", 0) > 20)
    waiting = [job for job in watched.jobs() if not job.state.ended]
    assert len(waiting) <= 1, "one job of a watch is in the queue at most"
    asked = watched.client.submit_analyze(Path("/footage/quick.mp4"))
    assert watched.client.wait_job(asked.id).state is JobState.SUCCEEDED
    assert watched.client.list_watches()[0].counts.get("done", 0) < 1000, "it did not wait for the thousand"
    watched.until(lambda: watched.client.list_watches()[0].counts == {"done": 1000}, 150)
    assert len(watched.jobs()) == 1001


def test_links_are_not_followed_wherever_they_lead(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "private.mkv").write_bytes(b"not named by the user")
    (watched.folder / "ring").symlink_to(watched.folder)
    (watched.folder / "out").symlink_to(tmp_path / "secret")
    (watched.folder / "linked.mkv").symlink_to(tmp_path / "secret" / "private.mkv")
    (watched.folder / "dangling.mkv").symlink_to(tmp_path / "nothing")
    os.mkfifo(watched.folder / "pipe.mkv")
    watched.write("own.mkv")
    watched.begin()
    watched.until_state("own.mkv", DONE)
    (tmp_path / "secret" / "new.mkv").write_bytes(b"neither")
    watched.write("last.mkv")
    watched.until_state("last.mkv", DONE)
    assert {name_of(job) for job in watched.jobs()} == {"own.mkv", "last.mkv"}
    assert {event.path.name for event in watched.events} == {"card", "own.mkv", "last.mkv"}


def test_what_is_no_footage_is_passed_over_quietly(watched: Watched) -> None:
    for name in ("notes.txt", "still.jpg", ".DS_Store", "._clip.mov", ".hidden/clip.mkv", "project.drp"):
        watched.write(name)
    watched.write("types.ts", b"export const answer = 42;\n")
    watched.write("raw.braw")
    watched.write("clip.mkv")
    watched.begin()
    watched.until_state("clip.mkv", DONE)
    told = {event.path.name for event in watched.events}
    assert "notes.txt" not in told and "._clip.mov" not in told and "still.jpg" not in told
    watched.write("types.ts", b"export const answer = 43;\n")
    watched.write("later.mkv")
    watched.until_state("later.mkv", DONE)
    (watched.folder / "types.ts").unlink()
    watched.until(lambda: "passed over" in (counts := watched.client.list_watches()[0].counts) and counts["done"] == 2)
    assert watched.told("types.ts") == []
    assert watched.told("raw.braw") == [WatchState.PASSED_OVER]
    assert [name_of(job) for job in watched.jobs()] == ["clip.mkv", "later.mkv"]


def test_a_file_that_cannot_be_read_is_told_once_and_the_others_are_done(watched: Watched) -> None:
    watched.write("refuse.mkv")
    watched.write("good.mkv")
    watched.begin()
    event = watched.until_state("refuse.mkv", FAILED)
    assert event.error is not None and event.error.code == "media_unreadable"
    watched.until_state("good.mkv", DONE)
    watched.write("later.mkv")
    watched.until_state("later.mkv", DONE)
    assert len(watched.jobs("refuse.mkv")) == 1
    (watched.folder / "refuse.mkv").rename(watched.folder / "quick.mkv")
    watched.until_state("quick.mkv", MOVED)
    watched.write("quick.mkv", b"another copy of it")
    watched.until_state("quick.mkv", DONE)


def test_a_transcript_that_comes_after_its_video_is_taken_in(watched: Watched) -> None:
    watched.write("talk.mkv")
    watched.begin()
    watched.until_state("talk.mkv", DONE)
    watched.write("talk.en.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello.\n")
    watched.until(lambda: len(watched.jobs("talk.mkv")) == 2 and watched.told("talk.mkv")[-1] is DONE)
    watched.write("other.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello.\n")
    watched.write("last.mkv")
    watched.until_state("last.mkv", DONE)
    assert len(watched.jobs("talk.mkv")) == 2
