"""The lexicon that comes with the package: what is in it, what is not, and how its words hang together."""

from __future__ import annotations

from pathlib import Path

from cuemark.captions.lexicon import KINDS, Lexicon, Word, load_lexicon, write_words


def test_words_of_every_kind_are_there() -> None:
    lexicon = load_lexicon()
    kinds = {kind: {lexicon.names[place] for place in lexicon.of_kind(kind)} for kind in KINDS}
    assert {"dog", "great white shark", "steam locomotive", "traffic light", "police officer"} <= kinds["thing"]
    assert {"beach", "kitchen", "train station"} <= kinds["scene"]
    assert {"running", "playing guitar"} <= kinds["action"]
    assert {"red", "snowy"} <= kinds["attribute"]


def test_words_that_no_marker_shall_hold_are_not_there() -> None:
    names = set(load_lexicon().names)
    assert not names & {"ass", "thing", "entity", "whore", "prostitute", "placental", "artifact", "dildo"}


def test_a_word_is_followed_by_all_that_is_a_kind_of_it() -> None:
    lexicon = load_lexicon()

    def below(name: str) -> set[str]:
        return {lexicon.names[place] for place in lexicon.narrower[lexicon.place[name]]}

    assert {"dog", "whippet", "greyhound", "german shepherd"} <= below("dog")
    assert "dog" not in below("whippet")
    assert {"locomotive", "locomotive engine", "steam locomotive"} <= below("locomotive")
    assert "whippet" in below("carnivore") and "tiger" in below("carnivore")


def test_every_word_named_by_another_is_there() -> None:
    lexicon = load_lexicon()
    for word in lexicon.words:
        assert {*word.broader, *word.same} <= lexicon.place.keys(), word


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    words = [Word("cat", "thing", True, ("feline",)), Word("feline", "thing", False), Word("red", "attribute", True)]
    write_words(tmp_path / "words.tsv", [*words, Word("kitten", "thing", True, ("cat", "unknown"))])
    read = load_lexicon.__wrapped__(tmp_path / "words.tsv")
    assert read.words == (*words, Word("kitten", "thing", True, ("cat",)))
    assert read.id == Lexicon(read.words).id != load_lexicon().id


def test_a_ring_of_words_is_walked_once() -> None:
    lexicon = Lexicon(
        (Word("a", "thing", True, ("b",)), Word("b", "thing", True, ("a",)), Word("c", "thing", True, ("a",)))
    )
    assert set(lexicon.narrower[0]) >= {0, 2} and set(lexicon.narrower[1]) >= {1}
