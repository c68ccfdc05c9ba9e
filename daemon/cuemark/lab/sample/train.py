"""`python -m cuemark.lab.sample.train`: makes the sample pair of models, with a seed, in under an hour on two cores.

The model card is measured on frames nobody trained on.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from cuemark.lab.sample.lexicon import EMPTY, FULL, Lexicon, Slots, caption
from cuemark.lab.sample.train_clip import ClipTraining, FramePool, render_pool, train_clip
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


FRAMES = 1000


def every_caption(lexicon: Lexicon) -> list[tuple[Slots, str]]:
    """One plain caption for each thing the world can show, the empty places included."""
    rng = random.Random(0)
    whole = [
        Slots(place, subject, attribute, relation.name)
        for attribute, subject, place in sorted(lexicon.combinations())
        for relation in lexicon.relations
    ]
    empty = [Slots(place.name) for place in lexicon.places]
    return [(slots, caption(slots, rng, lexicon, EMPTY[0] if slots.empty else FULL[0])) for slots in whole + empty]


def slot_accuracy(folder: Path, pool: FramePool) -> dict[str, float]:
    """Share of frames whose nearest of all captions has each slot right, and all of them ("all").

    `folder` is an open_clip directory; images go through ONNX Runtime as in the product.
    """
    from cuemark.models.clip.clip import load_clip

    choices = every_caption(Lexicon())
    vectors = []
    with tempfile.TemporaryDirectory() as cache:
        clip = load_clip(folder, Path(cache))
        texts = clip.text.encode([text for _, text in choices]).numpy()
        for start in range(0, len(pool.images), 64):
            batch = np.stack([clip.image.preprocess(image) for image in pool.images[start : start + 64]])
            vectors.append(clip.image.encode(batch))
    nearest = (np.concatenate(vectors) @ texts.T).argmax(axis=1)
    pairs = [(shown, choices[int(index)][0]) for shown, index in zip(pool.slots, nearest, strict=True)]
    names = ("subject", "attribute", "place", "relation")
    scores = {name: float(np.mean([getattr(a, name) == getattr(b, name) for a, b in pairs])) for name in names}
    scores["all"] = float(np.mean([a == b for a, b in pairs]))
    return scores


def write_card(folder: Path, seed: int, seconds: float, say: Callable[[str], None]) -> None:
    """Measure the pair in `folder` and write MODEL_CARD.md and card.json beside it."""
    seen = slot_accuracy(folder / "clip", render_pool(FRAMES, "train", seed + 500))
    say(f"new frames of trained combinations: {seen}")
    unseen = slot_accuracy(folder / "clip", render_pool(FRAMES, "test", seed + 900, only_held_out=True))
    say(f"frames of held-out combinations: {unseen}")
    cpu = round(time.process_time() / 60)
    facts = {
        "seed": seed,
        "cpu_minutes": cpu,
        "minutes": round(seconds / 60),
        "new_frames": seen,
        "held_out_combinations": unseen,
    }
    (folder / "card.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(_card(facts, seen, unseen), encoding="utf-8")


def _card(facts: dict[str, object], seen: dict[str, float], unseen: dict[str, float]) -> str:
    rows = "\n".join(f"| {name} | {100 * seen[name]:.1f} % | {100 * unseen[name]:.1f} % |" for name in seen)
    return f"""# The sample pair: a CLIP and a GPT-2 of the sample world

Trained by `python -m cuemark.lab.sample.train --seed {facts["seed"]}`, from nothing but drawings and captions that the
sample world generates. They exist so that the demo and the tests run the real pipeline without a download. **They
understand the sample world only**: on real footage their captions are meaningless.

The run that made these weights used {facts["cpu_minutes"]} minutes of processor time for the CLIP, over two cores that
were shared with other work ({facts["minutes"]} minutes on the clock).

- `clip/`: open_clip architecture, a small ResNet with attention pooling for 96 x 96 images (the whole frame,
  squashed), a causal text tower of three layers with CLIP's own tokenizer; weights in float16.
- `lm/`: GPT-2 architecture, 4 layers of width 128, a byte-level BPE vocabulary of its own; fluent in captions, has
  never seen an image.

## Data
12 subjects, 8 places, 6 colours, 5 relations, several phrasings each; empty places; clutter, noise, camera angles,
fades. A tenth of the colour x subject x place combinations is never shown in training.

## Accuracy
A frame counts as right in a slot when the nearest of all {len(every_caption(Lexicon()))} captions names it rightly.
{FRAMES} frames each, through ONNX Runtime.

| slot | new frames, trained combinations | frames of held-out combinations |
|---|---|---|
{rows}

## Limits
Nothing outside the sample world. One subject a frame; no motion; no counting; English only.

## Licence
Apache-2.0, as Cuemark itself (LICENSE at the top of the repository): trained by its authors from drawings and
sentences of their own, from random starting weights.
"""
