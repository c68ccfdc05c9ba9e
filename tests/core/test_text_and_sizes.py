"""Text made safe for each place it goes to, and amounts of bytes read and written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core import sizes, text

ANY_TEXT = st.text(st.characters())  # lone surrogates included
NOT_UTF8 = Path(os.fsdecode(b"/f/\xff\n.mp4"))


@given(ANY_TEXT)
def test_whatever_comes_out_is_valid_utf8(value: str) -> None:
    for safe in (text.printable, text.one_line, text.terminal_safe):
        safe(value).encode("utf-8")


@given(ANY_TEXT)
def test_a_terminal_gets_nothing_that_moves_it(value: str) -> None:
    safe = text.terminal_safe(value)
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in safe)


@given(ANY_TEXT)
def test_one_line_is_one_line(value: str) -> None:
    assert len(text.one_line(value).splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_valid_text_passes_as_it_is(value: str) -> None:
    assert text.printable(value) == value


@pytest.mark.parametrize(
    ("most", "between", "told"),
    [(3, ", ", "a, b, c"), (2, ", ", "a, b and 1 more"), (1, ", ", "a and 2 more"), (1, "; ", "a; and 2 more")],
)
def test_of_a_list_the_first_few_are_named(most: int, between: str, told: str) -> None:
    assert text.first_few(["a", "b", "c"], most, between) == told


def test_bytes_that_are_not_utf8_stay_legible() -> None:
    assert text.printable(str(NOT_UTF8)) == "/f/\\udcff\n.mp4"
    assert text.printable_path(NOT_UTF8) == "/f/\\xff\n.mp4"
    assert text.shown(NOT_UTF8) == '"\ufffd\ufffd.mp4"'
    assert text.one_line(str(NOT_UTF8)) == "/f/\ufffd .mp4"
    assert text.terminal_safe(str(NOT_UTF8)) == "/f/\\xff\\n.mp4"


@pytest.mark.parametrize(
    ("written", "size"),
    [("0", 0), ("7", 7), ("2G", 2 * 10**9), ("1.5GB", 1_500_000_000), (" 500 mb ", 5 * 10**8), ("1536MiB", 1536 << 20),
     ("1t", 10**12), ("0.1k", 100)],
)  # fmt: skip
def test_sizes_are_read(written: str, size: int) -> None:
    assert sizes.parse_size(written) == size


@pytest.mark.parametrize("written", ["", "many", "-1", "1e3", "2X", "GB", "1 GB 2", "50%"])
def test_what_is_no_size_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        sizes.parse_size(written)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_960, "100 kB"), (999_600, "1.0 MB"), (3 * 10**15, "3000.0 TB")],
)
def test_sizes_are_written(count: int, shown: str) -> None:
    assert sizes.size_text(count) == shown


@given(st.integers(0, 10**15))
def test_what_is_written_can_be_read_again(count: int) -> None:
    assert sizes.parse_size(sizes.size_text(count)) == pytest.approx(count, rel=0.051, abs=0.5)
