"""The pocket pair as it ships: what it knows, what it does not, and that its training repeats itself."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cuemark.captions.calibration import Calibration
from cuemark.core.errors import InputError
from cuemark.lab.lexicon.wordnet import WordNet
from cuemark.lab.pocket.captions import CaptionMaker
from cuemark.lab.pocket.film import FILM
from cuemark.lab.pocket.image_tower import DIMENSION, MEANING, class_offsets, load_network
from cuemark.lab.pocket.make import WEIGHTS
from cuemark.lab.pocket.meanings import build_meanings, scenes
from cuemark.lab.pocket.sentences import SentenceMaker, parts_of
from cuemark.lab.pocket.text_tower import Batches, TextTraining, empty_clip, train_text_tower
from cuemark.lab.pocket.usage import WORDNET, WordUsage, checked_folder, going, plural
from cuemark.models.clip.clip import ClipModel, load_clip
from cuemark.models.lm.lm import LanguageModel, load_lm

needs_wordnet = pytest.mark.skipif(not (WORDNET / "cntlist.rev").is_file(), reason="WordNet's database is not here")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipModel:
    return load_clip(WEIGHTS / "clip", tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return load_lm(WEIGHTS / "lm")


@pytest.fixture(scope="module")
def frames(clip: ClipModel) -> NDArray[np.float32]:
    """Vectors of a frame a second of the demo's real film."""
    import cv2

    film = cv2.VideoCapture(str(FILM))
    found: list[NDArray[np.uint8]] = []
    while True:
        there, picture = film.read()
        if not there:
            break
        found.append(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8))
    return clip.image.encode(np.stack([clip.image.preprocess(picture) for picture in found[12::25]]))


def test_the_pair_is_small_plain_data_with_its_licences() -> None:
    files = [file for file in WEIGHTS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 60_000_000
    assert {file.suffix for file in files} <= {".safetensors", ".json", ".md", ".txt"}
    assert "Princeton University" in (WEIGHTS / "WORDNET-LICENSE.txt").read_text(encoding="utf-8")
    assert "CC0" in (FILM.parent / "LICENSE.md").read_text(encoding="utf-8") and FILM.stat().st_size < 2_000_000


def test_the_card_says_what_was_measured() -> None:
    facts = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    told = (WEIGHTS / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert facts["odd"]["top1"] > 0.8 and f"{100 * facts['odd']['top1']:.1f} %" in told
    curve = Calibration.of(WEIGHTS / "clip")
    assert curve.slope == facts["calibration"]["slope"] and curve.probability(0.9) > 0.8 > 0.3 > curve.probability(0.01)


def test_words_for_what_is_alike_are_near_and_the_frame_of_words_says_nothing(clip: ClipModel) -> None:
    texts = ["a photo of a beagle", "video of a dog.", "there is a red dog", "an airliner", "a photo of philosophy"]
    beagle, dog, red, airliner, nothing = clip.text.encode(texts)
    assert beagle @ dog > 0.5 > 0.2 > beagle @ airliner
    assert dog @ red > 0.9, "an adjective does not disturb"
    assert nothing @ beagle < 0.3 and nothing[MEANING - 1] > 0.95


def test_what_it_cannot_know_agrees_with_no_picture(clip: ClipModel, frames: NDArray[np.float32]) -> None:
    unknown = clip.text.encode(["a photo of a philosopher", "justice", "a", "nothing", "a photo of wjsjz drxdr"])
    assert np.abs(frames @ unknown.numpy().T).max() < 0.1
    assert frames.shape[1] == DIMENSION and np.allclose(np.linalg.norm(frames, axis=1), 1, atol=1e-3)


def test_a_rabbit_in_real_footage_is_one(clip: ClipModel, frames: NDArray[np.float32]) -> None:
    words = ["rabbit", "car", "piano", "pizza", "castle", "bicycle", "shark", "chair"]
    texts = clip.text.encode([f"a photo of a {word}" for word in words]).numpy()
    assert words[int((frames[:2].mean(axis=0) @ texts.T).argmax())] == "rabbit"


def test_the_language_model_writes_captions_and_spells_any_word(lm: LanguageModel) -> None:
    assert lm.decode(lm.encode(" a zyxgrumpf café on the beach.")) == " a zyxgrumpf café on the beach."

    def surprise(text: str) -> float:
        ids = torch.tensor([lm.encode(text)])
        log_p = torch.log_softmax(torch.cat([lm.start(1).logits[:, None], lm.logits(ids)[:, :-1]], dim=1), dim=-1)
        return -float(log_p.gather(2, ids[..., None]).mean())

    assert surprise("a dog on the grass.") < surprise("a dog grass on the the.")
    assert surprise("Video of a boat on the lake.") < surprise("Video of a boat on the plate.")


def test_the_classes_stand_in_the_order_of_the_classifier() -> None:
    offsets = class_offsets()
    assert len(offsets) == 1000 and list(offsets) == sorted(set(offsets))


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as wordnet:
        checked_folder(tmp_path)
    assert wordnet.value.code == "wordnet_not_found" and "wordnet-base" in str(wordnet.value.next_step)
    torch.save({"some": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError) as weights:
        load_network(tmp_path / "other.pth")
    assert weights.value.code == "weights_not_found"


@pytest.mark.parametrize(("noun", "many"), [("dog", "dogs"), ("box", "boxes"), ("fly", "flies"), ("mouse", "mice")])
def test_plurals(noun: str, many: str) -> None:
    assert plural(noun, {"mouse": "mice"}) == many
    assert plural(f"sea {noun}", {"mouse": "mice"}) == f"sea {many}"


def test_participles() -> None:
    assert [going(verb) for verb in ("run", "take", "die", "see", "play", "open")] == [
        "running", "taking", "dying", "seeing", "playing", "opening",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def maker() -> SentenceMaker:
    """Sentences with meanings for vectors of classes that are drawn, since the network's weights need not be here."""
    vectors = np.random.default_rng(0).normal(size=(1000, MEANING)).astype(np.float32)
    vectors[:, -2:] = 0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return SentenceMaker(build_meanings(vectors, WordNet(WORDNET), WordUsage(WORDNET)), WordUsage(WORDNET))


@needs_wordnet
def test_words_mean_the_classes_they_name_or_include(maker: SentenceMaker) -> None:
    of = maker.meanings.of
    beagle, dog, sedan, idea = (of(word) for word in ("beagle", "dog", "saloon", "idea"))
    assert beagle @ dog > 0.05 > abs(float(beagle @ of("airliner"))) - 0.15
    assert of("golden retriever") @ of("beagle") < 0.3 and idea[-1] > 0.99 and 0 < sedan[-1] < 1
    assert all(of(place)[-1] < 0.6 for place in scenes()), "places of our own table are known"


@needs_wordnet
def test_a_sentence_means_its_nouns_the_first_most(maker: SentenceMaker) -> None:
    pieces = maker.read("a beagle beside an airliner")
    (first, second), (much, less) = parts_of(pieces)
    assert (first, second) == (maker.meanings.rows["beagle"], maker.meanings.rows["airliner"]) and much > less
    assert maker.meaning(maker.read("and so it is"))[-1] == 1, "no noun: nothing"


@needs_wordnet
def test_the_first_steps_of_training_repeat_themselves(maker: SentenceMaker) -> None:
    training = TextTraining(steps=2, batch=8, width=64, layers=1)
    one, other = (Batches(maker, training)[1] for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    classes = maker.meanings.vectors[1:11]
    runs = [train_text_tower(maker, classes, training, "cpu", lambda line: None).state_dict() for _ in range(2)]
    start = empty_clip(training).state_dict()
    assert torch.equal(runs[0]["text_projection"], runs[1]["text_projection"])
    assert not torch.equal(runs[0]["text_projection"], start["text_projection"])


@needs_wordnet
def test_captions_are_short_sentences_about_where_things_are(maker: SentenceMaker) -> None:
    captions = CaptionMaker(maker.meanings, WordNet(WORDNET), WordUsage(WORDNET))
    drawn = [captions.draw(random.Random(seed)) for seed in range(200)]
    assert drawn == [captions.draw(random.Random(seed)) for seed in range(200)]
    assert all(text.endswith(".") and len(text.split()) <= 12 for text in drawn)
