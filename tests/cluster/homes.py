"""Forty small files, four of them bad, and homes in which commands run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil

GOOD, BAD = 36, 4
LONG = ("clip00.mp4", "clip01.mp4")
"""Those that last 40 s; the others last 2 s."""


def write_clip(path: Path, seconds: float, seed: int, *, rate: int = 10, group: int = 20) -> Path:
    """Noise that moves under a bar that changes its colour; a keyframe every two seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 96, "yuv420p", group
        ground = np.random.default_rng(seed).integers(0, 255, (96, 160, 3), dtype=np.uint8)
        for number in range(round(seconds * rate)):
            picture = np.roll(ground, 3 * number, 1)
            picture[20:50, :] = (20 * seed % 255, 7 * number % 255, 90)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def write_footage(folder: Path) -> Path:
    """36 clips, two of them long, and four files that are none: cut off, text, empty, and nothing behind a link."""
    folder.mkdir()
    for number in range(GOOD):
        name = f"clip{number:02}.mp4"
        write_clip(folder / name, 40 if name in LONG else 2, number)
    whole = (folder / "clip05.mp4").read_bytes()
    (folder / "cut-off.mp4").write_bytes(whole[: len(whole) // 3])
    (folder / "text.mp4").write_text("No film at all.\n")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "unreadable.mp4").symlink_to(folder / "nowhere")
    return folder


@dataclass(frozen=True)
class Home:
    """A CUEMARK_HOME and the commands that run in it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of its commands; HOME is theirs, too, so that what Ray leaves in a user's home is seen."""
        return {**os.environ, "CUEMARK_HOME": str(self.folder), "HOME": str(self.folder), "OMP_NUM_THREADS": "1"}

    def start(self, *arguments: str | Path, **extra: str) -> subprocess.Popen[str]:
        """A command that the test goes on beside."""
        return subprocess.Popen(
            [sys.executable, "-m", "cuemark.cli.main", *map(str, arguments)],
            env={**self.environment, **extra},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path, **extra: str) -> tuple[int, Any, str]:
        """The exit code, the JSON on stdout, and what was said on stderr."""
        process = self.start(*arguments, "--json", **extra)
        out, told = process.communicate(timeout=600)
        return process.returncode, json.loads(out), told

    def stop(self) -> None:
        """End the daemon."""
        self.start("daemon", "stop").communicate(timeout=60)

    @property
    def entries(self) -> dict[str, bytes]:
        """All files of the index, by name."""
        index = self.folder / "data" / "index"
        return {str(path.relative_to(index)): path.read_bytes() for path in index.rglob("*") if path.is_file()}

    def written(self) -> dict[str, int]:
        """When the head of each entry was written."""
        heads = (self.folder / "data" / "index").rglob("entry.json")
        return {path.parent.name: path.stat().st_mtime_ns for path in heads}


def ray_processes(home: Home) -> list[str]:
    """The command lines of all processes with this home that are Ray's, or belong to a scan."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CUEMARK_HOME") != str(home.folder) or process.status() == psutil.STATUS_ZOMBIE:
                continue
            line = " ".join(process.cmdline())
        except (psutil.Error, OSError):
            continue
        if "ray" in line.lower() or "cuemark.cluster" in line:
            found.append(f"{process.pid} {line[:120]}")
    return found
