"""Topics of speech: known borders of talks made of words, what holds for any talk, and what is no talk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.transcript import Transcript, Utterance
from cuemark.models.embedding.sentences import Vectors, open_encoder
from cuemark.segmentation import topics
from cuemark.segmentation.options import TopicOptions
from cuemark.segmentation.topic_evidence import Array, Places, sentence_begins, turns
from cuemark.segmentation.topics import TopicLimits, aligned, topic_borders, topic_change

SUBJECTS = {
    "cooking": "flour oven dough butter sugar recipe bake kitchen whisk eggs pastry cream",
    "sailing": "boat sail wind harbour anchor mast tide deck captain rudder waves rope",
    "money": "bank interest loan mortgage savings credit inflation investor stock dividend tax bond",
    "dogs": "puppy leash kennel bark breed paws veterinarian collar fetch training tail bone",
    "music": "guitar melody chord rhythm orchestra violin concert drummer song harmony piano tune",
}


def talk(
    subjects: Sequence[str], each: int = 14, seconds: float = 6.0, seed: int = 0, speakers: bool = False
) -> tuple[Transcript, Fraction, list[Fraction]]:
    """Sentences of a subject's words, `each` for every subject; with the duration and the true borders."""
    draw = random.Random(seed)
    said: list[Utterance] = []
    borders = []
    time = Fraction(0)
    for number, subject in enumerate(subjects):
        if number:
            borders.append(time)
        for _ in range(each):
            words = draw.sample(SUBJECTS[subject].split(), 5)
            length = Fraction(round(seconds * draw.uniform(0.6, 1.4) * 100), 100)
            text = f"We look at the {words[0]} and the {words[1]} with {words[2]}, {words[3]} or {words[4]}."
            said.append(Utterance(time, time + length, text, f"speaker {number % 2}" if speakers else ""))
            time += length
    return Transcript(tuple(said), "en"), time, borders


def vectors_of(transcript: Transcript) -> Vectors:
    return open_encoder().encode([one.text for one in transcript.utterances])


def borders_of(transcript: Transcript, duration: Fraction, **asked: object) -> list[Fraction]:
    return topic_borders(transcript, vectors_of(transcript), duration, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
def test_the_borders_of_a_talk_of_five_subjects_are_found_without_its_count(seed: int) -> None:
    transcript, duration, true = talk(list(SUBJECTS), seed=seed)

    found = borders_of(transcript, duration)

    near = [border for border in true if any(abs(border - one) <= 6 for one in found)]
    assert len(near) >= 3 and abs(len(found) - len(true)) <= 2


@pytest.mark.parametrize("seed", range(4))
def test_told_the_count_it_finds_each_border_to_the_sentence(seed: int) -> None:
    transcript, duration, true = talk(list(SUBJECTS), seed=seed)

    found = borders_of(transcript, duration, count=5)

    assert len(found) == 4 and sum(border in true for border in found) >= 3


def test_turns_of_speakers_and_pauses_decide_where_the_words_do_not() -> None:
    plain = tuple(Utterance(Fraction(6 * n), Fraction(6 * n + 6), "We go on with this.") for n in range(40))
    spoken = Transcript(tuple(replace(one, speaker="A" if n < 21 else "B") for n, one in enumerate(plain)))
    late = Transcript(tuple(replace(one, start=one.start + 10, end=one.end + 10) if n > 20 else one
                            for n, one in enumerate(plain)))  # fmt: skip

    assert borders_of(spoken, Fraction(240), count=2) == [Fraction(126)]
    assert borders_of(late, Fraction(250), count=2) == [Fraction(136)]


def test_turns_are_told_by_the_pace_of_sentences_whose_turns_alone_were_timed() -> None:
    said = []
    for start, end, lengths in ((0, 20, (40, 60, 100)), (20, 32, (30, 30)), (32, 60, (50, 70, 80, 20))):
        time = Fraction(start)
        for length in lengths:
            after = time + Fraction(end - start) * length / sum(lengths)
            said.append(Utterance(Fraction(round(time, 2)), Fraction(round(after, 2)), "x" * length))
            time = after

    assert turns(said).tolist() == [1, 0, 0, 1, 0, 1, 0, 0, 0]
    timed = [replace(one, end=one.end - Fraction(n % 3, 7)) for n, one in enumerate(said)]
    assert not turns(timed).any()


def test_a_heading_is_a_border_where_speech_says_nothing_of_it() -> None:
    transcript, duration, _ = talk(["cooking"], each=60)
    heading = Fraction(200) + Fraction(1, 3)

    assert heading in borders_of(transcript, duration, headings=[heading])


def test_parts_of_sentences_are_no_borders_where_punctuation_tells() -> None:
    cues = [
        Utterance(Fraction(n), Fraction(n + 1), text) for n, text in enumerate(["One two", "three.", "Four", "five."])
    ]

    assert sentence_begins(cues) == [True, False, True, False]
    assert sentence_begins([replace(one, text=one.text.rstrip(".")) for one in cues]) == [True] * 4


def test_a_border_moves_to_the_shot_change_beside_it_and_to_no_other() -> None:
    shots = [Fraction(29), Fraction(61), Fraction(80)]

    assert aligned([Fraction(30), Fraction(60), Fraction(90)], shots, Fraction(100), Fraction(10)) == [29, 61, 90]
    assert aligned([Fraction(30)], [Fraction(31)], Fraction(41), Fraction(11)) == [30]


LIMITS = st.builds(TopicLimits, st.integers(1, 60).map(Fraction), st.integers(1, 12))
SPOKEN = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 40), st.sampled_from(["Yes.", "The dog", "Money is it?", "", "כן"])),
    max_size=60,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPOKEN, LIMITS, st.none() | st.integers(1, 20), st.integers(1, 1000))
def test_any_talk_is_parted_without_gaps_within_the_limits(
    spoken: list[tuple[int, int, str]], limits: TopicLimits, count: int | None, duration: int
) -> None:
    said = tuple(Utterance(Fraction(start, 2), Fraction(start + length, 2), text) for start, length, text in spoken)

    found = borders_of(Transcript(said), Fraction(duration), count=count, limits=limits)

    edges = [Fraction(0), *found, Fraction(duration)]
    assert all(after - before >= min(limits.min_length, Fraction(duration)) for before, after in pairwise(edges))
    assert len(found) < (count or limits.max_count) or not found
    assert set(found) <= {one.start for one in said}


@pytest.mark.parametrize("text", ["", "The same again.", "נכון מאוד", "同じことです。"])
def test_a_talk_that_says_one_thing_has_no_more_chapters_than_usual_and_no_error(text: str) -> None:
    said = tuple(Utterance(Fraction(5 * n), Fraction(5 * n + 5), text) for n in range(100))

    found = borders_of(Transcript(said), Fraction(500))

    assert len(found) <= 1.2 * topics.expected_count(500)


def test_one_sentence_and_none_are_one_topic() -> None:
    assert borders_of(Transcript((Utterance(Fraction(0), Fraction(500), "Hello."),)), Fraction(500)) == []
    assert borders_of(Transcript(()), Fraction(500)) == []
    assert topic_change(Transcript(()), np.zeros((0, 256), np.float32), Fraction(500)) is None


def test_overlapping_sentences_in_any_order_are_the_same_talk() -> None:
    transcript, duration, _ = talk(["cooking", "dogs", "money"])
    longer = [replace(one, end=one.end + 30) for one in transcript.utterances]
    random.Random(1).shuffle(longer)

    assert borders_of(Transcript(tuple(longer)), duration, count=3) == borders_of(
        Transcript(tuple(sorted(longer, key=lambda one: one.start))), duration, count=3
    )


def test_the_search_does_not_grow_with_the_sentences_of_a_long_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = topics.border_posterior

    def counted(found: Places, options: TopicOptions, min_length: Fraction) -> Array:
        sizes.append(len(found.starts))
        return real(found, options, min_length)

    monkeypatch.setattr(topics, "border_posterior", counted)
    for count in (2_500, 10_000):
        said = tuple(Utterance(Fraction(n), Fraction(n + 1), f"Word {n % 97}.") for n in range(count))
        vectors = np.random.default_rng(0).standard_normal((count, 16)).astype(np.float32)

        found = topic_borders(Transcript(said), vectors, Fraction(count))

        assert found == topic_borders(Transcript(said), vectors, Fraction(count))
        assert len(found) + 1 <= 1.2 * topics.expected_count(count)
    # Forty places for each chapter that is usual: 13.5 of 42 minutes, 21.4 of 2 hours 47 minutes.
    assert max(sizes[:2]) <= 40 * 14 + 2 and max(sizes[2:]) <= 40 * 22 + 2


def test_a_change_of_topic_weighs_most_at_the_border_for_moments() -> None:
    transcript, duration, true = talk(["sailing", "music"], each=25)

    evidence = topic_change(transcript, vectors_of(transcript), duration)

    assert evidence is not None and all(weight > 0 for weight in evidence.weights)
    heaviest = evidence.seconds[int(np.argmax(evidence.weights))]
    assert abs(heaviest - float(true[0])) <= 12
    assert max(evidence.weights) <= 3 * TopicOptions().penalty
