"""Captions as titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.captions.language.en import subject, titles

UMBRELLA = "a man who is walking down a street with a large green umbrella while it rains heavily on the old town"


@pytest.mark.parametrize(
    ("caption", "title"),
    [
        ("Video of a red cat on a crate.", "Red cat on a crate"),
        ("video showing a photo of two dogs", "Two dogs"),
        ("A short clip depicting the harbour at night", "Harbour at night"),
        ("there is a red cat behind a tree", "Red cat behind a tree"),
        ("Picture hangs on the wall", "Picture hangs on the wall"),
        ("A close-up photo of an iPhone on a table", "iPhone on a table"),
        ("a man is riding a", "Man is riding"),
        ("  nothing\n on the   beach ", "Nothing on the beach"),
        ('"a dog!"', "A dog!"),
        ("ein Hund im Garten", "Ein Hund im Garten"),
        (UMBRELLA, "Man who is walking down a street with a large green umbrella"),
    ],
)
def test_the_fullest_title(caption: str, title: str) -> None:
    assert titles(caption, 60)[0] == title


@pytest.mark.parametrize(
    "caption", ["", " . ", "Video of", "Image of.", "A video that shows", "photo", "the", "Video of Video of a a"]
)
def test_a_caption_that_says_nothing_gives_no_title(caption: str) -> None:
    assert subject(caption) == "" and titles(caption, 60) == []


@given(st.text(max_size=150), st.integers(8, 80))
def test_titles_are_short_clean_and_not_empty(caption: str, limit: int) -> None:
    for title in titles(caption, limit):
        assert 0 < len(title) <= limit
        assert title == " ".join(title.split()) and not title.endswith((".", ",", ";", ":"))


def test_shorter_titles_end_where_a_sentence_can() -> None:
    assert titles("a red dog on a beach next to a big ball", 60) == [
        "Red dog on a beach next to a big ball",
        "Red dog on a beach",
        "Red dog",
    ]
