"""A worker that knows what happens in a file because a file beside it says so; everything around it is the real thing.

`NAME.truth.json`: `rate` as "n/d", `frames`, `moments` and `chapters` as [first frame, frame after the last] pairs,
and `fails` for a file that cannot be analysed.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment
from cuemark.core.errors import MediaError
from cuemark.core.jobs import AnalyzeSpec, WorkSpec
from cuemark.core.limits import ProcessLimits
from cuemark.core.media import MediaInfo
from cuemark.core.progress import Progress
from cuemark.core.settings import Settings
from cuemark.core.status import LoadedModels
from cuemark.media.fingerprint import fingerprint
from cuemark.worker.main import serve

Frames = list[tuple[int, int]]


def write_truth(path: Path, rate: Fraction, frames: int, moments: Frames, chapters: Frames = [], **more: Any) -> None:  # noqa: B006
    """Makes a file of footage that only this worker understands; files of different names differ in content."""
    path.write_bytes(f"footage {path.name}".encode())
    truth = {"rate": str(rate), "frames": frames, "moments": moments, "chapters": chapters, **more}
    truth_file(path).write_text(json.dumps(truth), "utf-8")


def truth_file(path: Path) -> Path:
    """Where the truth about a file is."""
    return path.with_name(path.name + ".truth.json")


def true_analysis(path: Path) -> Analysis:
    """What happens in a file, exactly."""
    truth = json.loads(truth_file(path).read_text("utf-8"))
    if truth.get("fails"):
        raise MediaError("media_unreadable", f"{path.name} cannot be read.", "Try another copy of the file.")
    rate = Fraction(truth["rate"])
    info = MediaInfo(
        path, fingerprint(path), path.stat().st_size, "mov", "h264", 0, 640, 360, 0, Fraction(1), rate,
        False, truth["frames"] / rate, truth["frames"], Fraction(0), None,
    )  # fmt: skip
    return Analysis(
        id="",
        media=info,
        models={"clip": ModelUse("sample", "c" * 64, "cpu"), "lm": ModelUse("sample", "l" * 64, "cpu")},
        options={"preset": truth.get("preset", "balanced"), "moments": "auto", "seed": "0", "sample_rate": "auto"},
        moments=tuple(
            Moment("", a / rate, b / rate, f"event {number}", 0.5) for number, (a, b) in enumerate(truth["moments"], 1)
        ),
        chapters=tuple(
            Chapter(a / rate, b / rate, f"Part {number}") for number, (a, b) in enumerate(truth["chapters"], 1)
        ),
    )


class TruthRunner:
    """Reads instead of looking."""

    def __init__(self, settings: Settings, limits: ProcessLimits) -> None:
        self._log = settings.data / "analysed.txt"

    def models(self) -> LoadedModels:
        return LoadedModels()

    def run(self, function: str, spec: WorkSpec, progress: Progress) -> Any:
        assert isinstance(spec, AnalyzeSpec)
        with self._log.open("a", encoding="utf-8") as file:
            file.write(f"{spec.path}\n")
        progress.update("features", 1, 1, "chunks")
        return true_analysis(spec.path)


if __name__ == "__main__":
    serve(TruthRunner)
