"""Watches themselves: asked for, listed, stopped, refused, and taken up by the next daemon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cuemark.core.analysis_options import AnalysisOptions
from cuemark.core.errors import CuemarkError, NotFoundError
from cuemark.core.jobs import JobState
from cuemark.core.watches import WatchState
from cuemark.rpc.client.client import CuemarkClient, stop_daemon
from tests.daemon.conftest import Home
from tests.watching.conftest import Watched, name_of

DONE = WatchState.DONE


def test_a_watch_is_listed_and_stopped(watched: Watched) -> None:
    watched.write("steps-400.mkv")
    watched.begin(options=AnalysisOptions(gentle=True))
    watched.until_state("steps-400.mkv", WatchState.INDEXING)
    (listed,) = watched.client.list_watches()
    assert listed.request.path == watched.folder and listed.request.options.gentle
    assert listed.counts == {"indexing": 1} and not listed.polled
    watched.client.stop_watch(watched.folder)
    assert watched.client.list_watches() == []
    assert watched.ended.wait(30)
    (job,) = watched.jobs()
    assert job.state is JobState.CANCELLED
    with pytest.raises(NotFoundError, match="is not watched"):
        watched.client.stop_watch(watched.folder)


def test_the_same_folder_twice_is_the_same_watch(watched: Watched, tmp_path: Path) -> None:
    assert not watched.begin().known
    assert watched.client.watch_folder(watched.folder).known
    with pytest.raises(CuemarkError) as other:
        watched.client.watch_folder(watched.folder, analyze=True)
    assert other.value.code == "watch_differs" and "--stop" in other.value.next_step
    assert len(watched.client.list_watches()) == 1


def test_what_cannot_be_watched_is_refused_in_words(watched: Watched, tmp_path: Path) -> None:
    watched.begin()
    (watched.folder / "below").mkdir()
    (tmp_path / "clip.mkv").write_bytes(b"footage")
    (tmp_path / "link").symlink_to(watched.folder)
    own = watched.home.settings.data / "index"
    own.mkdir(parents=True, exist_ok=True)
    (watched.home.settings.data.parent / "footage").mkdir()
    refused = {
        watched.home.settings.data.parent / "footage": "watch_own_folder",
        watched.folder / "below": "watch_overlaps",
        tmp_path: "watch_overlaps",
        tmp_path / "link": "watch_overlaps",
        tmp_path / "clip.mkv": "watch_not_a_folder",
        tmp_path / "nothing": "watch_folder_not_found",
        own: "watch_own_folder",
        watched.home.settings.data: "watch_own_folder",
        watched.home.settings.data.parent: "watch_own_folder",
    }
    for path, code in refused.items():
        with pytest.raises(CuemarkError) as error:
            watched.client.watch_folder(path)
        assert error.value.code == code, path
        assert error.value.next_step
    assert len(watched.client.list_watches()) == 1


def test_options_that_cannot_be_are_refused_before_anything_is_watched(watched: Watched) -> None:
    with pytest.raises(CuemarkError) as error:
        watched.client.watch_folder(watched.folder, AnalysisOptions(preset="swift"))
    assert error.value.code == "option_preset"
    assert watched.client.list_watches() == []


@pytest.mark.slow
def test_a_killed_daemon_goes_on_where_it_was(watched: Watched) -> None:
    watched.write("done.mkv")
    watched.begin()
    watched.until_state("done.mkv", DONE)
    watched.write("steps-60.mkv")
    watched.write("zz after.mkv")
    watched.until_state("steps-60.mkv", WatchState.INDEXING)
    watched.home.kill_daemon()
    watched.write("meanwhile.mkv")
    (watched.folder / "done.mkv").rename(watched.folder / "renamed.mkv")
    for name in ("steps-60.mkv", "zz after.mkv", "meanwhile.mkv"):
        watched.until_state(name, DONE)
    watched.until_state("renamed.mkv", DONE)
    labels = sorted(name_of(job) for job in watched.jobs())
    assert labels == ["done.mkv", "meanwhile.mkv", "steps-60.mkv", "zz after.mkv"], "nothing twice"
    (job,) = watched.jobs("steps-60.mkv")
    assert job.state is JobState.SUCCEEDED and job.attempt == 2
    assert watched.client.list_watches()[0].counts == {"done": 4}


@pytest.mark.slow
def test_a_daemon_that_is_killed_again_and_again_indexes_all_once(watched: Watched) -> None:
    names = [f"{number:02}.mkv" for number in range(40)]
    for name in names:
        watched.write(name)
    watched.begin()
    for done in (5, 15, 25):
        watched.until(lambda done=done: _count(watched) > done)  # type: ignore[misc]
        watched.home.kill_daemon()
    watched.until(lambda: _count(watched) == len(names))
    labels = [name_of(job) for job in watched.jobs()]
    assert sorted(labels) == names


def _count(watched: Watched) -> int:
    found = watched.client.list_watches()
    return found[0].counts.get("done", 0) if found else 0


def test_a_stopped_daemon_tells_its_listeners_and_the_next_one_watches(watched: Watched) -> None:
    watched.begin()
    stop_daemon(watched.home.settings)
    assert watched.ended.wait(30)
    assert watched.refusal is not None and watched.refusal.code == "daemon_stopping"
    watched.write("meanwhile.mkv")
    again = watched.home.connect()
    watched.until(lambda: again.list_watches()[0].counts == {"done": 1})


@pytest.mark.slow
def test_the_daemon_does_not_go_idle_while_it_watches(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEMARK_DAEMON_IDLE_S", "1")
    folder = tmp_path / "card"
    folder.mkdir()
    client = home.connect()
    client.watch_folder(folder)
    pid = home.endpoint().pid
    client.close()
    log = home.settings.log_file
    folder_two = tmp_path / "clip.mkv"
    for number in range(3):  # each takes longer than it may be idle
        folder_two.write_bytes(b"%d" % number)
        folder_two.rename(folder / f"{number}.mkv")
        home.wait_until(lambda number=number: log.read_text().count("succeeded") > number, 60)  # type: ignore[misc]
    assert home.endpoint().pid == pid
    again = home.connect()
    again.stop_watch(folder)
    again.close()
    home.wait_until(lambda: not home.settings.endpoint_file.exists(), 60)


def test_a_new_listener_hears_how_everything_stands(watched: Watched) -> None:
    watched.write("good.mkv")
    watched.write("refuse.mkv")
    watched.begin()
    watched.until_state("good.mkv", DONE)
    watched.until_state("refuse.mkv", WatchState.FAILED)
    second = Watched(watched.home, watched.folder)
    second.begin()
    second.until(lambda: len(second.events) == 3)
    assert all(event.standing for event in second.events)
    assert {(event.path.name, event.state) for event in second.events} == {
        ("card", WatchState.WATCHING),
        ("good.mkv", DONE),
        ("refuse.mkv", WatchState.FAILED),
    }
    second.end()


def test_where_the_system_tells_of_no_changes_the_folder_is_looked_at(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEMARK_WATCH_POLL", "1")
    folder = tmp_path / "share"
    folder.mkdir()
    watched = Watched(home, folder)
    watched.begin()
    watched.write("late.mkv")
    watched.until_state("late.mkv", DONE)
    (listed,) = watched.client.list_watches()
    assert listed.polled
    assert any("looked at every" in event.note for event in watched.events)
    watched.end()


def test_each_file_keeps_its_options(watched: Watched) -> None:
    options = AnalysisOptions(seed=7, gentle=True)
    watched.write("clip.mkv")
    watched.begin(analyze=True, options=options)
    event = watched.until_state("clip.mkv", DONE)
    (job,) = watched.jobs()
    assert job.spec.limits.gentle
    assert event.analysis_id == job.analysis_id is not None
    assert replace(job.spec.options, models={}) == options  # type: ignore[union-attr]
    assert isinstance(watched.client, CuemarkClient)
