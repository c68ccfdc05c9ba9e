"""Whose files a command believes, what it says of files it may not use, and helpers that end with their daemon."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from cuemark.core.errors import CuemarkError, DaemonError, MediaError
from cuemark.core.own_process import python_command
from cuemark.daemon import oneshot
from cuemark.rpc.contract.endpoint import Endpoint, lock_is_held, read_endpoint, require_trusted, take_lock

if TYPE_CHECKING:
    from tests.daemon.conftest import Home

POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and owners are POSIX")
ORDINARY = ["unshare", "--user", "--map-user=54321"]
"""Runs a command as an ordinary user who owns what this user owns, with root's rights gone where that is root."""


@POSIX
@pytest.mark.parametrize(
    "mode, trusted", [(0o700, True), (0o755, True), (0o777, False), (0o770, False), (0o1777, False)]
)
def test_a_runtime_folder_that_others_may_write_is_refused(tmp_path: Path, mode: int, trusted: bool) -> None:
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime").chmod(mode)
    if trusted:
        return require_trusted(tmp_path / "runtime")
    with pytest.raises(DaemonError) as refused:
        require_trusted(tmp_path / "runtime")
    assert refused.value.code == "runtime_not_trusted" and "chmod 700" in refused.value.next_step
    return None


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root, to make a stranger's files")
@pytest.mark.parametrize("by_link", [False, True])
def test_a_strangers_runtime_folder_is_refused(tmp_path: Path, by_link: bool) -> None:
    folder = tmp_path / "runtime"
    if by_link:
        (tmp_path / "mine").mkdir()
        folder.symlink_to(tmp_path / "mine")
    else:
        folder.mkdir()
    os.chown(folder, 65533, 65533, follow_symlinks=False)
    with pytest.raises(DaemonError) as refused:
        require_trusted(folder)
    assert refused.value.code == "runtime_not_trusted" and "belongs to" in refused.value.message


@POSIX
def test_no_command_and_no_daemon_works_in_such_a_folder(home: Home) -> None:
    home.settings.runtime.mkdir(parents=True)
    home.settings.runtime.chmod(0o777)
    for words in (["daemon", "status"], ["daemon", "stop"], ["jobs", "list"], ["analyses", "list"], ["cache", "size"]):
        ran = _run(home, *words)
        assert ran.returncode == 3 and "[runtime_not_trusted]" in ran.stderr, words
    daemon = subprocess.run(
        python_command("cuemark.rpc.server.main"), capture_output=True, text=True, check=False, timeout=60
    )
    assert daemon.returncode == 1 and "chmod 700" in daemon.stderr
    home.settings.runtime.chmod(0o700)


def _run(home: Home, *words: str, before: list[str] = []) -> subprocess.CompletedProcess[str]:  # noqa: B006
    """`cuemark` in the test's home."""
    command = [*before, *python_command("cuemark.cli.main", *words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)


BAD_ENDPOINTS = {
    "deep": "[" * 16000,
    "deep object": '{"host": ' * 1700,
    "endless port": '{"port": 1e999}',
    "list": "[]",
    "number": "7",
    "text": '"x"',
    "null": "null",
    "nothing": "",
    "no text": "\xff\x00",
    "nested": '{"host": {"a": []}, "port": [], "pid": {}, "instance_id": 1, "protocol": null, "version": []}',
}


@pytest.mark.parametrize("name", BAD_ENDPOINTS)
def test_an_endpoint_file_without_sense_is_no_daemon(home: Home, name: str) -> None:
    home.settings.runtime.mkdir(parents=True, mode=0o700)
    home.settings.endpoint_file.write_text(BAD_ENDPOINTS[name], "latin-1")
    assert read_endpoint(home.settings.endpoint_file) is None
    if name in ("deep", "endless port"):
        assert home.connect().status().pid > 0


@pytest.mark.parametrize(
    "field, value",
    [
        ("port", "80"), ("port", 1e999), ("port", 0), ("port", 70000), ("port", True), ("port", 8080.0), ("pid", -1),
        ("pid", "1"), ("pid", 1 << 40), ("host", "example.org"), ("host", ["127.0.0.1"]), ("token", 7), ("token", "é"),
        ("token", "a\nb"), ("instance_id", None), ("protocol", "1"), ("version", {}),
    ],
)  # fmt: skip
def test_every_field_of_the_endpoint_file_has_its_type(tmp_path: Path, field: str, value: object) -> None:
    sound = Endpoint("127.0.0.1", 8080, 4321, "abc", 1, "0.1.0", "secret")
    values = {**vars(sound), field: value}
    path = tmp_path / "endpoint.json"
    path.write_text(json.dumps(vars(sound)))
    assert read_endpoint(path) == sound
    path.write_text(json.dumps(values))
    assert read_endpoint(path) is None


@POSIX
def test_a_pipe_in_place_of_the_endpoint_file_is_no_daemon(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endpoint.json")
    assert read_endpoint(tmp_path / "endpoint.json") is None


def test_the_lock_is_told_without_writing(tmp_path: Path) -> None:
    path = tmp_path / "daemon.lock"
    assert not lock_is_held(path) and not path.exists()
    lock = take_lock(path)
    assert lock is not None
    probe = (
        "import sys; from pathlib import Path; from cuemark.rpc.contract.endpoint import lock_is_held\n"
        f"print(lock_is_held(Path({str(path)!r})))"
    )
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout == "True\n"
    lock.release()
    path.touch()
    path.chmod(0o400)
    assert not lock_is_held(path)


@POSIX
def test_what_the_daemon_makes_is_for_its_user_alone_and_what_was_there_is_left(home: Home) -> None:
    log = home.settings.log
    log.mkdir(parents=True)
    log.chmod(0o755)
    umask = os.umask(0)
    try:
        home.connect().status()
    finally:
        os.umask(umask)
    assert stat.S_IMODE(log.stat().st_mode) == 0o755
    for folder in (home.settings.data, home.settings.runtime):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in home.settings.data.parent.rglob("*"):
        if file.is_file():
            assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file


@pytest.fixture
def ordinary() -> list[str]:
    """The command that makes another one an ordinary user's; nothing is writable by it that its mode forbids."""
    if os.name == "posix" and os.getuid() != 0:
        return []
    if shutil.which("unshare") is None or subprocess.run([*ORDINARY, "true"], check=False).returncode != 0:
        pytest.skip("runs as root, and there are no user namespaces to become an ordinary user in")
    return ORDINARY


REFUSED = {
    "unreadable files": (("daemon status", 3), ("jobs list", 3), ("daemon stop", 3), ("daemon logs", 1)),
    "read-only": (("daemon status", 3), ("jobs list", 3), ("daemon stop", 0), ("models list", 3)),
    "closed": (("daemon status", 3), ("jobs list", 3), ("daemon logs", 1), ("uninstall --dry-run", 1)),
}  # fmt: skip


@POSIX
@pytest.mark.parametrize("how", REFUSED)
def test_files_that_may_not_be_used_are_said(home: Home, ordinary: list[str], how: str) -> None:
    root = home.settings.data.parent
    for folder in (
        home.settings.data,
        home.settings.cache,
        home.settings.models,
        home.settings.runtime,
        home.settings.log,
    ):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = (home.settings.endpoint_file, home.settings.lock_file, home.settings.log_file)
    modes = {"unreadable files": files, "read-only": home.settings.data.parent.glob("*"), "closed": (root,)}[how]
    if how == "unreadable files":
        for each in files:
            each.touch()
    changed = list(modes)
    try:
        for each in changed:
            each.chmod(0o500 if how == "read-only" else 0)
        for words, code in REFUSED[how]:
            ran = _run(home, *words.split(), before=ordinary)
            assert ran.returncode == code, (words, ran)
            assert "bug" not in ran.stderr and "Traceback" not in ran.stderr
            if code and "No daemon is running" not in ran.stdout:
                assert "Permission denied" in ran.stderr and "[" in ran.stderr, (words, ran)
        checked = _run(home, "doctor", before=ordinary)
        assert checked.returncode == 1 and "FAIL" in checked.stdout and "bug" not in checked.stderr
    finally:
        for each in changed:
            each.chmod(0o700)


@pytest.fixture
def asleep(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """A helper that takes its time, and leaves a mark while it works."""
    program = tmp_path / "helper.py"
    program.write_text(
        "import os, pathlib, sys, time\n"
        "sys.stdin.readline()\n"
        f"mark = pathlib.Path({str(tmp_path)!r}, f'mark-{{os.getpid()}}')\n"
        "mark.touch(); time.sleep(0.5); mark.unlink()\n"
        "print('{\"value\": 1}')\n"
    )
    yield (sys.executable, str(program))


def test_helpers_are_bounded_in_number(asleep: tuple[str, ...], tmp_path: Path) -> None:
    most = 0

    async def count() -> None:
        nonlocal most
        while True:
            most = max(most, len(list(tmp_path.glob("mark-*"))))
            await asyncio.sleep(0.01)

    async def all_of_them() -> list[int]:
        counting = asyncio.create_task(count())
        answers = await asyncio.gather(*(oneshot.ask("x", command=asleep) for _ in range(12)))
        counting.cancel()
        return answers

    assert asyncio.run(all_of_them()) == [1] * 12
    assert 1 <= most <= oneshot.AT_ONCE


@POSIX
def test_a_helper_ends_with_its_daemon(tmp_path: Path) -> None:
    daemon = subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys, time\n"
         "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
         "child.stdin.write(b'{\"question\": \"hardware\", \"cache\": \"\"}\\n')\n"
         "child.stdin.flush(); print(child.pid, flush=True); time.sleep(600)",
         *python_command("tests_of_cuemark_helper")],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(_module(tmp_path))},
    )  # fmt: skip
    assert daemon.stdout is not None
    helper = psutil.Process(int(daemon.stdout.readline()))
    time.sleep(1.0)
    assert helper.is_running() and helper.status() != psutil.STATUS_ZOMBIE
    daemon.kill()
    daemon.wait()
    daemon.stdout.close()
    _, alive = psutil.wait_procs([helper], 5)
    assert not alive


def _module(folder: Path) -> Path:
    """A module that is the real helper, with a question that is never answered."""
    (folder / "tests_of_cuemark_helper.py").write_text(
        "import time\nfrom cuemark.worker import oneshot\n"
        "oneshot.ANSWERS['hardware'] = lambda cache: time.sleep(600)\noneshot.main()\n"
    )
    return folder


def test_what_a_helper_cannot_do_has_a_reason(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as refused:
        asyncio.run(oneshot.ask("fingerprint", path=tmp_path / "none.mp4"))
    assert refused.value.code == "media_not_found"
    with pytest.raises(CuemarkError) as failed:
        asyncio.run(oneshot.ask("fingerprint", path=tmp_path, command=(str(tmp_path / "no such program"),)))
    assert failed.value.code in ("system_refused", "helper_failed", "no_permission")
