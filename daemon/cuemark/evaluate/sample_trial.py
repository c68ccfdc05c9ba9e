"""`python -m cuemark.evaluate.sample_trial`: the sample pair on freshly drawn videos of one split.

The development split is for choosing settings, the test split for reporting.  Videos are drawn into a folder that is
kept, and analysed by the same functions the daemon's worker calls.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cuemark.evaluate.localisation import Localisation, localise, mean, tiou
from cuemark.results import Moment
from cuemark.sample.grammar import slots_in
from cuemark.sample.lexicon import Lexicon
from cuemark.sample.script import KINDS, Event, write_script

_SLOTS = ("subject", "attribute", "place", "relation")


@dataclass(frozen=True)
class VideoResult:
    """One video: localisation, how many events were found with all slots right, counts, and seconds it took."""

    kind: str
    localisation: Localisation
    right: int
    events: int
    moments: int
    seconds: float


def main() -> None:
    """Draw, analyse, print one row for each kind of video and one for all."""
    options = _parse()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="cuemark-trial-"))
    print(f"{options.videos} videos of each kind, {options.split} split, preset {options.preset}, in {folder}")
    results = run(folder, options.split, options.videos, options.preset, options.sample_fps)
    for kind in KINDS:
        print(row(kind, [result for result in results if result.kind == kind]))
    print(row("all", results))


def run(folder: Path, split: str, videos: int, preset: str, rate: Fraction | None) -> list[VideoResult]:
    """Analyse `videos` videos of each kind of `split`; `rate` samples a second, None for the default."""
    from cuemark.features.extract import extract
    from cuemark.media.probe import probe
    from cuemark.models.clip import load_clip
    from cuemark.models.lm import load_lm
    from cuemark.moments.find import find_moments
    from cuemark.moments.options import from_preset
    from cuemark.progress import SilentProgress
    from cuemark.sample.train import WEIGHTS
    from cuemark.sample.video import render

    clip, lm, quiet = load_clip(WEIGHTS / "clip", folder / "onnx"), load_lm(WEIGHTS / "lm"), SilentProgress()
    results = []
    for kind in KINDS:
        for seed in range(videos):
            script = write_script(kind, split, seed)
            path = folder / f"{split}-{kind}-{seed:03d}.mp4"
            if not path.exists():
                render(script, path)
            track = extract(probe(path), clip.image, rate, None, quiet).track
            began = time.monotonic()
            moments = find_moments(track, clip.text, lm, from_preset(preset), quiet).moments
            results.append(judge(kind, moments, script.events, time.monotonic() - began))
    return results


def judge(kind: str, moments: Sequence[Moment], events: Sequence[Event], seconds: float) -> VideoResult:
    """Hold the moments of one video against its events."""
    found = [(float(moment.start), float(moment.end)) for moment in moments]
    true = [(float(event.start), float(event.end)) for event in events]
    right = sum(_named(event, segment, moments, found) for event, segment in zip(events, true, strict=True))
    return VideoResult(kind, localise(found, true), right, len(events), len(moments), seconds)


def row(name: str, results: Sequence[VideoResult]) -> str:
    """The means of some videos on one line."""
    where = mean([result.localisation for result in results])
    share = sum(result.right for result in results) / sum(result.events for result in results)
    miscount = sum(abs(result.events - result.moments) for result in results) / len(results)
    seconds = sum(result.seconds for result in results) / len(results)
    return (
        f"{name:8} F1 {where.f1:.3f}  recall {where.recall:.3f}  precision {where.precision:.3f}  "
        f"events found with all slots right {share:.3f}  count error {miscount:.2f}  search {seconds:.1f} s a video"
    )


def _named(
    event: Event, segment: tuple[float, float], moments: Sequence[Moment], found: list[tuple[float, float]]
) -> bool:
    """Whether the moment that fits the event best lies at tIoU >= 0.5 and names all of its slots."""
    best = max(range(len(found)), key=lambda number: tiou(found[number], segment), default=None)
    if best is None or tiou(found[best], segment) < 0.5:
        return False
    told = slots_in(moments[best].caption, Lexicon())
    return all(getattr(told, slot) == getattr(event.slots, slot) for slot in _SLOTS)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--videos", type=int, default=6, help="of each kind")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--sample-fps", type=Fraction, default=None)
    parser.add_argument("--folder", type=Path, default=None, help="where the videos are drawn and kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
