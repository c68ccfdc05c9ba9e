"""Text helpers of the exporters."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.text import one_line, printable_path, shorten, to_ascii, without_astral


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë's café", "Zoe's cafe"),
        ("Straße · Ærø", "Strasse - AEro"),
        ("Щука и Ёж", "Shchuka i Ezh"),
        ("Αθήνα", "Athina"),
        ("“dog” – 3 × 4…", '"dog" - 3 x 4...'),
        ("犬", "Quan"),
        ("서울", "SeoUl"),
        ("مرحبا", "mrhb"),
        ("a 🐶 b", "a b"),
        ("re\u0301sume\u0301", "resume"),
    ],
)
def test_ascii_spelling(text: str, expected: str) -> None:
    assert to_ascii(text).casefold() == expected.casefold()
    assert to_ascii(text)[:1] == expected[:1]


@given(st.text(st.characters(codec=None)))
def test_one_line_is_one_line_that_xml_and_utf8_can_hold(text: str) -> None:
    line = one_line(text)
    assert line.encode("utf-8").decode() == line
    assert len(line.splitlines()) <= 1
    assert line == one_line(line) == line.strip()


@given(st.text(max_size=200), st.integers(4, 100))
def test_shortened_text_keeps_to_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text if len(text) <= limit else short.endswith("…")


def test_shortened_text_ends_at_a_word() -> None:
    assert shorten("The quick brown fox jumps", 18) == "The quick brown…"


def test_emoji_go_with_their_joiners() -> None:
    assert without_astral("Farmer 👩\u200d🌾 at work ❤\ufe0f") == "Farmer at work ❤"


def test_a_path_that_is_not_utf8_stays_readable() -> None:
    assert printable_path(Path(os.fsdecode(b"/f/caf\xe9.mp4"))) == "/f/caf\\xe9.mp4"
    assert printable_path(Path("/f/café 🐶.mp4")) == "/f/café 🐶.mp4"
