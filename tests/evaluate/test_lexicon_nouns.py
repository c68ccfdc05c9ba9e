"""Things in captions and what they are kinds of, by the shipped lexicon and by one of five words."""

from __future__ import annotations

import pytest

from cuemark.captions.lexicon import Lexicon, Word
from cuemark.lab.evaluate.lexicon_nouns import LexiconNouns, lexicon_nouns

SMALL = LexiconNouns(
    Lexicon(
        (
            Word("terrier", "thing", True, ("dog",)),
            Word("dog", "thing", True, ("animal",), ("domestic dog",)),
            Word("animal", "thing", True),
            Word("lake", "scene", True),
            Word("running", "action", True),
        )
    )
)


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("Two terriers running by the lake", {"terrier", "lake"}),
        ("A photo of a dog on the side", {"dog"}),
        ("Red and running", set()),
    ],
)
def test_things_and_scenes_of_a_caption(text: str, things: set[str]) -> None:
    assert SMALL.things_in(text) == things


def test_kin_are_other_names_and_all_kinds_above() -> None:
    assert SMALL.kin_of("A terrier") == {"terrier", "dog", "domestic dog", "animal"}
    assert SMALL.kin_of("An animal") == {"animal"}


def test_the_shipped_lexicon_knows_what_a_poodle_is() -> None:
    nouns = lexicon_nouns()
    assert nouns.things_in("A dog on a sofa") >= {"dog", "sofa"}
    assert nouns.kin_of("A poodle runs") >= {"poodle", "dog", "canine"}
    assert "sofa" not in nouns.kin_of("A poodle runs")
