"""English as captions use it: articles, what a marker may say, clauses that can go."""

from __future__ import annotations

import pytest

from cuemark.captions.language import en


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dog", "a dog"),
        ("owl", "an owl"),
        ("unicycle", "a unicycle"),
        ("hourglass", "an hourglass"),
        ("great white shark", "a great white shark"),
        ("sunglasses", "sunglasses"),
        ("mountains", "mountains"),
        ("snow", "snow"),
        ("orange juice", "orange juice"),
        ("bus", "a bus"),
        ("cactus", "a cactus"),
        ("wine glass", "a wine glass"),
        ("people", "people"),
    ],
)
def test_names_are_said_with_their_article(name: str, told: str) -> None:
    assert en.with_article(name) == told


@pytest.mark.parametrize(
    "caption",
    [
        "The day, which can be adjusted to fit your specific needs",
        "The past can be a double-edged sword",
        "A dog that you can see",
        "A dog, a cat, a house",
        "A picture of a dog",
    ],
)
def test_what_is_not_seen_has_no_place_in_a_marker(caption: str) -> None:
    assert not en.is_marker_text(caption)


@pytest.mark.parametrize("caption", ["A boat in a lake", "A dog running on the beach", "Two sea lions"])
def test_what_is_seen_has(caption: str) -> None:
    assert en.is_marker_text(caption)


def test_a_caption_does_not_end_where_something_must_follow() -> None:
    assert en.can_end("A boat in a lake")
    assert not en.can_end("A boat in a")
    assert not en.can_end("A boat next to")
    assert not en.can_end("")


def test_each_clause_can_go_by_itself() -> None:
    assert en.without_a_clause("A dog on the grass with a ball") == ["A dog with a ball", "A dog on the grass"]
    assert en.without_a_clause("A dog") == []
