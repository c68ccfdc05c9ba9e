"""Text right to left and text without spaces: it survives every format, marker and terminal as it is."""

from __future__ import annotations

import ast
import html
import json
import unicodedata
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis
from cuemark.core.markers import MarkerOptions
from cuemark.core.text import joined_text, one_line, shorten, terminal_safe
from cuemark.export import get, names
from cuemark.hosts.resolve.host import ResolveHost
from tests.evidence.test_given_written import SENTENCES

MakeAnalysis = Callable[..., Analysis]

TITLES = {
    "Arabic": "مقابلة مع الكاتب (الجزء 2)",
    "Arabic with marks": "قال\u200f: \u200eHello\u200f!",
    "Persian": "می\u200cخواهم بروم",
    "Hebrew": "שלום, עולם: פרק א'",
    "Japanese": "吾輩は猫である　名前はまだ無い",
    "Chinese": "你好，世界！今天天气很好",
    "Thai": "สวัสดีชาวโลกวันนี้อากาศดี",
    "Burmese": "မင်္ဂလာပါကမ္ဘာလောက",
}
SPELLED_OUT = ("avid",)
"""Formats whose reader takes ASCII alone, which they say."""


def plain(name: str, data: bytes) -> str:
    """A file's text without the escapes of its format."""
    text = data.decode("utf-8")
    if name in ("json", "kdenlive", "podcast", "otio"):
        return json.dumps(json.loads(text), ensure_ascii=False)
    if name == "blender":
        return " ".join(str(node.value) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return html.unescape(text)


@pytest.mark.parametrize("script", TITLES)
@pytest.mark.parametrize("name", names())
def test_a_title_is_in_the_file_as_it_is(name: str, script: str, make_analysis: MakeAnalysis) -> None:
    title = one_line(TITLES[script])
    rows = [(30 * i, 30 * i + 30, f"{title} {i}") for i in range(3)]
    exported = get(name).export(make_analysis(rows, rows))
    text = plain(name, exported.data)
    if name in SPELLED_OUT and title not in text:
        assert text.isascii() and exported.warnings
        return
    # Blender's names end after 63 bytes.
    assert (title[:15] if name == "blender" else title) in text


@pytest.mark.parametrize("script", TITLES)
def test_a_marker_of_resolve_has_the_title_as_it_is(script: str, make_analysis: MakeAnalysis) -> None:
    title = one_line(TITLES[script])
    rows = [(0, 30, title)]
    made = ResolveHost.marks_file(None, make_analysis(rows, rows), Fraction(25), MarkerOptions())  # type: ignore[arg-type]
    assert title.encode().hex() in made.data.decode("utf-8") or title in made.data.decode("utf-8")


@pytest.mark.parametrize("script", TITLES)
def test_a_terminal_shows_it_and_nothing_in_it_turns_the_line_around(script: str) -> None:
    assert terminal_safe(TITLES[script]) == TITLES[script]
    assert terminal_safe(f"\u202e{TITLES[script]}") == f"\\u202e{TITLES[script]}"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(sorted(SENTENCES.values())), min_size=1, max_size=3), limit=st.integers(2, 60))
def test_a_shortened_text_is_its_beginning_in_whole_characters(words: list[str], limit: int) -> None:
    text = joined_text(*words)
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    assert unicodedata.normalize("NFC", one_line(text)) == one_line(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("text", ["สวัสดี ชาวโลก", "नमस्ते", "cafe\u0301", "👨‍👩‍👧 👋🏽", "שָׁלוֹם"])
def test_a_character_is_not_parted_from_its_marks(text: str) -> None:
    for limit in range(7, len(text)):
        kept = shorten(text, limit).removesuffix("…")
        following = text[len(kept) :].lstrip(" ")[:1]
        assert not unicodedata.combining(following) and following not in ("\u200d", "🏽")
        assert not kept.endswith("\u200d")


@given(parts=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1), min_size=1))
def test_joining_adds_spaces_and_nothing_else(parts: list[str]) -> None:
    joined = joined_text(*parts)
    assert joined.replace(" ", "") == "".join(parts).replace(" ", "")
    assert "  " not in joined
