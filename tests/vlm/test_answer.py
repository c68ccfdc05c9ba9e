"""Answers of vision-language models, in the wrappings they come in."""

from __future__ import annotations

import json

import pytest

from cuemark.captions.vlm.answer import LONGEST_CAPTION, Answer, read

GOOD = '{"caption": "A dog runs over grass", "title": "Running dog", "tags": ["dog", "grass"]}'
READ = Answer("A dog runs over grass", "Running dog", ("dog", "grass"))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"Sure! Here is what I see:\n\n```json\n{GOOD}\n```\nLet me know if you need more {{details}}.",
        f"<think>The user wants {{caption}} ... it runs.</think>{GOOD}",
        json.dumps({"answer": json.loads(GOOD)}),
        json.dumps(json.loads(GOOD), indent=4).replace("dog", "dog"),
        '{"caption": "A dog runs over grass.", "title": "running dog", "tags": "Dog, #grass, dog"}',
        '{"caption":"The image shows a dog runs over grass","title":"Running dog","tags":["dog","grass"]}'.replace(
            "a dog", "A dog"
        ),
        GOOD.removesuffix("}").removesuffix("]"),
        GOOD + GOOD,
    ],
)
def test_an_answer_is_read_whatever_is_around_it(text: str) -> None:
    assert read([text]) == (READ,)


def test_an_answer_that_breaks_off_is_read_as_far_as_it_is_whole() -> None:
    assert read(['{"caption": "A dog runs over grass", "title": "Runn']) == (Answer("A dog runs over grass"),)
    assert read(['{"caption": "A dog runs ov']) == ()


def test_thoughts_are_read_where_the_answer_is_empty() -> None:
    assert read(["I cannot say.", f"Let me see. {GOOD}"]) == (READ,)


def test_of_several_answers_all_are_kept_for_the_frames_to_decide() -> None:
    other = '{"caption": "A cat sleeps", "title": "", "tags": []}'
    assert read([f"{GOOD}\n{other}"]) == (READ, Answer("A cat sleeps"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A dog runs over grass",
        "!!!!!!!!!!!!!!!!",
        '{"caption": "..."}',
        '{"caption": "", "title": "Dog"}',
        '{"caption": 7}',
        '{"caption": ["A dog"]}',
        '{"caption": "dog dog dog dog dog dog"}',
        '{"caption": "Nothing is there"}',
        '{"text": "A dog"}',
        "[" * 5000 + "{" * 5000,
        "null",
    ],
)
def test_garbage_is_no_answer(text: str) -> None:
    assert read([text]) == ()


def test_captions_are_cut_at_a_word() -> None:
    long = "A very extraordinarily incomprehensibly unbelievably inconceivably long caption of a dog and its person"
    (answer,) = read([json.dumps({"caption": long, "tags": ["x" * 31, "dog"] + [f"tag {n}a" for n in range(20)]})])
    assert 0 < len(answer.caption) <= LONGEST_CAPTION
    assert long.startswith(answer.caption) and long[len(answer.caption)] == " "
    assert answer.tags[0] == "dog" and len(answer.tags) == 6
    (told,) = read([json.dumps({"caption": "A man\nwalks \x1b[31m home \u202e with his dog and the"})])
    assert told.caption.isprintable() and told.caption.startswith("A man walks") and told.caption.endswith("dog")
