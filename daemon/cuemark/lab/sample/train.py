"""`python -m cuemark.lab.sample.train`: makes the sample pair of models, with a seed, in under an hour on two cores."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from cuemark.lab.sample.frames import render_pool
from cuemark.lab.sample.train_clip import ClipTraining, train_clip
from cuemark.lab.sample.train_lm import LmTraining, train_lm

WEIGHTS = Path(__file__).parents[2] / "models" / "weights" / "sample"


def main() -> None:
    """Train both models and write them, with their card, into the given folder."""
    options = _parse()
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {line}", flush=True)

    if not options.only_clip:
        train_lm(options.out / "lm", replace(LmTraining(), seed=options.seed), say)
    if not options.only_lm:
        say(f"rendering {options.frames} training frames")
        pool = render_pool(options.frames, "train", options.seed)
        train_clip(pool, options.out / "clip", replace(ClipTraining(), seed=options.seed, steps=options.steps), say)
    from cuemark.lab.sample.card import write_card

    write_card(options.out, options.seed, time.monotonic() - started, say)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder the models are written into")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frames", type=int, default=40_000, help="training frames to render")
    parser.add_argument("--steps", type=int, default=ClipTraining().steps, help="training steps of the CLIP")
    parser.add_argument("--only-lm", action="store_true")
    parser.add_argument("--only-clip", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
