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
    make_clip(out, options, say)
    make_lm(out, options.seed, say)
    make_videos(out, options.videos, say)
    say(f"done: {out}")


def make_clip(out: Path, options: argparse.Namespace, say: Say) -> None:
    """DIR/clip, and how well it names the slots of frames it never saw."""
    there = (out / "clip" / "open_clip_model.safetensors").exists()
    if there and not options.refine:
        say("clip: there already")
    else:
        _train_clip(out, options, say, go_on=there)
    if "accuracy" not in _facts(out):
        from tests.second_world.accuracy import measure

        _note(out, accuracy=measure(out / "clip", options.seed))
    say(f"clip: {_facts(out)['accuracy']}")


def _train_clip(out: Path, options: argparse.Namespace, say: Say, go_on: bool) -> None:
    from tests.second_world.clip_training import ClipTraining, train_clip
    from tests.second_world.stills import draw_stills

    facts = _facts(out)
    seed = options.seed + (1_000 * facts.get("clip_runs", 1) if go_on else 0)  # new stills each time
    settings = replace(ClipTraining(), seed=seed, minutes=options.minutes)
    if go_on:
        settings = replace(settings, minutes=options.refine, learning_rate=settings.learning_rate / 2)
    say(f"clip: drawing {options.stills} stills")
    stills = draw_stills(options.stills, "train", seed)
    began = time.monotonic()
    train_clip(stills, out / "clip", settings, say)
    spent = round((time.monotonic() - began) / 60, 1) + (facts.get("clip_minutes", 0) if go_on else 0)
    facts.pop("accuracy", None)
    _write_facts(out, {**facts, "clip_minutes": spent, "clip_runs": facts.get("clip_runs", 1) + 1 if go_on else 1})


def make_lm(out: Path, seed: int, say: Say) -> None:
    """DIR/lm."""
    if (out / "lm" / "model.safetensors").exists():
        say("lm: there already")
        return
    from tests.second_world.lm_training import LmTraining, train_lm

    began = time.monotonic()
    train_lm(out / "lm", replace(LmTraining(), seed=seed), say)
    _note(out, lm_minutes=round((time.monotonic() - began) / 60, 1))


def make_videos(out: Path, count: int, say: Say) -> None:
    """DIR/dev and DIR/test: `count` videos of each kind and truth.json."""
    from tests.second_world.films import render_split

    for split in _SPLITS:
        render_split(out / split, split, count, say)


def _facts(out: Path) -> dict[str, Any]:
    file = out / "facts.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def _note(out: Path, **new: Any) -> None:
    _write_facts(out, {**_facts(out), **new})


def _write_facts(out: Path, facts: dict[str, Any]) -> None:
    (out / "facts.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that everything is written into")
    parser.add_argument("--videos", type=int, default=6, help="of each kind and split")
    parser.add_argument("--seed", type=int, default=2, help="of training; videos have seeds of their own")
    parser.add_argument("--stills", type=int, default=20_000, help="frames to train on")
    parser.add_argument("--minutes", type=float, default=17.0, help="at most, for training the CLIP")
    parser.add_argument("--refine", type=float, default=0.0, help="minutes to train a CLIP further that is there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
