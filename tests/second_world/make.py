"""`python -m tests.second_world.make --out DIR`: a world the defaults were not made on, with models of its own.

Leaves DIR/clip, DIR/lm, DIR/dev, DIR/test and DIR/facts.json.  What is there already is not made again, so that a run
that was cut off goes on.  Training takes about twenty minutes on a busy core.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_SPLITS = ("dev", "test")

Say = Callable[[str], None]


def main() -> None:
    """Make what is missing."""
    options = _parse()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads beside other work wait for each other more than they do
    if "cuemark" not in sys.modules:
        sys.path.append(str(ROOT / "daemon"))  # for a checkout that was not installed
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {line}", flush=True)

    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    make_clip(out, options.seed, options.stills, options.minutes, say)
    make_lm(out, options.seed, say)
    make_videos(out, options.videos, say)
    say(f"done: {out}")


def make_clip(out: Path, seed: int, count: int, minutes: float, say: Say) -> None:
    """DIR/clip, and how well it names the slots of frames it never saw."""
    if (out / "clip" / "open_clip_model.safetensors").exists():
        say("clip: there already")
    else:
        from tests.second_world.clip_training import ClipTraining, train_clip
        from tests.second_world.stills import draw_stills

        say(f"clip: drawing {count} stills")
        stills = draw_stills(count, "train", seed)
        began = time.monotonic()
        train_clip(stills, out / "clip", replace(ClipTraining(), seed=seed, minutes=minutes), say)
        _note(out, "clip_minutes", round((time.monotonic() - began) / 60, 1))
    if "accuracy" not in _facts(out):
        from tests.second_world.accuracy import measure

        _note(out, "accuracy", measure(out / "clip", seed))
    say(f"clip: {_facts(out)['accuracy']}")


def make_lm(out: Path, seed: int, say: Say) -> None:
    """DIR/lm."""
    if (out / "lm" / "model.safetensors").exists():
        say("lm: there already")
        return
    from tests.second_world.lm_training import LmTraining, train_lm

    began = time.monotonic()
    train_lm(out / "lm", replace(LmTraining(), seed=seed), say)
    _note(out, "lm_minutes", round((time.monotonic() - began) / 60, 1))


def make_videos(out: Path, count: int, say: Say) -> None:
    """DIR/dev and DIR/test: `count` videos of each kind and truth.json."""
    from tests.second_world.films import render_split

    for split in _SPLITS:
        render_split(out / split, split, count, say)


def _facts(out: Path) -> dict[str, Any]:
    file = out / "facts.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def _note(out: Path, name: str, value: Any) -> None:
    facts = {**_facts(out), name: value}
    (out / "facts.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that everything is written into")
    parser.add_argument("--videos", type=int, default=6, help="of each kind and split")
    parser.add_argument("--seed", type=int, default=2, help="of training; videos have seeds of their own")
    parser.add_argument("--stills", type=int, default=20_000, help="frames to train on")
    parser.add_argument("--minutes", type=float, default=17.0, help="at most, for training the CLIP")
    return parser.parse_args()


if __name__ == "__main__":
    main()
