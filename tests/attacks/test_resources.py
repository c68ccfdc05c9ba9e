"""What a machine runs out of, and files that are not what they were: disk full at each write, a home that cannot be
written, a clock that jumps, a torn library, foreign vectors, a library of tomorrow.

All through the command line and a real daemon.  A small disk is a tmpfs, which needs root.  Each prints its figures.
"""

from __future__ import annotations

import http.server
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest

from cuemark.core.drafts import is_draft
from cuemark.core.jobs import JobProgress, JobState, PullSpec
from cuemark.library import backups, database, jobs
from cuemark.library.store import Library

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CLI = (sys.executable, "-m", "cuemark.cli.main")
MOST_S = 240.0


def can_mount() -> bool:
    return sys.platform == "linux" and os.getuid() == 0 and shutil.which("mount") is not None


class Home:
    """A CUEMARK_HOME, commands in it, and disks of a size in place of its folders."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mounted: list[Path] = []

    def run(self, *words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        """One command; never a bug of its own, never a traceback."""
        env = {**os.environ, "CUEMARK_HOME": str(self.path), "CUEMARK_START_TIMEOUT_S": "60", **environ}
        done = subprocess.run(
            [*CLI, *map(str, words)], capture_output=True, text=True, env=env, timeout=MOST_S, check=False
        )
        assert done.returncode != 70 and "Traceback" not in done.stdout + done.stderr, done
        return done

    def asked(self, *words: str | Path, **environ: str) -> Any:
        """What a command says as JSON."""
        return json.loads(self.run(*words, "--json", **environ).stdout)

    def small_disk(self, folder: str, size: str) -> Path:
        """Puts a disk of its own, of that size, where a folder of the home is; keeps what lies there."""
        if not can_mount():
            pytest.skip("only root can mount a disk of a size")
        place = self.path / folder
        place.mkdir(parents=True, exist_ok=True)
        kept = self.path.with_name(f"{self.path.name}-{folder.replace('/', '-')}-kept")
        shutil.move(place, kept)
        place.mkdir(mode=0o700)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False).returncode:
            pytest.skip("this machine lets nobody mount a disk")
        self._mounted.append(place)
        shutil.copytree(kept, place, dirs_exist_ok=True)
        return place

    def read_only(self) -> None:
        """Nothing in the home can be written any more, not even by root."""
        if subprocess.run(["mount", "--bind", self.path, self.path], check=False).returncode:
            pytest.skip("this machine lets nobody mount a disk")
        self._mounted.append(self.path)
        self.resize(self.path, "bind,ro")

    def resize(self, place: Path, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", place], check=True)

    def drafts(self) -> list[Path]:
        """What was left half written."""
        return [path for path in self.path.rglob("*") if is_draft(path)]

    def end(self) -> None:
        env = {**os.environ, "CUEMARK_HOME": str(self.path)}
        with suppress(subprocess.TimeoutExpired):
            subprocess.run([*CLI, "daemon", "stop"], capture_output=True, env=env, timeout=60, check=False)
        for place in reversed(self._mounted):
            subprocess.run(["umount", "-l", place], check=False)


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """No room at all on the disk of a folder."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        for block in (1 << 16, 1 << 9, 1):
            with suppress(OSError):
                while True:
                    stream.write(b"x" * block)
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every home of this file lies."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture
def home(homes: Path) -> Iterator[Home]:
    made = Home(homes / str(len(list(homes.iterdir()))) / "home")
    made.path.parent.mkdir()
    yield made
    made.end()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds in three colours."""
    path = tmp_path_factory.mktemp("footage") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(200):
            picture = np.zeros((64, 96, 3), np.uint8)
            picture[16:48, 20 + number // 4 : 52 + number // 4, number // 70] = 200
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def worked(homes: Path, film: Path) -> Path:
    """A home in which the film was analysed: copies of it start with a library, an exported tower and vectors."""
    kept = Home(homes / "worked" / "home")
    kept.path.parent.mkdir()
    done = kept.run("analyze", film, "--preset", "fast", CUEMARK_DEFAULT_MODEL="sample")
    assert done.returncode == 0, done.stderr
    kept.end()
    return kept.path


@pytest.fixture
def used(home: Home, worked: Path) -> Home:
    shutil.copytree(worked, home.path, dirs_exist_ok=True)
    return home


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\nresources: {line}")

    return say


def analyze(home: Home, film: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return home.run("analyze", film, "--preset", "fast", *words)


def moments(home: Home, film: Path) -> Any:
    return said(home.asked("analyze", film, "--preset", "fast"))


def said(analysis: Any) -> Any:
    return [(each["start_s"], each["end_s"], each["caption"]) for each in analysis["moments"]]


class TestDiskFull:
    def test_for_the_image_tower(self, home: Home, film: Path, figure: Any) -> None:
        place = home.small_disk("cache", "300k")
        done = analyze(home, film)
        assert done.returncode == 1 and "No space is left" in done.stderr and "disk_full" in done.stderr, done.stderr
        assert home.drafts() == []
        home.resize(place, "size=400m")
        assert analyze(home, film).returncode == 0
        figure("image tower: disk_full, no draft left; with room again the same command succeeds")

    def test_for_vectors(self, used: Home, film: Path, figure: Any) -> None:
        place = used.small_disk("cache", "200m")
        right = moments(used, film)
        shutil.rmtree(place / "features")
        (place / "features.sqlite").unlink()
        with filled(place):
            done = analyze(used, film)
            assert done.returncode == 0 and "disk_full" in done.stderr, done
            assert used.drafts() == []
        assert moments(used, film) == right
        figure("vectors: the analysis succeeds with a warning, and its moments are the same")

    def test_for_the_library_while_a_job_runs(self, used: Home, film: Path, figure: Any) -> None:
        place = used.small_disk("data", "4m")
        used.run("daemon", "start")
        command = subprocess.Popen(
            [*CLI, "analyze", str(film), "--preset", "thorough"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "CUEMARK_HOME": str(used.path)},
        )  # fmt: skip
        used_until = time.monotonic() + 60
        while not any(job["state"] == "running" for job in used.asked("jobs", "list")):
            assert time.monotonic() < used_until
        with filled(place):
            begun = time.monotonic()
            _, errors = command.communicate(timeout=MOST_S)
            took = time.monotonic() - begun
            assert command.returncode == 1 and "jobs retry" in errors, errors
            (job, *_) = used.asked("jobs", "list")
            assert job["state"] == "failed" and job["error"]["code"] in ("disk_full", "library_unusable"), job
            refused = used.run("jobs", "retry", job["id"])
            assert refused.returncode == 1 and refused.stderr
        done = used.run("jobs", "retry", job["id"])
        assert done.returncode == 0, done.stderr
        assert used.run("library", "verify").returncode == 0
        figure(f"library: the command ended {took:.0f} s after the disk was full, its job succeeds once there is room")

    def test_for_an_export(self, used: Home, film: Path, figure: Any) -> None:
        place = used.small_disk("out", "100k")
        formats = ("fcpxml", "csv", "edl", "json")
        with filled(place):
            for name in formats:
                done = used.run("export", film, "-f", name, "-o", place / f"film.{name}")
                assert done.returncode == 1 and "No space" in done.stderr + done.stdout, done
                assert [path.name for path in place.iterdir()] == ["filler"]
        for name in formats:
            assert used.run("export", film, "-f", name, "-o", place / f"film.{name}").returncode == 0
        figure(f"export: {len(formats)} formats refused with nothing left behind, all written once there is room")

    def test_for_a_download(self, home: Home, figure: Any) -> None:
        place = home.small_disk("models", "2m")
        with endless_server() as address:
            done = home.run("models", "pull", "light", CUEMARK_MODEL_URL=address, NO_PROXY="127.0.0.1")
        assert done.returncode == 1, done
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        assert home.drafts() == [] and size <= 2 << 20
        assert not [line for line in home.asked("models", "list") if line["name"] == "light" and line["ready"]]
        figure(f"download: refused ({done.stderr.strip().splitlines()[-1][:90]}), {size} bytes on the disk of 2 MiB")


@contextmanager
def endless_server() -> Iterator[str]:
    """Gives every file as 64 MB of text."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(64 << 20))
            self.end_headers()
            with suppress(OSError):
                for _ in range(64):
                    self.wfile.write(b"{" * (1 << 20))

        def log_message(self, *_: Any) -> None:
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_home_that_cannot_be_written(used: Home, film: Path, figure: Any) -> None:
    if not can_mount():
        pytest.skip("only root can mount a disk that cannot be written")
    used.read_only()
    commands = (
        ("analyze", film), ("analyses", "list"), ("jobs", "list"), ("daemon", "status"), ("daemon", "start"),
        ("doctor",), ("cache", "size"), ("models", "list"), ("export", film, "-f", "csv", "-o", "-"),
        ("library", "restore", "--yes"),
    )  # fmt: skip
    codes = {}
    for words in commands:
        done = used.run(*words)
        codes[" ".join(map(str, words[:2]))] = done.returncode
        assert done.returncode in (0, 1, 3) and (done.stderr or done.stdout), done
    verified = used.run("library", "verify")
    assert verified.returncode == 0 and "The library is whole" in verified.stdout
    figure(f"read-only home: {len(commands) + 1} commands, exit codes {sorted(set(codes.values()))}, verify reads it")


YEARS = (1969, 1971, 2001, 2016, 2036, 2100, 9000)


@pytest.mark.parametrize("year", YEARS)
def test_a_clock_that_jumps_in_the_middle_of_a_job(tmp_path: Path, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "library.sqlite"
    library = Library(file)
    first = library.jobs.submit("first", PullSpec("light"))
    assert library.jobs.claim(("pull_model",), "me") is not None
    jumped = int(datetime(year, 6, 1, tzinfo=timezone.utc).timestamp()) * 1_000_000
    for module in (database, jobs):
        monkeypatch.setattr(module, "now", lambda: jumped)
    second = library.jobs.submit("second", PullSpec("light"))
    library.jobs.report(first.id, "me", JobProgress("download", 1, 2, "bytes"), {})
    assert library.jobs.finish(first.id, "me", JobState.SUCCEEDED)
    claimed = library.jobs.claim(("pull_model",), "me")
    assert claimed is not None and claimed.id == second.id
    assert [event.sequence for event in library.jobs.events_after(first.id, 0)] == [1, 2, 3, 4]
    assert [job.id for job in library.jobs.page()[0]] == [second.id, first.id]
    assert library.jobs.get(first.id).finished_at == datetime(year, 6, 1, tzinfo=timezone.utc)
    library.close()
    os.utime(file, (max(0, jumped / 1e6), max(0, jumped / 1e6)))
    assert backups.Backups(file).make() is not None and backups.Backups(file).make() is None


def test_a_torn_library_is_said_set_aside_and_restored(used: Home, film: Path, figure: Any) -> None:
    used.run("daemon", "start")  # backs the library up
    used.run("daemon", "stop")
    file = used.path / "data" / "library.sqlite"
    before = used.asked("analyses", "list")
    harms: dict[str, Callable[[], Any]] = {
        "a page": lambda: overwrite(file, 4096 * 3, 4096 * 2),
        "the header": lambda: overwrite(file, 0, 64),
        "the end": lambda: os.truncate(file, file.stat().st_size // 2),
        "everything": lambda: file.write_bytes(b"\0" * 9999),
    }
    for name, harm in harms.items():
        used.run("daemon", "stop")
        harm()
        assert used.run("library", "verify").returncode == 1, name
        done = used.run("analyses", "list", "--json")
        assert done.returncode == 0 and "library_restored" in done.stderr and "library-damaged-" in done.stderr, name
        assert json.loads(done.stdout) == before, name
    aside = list(file.parent.glob("library-damaged-*.sqlite"))
    assert len(aside) == len(harms)
    used.run("daemon", "stop")
    overwrite(file, 0, 4096)
    assert used.run("library", "restore", "--yes").returncode == 0
    assert used.asked("analyses", "list") == before
    figure(f"torn library: {len(harms)} of {len(harms)} said, set aside and restored; restored by hand, too")


def overwrite(file: Path, start: int, count: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(os.urandom(count))


def test_foreign_vectors_change_no_moment(used: Home, film: Path, figure: Any) -> None:
    right = moments(used, film)
    changes: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "shorter": lambda arrays: {name: array[: len(array) // 2] for name, array in arrays.items()},
        "not numbers": lambda arrays: {**arrays, "vectors": np.full_like(arrays["vectors"], np.nan)},
        "wider": lambda arrays: {**arrays, "vectors": np.repeat(arrays["vectors"], 2, axis=1)},
        "reversed": lambda arrays: {**arrays, "vectors": arrays["vectors"][::-1].copy()},
    }
    for name, change in changes.items():
        for path in (used.path / "cache" / "features").rglob("*.npz"):
            with np.load(path) as archive:
                arrays = {key: archive[key] for key in archive.files}
            if "vectors" not in arrays:  # what was read in the pictures lies there, too
                continue
            np.savez(path, allow_pickle=False, **change(arrays))
        done = analyze(used, film, "--json")
        told = json.loads(done.stdout)
        assert said(told) == right, name
        assert "cache_damaged" in [warning["code"] for warning in told["warnings"]], name
    index = used.path / "cache" / "features.sqlite"
    overwrite(index, 4096, 4096)
    assert moments(used, film) == right
    figure(f"foreign vectors: {len(changes)} of {len(changes)} said, and a torn index; the moments are the same")


def test_a_library_of_tomorrow(used: Home, film: Path, figure: Any) -> None:
    file = used.path / "data" / "library.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = file.read_bytes()
    for words in (("analyses", "list"), ("analyze", film)):
        done = used.run(*words)
        assert done.returncode == 3 and "newer Cuemark" in done.stderr and "Update Cuemark" in done.stderr, done
    verified = used.run("library", "verify")
    assert verified.returncode == 1 and "newer Cuemark" in verified.stderr
    assert file.read_bytes() == before
    figure("a library of a newer version: told by every command, and not touched")


def test_nothing_runs_on(homes: Path, worked: Path) -> None:
    """What the tests above started has ended; other tests of this run may have daemons of their own."""
    assert worked.is_relative_to(homes)
    base = str(homes)

    def of_ours() -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get("CUEMARK_HOME", "").startswith(base):
                    found.append(process)
        return found

    deadline = time.monotonic() + 20
    while of_ours() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert of_ours() == []
