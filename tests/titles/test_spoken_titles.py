"""Titles from what is said, read and seen: they name the topic, in the chapter's words, and stand by themselves."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuemark.captions.language.language import RULES, rules, rules_for
from cuemark.chapters.chapter_part import KnownWords
from cuemark.chapters.spoken_titles import LONGEST_TITLE, ChapterPart, TitleWriter
from cuemark.core.analysis_options import TITLE_STYLES
from tests.titles.talks import ENGLISH, TALKS, KnownTalk, spoken


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.language)
@pytest.mark.parametrize("style", TITLE_STYLES)
@pytest.mark.parametrize("told", [True, False], ids=["told", "found"])
def test_titles_name_the_topic_in_the_language_of_the_talk(talk: KnownTalk, style: str, told: bool) -> None:
    titles = TitleWriter(talk.language if told else "", style).titles(talk.parts)
    for title, words in zip(titles, talk.topics, strict=True):
        assert any(word.casefold() in title.casefold() for word in words), (titles, words)


def test_the_first_chapter_has_its_topic_and_no_greeting() -> None:
    assert TitleWriter().titles(ENGLISH.parts) == ["Compost heap", "Tomato plants", "Slugs", "Rain barrel"]


def test_the_same_talk_has_the_same_titles() -> None:
    assert TitleWriter().titles(ENGLISH.parts) == TitleWriter().titles(list(ENGLISH.parts))


def test_names_keep_their_capital_letters_and_other_words_have_none_within() -> None:
    said = (
        "Compilers are what we look at now.",
        "The GNU Compiler Collection came before LLVM, and the GNU Compiler Collection is still used.",
        "Richard Stallman began the GNU Compiler Collection.",
    )
    (title,) = TitleWriter("en").titles([spoken(0, *said)])
    assert title.startswith("GNU Compiler Collection")


def test_a_question_that_is_asked_can_be_the_title() -> None:
    said = (
        "So how does onion routing work?",
        "With onion routing each node peels one layer of the onion.",
        "Onion routing hides who talks to whom.",
    )
    other = ("Flour is milled from wheat.", "Good flour keeps for a year.")
    titles = TitleWriter("en", "question").titles([spoken(0, *said), spoken(1, *other)])
    assert titles[0] == "How does onion routing work?"
    assert titles[1] == "Flour"


def test_keywords_are_a_list_that_fits() -> None:
    titles = TitleWriter("en", "keywords").titles(ENGLISH.parts)
    assert sum(", " in title for title in titles) >= 3
    assert all(len(title) <= LONGEST_TITLE for title in titles)


def test_headings_that_are_read_come_first() -> None:
    parts = [
        spoken(0, "The compost heap smells.", read=("COMPOST AND WORMS", "Page 3")),
        spoken(1, "We talk of tomato plants.", read=("Sowing dates",)),
    ]
    assert TitleWriter("en").titles(parts) == ["Compost and worms", "Sowing dates"]


def test_the_name_of_the_whole_is_no_chapters_heading() -> None:
    parts = [
        spoken(number, *said, read=("Garden Hour", *own))
        for number, (said, own) in enumerate(zip(ENGLISH.chapters, [(), ("Tomatoes",), (), ()], strict=True))
    ]
    titles = TitleWriter("en").titles(parts)
    assert titles[1] == "Tomatoes" and "Garden Hour" not in titles


@pytest.mark.parametrize("heading", ["Introduction", "INTRO", "Welcome", "Using the", "x" * 80, "12:04", "…"])
def test_a_heading_that_says_nothing_or_breaks_off_is_passed_over(heading: str) -> None:
    titles = TitleWriter("en").titles([spoken(0, *ENGLISH.chapters[0], read=(heading,))])
    assert titles == ["Compost heap"]


def test_pictures_tell_where_hardly_anything_is_said_and_the_frames_say_which_caption() -> None:
    parts = [
        spoken(0, "Look.", seen=("a boat on a lake", "a red kite in the sky")),
        spoken(1, *ENGLISH.chapters[1], seen=("a man in a garden",)),
    ]

    def judge(texts: object, start: Fraction, end: Fraction) -> list[float]:
        assert isinstance(texts, list)
        return [float("kite" in text) for text in texts]

    titles = TitleWriter("en", judge=judge).titles(parts)
    assert titles == ["Red kite in the sky", "Tomato plants"]
    assert TitleWriter("en").titles(parts)[0] == "Boat on a lake"


def test_a_part_of_which_nothing_is_known_has_its_number() -> None:
    assert TitleWriter("en").titles([spoken(0), spoken(1, "Part one."), spoken(2)])[::2] == ["Part 1", "Part 3"]
    assert TitleWriter("de").titles([spoken(0)]) == ["Teil 1"]
    assert TitleWriter("ja").titles([spoken(0)]) == ["1"]


def test_chapters_that_say_the_same_have_titles_of_their_own() -> None:
    titles = TitleWriter("en").titles([spoken(number, *ENGLISH.chapters[0]) for number in range(8)])
    assert len({title.casefold() for title in titles}) == 8


VOCABULARY = """
the of and a to in with compost heap tomato plants slugs rain barrel Bitcoin iPhone C++ peer-to-peer don't it's quickly
started water because what how you 2009 10,000 Gärten l'eau où 日本刀 の 歴史 زراعة النخيل
"""
WORDS = st.sampled_from(VOCABULARY.split())
SENTENCES = st.lists(WORDS, max_size=14).flatmap(
    lambda words: st.sampled_from([" ".join(words) + end for end in (".", "?", "", ", well.", "…")])
)
PARTS = st.lists(
    st.builds(
        lambda said, read, seen: ChapterPart(Fraction(0), Fraction(60), tuple(said), tuple(read), tuple(seen)),
        st.lists(SENTENCES, max_size=6),
        st.lists(SENTENCES | st.text(max_size=90), max_size=2),
        st.lists(SENTENCES, max_size=2),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(parts=PARTS, language=st.sampled_from(["", *RULES, "ja", "xx"]), style=st.sampled_from(TITLE_STYLES))
def test_any_title_fits_stands_alone_and_is_the_chapters_own(
    parts: list[ChapterPart], language: str, style: str
) -> None:
    titles = TitleWriter(language, style).titles(parts)
    known = rules_for(language, [sentence for part in parts for sentence in part.sentences])
    assert len(titles) == len(parts) == len({title.casefold() for title in titles})
    for number, (title, part) in enumerate(zip(titles, parts, strict=True), 1):
        assert 1 <= len(title) <= LONGEST_TITLE and title == " ".join(title.split())
        numbers = {known.numbered.format(number + len(parts) * turn) for turn in range(3)}
        if title in numbers:
            continue
        assert title.casefold().strip(" .!?") not in known.openings
        last = [word for clause in known.clauses(title) for word in clause][-1]
        assert known.can_end(last), title
        assert not KnownWords.of(part, known).invented(title, known), (title, part)


@pytest.mark.parametrize("code", RULES)
def test_the_rules_of_a_language_fit_together(code: str) -> None:
    known = rules(code)
    assert known.code == code
    assert known.joints <= known.function_words, known.joints - known.function_words
    assert not known.function_words & known.openings
    assert known.conjunction in known.function_words
    assert known.numbered.format(3).endswith("3")
    assert known.can_end(known.numbered.format(3).split()[0])
