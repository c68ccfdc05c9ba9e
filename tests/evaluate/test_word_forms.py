"""Words in the singular, and phrases found by them."""

from __future__ import annotations

import pytest

from cuemark.lab.evaluate.word_forms import PhraseIndex, singular, words_of


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("dogs", "dog"), ("boxes", "box"), ("churches", "church"), ("ponies", "pony"), ("men", "man"),
        ("policemen", "policeman"), ("children", "child"), ("leaves", "leaf"), ("mice", "mouse"), ("houses", "house"),
        ("shoes", "shoe"), ("buses", "bus"), ("glasses", "glass"), ("horses", "horse"), ("dog's", "dog"),
    ],
)  # fmt: skip
def test_plurals(plural: str, one: str) -> None:
    assert singular(plural) == one


@pytest.mark.parametrize("word", ["bus", "grass", "dress", "octopus", "tennis", "gas", "cat", "us", "omen"])
def test_what_only_looks_like_a_plural_stays(word: str) -> None:
    assert singular(word) == word


def test_a_text_is_its_words() -> None:
    assert words_of("Two Dogs, in a bicycle-built-for-two!") == (
        "two", "dog", "in", "a", "bicycle", "built", "for", "two",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A dog on a sofa", {"dog"}),
        ("Dogs", {"dog"}),
        ("PUPPIES play", {"dog"}),
        ("King crabs on a plate", {"crab"}),
        ("a crab", {"crab"}),
        ("a king snake beside a dog", {"snake", "dog"}),
        ("a hotdog", set()),
        ("a dogma", set()),
        ("", set()),
    ],
)
def test_values_are_found_by_whole_words(text: str, values: set[str]) -> None:
    phrases = {"dog": ("puppy",), "crab": ("king crab",), "snake": ("king snake",), "king": ("king",)}
    assert PhraseIndex.of(phrases).named(text) == values


def test_no_phrases_say_nothing() -> None:
    assert PhraseIndex.of({}).named("a dog") == frozenset()
