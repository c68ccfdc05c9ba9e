"""`cuemark index` and `cuemark library` with a real daemon: what is new is indexed, the rest left alone and said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.index.conftest import files_of, index_of, write_film

ASKED = ("--clip", "sample", "--speech", "off")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> Path:
    """A folder with two films, a copy of one, a file that is no film, and a recording nobody can hear; indexed once."""
    folder = tmp_path_factory.mktemp("footage")
    write_film(folder / "one.mp4", 4, 1)
    write_film(folder / "two.mp4", 6, 2)
    shutil.copy(folder / "two.mp4", folder / "two again.mp4")
    (folder / "broken.mp4").write_bytes(b"no film at all" * 100)
    _silence(folder / "song.wav")
    return folder


def _silence(path: Path) -> None:
    import wave

    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(64_000))


@pytest.fixture(scope="module")
def first(shell: Shell, footage: Path) -> Any:
    """What the first run said."""
    return shell("index", footage, *ASKED, "--json")


def states(told: Any) -> dict[str, str]:
    """What became of each file."""
    return {Path(file["path"]).name: file["state"] for file in told["files"]}


def listed(shell: Shell) -> dict[str, Any]:
    """The library by name of the file."""
    return {Path(one["path"]).name: one for one in shell("library", "list", "--all", "--json").json}


def frames_decoded(shell: Shell, told: Any) -> int:
    """Frames that the jobs of a run sampled."""
    ids = [file["job"] for file in told["files"] if "job" in file]
    jobs = {job["id"]: job for job in shell("jobs", "list", "--all", "--json").json}
    return sum(jobs[each]["counters"].get("frames_encoded", 0) for each in ids)


def test_one_bad_file_stops_no_other(shell: Shell, footage: Path, first: Any) -> None:
    assert first.code == 1
    assert states(first.json) == {
        "one.mp4": "indexed", "two.mp4": "indexed", "two again.mp4": "indexed", "broken.mp4": "failed",
        "song.wav": "failed",
    }  # fmt: skip
    failed = {Path(file["path"]).name: file["error"]["code"] for file in first.json["files"] if "error" in file}
    assert failed == {"broken.mp4": "media_not_recognised", "song.wav": "sound_unheard"}
    assert first.json["failed"] == 1, "sound of which nothing is known is passed over"


def test_two_paths_of_one_content_are_one_media(shell: Shell, footage: Path, first: Any) -> None:
    found = shell("library", "list", "--all", "--json").json
    assert len(found) == 2
    both = next(one for one in found if len(one["paths"]) == 2)
    assert {Path(path).name for path in both["paths"]} == {"two.mp4", "two again.mp4"} and not both["offline"]
    shown = shell("library", "show", footage / "one.mp4", "--json").json
    assert shown["shots"] and shown["thumbnails"] and shown["encoders"][0]["name"] == "sample"
    assert shown["shots"][0]["start"] == 0 and shown["shots"][-1]["end"] == shown["duration"]


def test_unchanged_files_are_left_alone_and_touched_ones_known_by_content(
    shell: Shell, footage: Path, first: Any
) -> None:
    again = shell("index", footage / "one.mp4", footage / "two.mp4", *ASKED, "--json")
    assert again.code == 0 and states(again.json) == {"one.mp4": "unchanged", "two.mp4": "unchanged"}
    before = files_of(index_of(shell))
    os.utime(footage / "one.mp4")
    touched = shell("index", footage / "one.mp4", *ASKED, "--json").json
    assert states(touched) == {"one.mp4": "indexed"} and touched["known"] == 1
    assert frames_decoded(shell, touched) == 0 and files_of(index_of(shell)) == before
    said = shell("index", footage / "one.mp4", *ASKED)
    assert said.out == "1 file: 1 unchanged.\n"


def test_words_that_came_to_lie_beside_a_file_are_news(shell: Shell, tmp_path: Path) -> None:
    film = write_film(tmp_path / "talk.mp4", 4, 31)
    assert shell("index", film, *ASKED).code == 0
    (tmp_path / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:02,500\nHello from the subtitle.\n")
    again = shell("index", film, *ASKED, "--json").json
    assert states(again) == {"talk.mp4": "indexed"} and again["known"] == 0
    assert shell("library", "show", film, "--json").json["utterances"] == 1
    assert states(shell("index", film, *ASKED, "--json").json) == {"talk.mp4": "unchanged"}
    shell("library", "rm", film)


def test_a_moved_file_is_offline_until_it_is_found_again(shell: Shell, footage: Path, first: Any) -> None:
    number = listed(shell)["one.mp4"]["number"]
    moved = footage / "moved" / "renamed.mp4"
    moved.parent.mkdir()
    (footage / "one.mp4").rename(moved)
    try:
        assert listed(shell)["one.mp4"]["offline"]
        assert "offline" in shell("library", "list", "--offline").out
        assert "one.mp4" in shell("library", "show", footage / "one.mp4").out, "and is still known by its old path"
        found = shell("index", moved, *ASKED)
        assert "1 known by its content" in found.out and str(footage / "one.mp4") in found.err
        now = listed(shell)["renamed.mp4"]
        assert now["number"] == number and not now["offline"]
    finally:
        moved.rename(footage / "one.mp4")
        shell("index", footage / "one.mp4", *ASKED)


def test_another_content_at_the_same_path_is_another_media(shell: Shell, tmp_path: Path) -> None:
    card = tmp_path / "CLIP0001.mp4"
    write_film(card, 3, 7)
    assert shell("index", card, *ASKED).code == 0
    write_film(card, 3, 8)  # another card at the same place
    assert shell("index", card, *ASKED).code == 0
    both = [one for one in shell("library", "list", "--all", "--json").json if one["path"] == str(card)]
    assert sorted(one["offline"] for one in both) == [False, True], "the first card's entry is kept as offline"
    for one in both:
        assert shell("library", "rm", one["id"]).code == 0


def test_a_recording_that_grew_is_one_media(shell: Shell, tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mkv", 12, 9, size=(320, 240))
    data, growing = whole.read_bytes(), tmp_path / "growing.mkv"
    growing.write_bytes(data[: len(data) // 2])
    assert shell("index", growing, *ASKED).code == 0
    short = listed(shell)["growing.mkv"]
    growing.write_bytes(data)
    assert shell("index", growing, *ASKED).code == 0
    long = [one for one in shell("library", "list", "--all", "--json").json if one["path"] == str(growing)]
    assert len(long) == 1 and long[0]["duration"] > short["duration"] and long[0]["id"] != short["id"]
    assert not (index_of(shell) / short["id"][:2] / short["id"]).exists()
    shell("library", "rm", growing)


def test_an_analysis_puts_its_file_into_the_library_without_another_pass(shell: Shell, tmp_path: Path) -> None:
    film = write_film(tmp_path / "analysed.mp4", 4, 11)
    ran = shell("analyze", film, "--clip", "sample", "--lm", "sample", "--speech", "off", "--preset", "fast", "--json")
    assert ran.code == 0 and not [n for n in ran.json["warnings"] if n["code"] == "not_indexed"]
    shown = shell("library", "show", film, "--json").json
    assert shown["encoders"][0]["vectors"] == 10 and shown["thumbnails"]
    indexed = shell("index", film, *ASKED, "--json").json
    assert frames_decoded(shell, indexed) == 0, "the vectors come from the cache"
    assert shell("library", "show", film, "--json").json["shots"], "what the analysis had no need of is added"
    shell("library", "rm", film)


def test_verify_mends_and_rebuilds_from_the_cache(shell: Shell, footage: Path, first: Any) -> None:
    wanted = files_of(index_of(shell))
    whole = shell("library", "verify")
    assert whole.code == 0 and "The index is whole." in whole.out
    torn = next(index_of(shell).rglob("vectors-*.npy"))
    torn.write_bytes(torn.read_bytes()[:-7])
    looked = shell("library", "verify", "--no-mend", "--json")
    assert looked.code == 1 and [each["code"] for each in looked.json["index"]["problems"]] == ["index_damaged"]
    mended = shell("library", "verify", "--json").json["index"]
    _wait_for(shell, mended["jobs"])
    assert files_of(index_of(shell)) == wanted
    shutil.rmtree(index_of(shell))
    lost = shell("library", "verify", "--json").json["index"]
    assert {each["code"] for each in lost["problems"]} == {"media_not_indexed"}
    assert _wait_for(shell, lost["jobs"]) == 0, "all vectors come from the cache"
    assert files_of(index_of(shell)) == wanted and shell("library", "verify").code == 0


def _wait_for(shell: Shell, jobs: list[str]) -> int:
    """Until they ended well; how many frames were encoded anew."""
    assert jobs
    encoded = 0
    for each in jobs:
        shell("jobs", "watch", each, timeout=300)
        shown = next(job for job in shell("jobs", "list", "--all", "--json").json if job["id"] == each)
        assert shown["state"] == "succeeded", shown
        encoded += shown["counters"].get("frames_encoded", 0)
    return encoded


def test_a_damaged_entry_is_said_and_made_again_by_index(shell: Shell, footage: Path, first: Any) -> None:
    wanted = files_of(index_of(shell))
    shown = shell("library", "show", footage / "one.mp4", "--json").json
    head = index_of(shell) / shown["id"][:2] / shown["id"] / "entry.json"
    head.write_text(head.read_text().replace("sample", "simple"))
    refused = shell("library", "show", footage / "one.mp4")
    assert refused.code == 1 and "[index_damaged]" in refused.err
    again = shell("index", footage / "one.mp4", *ASKED)
    assert again.code == 0 and "1 indexed" in again.out
    assert files_of(index_of(shell)) == wanted


def test_rm_takes_out_the_entry_and_leaves_the_file(shell: Shell, tmp_path: Path) -> None:
    film = write_film(tmp_path / "out.mp4", 3, 21)
    shell("index", film, *ASKED)
    mark = shell("library", "show", film, "--json").json["id"]
    assert shell("library", "rm", mark[:10]).code == 0
    assert film.exists() and not (index_of(shell) / mark[:2] / mark).exists()
    gone = shell("library", "show", film)
    assert gone.code == 1 and "cuemark index" in gone.err and "[media_not_indexed]" in gone.err


def test_path_names_the_folder(shell: Shell) -> None:
    assert shell("library", "path").out.strip() == str(index_of(shell))
