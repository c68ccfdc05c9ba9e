"""A worker whose work is made up: what a task does is in its file's name, or its first text.

Everything around the work is the real thing.

steps-N: N chunks of a twentieth of a second, each kept on disk, so that a killed run resumes.  The others say so.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from cuemark.core.analysis import Analysis, Chapter, MaskCurve, ModelUse, Moment, Notice, RunnerUp
from cuemark.core.errors import MediaError
from cuemark.core.footage import Indexed
from cuemark.core.jobs import (
    AnalyzeSpec,
    EncodeQuerySpec,
    EncodeTextsSpec,
    IndexSpec,
    PullSpec,
    QueryVectors,
    RenderSpec,
    SelectSpec,
    TextVector,
    TextVectors,
    TranscribeSpec,
    WorkSpec,
)
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.search import ScoreCurve
from cuemark.core.settings import Settings
from cuemark.core.status import DeviceInfo, LoadedModels
from cuemark.core.transcript import Transcript, Transcription, Utterance
from cuemark.evidence.index.entry import EncodedTrack, IndexEntry
from cuemark.evidence.index.store import IndexStore
from cuemark.worker import guard
from cuemark.worker.main import serve

CHUNK_S = 0.05


def made_up_analysis(path: Path, fingerprint: str = "") -> Analysis:
    """Thirty seconds with two moments and two chapters."""
    rate = Fraction(30000, 1001)
    info = MediaInfo(
        path, fingerprint or f"content of {path.name!a}", 1000, "mp4", "h264", 0, 640, 360, 0, Fraction(1), rate,
        False, Fraction(30), None, Fraction(1, 3), "01:00:00:00", (Notice("very_short", "short"),),
    )  # fmt: skip
    mask = MaskCurve(0.25, 0.1, 40.0, (0.0, 0.5, 1.0))
    return Analysis(
        id="",
        media=info,
        models={
            "clip": ModelUse("sample", "c" * 64, "cpu", "asked"),
            "lm": ModelUse(f"/models/{path.name}", "l" * 64, "cpu"),
        },
        options={"preset": "fast", "moments": "auto"},
        moments=(
            Moment(
                "m1", Fraction(1, 3), Fraction(10), "a red cat", 0.5, {"clip": 1.5}, mask, (RunnerUp("a dog", 0.4),)
            ),
            Moment("m2", Fraction(12), Fraction(30), "a blue bird", 0.25),
        ),
        chapters=(Chapter(Fraction(0), Fraction(11), "Cat"), Chapter(Fraction(11), Fraction(30), "Bird")),
        warnings=(Notice("sample_models", "made up"),),
    )


class FakeRunner:
    """Does as the file's name says."""

    def __init__(self, settings: Settings, limits: ProcessLimits) -> None:
        self._folder = settings.cache / "fake"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._index_folder = settings.index

    def models(self) -> LoadedModels:
        return LoadedModels((DeviceInfo("clip", "cuda", "cpu", "no CUDA here"),), ("fake",))

    def run(self, function: str, spec: WorkSpec, progress: Progress) -> Any:
        if isinstance(spec, PullSpec):
            self._steps(spec.name, 4, progress)
            return None
        if isinstance(spec, (SelectSpec, RenderSpec)):
            raise NotImplementedError
        if isinstance(spec, EncodeQuerySpec):
            self._do(spec.text, progress)
            vector = TextVector((1.0, 0.0))
            use = ModelUse(spec.clip or "fake", "c" * 64, "cpu", f"worker {os.getpid()}")
            return QueryVectors(use, vector, None, 10.0, self._folder / "none.npy", ScoreCurve(1.0, 0.0))
        self._do(spec.texts[0] if isinstance(spec, EncodeTextsSpec) else spec.path.stem, progress)
        if isinstance(spec, AnalyzeSpec):
            return made_up_analysis(spec.path)
        if isinstance(spec, TranscribeSpec):
            said = (Utterance(Fraction(1), Fraction(2), "Hello."),)
            return Transcription(made_up_analysis(spec.path).media, Transcript(said, "en"))
        if isinstance(spec, IndexSpec):
            return self._index(spec.path)
        assert isinstance(spec, EncodeTextsSpec)
        use = ModelUse(spec.clip or "fake", "c" * 64, "cpu", f"worker {os.getpid()}")
        return TextVectors(use, tuple(TextVector((float(len(text)), 0.0)) for text in spec.texts))

    def _index(self, path: Path) -> Indexed:
        """Two frames of two numbers each, in the index of the folder that the settings say."""
        mark = hashlib.blake2b(path.name.encode(), digest_size=16).hexdigest()
        media = made_up_analysis(path, mark).media
        vectors = np.array([[1, 0], [0, 1]], np.float16)
        track = EncodedTrack(ModelUse("fake", "c" * 64, "cpu"), (Fraction(0), Fraction(1)), vectors)
        IndexStore(self._index_folder).put(IndexEntry(media, (track,)))
        return Indexed(media)

    def _do(self, what: str, progress: Progress) -> None:
        name, _, number = what.partition("-")
        if name == "steps":
            self._steps(what, int(number), progress)
        else:
            getattr(self, f"_{name}", self._quick)(progress)

    def _steps(self, stem: str, total: int, progress: Progress) -> None:
        for step in range(total):
            chunk = self._folder / f"{stem}.{step}"
            if chunk.exists():
                progress.count("chunks_from_cache")
            else:
                time.sleep(CHUNK_S)
                chunk.touch()
                progress.count("chunks_computed")
            progress.update("features", step + 1, total, "chunks")
        progress.note("all chunks are there")

    def _quick(self, progress: Progress) -> None:
        progress.update("features", 1, 1, "chunks")

    def _dieonce(self, progress: Progress) -> None:
        died = self._folder / "died once"
        if not died.exists():
            died.touch()
            self._die(progress)

    def _die(self, progress: Progress) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _stubborn(self, progress: Progress) -> None:
        progress.update("features", 0, 1, "chunks")
        time.sleep(60)

    def _refuse(self, progress: Progress) -> None:
        raise MediaError("media_unreadable", "It cannot be read.", "Bring another.")

    def _bug(self, progress: Progress) -> None:
        raise RuntimeError("this was not foreseen")

    def _greedy(self, progress: Progress) -> None:
        raise MemoryError

    def _hungry(self, progress: Progress) -> None:
        guard.BUDGETS["probe"] = guard.Budget(64 << 20, 60, 60)
        progress.update("probe", 0, 1, "files")
        held = []
        while True:
            held.append(os.urandom(1 << 20))

    def _spinning(self, progress: Progress) -> None:
        guard.BUDGETS["probe"] = guard.Budget(1 << 30, 0.6, 0.2)
        progress.update("probe", 0, 1, "files")
        while True:
            progress.check()

    def _waiting(self, progress: Progress) -> None:
        """Nothing comes for long, but nothing is computed either: a slow disk."""
        guard.BUDGETS["probe"] = guard.Budget(1 << 30, 0.2, 60)
        progress.update("probe", 0, 1, "files")
        time.sleep(1)

    def _noise(self, progress: Progress) -> None:
        print("printed by Python", flush=True)
        os.write(1, b"printed by a native library\n")


if __name__ == "__main__":
    serve(FakeRunner)
