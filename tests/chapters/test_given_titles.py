"""Where given titles happen: in order and in any, by words and by pictures, and those that do not happen at all."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cuemark.captions.language.language import rules_for
from cuemark.chapters.at_borders import distinct
from cuemark.chapters.title_evidence import Cell, TitleEvidence, evidence_for, seen_evidence
from cuemark.chapters.title_search import FoundTitle, place_titles
from cuemark.models.embedding.sentences import open_encoder

TALK = {
    "Baking bread": "First we bake bread. The flour and the yeast go into a bowl. Knead the dough for ten minutes."
    " Let the dough rise in a warm place. Bake the bread in a hot oven. The crust should be brown.",
    "Car engines": "Now we look at the engine of a car. The piston moves in the cylinder. Petrol burns and pushes the"
    " piston down. The crankshaft turns the wheels. An engine needs oil. Change the oil of your engine every year.",
    "The violin": "Finally the violin. A violin has four strings. The bow is made of horse hair. Tune the strings"
    " before you play. The orchestra has many violins. A good violin is very old.",
}
SENTENCES = [sentence.strip(".") + "." for part in TALK.values() for sentence in part.split(". ")]
CELLS = [Cell(Fraction(5 * n), Fraction(5 * n + 5), text) for n, text in enumerate(SENTENCES)]


def placed(*titles: str, any_order: bool = False) -> list[FoundTitle]:
    evidence = evidence_for(titles, CELLS, open_encoder(), rules_for("en", SENTENCES))
    return place_titles(titles, CELLS, evidence, any_order=any_order)


def starts(found: list[FoundTitle]) -> list[float | None]:
    return [None if one.start is None else float(one.start) for one in found]


def test_titles_in_order_are_where_they_are_spoken_of() -> None:
    assert starts(placed(*TALK)) == [0, 30, 60]


def test_titles_in_any_order() -> None:
    first, second, third = TALK
    assert starts(placed(third, first, second, any_order=True)) == [60, 0, 30]


def test_what_does_not_happen_is_left_out_and_the_rest_stays() -> None:
    first, second, third = TALK
    found = placed(first, "Deep sea diving", second, third, "Medieval castles")
    assert starts(found) == [0, None, 30, 60, None]
    assert all(0 < one.sure < 1 for one in found)
    assert found[1].sure > 0.5, "how sure it is that it does not happen"


def test_titles_in_another_language_are_found_nowhere() -> None:
    assert starts(placed("Brot backen", "Der Verbrennungsmotor", "Die Geige")) == [None, None, None]


def test_the_same_title_twice_and_more_titles_than_sentences() -> None:
    found = [one for one in starts(placed(*["The violin"] * 40)) if one is not None]
    assert len(found) == len(set(found)) == len(SENTENCES)
    assert found == sorted(found)


def test_five_hundred_titles() -> None:
    titles = [f"{title} {number}" for number in range(167) for title in TALK]
    found = placed(*titles)
    assert len(found) == 501 and starts(found) != [None] * 501


def test_by_pictures_a_title_happens_where_clip_says_so() -> None:
    """Two titles and one text of nothing over twelve samples: the first fits the first half, the second the other."""
    logits = np.full((3, 12), 10.0)
    logits[0, :6] = logits[1, 6:] = 20
    cells = [Cell(Fraction(n), Fraction(n + 1), "") for n in range(12)]
    found = place_titles(["a dog", "a boat"], cells, seen_evidence(logits, 2))
    assert starts(found) == [0, 6]
    logits[1, 6:] = 5
    assert starts(place_titles(["a dog", "a boat"], cells, seen_evidence(logits, 2)))[1] is None


def test_one_cell_alone() -> None:
    cells = CELLS[:1]
    evidence = evidence_for(["Baking bread"], cells, open_encoder(), rules_for("en", []))
    assert isinstance(evidence, TitleEvidence) and np.isfinite(evidence.inside).all()
    assert len(place_titles(["Baking bread"], cells, evidence)) == 1


def test_titles_are_told_apart_by_numbers() -> None:
    assert distinct(["Beach", "Sea", "beach", "Beach"]) == ["Beach", "Sea", "beach 2", "Beach 3"]
    long = "x" * 60
    assert [len(title) for title in distinct([long, long])] == [60, pytest.approx(60, abs=4)]


def test_titles_have_the_same_evidence_in_any_process() -> None:
    """The order of a set is another in each; sums of what is in it must not be."""
    program = (
        "from tests.chapters.test_given_titles import *\n"
        "evidence = evidence_for(list(TALK.values()), CELLS, open_encoder(), rules_for('en', SENTENCES))\n"
        "print(evidence.covered.tolist(), evidence.happens.tolist())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
        ).stdout
        for seed in "12"
    }
    assert len(told) == 1
