"""What is said and written is found in any form and script, to its second, whatever is typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.screen_text import Place, ScreenText, ScreenTexts
from cuemark.core.search import Ground
from cuemark.core.transcript import Transcript, Utterance
from cuemark.evidence.index.entry import IndexEntry
from cuemark.evidence.index.store import IndexStore
from cuemark.library.search.findings import Finding
from cuemark.library.search.scan import Source
from cuemark.library.search.words import WordIndex
from tests.daemon.fake_worker import made_up_analysis

BOTH = (Ground.SAID, Ground.READ)
SAID = (
    "We walked along the beach before the storm came.",
    "She makes bread every morning.",
    "Die Katzen schlafen im alten Haus.",
    "Los niños comían crêpes à la crème.",
    "猫が好きです。東京に行きました。",
    "وَصَلَ القِطارُ إلى المَحَطَّة",
    "The proof of the work is in the pudding.",
    "Nobody expected the Spanish",
    "inquisition at all.",
    "Привет, как дела? Ёлка горит.",
)


class Library:
    """Media with words in an index on disk, and their word index."""

    def __init__(self, folder: Path) -> None:
        self.store, self.file = IndexStore(folder / "index"), folder / "words.sqlite"
        self.words = WordIndex(self.store, self.file)
        self.media: dict[int, Source] = {}
        self.long = Fraction(1000)

    def add(self, said: tuple[str, ...] = (), read: tuple[ScreenText, ...] = ()) -> int:
        number = len(self.media) + 1
        mark = f"{number:032x}"
        info = replace(made_up_analysis(Path("/a.mp4"), mark).media, duration=self.long)
        spoken = tuple(Utterance(Fraction(10 * n), Fraction(10 * n + 7), text) for n, text in enumerate(said))
        self.store.put(IndexEntry(info, transcript=Transcript(spoken), screen_text=ScreenTexts(read)))
        self.media[number] = Source(mark, "1")
        return number

    def find(
        self, query: str, grounds: tuple[Ground, ...] = BOTH, within: tuple[int, ...] | None = None
    ) -> list[Finding]:
        known = self.media if within is None else within
        found = self.words.find(query, grounds, self.media, dict.fromkeys(known, self.long))
        return sorted(found, key=lambda one: -one.score)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(tmp_path)
    yield made
    made.words.close()


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("storm on the beach", 0), ("walking along beaches", 0), ("making bread", 1), ("BREAD makes", 1),
        ("katze", 2), ("alte häuser haus", 2), ("ninos", 3), ("creme", 3), ("Crêpes", 3), ("好き", 4), ("東京", 4),
        ("القطار", 5), ("proof work", 6), ('"proof of the work"', 6), ("привет", 9), ("елка", 9),
    ],
)  # fmt: skip
def test_forms_accents_and_scripts(library: Library, query: str, line: int) -> None:
    library.add(SAID)
    best = library.find(query)[0]
    assert [best.start, best.end] == [10 * line, 10 * line + 7]
    assert best.why[0].ground is Ground.SAID and best.why[0].words == SAID[line] and best.score > 0.4


def test_quotes_mean_just_so(library: Library) -> None:
    library.add(SAID)
    assert library.find('"proof of work"') == [] and library.find('"make bread"') == []
    assert library.find("proof of work") and library.find('"東に"') == []


def test_words_that_two_utterances_share_are_found_across_their_border(library: Library) -> None:
    library.add(SAID)
    assert all(one.score < 0.5 for one in library.find("the spanish inquisition")), "three seconds apart they are two"
    add_close(library)
    (best, *_) = library.find("the spanish inquisition")
    assert [best.start, best.end] == [70, 80] and best.score > 0.9


def add_close(library: Library) -> None:
    """A second media in which the two utterances follow each other at once, and nothing else."""
    mark = "f" * 32
    info = replace(made_up_analysis(Path("/b.mp4"), mark).media, duration=library.long)
    spoken = (Utterance(Fraction(70), Fraction(75), SAID[7]), Utterance(Fraction(75), Fraction(80), SAID[8]))
    library.store.put(IndexEntry(info, transcript=Transcript(spoken)))
    library.media[99] = Source(mark, "1")


def text(words: str, start: int, end: int, sure: float = 1.0) -> ScreenText:
    return ScreenText(Fraction(start), Fraction(end), words, Place(0, 0, 1, 1), confidence=sure)


def test_the_words_of_a_slide_are_found_over_its_time(library: Library) -> None:
    library.add(read=(text("Quarterly\nresults", 30, 60), text("Revenue grew by 12 %", 40, 60), text("Thanks", 60, 70)))
    (best, *_) = library.find("revenue")
    assert [best.start, best.end] == [40, 60] and best.why[0].ground is Ground.READ
    (both, *_) = library.find("quarterly revenue")
    assert [both.start, both.end] == [40, 60] and both.score > 0.8, "both stand in the picture then"
    assert library.find("revenue", (Ground.SAID,)) == []


def test_an_unsure_reading_counts_for_less(library: Library) -> None:
    library.add(read=(text("EXIT", 0, 5, 0.4), text("EXIT", 100, 105, 1.0)))
    first, second = library.find("exit")
    assert [first.start, second.start] == [100, 0] and second.score < 0.6 * first.score


def test_a_word_that_is_not_there_is_not_found_and_part_of_a_query_is_worth_less(library: Library) -> None:
    library.add(SAID)
    assert library.find("helicopter") == []
    whole, part = library.find("bread every morning")[0], library.find("bread every helicopter evening")
    assert not part or part[0].score < 0.5 * whole.score


def test_only_asked_media_are_told_and_one_that_is_gone_is_forgotten(library: Library) -> None:
    one, other = library.add(("a red kite",)), library.add(("a red kite",))
    assert {found.number for found in library.find("kite")} == {one, other}
    assert {found.number for found in library.find("kite", within=(other,))} == {other}
    del library.media[one]
    assert {found.number for found in library.find("kite")} == {other}
    library.media[other] = Source(library.media[other].fingerprint, "2")
    assert len(library.find("kite")) == 1, "a media that is read anew is there once"


@pytest.mark.parametrize("harm", ["torn", "foreign", "gone", "empty"])
def test_a_file_that_is_torn_is_made_anew(library: Library, harm: str) -> None:
    number = library.add(SAID)
    assert library.find("bread")
    library.words.close()
    for path in library.file.parent.glob("words.sqlite-*"):
        path.unlink()
    data = library.file.read_bytes()
    if harm == "gone":
        library.file.unlink()
    else:
        library.file.write_bytes({"torn": data[:5000] + b"\xa5" * 9000, "foreign": b"hello" * 500, "empty": b""}[harm])
    assert [found.number for found in library.find("bread")] == [number]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = Library(tmp_path_factory.mktemp("words"))
    made.add(SAID)
    yield made
    made.words.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(max_size=40) | st.text("\"'*^:(){}-+ANDORNEAT\0猫 ", max_size=30))
def test_nothing_that_is_typed_breaks_a_search(kept: Library, query: str) -> None:
    for found in kept.find(query):
        assert 0 < found.score <= 1 and found.start < found.end
