"""A language model chooses among what is said: only one that knows the language is heard, and nothing is added."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

import cuemark.models
from cuemark.captions.language.language import rules
from cuemark.chapters.fluent_titles import FluentTitles
from cuemark.chapters.spoken_titles import TitleWriter
from cuemark.core.errors import JobCancelled
from cuemark.core.progress import SilentProgress
from tests.titles.talks import ENGLISH, GERMAN
from tests.vlm.conftest import Listening

if TYPE_CHECKING:
    from cuemark.models.lm.lm import LanguageModel

SAMPLE = Path(next(iter(cuemark.models.__path__))) / "weights" / "sample" / "lm"
MATERIAL = Path(os.environ.get("CUEMARK_MATERIAL", Path(__file__).parents[3] / "real"))
END = 0


@dataclass
class State:
    """The logits after the last word of each row."""

    logits: Tensor

    def select(self, rows: Sequence[int]) -> State:
        return State(self.logits[list(rows)])


class Bigrams:
    """A model that has read one English sentence and likes some words after each other; its tokens are words."""

    def __init__(self, *liked: str, context: int | None = None) -> None:
        self.context_length = context
        self._words: dict[str, int] = {'"': END}
        self._liked = [self.encode(text) for text in (*liked, rules("en").sample)]

    def encode(self, text: str) -> list[int]:
        words = text.replace('"', ' " ').split()
        return [self._words.setdefault(word.casefold(), len(self._words)) for word in words]

    def start(self, batch: int) -> State:
        return State(torch.zeros(batch, 500))

    def step(self, state: State, ids: Tensor) -> tuple[State, Tensor]:
        last = ids[:, -1] if ids.ndim == 2 else ids
        logits = torch.zeros(len(last), 500)
        for row, token in enumerate(last.tolist()):
            for text in self._liked:
                for one, following in zip(text, [*text[1:], END], strict=True):
                    logits[row, following] += 9.0 * (one == token)
        return State(logits), logits


def form(model: Any, progress: Any = None) -> FluentTitles:
    return FluentTitles(model, progress or SilentProgress())


def test_what_reads_better_is_preferred_among_what_is_said() -> None:
    plain = TitleWriter("en").titles(ENGLISH.parts)
    formed = TitleWriter("en", form=form(Bigrams("Copper tape"))).titles(ENGLISH.parts)
    assert plain[2] == "Slugs" and formed[2] == "Copper tape"
    assert formed[:2] == plain[:2] and formed[3] == plain[3]


def test_a_model_that_does_not_know_the_language_is_not_heard() -> None:
    model = Bigrams("Kruste knusprig", "Brotkasten bleibt")
    assert not form(model).knows(rules("de"))
    assert TitleWriter("de", form=form(model)).titles(GERMAN.parts) == TitleWriter("de").titles(GERMAN.parts)
    assert not form(Bigrams(context=48)).knows(rules("en")), "it has read captions, no talk"


def test_a_language_without_rules_has_no_sample_to_ask_by() -> None:
    from cuemark.captions.language.language import rules_for

    assert not form(Bigrams()).knows(rules_for("ja", ["日本刀の歴史"]))


def test_the_models_that_come_with_us_know_too_little() -> None:
    from cuemark.models.lm.lm import load_lm

    assert not form(load_lm(SAMPLE)).knows(rules("en"))


def test_a_cancel_is_heeded() -> None:
    listening = Listening(cancel_in=0.0)
    with pytest.raises(JobCancelled):
        TitleWriter("en", form=form(Bigrams(), listening)).titles(ENGLISH.parts)


@pytest.fixture(scope="module")
def real() -> LanguageModel:
    folder = MATERIAL / "models" / "lm"
    if not (folder / "config.json").is_file():
        pytest.skip(f"no language model of talk in {folder}")
    from cuemark.models.lm.lm import load_lm

    return load_lm(folder)


@pytest.mark.slow
def test_a_real_model_knows_english_alone_and_its_titles_are_said(real: LanguageModel) -> None:
    fluent = form(real)
    assert [code for code in ("en", "de", "fr", "es") if fluent.knows(rules(code))] == ["en"]
    titles = TitleWriter("en", form=fluent).titles(ENGLISH.parts)
    assert all(
        any(word in title.casefold() for word in words) for title, words in zip(titles, ENGLISH.topics, strict=True)
    )
    assert titles == TitleWriter("en", form=form(real)).titles(ENGLISH.parts)
