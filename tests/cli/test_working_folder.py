"""Whatever lies in the folder a user works in, it is never taken for a module of ours, and ours lies nowhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cuemark.core import own_process
from cuemark.core.errors import OptionError
from cuemark.core.own_process import handed_on, python_command
from cuemark.core.settings import load

if TYPE_CHECKING:
    from tests.cli.conftest import VideoMaker

POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX")
PEOPLES_OWN = (
    "random", "json", "tempfile", "logging", "asyncio", "socket", "heapq", "bisect", "av", "grpc", "psutil",
    "filelock", "cattrs", "platformdirs", "typer", "click", "rich", "runpy", "contextlib", "text", "errors", "files",
)  # fmt: skip
"""Names that people give to scripts and that we, or what we use, import."""
READ_BY_PYTHON = ("types", "typing", "functools", "collections", "warnings", "enum", "re", "sitecustomize")
"""Those that Python itself imports while it starts, before any line of ours where they lie on PYTHONPATH."""


def poison(folder: Path, *names: str) -> Path:
    """A folder in which every such module ends whatever imports it."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name} of the working folder was imported')\n")
    for name in ("numpy", "onnxruntime", "torch"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise SystemExit('a package of the working folder was imported')\n")
    return folder


def run(home: Path, cwd: Path, *words: str | Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """`cuemark` as its console script starts it, in a working folder."""
    command = python_command("cuemark.cli.main", *map(str, words))
    environ = {**os.environ, "CUEMARK_HOME": str(home), **extra}
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=170)


@pytest.fixture
def stopping(tmp_path: Path) -> Callable[[Path], None]:
    return lambda home: print(run(home, tmp_path, "daemon", "stop"))


def test_modules_of_the_working_folder_are_never_imported(
    tmp_path: Path, make_video: VideoMaker, stopping: Callable[[Path], None]
) -> None:
    here = poison(tmp_path / "here", *PEOPLES_OWN, *READ_BY_PYTHON)
    make_video(here / "clip.mp4")
    try:
        ran = run(tmp_path / "home", here, "analyze", "clip.mp4", "--preset", "fast")
        assert ran.returncode == 0 and "Analysis" in ran.stdout, ran.stderr
        checked = run(tmp_path / "home", here, "doctor")
        assert "was imported" not in checked.stdout + checked.stderr and "torch" in checked.stdout
    finally:
        stopping(tmp_path / "home")


@pytest.mark.parametrize("named", [".", "", os.pathsep, "." + os.sep])
def test_a_pythonpath_that_means_the_working_folder_is_the_same(
    tmp_path: Path, named: str, stopping: Callable[[Path], None]
) -> None:
    here = poison(tmp_path / "here", *PEOPLES_OWN)
    try:
        ran = run(tmp_path / "home", here, "jobs", "list", PYTHONPATH=named)
        assert ran.returncode == 0, ran.stderr
    finally:
        stopping(tmp_path / "home")


def test_a_pythonpath_that_names_other_folders_goes_on_working(tmp_path: Path) -> None:
    named = os.pathsep.join([".", str(tmp_path / "mine"), "lib", ""])
    kept = handed_on({"PYTHONPATH": named})["PYTHONPATH"].split(os.pathsep)
    assert kept == [str(tmp_path / "mine"), os.path.abspath("lib")]
    assert "PYTHONPATH" not in handed_on({"PYTHONPATH": "."})


@pytest.mark.parametrize("module", ["cuemark.autostart.launch", "cuemark.rpc.server.main", "cuemark.worker.oneshot"])
def test_every_process_of_ours_starts_in_any_folder(tmp_path: Path, module: str) -> None:
    here = poison(tmp_path / "here", *PEOPLES_OWN, *READ_BY_PYTHON)
    # A setting or a question that cannot be ends each of them once it has imported what it needs.
    ran = subprocess.run(
        python_command(module, "CUEMARK_LOG_LEVEL=none"),
        cwd=here, capture_output=True, text=True, check=False, input="{}", timeout=60,
        env={**os.environ, "CUEMARK_HOME": str(tmp_path / "home"), "CUEMARK_LOG_LEVEL": "none"},
    )  # fmt: skip
    assert "was imported" not in ran.stdout + ran.stderr
    assert ran.returncode == 1
    assert "CUEMARK_LOG_LEVEL" in ran.stderr or module == "cuemark.worker.oneshot"  # which may end with its input


def test_a_login_service_of_an_older_version_survives_the_home_folder(tmp_path: Path) -> None:
    # Those that `python -m` needs itself are out of our hands.
    here = poison(tmp_path / "here", *sorted({*PEOPLES_OWN} - {"runpy", "contextlib"}))
    ran = subprocess.run(
        [sys.executable, "-m", "cuemark.autostart.launch", "CUEMARK_LOG_LEVEL=none", f"CUEMARK_HOME={tmp_path}"],
        cwd=here, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 1 and "CUEMARK_LOG_LEVEL" in ran.stderr


def test_a_relative_home_is_one_folder_for_the_command_and_its_daemon(
    tmp_path: Path, stopping: Callable[[Path], None]
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    try:
        ran = run(Path("kept/here"), here, "jobs", "list", HOME=str(tmp_path))
        assert ran.returncode == 0, ran.stderr
        assert (here / "kept/here/runtime/endpoint.json").exists()
        assert sorted(os.listdir(tmp_path)) == ["here"]
        assert run(here / "kept/here", tmp_path, "daemon", "status").returncode == 0
    finally:
        stopping(here / "kept/here")


@POSIX
def test_the_daemon_holds_no_folder_of_the_user(tmp_path: Path, stopping: Callable[[Path], None]) -> None:
    import psutil

    here = tmp_path / "here"
    here.mkdir()
    try:
        ran = run(tmp_path / "home", here, "daemon", "start", "--json")
        pid = int(ran.stdout.partition('"pid": ')[2].partition(",")[0])
        assert psutil.Process(pid).cwd() == own_process.working_folder()
    finally:
        stopping(tmp_path / "home")


@POSIX
def test_a_folder_that_was_deleted_is_said(tmp_path: Path, stopping: Callable[[Path], None]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    try:
        done = _in_deleted(gone, tmp_path / "home", "analyze", "clip.mp4")
        assert done.returncode == 1 and "was deleted" in done.stderr and "[folder_gone]" in done.stderr
        gone.mkdir()
        done = _in_deleted(gone, tmp_path / "home", "jobs", "list")
        assert done.returncode == 0, done.stderr
        gone.mkdir()
        done = _in_deleted(gone, Path("relative"), "jobs", "list")
        assert done.returncode == 1 and "[folder_gone]" in done.stderr
    finally:
        stopping(tmp_path / "home")


def _in_deleted(folder: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'rmdir "{folder}" && exec "$@"', "sh", *python_command("cuemark.cli.main", *words)]
    environ = {**os.environ, "CUEMARK_HOME": str(home)}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=100)


def test_an_account_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.delenv("CUEMARK_HOME", raising=False)
    monkeypatch.setenv("HOME", "")
    with pytest.raises(OptionError) as refused:
        load({"CUEMARK_HOME": "~/cuemark"})
    assert refused.value.code == "home_unknown" and "CUEMARK_HOME" in refused.value.next_step


def test_a_user_without_a_home_works_where_cuemark_home_says(tmp_path: Path) -> None:
    """As a user whom the system does not know, as containers have them."""
    environ = {name: value for name, value in os.environ.items() if name not in ("HOME", "CUEMARK_HOME")}
    if shutil.which("unshare") is None or _as_nobody_known(environ, "--version").returncode != 0:
        pytest.skip("no user namespaces here")
    told = _as_nobody_known(environ, "jobs", "list")
    assert told.returncode == 2 and "CUEMARK_HOME" in told.stderr and "[home_unknown]" in told.stderr
    named = {**environ, "CUEMARK_HOME": str(tmp_path / "home")}
    try:
        worked = _as_nobody_known(named, "jobs", "list")
        assert worked.returncode == 0, worked.stderr
        checked = _as_nobody_known(named, "doctor")
        assert "bug of its own" not in checked.stderr and "FAIL" not in checked.stdout, checked.stdout
    finally:
        _as_nobody_known(named, "daemon", "stop")


def _as_nobody_known(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = ["unshare", "--user", "--map-user=54321", *python_command("cuemark.cli.main", *words)]
    return subprocess.run(command, cwd="/", env=environ, capture_output=True, text=True, check=False, timeout=150)
