"""Drafts of killed processes are taken away; those that somebody is writing are not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cuemark.core.drafts import PREFIX, SUFFIX, draft_beside, draft_folder, is_draft, sweep
from cuemark.core.files import atomic_write

WRITER = """
import sys, time
from pathlib import Path
from cuemark.core.drafts import draft_beside, draft_folder
target = Path(sys.argv[1])
draft_beside(target).write_bytes(b"half")
with draft_folder(target.parent) as folder:
    (folder / "a").mkdir()
    (folder / "a" / "part").write_bytes(b"half")
    print("there", flush=True)
    time.sleep(60)
"""


def start_writing(target: Path) -> subprocess.Popen[str]:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None and writer.stdout.readline() == "there\n"
    return writer


def kill(writer: subprocess.Popen[str]) -> None:
    writer.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    writer.wait()
    assert writer.stdout is not None
    writer.stdout.close()


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    below = tmp_path / "deep" / "er"
    below.mkdir(parents=True)
    (below / "kept").write_bytes(b"kept")
    writer = start_writing(below / "file")
    assert len([path for path in below.iterdir() if is_draft(path)]) == 2
    assert sweep(tmp_path) == 0
    kill(writer)
    assert sweep(tmp_path) == 2
    assert [path.name for path in below.iterdir()] == ["kept"]


def test_the_next_write_takes_what_a_killed_one_left_beside_it(tmp_path: Path) -> None:
    kill(start_writing(tmp_path / "one.fcpxml"))
    atomic_write(tmp_path / "two.fcpxml", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["two.fcpxml"]


def test_a_number_that_another_process_has_now_is_not_taken_for_the_writer(tmp_path: Path) -> None:
    writer = start_writing(tmp_path / "file")
    os.utime(next(path for path in tmp_path.iterdir() if path.is_file()), (0, 0))  # older than the process
    assert sweep(tmp_path) == 1
    kill(writer)


@pytest.mark.parametrize("name", ["0123456789abcdef", "aaaaaa-1-00ff", "x", ""])
def test_drafts_of_other_machines_and_older_versions_go_after_an_hour(tmp_path: Path, name: str) -> None:
    draft = tmp_path / f"{PREFIX}{name}{SUFFIX}"
    draft.write_bytes(b"half")
    assert sweep(tmp_path) == 0
    os.utime(draft, (time.time() - 4000, time.time() - 4000))
    assert sweep(tmp_path) == 1 and not draft.exists()


def test_a_folder_is_gone_at_the_end_whatever_happened(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), draft_folder(tmp_path) as folder:
        assert is_draft(folder) and sweep(tmp_path) == 0
        (folder / "x").write_bytes(b"x")
        raise ValueError("no")
    assert list(tmp_path.iterdir()) == []
    assert draft_beside(tmp_path / "a").parent == tmp_path
