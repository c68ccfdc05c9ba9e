"""Real `cuemark` processes in a home of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from cuemark.cli.options import takes_analysis_options
from cuemark.core.analysis_options import AnalysisOptions


@dataclass(frozen=True)
class Ran:
    """What one command left behind."""

    code: int
    out: str
    err: str
    raw: bytes

    @property
    def json(self) -> Any:
        """stdout, which must be exactly one JSON value."""
        return json.loads(self.out)


class Shell:
    """Runs `cuemark` with its own CUEMARK_HOME, as a user's shell would (stdout and stderr are pipes)."""

    def __init__(self, home: Path, cwd: Path) -> None:
        self.home = home
        self.cwd = cwd

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment of the commands."""
        return {**os.environ, "CUEMARK_HOME": str(self.home), "OMP_NUM_THREADS": "1", **extra}

    def start(self, *arguments: str | bytes | Path, **extra: str) -> subprocess.Popen[bytes]:
        """A command that the test goes on beside."""
        return subprocess.Popen(
            [sys.executable, "-m", "cuemark.cli.main", *arguments],
            cwd=self.cwd,
            env=self.environment(**extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *arguments: str | bytes | Path, timeout: float = 170, **extra: str) -> Ran:
        """Run a command to its end."""
        process = self.start(*arguments, **extra)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"cuemark {arguments} took over {timeout} s\n{out.decode(errors='replace')}{err.decode()}")
        return Ran(process.returncode, out.decode("utf-8"), err.decode("utf-8"), out)


def stopped(shell: Shell) -> None:
    """End the shell's daemon, if one runs."""
    if shell.home.exists():
        shell("daemon", "stop", timeout=60)


@pytest.fixture
def cuemark(tmp_path: Path) -> Iterator[Shell]:
    """`cuemark` with an empty home and no daemon; one that a test starts is stopped at its end."""
    here = tmp_path / "here"
    here.mkdir()
    shell = Shell(tmp_path / "home", here)
    yield shell
    stopped(shell)


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """`cuemark` with one daemon that all tests of the session share, so that models are loaded once."""
    root = tmp_path_factory.mktemp("cli")
    (root / "here").mkdir()
    shell = Shell(root / "home", root / "here")
    yield shell
    stopped(shell)


Asking = Callable[..., AnalysisOptions]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asking:
    """What the words of a command line ask of an analysis, with no setting in force; typer's errors come through."""
    monkeypatch.delenv("CUEMARK_DEFAULT_MODEL")

    def ask(*words: str) -> AnalysisOptions:
        heard: list[AnalysisOptions] = []

        @takes_analysis_options()
        def command(*, options: AnalysisOptions) -> None:
            heard.append(options)

        app = typer.Typer(add_completion=False)
        app.command()(command)
        app(list(words), standalone_mode=False)
        return heard[0]

    return ask


VideoMaker = Callable[..., Path]


@pytest.fixture(scope="session")
def make_video() -> VideoMaker:
    """A small real video: `make_video(path, seconds=2.0, rate=10, streamable=False)`; `streamable`: index first."""
    return _make_video


def _make_video(path: Path, *, seconds: float = 2.0, rate: int = 10, streamable: bool = False) -> Path:
    import av
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    frames = max(1, round(seconds * rate))
    # Different files differ in content: the library knows footage by its content, not by its name.
    noise = np.random.default_rng(list(os.fsencode(path)))
    # PyAV wants names it can encode; footage with other names is renamed afterwards.
    plain = path.parent / f"making-{os.getpid()}.mp4"
    with av.open(str(plain), "w", options={"movflags": "faststart"} if streamable else {}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(frames):
            picture = np.full((64, 96, 3), 40, np.uint8)
            # Two scenes, so that there is something to find.
            picture[:, :, 0 if index < frames // 2 else 2] = 200
            picture[10:30, (index * 2) % 70 : (index * 2) % 70 + 20] = 225
            picture += noise.integers(0, 30, picture.shape, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    os.replace(plain, path)
    return path
